// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.13, X09 and X10: what a server may answer to a client of ours, and how often that asks again.
#include "hostile_support.hpp"
#include "support/alloc_counter.hpp"
#include "wire/deflate.hpp"
#include "wire/http1.hpp"
#include "wire/websocket.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::size_t max_payload = 10'000;
constexpr std::size_t max_head = cosio::wire::http1_limits{}.max_header_bytes;
constexpr std::size_t on_their_way = 2 * 4'096;  // in the stream, and in one read

client_options small()
{
    client_options options;
    options.max_payload_bytes = max_payload;
    options.websocket.deflate.emplace();
    return options;
}

std::string chunked(std::string_view rest)
{
    return fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", rest);
}

std::string sized(std::string_view length, std::string_view body)
{
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", length, body);
}

std::string redirect(std::string_view status)
{
    return http_answer(status, "", "Location: http://elsewhere.example/socket.io/\r\n");
}

/// A handshake that agrees to compress.
std::string agreed_to_compress(const http_request& request)
{
    return fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
        "client_no_context_takeover\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        cosio::wire::websocket_accept(request.headers["Sec-WebSocket-Key"])
    );
}

/// A message of 100 MB in 100 kB.
std::string compressed_bomb()
{
    cosio::wire::deflate_buffer memory;
    cosio::wire::deflater by{memory, 15, 9, 8, false};
    const std::string message(100'000'000, '4');
    std::vector<std::byte> frame;
    cosio::wire::append_websocket_frame(
        frame, cosio::wire::websocket_opcode::text, by.deflate(as_bytes(message)), nullptr, true
    );
    return std::string{as_text(frame)};
}

/// What a client does that gets `bytes` for its first request, on a connection that stays or ends behind it.
void check_refused(transport_kind over, const std::string& bytes, bool ends)
{
    hostile_case on{over, small()};
    on.server.answer = [&](const http_request&) { return bytes; };
    on.server.hangs_up_after_answer = ends;
    on.world.run();
    const std::string heard = on.said.take();
    CHECK(heard.starts_with("connect_error "), bytes.substr(0, 200) << heard.substr(0, 80));
    CHECK(heard.size() < 500);
    CHECK(on.server.dialed == 1);
    on.check_it_comes_back();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_http)

BOOST_AUTO_TEST_CASE(X09_answers_that_open_no_session)
{
    const std::string answers[] = {
        http_answer("200 OK", "<!DOCTYPE html><html><body>It works!</body></html>"),
        http_answer("200 OK"),
        http_answer("204 No Content"),
        "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
        http_answer("400 Bad Request", R"({"code":3,"message":"Bad request"})"),
        http_answer("401 Unauthorized", "", "WWW-Authenticate: Basic\r\n"),
        http_answer("404 Not Found", std::string(9'000, 'n')),
        http_answer("500 Internal Server Error"),
        http_answer("999 Whatever"),
        http_answer("200 OK", "\x1f\x8b\x08\x01\x02\x03", "Content-Encoding: gzip\r\n"),
        http_answer("200 OK", good_open, "Content-Encoding: br\r\n"),
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: c29tZWJvZHkgZWxzZSdzIG9uZQ==\r\n\r\n",
    };
    for (const transport_kind over : both_transports)
        for (const std::string& bytes : answers)
            for (const bool ends : {false, true})
                check_refused(over, bytes, ends);
}

BOOST_AUTO_TEST_CASE(X09_redirects_are_not_followed)
{
    for (const transport_kind over : both_transports)
        for (const std::string_view status :
             {"301 Moved Permanently",
              "302 Found",
              "303 See Other",
              "307 Temporary Redirect",
              "308 Permanent Redirect"}) {
            check_refused(over, redirect(status), false);
            hostile_case on{over};
            on.server.answer = [&](const http_request&) { return redirect(status); };
            on.world.run_for(60s);
            CHECK(on.server.dialed >= 10);
            CHECK(on.server.dialed == on.attempts.size() + 1);
            CHECK(on.server.requests.size() == on.attempts.size() + 1);
        }
}

BOOST_AUTO_TEST_CASE(X09_lengths_that_are_wrong)
{
    const std::string answers[] = {
        sized("-1", ""),
        sized("ten", "0123456789"),
        sized("1e3", ""),
        sized("0x10", ""),
        sized("99999999999999999999", "0"),
        sized("1000000000000", "0"),
        sized("10, 11", "0123456789"),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n0{",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0{",
        chunked("zz\r\n"),
        chunked("ffffffffffffffff\r\n"),
        chunked("-2\r\n0{"),
        chunked("2;" + std::string(max_head, 'e') + "\r\n0{\r\n0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0{",
        "HTTP/3.7 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        std::string("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", 25),
    };
    for (const transport_kind over : both_transports)
        for (const std::string& bytes : answers)
            check_refused(over, bytes, false);
}

BOOST_AUTO_TEST_CASE(X09_a_body_shorter_than_it_was_announced)
{
    const std::string answers[] = {
        sized("200", good_open),
        chunked("64\r\n0{"),
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
    };
    for (const transport_kind over : both_transports)
        for (const std::string& bytes : answers)
            if (!bytes.empty())
                check_refused(over, bytes, true);
}

BOOST_AUTO_TEST_CASE(X09_more_than_was_announced_is_no_answer_to_the_next_poll)
{
    hostile_case on{transport_kind::polling};
    const std::string first = fmt::format("{}\x1e{}", good_open, R"(40{"sid":"a"})");
    on.server.answer = [&](const http_request& request) -> std::optional<std::string> {
        if (request.target.find("sid=") != std::string::npos)
            return std::nullopt;
        return http_answer("200 OK", first) + http_answer("200 OK", R"(42["x","smuggled"])");
    };
    on.world.run();
    on.server.say(R"(42["x","asked for"])");
    on.world.run();
    CHECK(on.said.take() == "connect a\nx asked for");
}

BOOST_AUTO_TEST_CASE(X09_what_does_not_end_is_bounded)
{
    struct flood
    {
        std::string_view begins;
        std::string goes_on;
        std::size_t limit;
    };

    const std::string long_line = "X-Field: " + std::string(200, 'x') + "\r\n";
    const flood floods[] = {
        {"HTTP/1.1 200 OK\r\n", long_line, max_head},
        {"HTTP/1.1 200 OK\r\nX: ", std::string(500, 'x'), max_head},
        {"HTTP/1.1 200 ", std::string(500, 'O'), max_head},
        {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", max_head},
        {"HTTP/1.1 200 OK\r\n\r\n", std::string(500, 'x'), max_head + max_payload},
        {"HTTP/1.1 404 No\r\n\r\n", std::string(500, 'x'), max_head + max_payload},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", std::string(500, 'x'), max_head},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         "64\r\n" + std::string(100, 'x') + "\r\n",
         max_head + 2 * max_payload},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         "1;" + std::string(100, 'e') + "\r\nx\r\n",
         2 * max_head + max_payload},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", long_line, 2 * max_head},
    };
    for (const transport_kind over : both_transports)
        for (const flood& one : floods) {
            hostile_case on{over, small()};
            on.server.answer = [&](const http_request&) { return std::string{one.begins}; };
            on.server.endless = one.goes_on;
            on.world.run();
            CHECK(on.said.take().starts_with("connect_error "), one.begins);
            CHECK(on.server.bytes_sent <= one.limit + on_their_way, one.begins);
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X09_a_compressed_bomb_does_not_go_off)
{
    hostile_case on{transport_kind::websocket, small()};
    const std::string bomb = compressed_bomb();
    on.server.answer = [&](const http_request& request) {
        return agreed_to_compress(request) + bomb;
    };
    const std::size_t before = heap().live_bytes;
    reset_heap_peak();
    on.world.run();
    CHECK(heap().peak_bytes - before < 1'000'000);
    CHECK(on.server.heard() == std::vector<std::string>{"close 1009"});
    CHECK(on.said.take().starts_with("connect_error "));
    on.check_it_comes_back();
}

BOOST_AUTO_TEST_CASE(X09_who_says_nothing_or_little_has_the_time_of_the_handshake)
{
    for (const transport_kind over : both_transports)
        for (const std::string_view bytes :
             {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n0{"}) {
            hostile_case on{over};
            on.server.answer = [&](const http_request&) { return std::string{bytes}; };
            on.world.run_for(19'999ms);
            CHECK(on.said.take() == "");
            on.world.run_for(1ms);
            CHECK(on.said.take().starts_with("connect_error "));
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X09_a_handshake_without_an_open_packet_has_the_same_time)
{
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.world.run_for(19'999ms);
        CHECK(on.said.take() == "");
        on.world.run_for(1ms);
        CHECK(on.said.take().starts_with("connect_error "));
        on.check_it_comes_back();
    }
}

BOOST_AUTO_TEST_CASE(A18_X09_answers_in_the_middle_of_a_session_end_it)
{
    const std::string answers[] = {
        http_answer("200 OK", "<html>"),
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        http_answer("400 Bad Request", R"({"code":1,"message":"Session ID unknown"})"),
        redirect("302 Found"),
        http_answer("200 OK", "\x1f\x8b", "Content-Encoding: gzip\r\n"),
        sized("1000000000000", ""),
        sized("-1", ""),
        "nonsense\r\n\r\n",
    };
    for (const std::string_view method : {"GET", "POST"})
        for (const std::string& bytes : answers) {
            if (method == "POST" && bytes.ends_with("<html>"))
                continue;  // whoever takes an upload may say what he wants
            hostile_case on{transport_kind::polling, small()};
            on.let_in();
            on.server.answer = [&](const http_request& request) -> std::optional<std::string> {
                if (request.method == method)
                    return bytes;
                return std::nullopt;
            };
            if (method == "GET")
                on.server.say("6");  // who polls is answered, and polls again
            else
                on.socket.emit("anything");
            on.world.run();
            CHECK(on.said.take().starts_with("disconnect "), method << ' ' << bytes);
            on.check_it_comes_back();
        }
}

// Another node behind a balancer that is not sticky: the client begins anew there, and what waited for it comes along.
BOOST_AUTO_TEST_CASE(H49_a_node_that_does_not_know_the_session)
{
    for (const std::string_view method : {"GET", "POST"}) {
        hostile_case on{transport_kind::polling};
        on.let_in();
        on.server.answer = [&](const http_request& request) -> std::optional<std::string> {
            if (request.method == method)
                return http_answer(
                    "400 Bad Request", R"({"code":1,"message":"Session ID unknown"})"
                );
            return std::nullopt;
        };
        if (method == "GET")
            on.server.say("6");
        else
            on.socket.emit("sent to it");
        on.world.run();
        CHECK(on.said.take().starts_with("disconnect transport error"), method);
        static_cast<void>(on.server.heard());
        static_cast<void>(on.socket.emit("x", 1));
        static_cast<void>(on.socket.emit("x", 2));
        on.check_it_comes_back();
        CHECK(
            on.server.heard() == (std::vector<std::string>{"40", "42[\"x\",1]", "42[\"x\",2]"}),
            method
        );
    }
}

BOOST_AUTO_TEST_CASE(X10_a_server_that_hangs_up_at_once_for_ever)
{
    for (const transport_kind over : both_transports)
        for (const std::string_view after : {"dialing", "request", "OPEN", "CONNECT"}) {
            hostile_case on{over};
            on.server.hangs_up_at_once = after == "dialing";
            if (after == "request")
                on.server.answer = [&](const http_request&) { return std::string{"HTTP"}; };
            on.server.hangs_up_after_answer = after == "request";
            if (after == "OPEN")
                on.server.greeting = {std::string{good_open}, "1"};
            if (after == "CONNECT")
                on.server.greeting = {std::string{good_open}, R"(40{"sid":"a"})", "1"};
            const auto& tried = on.attempts;
            const bool enough = on.world.run_until([&] { return tried.size() >= 201; }, 1h);
            REQUIRE(enough, after);
            duration shortest = 1h;
            duration longest = 0s;
            for (std::size_t i = 1; i < tried.size(); ++i) {
                const duration pause = tried[i] - tried[i - 1];
                CHECK(pause >= 500ms);
                CHECK(pause <= 5s);
                if (i < 5)
                    continue;
                shortest = std::min(shortest, pause);
                longest = std::max(longest, pause);
            }
            CHECK(tried[0] >= 500ms);
            CHECK(tried[0] <= 1500ms);
            // The delay has grown, and is drawn: half of 5 s at least, and not always the same.
            CHECK(shortest >= 2500ms, after);
            CHECK(shortest < 3s);
            CHECK(longest > 4500ms);
            CHECK(on.server.open_connections() <= 2);
        }
}

BOOST_AUTO_TEST_CASE(X10_a_connection_that_lasted_begins_the_delays_anew)
{
    for (const transport_kind over : both_transports)
        for (const bool lasts : {false, true}) {
            hostile_case on{over};
            on.server.hangs_up_at_once = true;
            on.world.run_for(60s);
            on.mend();
            REQUIRE(on.world.run_until([&] { return on.client->is_open(); }));
            on.world.run_for(lasts ? 5s : 4s);
            const duration ended = on.world.now();
            on.attempts.clear();
            on.server.hangs_up_at_once = true;
            on.server.hang_up();
            on.world.run_for(10s);
            REQUIRE(!on.attempts.empty());
            const duration pause = on.attempts[0] - ended;
            CHECK((pause <= 1500ms) == lasts);
            CHECK(pause >= 500ms);
        }
}

BOOST_AUTO_TEST_CASE(W16_D11_a_handshake_that_chooses_what_was_not_offered)
{
    for (const std::string_view field :
         {"Sec-WebSocket-Extensions: x-other\r\n",
          "Sec-WebSocket-Extensions: permessage-deflate\r\n",
          "Sec-WebSocket-Protocol: chat\r\n"}) {
        hostile_case on{transport_kind::websocket};
        on.server.answer = [&](const http_request& request) {
            return fmt::format(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Accept: {}\r\n{}\r\n",
                cosio::wire::websocket_accept(request.headers["Sec-WebSocket-Key"]),
                field
            );
        };
        on.world.run();
        const std::string heard = on.said.take();
        CHECK(heard.starts_with("connect_error "), field);
        CHECK(heard.find('\n') == heard.npos, heard);
        CHECK(on.server.dialed == 1, field);
        on.check_it_comes_back();
    }
}

BOOST_AUTO_TEST_SUITE_END()
