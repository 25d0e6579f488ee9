// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/protocol/packet.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace cosio::detail {

/// Who is told an answer that no client asked for. Thread: any.
class reply_sink : public boost::intrusive_ref_counter<reply_sink, boost::thread_safe_counter>
{
public:
    virtual ~reply_sink() = default;

    /// The limits that the answer must keep to.
    [[nodiscard]] virtual const protocol::packet_limits& limits() const noexcept = 0;

    virtual void answer(const result<protocol::encoded_packet>& packet) = 0;
};

using reply_sink_ptr = boost::intrusive_ptr<reply_sink>;

}  // namespace cosio::detail
