// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "raw_http.hpp"

#include <cosio/engine/server.hpp>

#include <chrono>
#include <deque>

namespace cosio::test {

using namespace std::chrono_literals;
using std::string;
using strings = std::vector<std::string>;

/// What the application saw of one session: "text hello", "binary \1\2", "upgrade", "close ping timeout".
struct session_log
{
    strings events;
    engine::peer_ptr peer;  ///< null after on_close()
};

/// A world with an Engine.IO echo server behind HTTP, and a bystander: a WebSocket session that must
/// be alive, and see its own messages only, whatever the test does. (None if WebSocket is not allowed.)
class raw_server
{
public:
    explicit raw_server(engine_options engine = {}, http_options http = {}, segments cut = {});
    ~raw_server();

    /// Sessions of the test: without the bystander's.
    [[nodiscard]] std::size_t sessions() const noexcept
    {
        return engine.session_count() - (bystander_ ? 1U : 0U);
    }

    /// A new connection.
    [[nodiscard]] raw_client client() { return {world, http, cut}; }

    /// One request over a connection of its own.
    [[nodiscard]] raw_answer ask(
        std::string_view method,
        std::string_view target,
        std::string_view body = {},
        std::string_view fields = {}
    );

    /// Time passes; the bystander answers its pings.
    void pass(duration span);

    /// Log of the test's session number `index`, in the order of opening.
    [[nodiscard]] session_log& log(std::size_t index = 0)
    {
        return *logs_.at(index + (bystander_ ? 1U : 0U));
    }

    /// The bystander still echoes, and has seen nothing else.
    void check_bystander();

    simulation world;
    bool echo = true;
    segments cut;
    engine::server engine;
    http_server http;

private:
    class application;

    void serve_bystander();

    std::deque<std::shared_ptr<session_log>> logs_;
    std::optional<raw_websocket> bystander_;
    unsigned bystander_messages_ = 0;
};

/// A long-polling session: one GET and one POST at a time, each on a connection of its own.
class raw_poller
{
public:
    /// Opens a session. Fails the test if it is refused.
    explicit raw_poller(raw_server& server, std::string_view query = {});

    /// Leaves a GET waiting.
    void begin_poll();

    /// Takes the answer of the GET under way; "" if it is not answered, "400 ..." for a refusal.
    [[nodiscard]] string end_poll();

    [[nodiscard]] string poll();

    [[nodiscard]] raw_answer post(std::string_view body, std::string_view fields = {});

    /// begin_post() sends head and `part` of a body of `size` bytes; the rest follows by more_post().
    void begin_post(std::size_t size, std::string_view part);

    void more_post(std::string_view part) { posting->send(part); }

    /// A session that reads no further, because too many handlers run, notices that only when it is
    /// woken: this wakes it, with an upload that is refused.
    void pause_reading();

    /// Target of this session's requests.
    [[nodiscard]] string target(std::string_view transport = "polling") const;

    /// Opens a second link.
    [[nodiscard]] raw_websocket open_websocket();

    string sid;
    raw_answer handshake;
    std::optional<raw_client> polling;  ///< connection of the GETs
    std::optional<raw_client> posting;  ///< connection of the POSTs

private:
    raw_server* server_;
};

/// The sid in an OPEN packet. Fails the test if it is none.
[[nodiscard]] string sid_of(std::string_view open_packet);

/// `1` to `count`, each with `before` in front.
[[nodiscard]] strings numbered(std::string_view before, unsigned count);

/// The packets of a polling body.
[[nodiscard]] strings records(std::string_view body);

[[nodiscard]] string joined(const strings& packets, char separator = '\x1e');

inline constexpr std::string_view bad_request = R"({"code":3,"message":"Bad request"})";
inline constexpr std::string_view sid_unknown = R"({"code":1,"message":"Session ID unknown"})";

}  // namespace cosio::test
