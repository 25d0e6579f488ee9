// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "attempt_of.hpp"
#include "wire/http1.hpp"

#include <cosio/detail/driver.hpp>
#include <cosio/shard.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <memory>
#include <string>

namespace cosio {

/// A request on a stream of its own, and its answer, after which the stream is no longer HTTP's: a WebSocket or a tunnel.
/// Thread: the shard. What is under way holds it; give_up() ends it, and nothing is called any more.
class opening_request : public link_listener
{
public:
    opening_request(shard& home, const wire::http1_limits& limits) : home_{&home}, answer_{limits}
    {}

    void begin(stream_dialer& dialer, std::string request);

    void give_up() noexcept;

    void on_link_writable() final { write(); }

protected:
    /// One of these is called once, last in its turn. What throws has told nobody: on_no_answer() is called then.
    virtual void on_not_dialed(link_failure why) = 0;
    virtual void on_no_answer(error_code why) = 0;
    virtual void on_answer(const http_response& answer) = 0;

    [[nodiscard]] shard& home() const noexcept { return *home_; }

    /// The answer is the last of HTTP; answer().release() gives what has come behind it.
    [[nodiscard]] std::unique_ptr<byte_stream> take_stream() noexcept { return std::move(stream_); }

    [[nodiscard]] wire::http1_response_decoder& answer() noexcept { return answer_; }

private:
    void on_dialed(stream_dialer::outcome made);
    void write();
    static detail::driver read(boost::intrusive_ptr<opening_request> self);
    void take(error_code ec);
    void fail(error_code why);
    template <class Step>
    void guarded(Step&& step) noexcept;

    shard* home_;
    wire::http1_response_decoder answer_;
    std::unique_ptr<attempt> dialing_;
    std::unique_ptr<byte_stream> stream_;
    std::string outgoing_;
    bool given_up_ = false;
};

}  // namespace cosio
