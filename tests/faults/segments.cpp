// SPDX-License-Identifier: BSL-1.0
// Z04: what comes in two parts, or byte by byte, is what comes at once: HTTP, WebSocket and TLS over TCP.

#include "relay.hpp"
#include "support/raw_server.hpp"

#include <cosio/transports/network_connector.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// The sid of a session and of a socket differ from one to the other.
[[nodiscard]] string without_ids(string text)
{
    constexpr std::string_view mark = R"("sid":")";
    for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos;) {
        at += mark.size();
        text.erase(at, text.find('"', at) - at);
    }
    return text;
}

[[nodiscard]] wire_client connect(real_world& on, const relay& over)
{
    return wire_client{on, {.tls = on.speaks_tls(), .port = over.port()}};
}

/// One session of long-polling on one connection.
[[nodiscard]] strings poll(real_world& on, const relay& over)
{
    wire_client one = connect(on, over);
    strings all;
    const auto ask = [&](const string& request) {
        one.send(request);
        const raw_answer answer = one.answer();
        all.push_back(fmt::format("{} {}", answer.status, without_ids(answer.body)));
        return answer.body;
    };
    string target = "/socket.io/?EIO=4&transport=polling";
    target += "&sid=" + sid_of(ask(http_text("GET", target)));
    ask(http_text("POST", target, "40"));
    ask(http_text("GET", target));
    ask(http_text(
        "POST",
        target,
        "42[\"echo\",\"\xc3\xa4\xe2\x82\xac\"]\x1e"
        R"(42["note"])"
    ));
    ask(http_text("GET", target));
    ask(http_text(
        "POST",
        target,
        "41\x1e"
        "1"
    ));
    return all;
}

/// One session of WebSocket.
[[nodiscard]] strings speak(real_world& on, const relay& over)
{
    using cosio::wire::websocket_opcode;
    wire_client one = connect(on, over);
    one.send(websocket_request("/socket.io/?EIO=4&transport=websocket"));
    strings all{fmt::format("{}", one.answer().status)};
    frame_reader frames;
    const auto hear = [&](std::size_t count) {
        count += all.size();
        CHECK(on.until([&] {
            one.pull();
            for (const string& message : frames.read(std::exchange(one.come, {})))
                all.push_back(without_ids(message));
            return all.size() >= count;
        }));
    };
    hear(1);
    one.send(websocket_frame(websocket_opcode::text, "40"));
    hear(1);
    one.send(
        websocket_frame(websocket_opcode::ping, "\x01\x02\xff") +
        websocket_frame(websocket_opcode::text, "42[\"echo\",\"\xc3\xa4\xe2\x82\xac\"]") +
        websocket_frame(websocket_opcode::text, R"(451-["bin",[{"_placeholder":true,"num":0}]])") +
        websocket_frame(websocket_opcode::binary, string(130, 'b'))
    );
    hear(2);
    one.send(
        websocket_frame(websocket_opcode::text, "41") +
        websocket_frame(websocket_opcode::close, "\x03\xe8")
    );
    hear(1);
    return all;
}

/// Plays a session whole, in two parts, which are cut at each `step`th byte, and byte by byte.
template <class Play>
void play(real_world& on, Play session, std::size_t step)
{
    strings whole;
    strings log;
    std::size_t size = 0;
    const auto once = [&](const relay_options& how) {
        on.log.clear();
        const relay over{on, how};
        strings seen = session(on, over);
        CHECK(on.until([&] { return on.sessions() == 0; }));
        size = over.to_server();
        return seen;
    };
    whole = once({});
    log = on.log;
    CHECK(log.size() >= 3);
    const std::size_t all = size;
    for (std::size_t first = 1; first < all; first += step) {
        CHECK(once({.to_server = {.first = first}}) == whole, "cut at " << first);
        CHECK(on.log == log, "cut at " << first);
    }
    CHECK(once({.to_server = {.most = 1}, .to_client = {.most = 1}}) == whole);
    CHECK(on.log == log);
    on.check_at_rest();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(segments_of_tcp)

BOOST_AUTO_TEST_CASE(z04_of_polling)
{
    real_world on;
    play(on, poll, 1);
}

BOOST_AUTO_TEST_CASE(z04_of_websocket)
{
    real_world on;
    play(on, speak, 1);
}

BOOST_AUTO_TEST_CASE(z04_of_polling_over_tls)
{
    real_world on = world_with_tls();
    play(on, poll, 5);
}

BOOST_AUTO_TEST_CASE(z04_of_websocket_over_tls)
{
    real_world on = world_with_tls();
    play(on, speak, 3);
}

BOOST_AUTO_TEST_SUITE_END()
