// SPDX-License-Identifier: BSL-1.0
// R01-R03, R05, R15, and compression bombs: what many connections that do little, or one that does much, cost the others.

#include "patience.hpp"
#include "support/raw_server.hpp"
#include "support/reached.hpp"
#include "wire_client.hpp"

#include <zlib.h>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::size_t many = 200;

using clients = std::vector<wire_client>;

[[nodiscard]] clients connect(real_world& on, std::size_t count = many)
{
    clients all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        all.emplace_back(on);
    on.rounds();
    return all;
}

[[nodiscard]] std::size_t ended(clients& all)
{
    return static_cast<std::size_t>(std::ranges::count_if(all, [](wire_client& one) {
        return one.ended();
    }));
}

/// Somebody who comes now is served at once.
void check_newcomer(real_world& on)
{
    wire_websocket newcomer = wire_websocket::joined(on);
    newcomer.say(R"(42["echo",7])");
    CHECK(newcomer.wire.hears(R"(42["echo",7])"));
    const std::size_t before = on.sessions();
    newcomer.wire.finish();
    CHECK(on.until([&] { return on.sessions() == before - 1; }));
}

[[nodiscard]] string deflated(const string& text)
{
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    string out(deflateBound(&stream, text.size()) + 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
    out.resize(out.size() - stream.avail_out - 4);  // RFC 7692: without the 00 00 ff ff
    deflateEnd(&stream);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exhaustion)

BOOST_AUTO_TEST_CASE(r01_connections_that_never_speak_end_at_header_timeout)
{
    real_world on;
    {
        clients silent = connect(on);
        on.pass(9'999ms);
        CHECK(ended(silent) == 0);
        check_newcomer(on);
        on.pass(1ms);
        CHECK(on.until([&] { return ended(silent) == many; }));
        CHECK(silent[0].come.starts_with("HTTP/1.1 408"));
    }
    CHECK(reached(on.listening->limits_reached()) == fmt::format("header_timeout {}", many));
    check_patience(on, many);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r02_slow_headers_end_at_header_timeout)
{
    real_world on;
    {
        clients slow = connect(on);
        const string request = http_text("GET", "/socket.io/?EIO=4&transport=polling");
        for (std::size_t i = 0; i < 9; ++i) {
            for (wire_client& one : slow)
                one.send(request.substr(i, 1));
            on.pass(1s);
        }
        CHECK(ended(slow) == 0);
        check_newcomer(on);
        on.pass(1s);
        CHECK(on.until([&] { return ended(slow) == many; }));
    }
    CHECK(reached(on.listening->limits_reached()) == fmt::format("header_timeout {}", many));
    check_patience(on, many);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r02_slow_bodies_end_when_they_come_below_their_rate)
{
    real_world on;
    {
        clients slow = connect(on, 50);
        for (wire_client& one : slow) {
            one.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
            const string sid = sid_of(one.answer().body);
            const string target = "/socket.io/?EIO=4&transport=polling&sid=" + sid;
            one.send(http_text("POST", target, {}, "Content-Length: 100000\r\n"));
        }
        CHECK(on.sessions() == 50);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(ended(slow) == 0);
            for (wire_client& one : slow)
                one.send(string(1'000, '4'));  // 1 024 are asked for
            on.pass(1s);
        }
        CHECK(on.until([&] { return ended(slow) == 50; }));
        CHECK(slow[0].come.starts_with("HTTP/1.1 408"));
        check_newcomer(on);
    }
    CHECK(reached(on.listening->limits_reached()) == "min_body_bytes_per_second 50");
    check_patience(on, 50);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r02_answers_that_are_read_a_byte_at_a_time_end_at_write_timeout)
{
    listener_options where;
    where.http.handler = [](const http_request&) {
        http_response page;
        page.body = string(8'000'000, 'x');
        return std::optional{page};
    };
    real_world on{{}, std::move(where)};
    {
        clients slow;
        for (int i = 0; i < 10; ++i) {
            slow.emplace_back(on, wire_options{.receive_buffer = 4'096});
            slow.back().send(http_text("GET", "/page"));
        }
        for (int i = 0; i < 25; ++i) {
            for (wire_client& one : slow)
                one.pull(1);
            on.pass(1s);
        }
        CHECK(reached(on.listening->limits_reached()) == "write_timeout 10");
        CHECK(on.until([&] { return ended(slow) == 10; }));
        CHECK(slow[0].come.size() < 8'000'000);
        check_newcomer(on);
    }
    check_patience(on, 10);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r03_sessions_that_join_nothing_end_at_connect_timeout)
{
    real_world on;
    {
        clients polling = connect(on);
        std::vector<wire_websocket> sockets;
        for (wire_client& one : polling) {
            one.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
            CHECK(one.answer().status == 200);
            sockets.emplace_back(on);
        }
        CHECK(on.sessions() == 2 * many);
        on.pass(25s);  // their ping, which the sockets answer
        for (wire_websocket& one : sockets)
            one.say("3");
        check_newcomer(on);
        on.rounds();
        CHECK(on.sessions() == 2 * many);
        on.pass(20s);
        const limit_counters& fired = on.io->limits_reached();
        CHECK(fired[limit::connect_timeout] + fired[limit::ping_timeout] == 2 * many);
        CHECK(fired[limit::connect_timeout] >= many);
        on.pass(6s);  // close_timeout
        CHECK(on.sessions() == 0);
    }
    CHECK(on.log == (strings{"connect", "disconnect: transport close"}));  // the newcomer's
    check_patience(on, 2 * many);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r03_more_than_max_sessions_are_refused)
{
    server_options options;
    options.engine.max_sessions = 20;
    real_world on{options};
    {
        clients all = connect(on, 40);
        std::size_t refused = 0;
        for (wire_client& one : all) {
            one.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
            refused += one.answer().status == 503 ? 1U : 0U;
        }
        CHECK(refused == 21);  // the well-behaved client is one of the twenty
        CHECK(on.sessions() == 19);
        on.pass(1min);
        CHECK(on.sessions() == 0);
        check_newcomer(on);
    }
    CHECK(on.io->limits_reached()[limit::max_sessions] == 21);
    check_patience(on, 40);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r05_clients_that_come_and_go_all_the_time)
{
    real_world on;
    for (int wave = 0; wave < 20; ++wave) {
        std::vector<wire_websocket> all;
        for (int i = 0; i < 10; ++i)
            all.push_back(wire_websocket::joined(on));
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i % 2 == 0)
                all[i].wire.reset();
            else
                all[i].wire.finish();
        }
    }
    check_patience(on, 10);
    on.check_at_rest();
    CHECK(on.log.size() == 400);
    CHECK(std::ranges::count(on.log, string{"connect"}) == 200);
    CHECK(std::ranges::count(on.log, string{"disconnect: transport close"}) == 200);
}

BOOST_AUTO_TEST_CASE(r05_connections_that_are_gone_before_they_are_accepted)
{
    real_world on;
    for (int i = 0; i < 1'000; ++i) {
        wire_client one{on};
        if (i % 2 == 0)
            one.reset();
    }
    check_newcomer(on);
    check_patience(on, 1'000);
    on.check_at_rest();
    CHECK(reached(on.listening->limits_reached()).empty());
}

BOOST_AUTO_TEST_CASE(max_connections_bounds_those_that_have_not_become_websockets)
{
    listener_options where;
    where.http.max_connections = 50;
    real_world on{{}, std::move(where)};
    {
        clients all = connect(on);
        CHECK(on.until([&] { return ended(all) == many - 50; }));
        CHECK(on.listening->limits_reached()[limit::max_connections] == many - 50);
        on.pass(10s);
        CHECK(on.until([&] { return ended(all) == many; }));
        on.pass(2s);  // linger
        check_newcomer(on);
    }
    check_patience(on, many);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r15_who_sends_sixty_thousand_events_does_not_keep_others_waiting)
{
    real_world on;
    std::size_t most = 0;
    std::size_t since = 0;
    std::size_t all = 0;
    unsigned seen = 0;
    on.io->on("flood", [&] {
        ++all;
        since = seen == on.answers() ? since + 1 : 1;
        seen = on.answers();
        most = std::max(most, since);
    });
    {
        wire_websocket busy = wire_websocket::joined(on);
        string events;
        for (int i = 0; i < 60'000; ++i)
            events += websocket_frame(cosio::wire::websocket_opcode::text, R"(42["flood"])");
        const std::size_t size = events.size() / 60'000;
        busy.wire.send(events);
        CHECK(on.until([&] { return all == 60'000; }));
        // An answer takes a few turns, and each turn is one read of his.
        CHECK(most <= 8 * shard::scratch_size / size);
    }
    check_patience(on, 1);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(compression_bombs_end_at_max_payload_bytes)
{
    server_options options;
    options.engine.websocket.deflate = deflate_options{};
    real_world on{options};
    const string bomb = compressed_frame(deflated("4" + string(20'000'000, 'x')));
    CHECK(bomb.size() < 25'000);
    {
        std::vector<wire_websocket> all;
        const std::string_view offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        for (int i = 0; i < 100; ++i)
            all.emplace_back(on, wire_options{}, offer);
        for (wire_websocket& one : all)
            one.wire.send(bomb);
        for (wire_websocket& one : all) {
            strings come;
            CHECK(on.until([&] {
                come = one.take();
                return !come.empty();
            }));
            CHECK(come == strings{"close 1009"});
        }
        check_newcomer(on);
    }
    CHECK(on.io->limits_reached()[limit::max_payload_bytes] == 100);
    check_patience(on, 100);
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
