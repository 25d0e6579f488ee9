// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>
#include <cosio/transports/simulation.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::test {

/// A server that knows HTTP, polls and WebSocket handshakes, and nothing else: the packets are the test's. It sends
/// what it is told, keeps what comes, and can answer requests with any bytes.
class scripted_server
{
public:
    /// `capacity`: bytes on their way in each direction of a connection.
    explicit scripted_server(simulation& world, std::size_t capacity = 4'096);
    ~scripted_server();
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    /// Streams of clients to it. Lifetime: the server outlives it.
    [[nodiscard]] std::unique_ptr<stream_dialer> dialer();

    /// Sends `0{...}`, `42["x"]` or, as a binary message, `b...`: as a frame, or in the answer to a poll. What is said
    /// while there is neither waits.
    void say(std::string_view packet);

    /// Sends bytes over the newest WebSocket as they are.
    void say_raw(std::string_view bytes);

    /// The packets that have come, in the same form; "pong ..." and "close 1002" are frames.
    [[nodiscard]] std::vector<std::string> heard();

    /// Ends all connections.
    void hang_up();

    /// From now on what comes stays in the connections.
    void stop_reading() noexcept { reads_ = false; }

    void resume_reading();

    /// Bytes that answer a request instead of what it deserves; nullopt: as always; "": nothing.
    std::function<std::optional<std::string>(const http_request&)> answer;

    /// Said at once on every new session.
    std::vector<std::string> greeting;

    /// Follows such an answer for ever, as fast as the client takes it.
    std::string endless;

    /// An answer is followed by the end of its connection.
    bool hangs_up_after_answer = false;

    /// Nobody may stay for a byte.
    bool hangs_up_at_once = false;

    unsigned dialed = 0;
    std::vector<std::string> requests;  ///< "GET /socket.io/?..."
    std::size_t bytes_sent = 0;         ///< that streams have taken

    /// Connections that neither side has ended.
    [[nodiscard]] std::size_t open_connections() const;

private:
    class connection;
    class dialer_to;

    void serve(std::unique_ptr<byte_stream> stream);
    void deliver();

    simulation* world_;
    std::size_t capacity_;
    bool reads_ = true;
    std::vector<boost::intrusive_ptr<connection>> connections_;
    std::vector<std::string> said_;
    std::vector<std::string> heard_;
};

/// An answer with its Content-Length.
[[nodiscard]] std::string http_answer(
    std::string_view status, std::string_view body = {}, std::string_view fields = {}
);

}  // namespace cosio::test
