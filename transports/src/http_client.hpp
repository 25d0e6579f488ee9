// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "wire/http1.hpp"

#include <cosio/shard.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace cosio {

/// What the clock on the wall says, for dates in answers.
[[nodiscard]] inline std::chrono::sys_seconds time_of_day(shard& home)
{
    return std::chrono::sys_seconds{std::chrono::seconds{home.time().wall_clock_ms() / 1'000}};
}

/// A connection of a client on which requests follow one another. It is opened by the first request, and again by
/// the next one if the server has ended it between two.
/// Thread: the shard. Lifetime: `dialer` outlives it; destroying it calls nobody.
class http_client
{
public:
    using outcome = boost::system::result<http_response, link_failure>;
    using answered = std::function<void(outcome)>;

    http_client(shard& home, stream_dialer& dialer, const wire::http1_limits& limits);
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;
    ~http_client();

    /// Sends a whole request and calls `done` once, in a later turn. Precondition: !busy().
    /// Errors: of the dialer, the stream and the decoder; a request is never sent twice.
    void ask(std::string request, answered done);

    [[nodiscard]] bool busy() const noexcept;

private:
    class connection;
    boost::intrusive_ptr<connection> connection_;
};

}  // namespace cosio
