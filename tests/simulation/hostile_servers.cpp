// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.13: what a server may say to a client of ours in good HTTP and bad Socket.IO.
#include "hostile_support.hpp"
#include "support/alloc_counter.hpp"
#include "wire/websocket.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// An OPEN packet with one thing of the test's in it.
std::string open_with(std::string_view more)
{
    return fmt::format(R"(0{{"sid":"s","upgrades":[],{}}})", more);
}

std::string server_frame(cosio::wire::websocket_opcode opcode, std::string_view payload)
{
    std::vector<std::byte> bytes;
    cosio::wire::append_websocket_frame(bytes, opcode, as_bytes(payload));
    return std::string{as_text(bytes)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_servers)

BOOST_AUTO_TEST_CASE(X01_open_packets_that_are_none)
{
    const std::string heartbeat = R"("pingInterval":25000,"pingTimeout":20000)";
    const std::string opens[] = {
        "0",
        "0{",
        "0null",
        "0[]",
        "0\"sid\"",
        "01",
        "0{}",
        fmt::format(R"(0{{"upgrades":[],{}}})", heartbeat),
        fmt::format(R"(0{{"sid":"","upgrades":[],{}}})", heartbeat),
        fmt::format(R"(0{{"sid":7,"upgrades":[],{}}})", heartbeat),
        fmt::format(R"(0{{"sid":"{}","upgrades":[],{}}})", std::string(2'000, 's'), heartbeat),
        fmt::format(R"(0{{"sid":"s",{}}})", heartbeat),
        fmt::format(R"(0{{"sid":"s","upgrades":"websocket",{}}})", heartbeat),
        "0" + std::string(10'000, '['),
        "2",
        R"(40{"sid":"a"})",
        R"(42["x","before the OPEN"])",
        "9",
        "",
        "b\x01\x02",
    };
    for (const transport_kind over : both_transports)
        for (const std::string& open : opens) {
            hostile_case on{over};
            on.server.greeting = {open};
            on.world.run();
            CHECK(on.said.take().starts_with("connect_error "), open.substr(0, 80));
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X01_A19_a_megabyte_of_escapes_in_an_open_packet)
{
    std::string escapes;
    while (escapes.size() < 1'000'000)
        escapes += R"(\u005c)";
    const std::string as_sid = fmt::format(
        R"(0{{"sid":"{}","upgrades":[],"pingInterval":25000,"pingTimeout":20000}})", escapes
    );
    const std::string as_other =
        open_with(fmt::format(R"("pingInterval":25000,"pingTimeout":20000,"new":"{}")", escapes));
    for (const transport_kind over : both_transports)
        for (const bool is_sid : {true, false}) {
            hostile_case on{over};
            on.server.greeting = {is_sid ? as_sid : as_other, R"(40{"sid":"a"})"};
            const std::size_t before = heap().live_bytes;
            reset_heap_peak();
            on.world.run();
            // What the server played here holds of it, what the client has received, and what it reads in that.
            CHECK(heap().peak_bytes - before < 10 * escapes.size());
            const std::string heard = on.said.take();
            if (!is_sid) {
                CHECK(heard == "connect a");
                continue;
            }
            CHECK(heard.starts_with("connect_error "));
            CHECK(heard.size() < 500);
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X02_heartbeats_that_are_none)
{
    const std::string_view heartbeats[] = {
        R"("pingInterval":-1,"pingTimeout":20000)",
        R"("pingInterval":25000,"pingTimeout":-1)",
        R"("pingInterval":0,"pingTimeout":0)",
        R"("pingInterval":1e300,"pingTimeout":1e300)",
        R"("pingInterval":25000,"pingTimeout":9223372036854775807)",
        R"("pingInterval":18446744073709551615,"pingTimeout":20000)",
        R"("pingInterval":"25000","pingTimeout":"20000")",
        R"("pingInterval":null,"pingTimeout":[])",
        R"("pingInterval":3600001,"pingTimeout":20000)",
        R"("pingTimeout":20000)",
    };
    for (const transport_kind over : both_transports)
        for (const std::string_view heartbeat : heartbeats) {
            hostile_case on{over};
            on.server.greeting = {open_with(heartbeat)};
            on.world.run();
            CHECK(on.said.take().starts_with("connect_error "), heartbeat);
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X02_a_max_payload_that_says_nothing)
{
    for (const transport_kind over : both_transports)
        for (const std::string_view size : {"0", "-1", "1e300", "\"100\"", "null"}) {
            hostile_case on{over};
            const std::string open = open_with(
                fmt::format(R"("pingInterval":25000,"pingTimeout":20000,"maxPayload":{})", size)
            );
            on.server.greeting = {open, R"(40{"sid":"a"})"};
            on.world.run();
            CHECK(on.said.take() == "connect a", size);
            on.socket.emit("one");
            on.socket.emit("two");
            on.world.run();
            const auto heard = on.server.heard();
            CHECK(heard == (std::vector<std::string>{"40", R"(42["one"])", R"(42["two"])"}), size);
        }
}

BOOST_AUTO_TEST_CASE(X03_a_second_open_packet_and_a_second_reply_change_nothing)
{
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.let_in();
        CHECK(on.told(R"(0{"sid":"other","upgrades":[],"pingInterval":1,"pingTimeout":1})") == "");
        CHECK(on.told("0") == "");
        CHECK(on.told(R"(40{"sid":"second"})") == "");
        CHECK(on.told(R"(44{"message":"no"})") == "");
        on.world.run_for(10s);
        CHECK(on.socket.connected());
        CHECK(on.socket.id() == "first");
        CHECK(on.told(R"(42["x","still here"])") == "x still here");
        for (const std::string& request : on.server.requests)
            CHECK(request.find("sid=other") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(X04_events_before_the_reply_come_after_it_in_order)
{
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.server.greeting = {std::string{good_open}};
        on.world.run();
        CHECK(on.told(R"(42["x","one"])") == "");
        CHECK(on.told(R"(42["x","two"])") == "");
        CHECK(on.told(R"(40{"sid":"a"})") == "connect a\nx one\nx two");
        CHECK(on.told(R"(42["x","three"])") == "x three");
    }
}

BOOST_AUTO_TEST_CASE(X04_I02_events_of_a_former_life_are_not_of_the_next)
{
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.let_in();
        on.world.home().post([&] {
            on.socket.disconnect();
            on.socket.connect();
        });
        CHECK(on.server.heard() == (std::vector<std::string>{"41", "40"}));
        CHECK(on.said.take() == "disconnect io client disconnect");
        // The server has not read the 41 yet.
        CHECK(on.told(R"(42["x","of the former life"])") == "");
        CHECK(on.told(R"(427["x","which asks"])") == "");
        CHECK(on.told(R"(451-["x",{"_placeholder":true,"num":0}])") == "");
        CHECK(on.told("bwith an attachment") == "");
        CHECK(on.told(R"(40{"sid":"second"})") == "connect second");
        CHECK(on.told(R"(42["x","of this life"])") == "x of this life");
        CHECK(on.server.heard().empty());
    }
}

BOOST_AUTO_TEST_CASE(X04_only_so_many_events_are_kept)
{
    for (const transport_kind over : both_transports)
        for (const bool by_bytes : {false, true}) {
            const std::string event = fmt::format(R"(42["x","{}"])", std::string(90, 'x'));
            client_options options;
            options.max_early_messages = by_bytes ? 1'000 : 10;
            options.max_early_bytes = by_bytes ? 10 * event.size() : 1'000'000;
            hostile_case on{over, options};
            on.server.greeting = {std::string{good_open}};
            on.world.run();
            int said = 0;
            for (; on.client->is_open() && said < 100; ++said)
                CHECK(on.told(event) == "");
            CHECK(said == 11);
            CHECK(on.client->limits_reached()[limit::max_early] == 1);
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X05_replies_without_a_sid)
{
    const std::string_view text =
        "connect_error the server speaks for Socket.IO 2, and this client for 3 and later";
    for (const transport_kind over : both_transports)
        for (const std::string_view reply : {"40", "40{}", R"(40{"sid":7})", R"(40{"sid":null})"}) {
            hostile_case on{over};
            on.server.greeting = {std::string{good_open}, std::string{reply}};
            on.world.run();
            CHECK(on.said.take().starts_with(text), reply);
            CHECK(!on.socket.connected());
        }
}

BOOST_AUTO_TEST_CASE(X02_a_max_payload_that_nothing_fits)
{
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.server.greeting = {
            open_with(R"("pingInterval":25000,"pingTimeout":20000,"maxPayload":1)"),
            R"(40{"sid":"a"})"
        };
        on.world.run();
        CHECK(on.said.take() == "connect a");
        std::string outcome;
        on.socket.emit("one", [&](result<void> answer) { outcome = answer.error().message(); });
        on.world.run();
        CHECK(outcome == make_error_code(errc::message_too_large).message());
        CHECK(on.server.heard() == std::vector<std::string>{"40"});
        CHECK(on.socket.connected());
    }
}

BOOST_AUTO_TEST_CASE(X05_refusals_that_say_little)
{
    for (const transport_kind over : both_transports)
        for (const std::string_view reply : {"44", "447", "44[]", "44{}", "44null", "44\"\""}) {
            hostile_case on{over};
            on.server.greeting = {std::string{good_open}, std::string{reply}};
            on.world.run();
            CHECK(on.said.take() == "connect_error the server refused the connection", reply);
            CHECK(!on.socket.connected());
            CHECK(!on.socket.active());
        }
    // Servers of Socket.IO 2 refuse with a text alone.
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.server.greeting = {std::string{good_open}, R"(44"no")"};
        on.world.run();
        CHECK(on.said.take() == "connect_error no");
        CHECK(!on.socket.active());
    }
}

BOOST_AUTO_TEST_CASE(X06_packets_for_somebody_else_are_ignored)
{
    const std::string_view packets[] = {
        R"(42/other,["x","not ours"])",
        R"(40/other,{"sid":"b"})",
        "41/other,",
        R"(44/other,{"message":"no"})",
        "43999[1]",
        "4390071992547409[]",
        R"(43/other,0[])",
        "43",
    };
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.let_in();
        for (const std::string_view packet : packets)
            CHECK(on.told(packet) == "", packet);
        CHECK(on.told(R"(42["x","still here"])") == "x still here");
    }
}

BOOST_AUTO_TEST_CASE(X06_reserved_events_and_what_is_no_packet_end_the_session)
{
    const std::string_view packets[] = {
        R"(42["connect"])",
        R"(42["connect_error","no"])",
        R"(42["disconnect"])",
        R"(42["disconnecting"])",
        R"(42["newListener"])",
        "42",
        "42{}",
        "42[]",
        "42[null]",
        "42[",
        "47",
        "4",
        "45[",
        R"(42x["x"])",
        R"(4299999999999999999999["x"])",
    };
    for (const transport_kind over : both_transports)
        for (const std::string_view packet : packets) {
            hostile_case on{over};
            on.let_in();
            CHECK(on.told(packet).starts_with("disconnect "), packet);
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X07_frames_that_a_server_may_not_send)
{
    const std::array mask{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    std::vector<std::byte> masked;
    cosio::wire::append_websocket_frame(
        masked,
        cosio::wire::websocket_opcode::text,
        as_bytes(std::string_view{R"(42["x","m"])"}),
        &mask
    );
    const std::string broken[] = {
        std::string{as_text(masked)},
        server_frame(
            cosio::wire::websocket_opcode::close, std::string("\x03\xe8") + std::string(500, 'r')
        ),
        server_frame(cosio::wire::websocket_opcode::ping, std::string(126, 'p')),
        std::string("\xc1\x01x", 3),
        std::string("\x83\x00", 2),
        std::string("\x80\x00", 2),
    };
    for (const std::string& bytes : broken) {
        hostile_case on{transport_kind::websocket};
        on.let_in();
        on.server.say_raw(bytes);
        CHECK(on.server.heard() == std::vector<std::string>{"close 1002"});
        CHECK(on.said.take().starts_with("disconnect transport error: "));
        on.server.hang_up();
        on.check_it_comes_back();
    }
}

BOOST_AUTO_TEST_CASE(X07_a_message_that_is_too_large)
{
    client_options options;
    options.max_payload_bytes = 1'000;
    hostile_case on{transport_kind::websocket, options};
    on.let_in();
    on.server.say_raw(std::string("\x81\x7f\x00\x00\x00\x7f\xff\xff\xff\xff", 10));
    CHECK(on.server.heard() == std::vector<std::string>{"close 1009"});
    CHECK(on.said.take().starts_with("disconnect transport error: "));
    CHECK(on.client->limits_reached()[limit::max_payload_bytes] == 1);
}

BOOST_AUTO_TEST_CASE(X07_a_flood_of_pings_gets_a_bounded_number_of_pongs)
{
    hostile_case on{transport_kind::websocket};
    on.let_in();
    on.server.stop_reading();
    constexpr int pings = 8'000;
    std::string flood;
    for (int i = 1; i <= pings; ++i)
        flood += server_frame(cosio::wire::websocket_opcode::ping, fmt::format("{:0125}", i));
    on.server.say_raw(flood);
    on.world.run();
    on.server.resume_reading();
    const auto pongs = on.server.heard();
    // As many as the connection holds, 4 KiB, and one that waits: to the last of them.
    CHECK(pongs.size() > 1);
    CHECK(pongs.size() < 40);
    CHECK(pongs.back() == fmt::format("pong {:0125}", pings));
    CHECK(on.told(R"(42["x","still here"])") == "x still here");
}

BOOST_AUTO_TEST_CASE(X08_announced_attachments_have_the_limits_of_a_server)
{
    const std::string_view packets[] = {
        R"(451000000000-["x",{"_placeholder":true,"num":0}])",
        R"(4599999999999999999999-["x",{"_placeholder":true,"num":0}])",
        R"(450-["x"])",
        R"(45-["x"])",
        R"(45["x"])",
        R"(451-["x",{"_placeholder":true,"num":7}])",
        R"(451-["x",{"_placeholder":true,"num":-1}])",
    };
    for (const transport_kind over : both_transports)
        for (const std::string_view packet : packets) {
            hostile_case on{over};
            on.let_in();
            on.server.say(packet);
            if (packet.find("451-") != packet.npos)
                on.server.say("bytes");
            on.world.run();
            CHECK(on.said.take().starts_with("disconnect "), packet);
            on.check_it_comes_back();
        }
}

BOOST_AUTO_TEST_CASE(X08_attachments_that_do_not_come_are_not_awaited_for_ever)
{
    for (const transport_kind over : both_transports) {
        hostile_case on{over};
        on.let_in();
        CHECK(on.told(R"(452-["x",{"_placeholder":true,"num":0}])") == "");
        CHECK(on.told("bone") == "");
        on.world.run_for(9s);
        CHECK(on.said.take() == "");
        on.world.run_for(1s);
        CHECK(on.said.take().starts_with("disconnect "));
        CHECK(on.client->limits_reached()[limit::attachment_timeout] == 1);
        on.check_it_comes_back();
    }
}

BOOST_AUTO_TEST_CASE(X08_attachments_nobody_announced_and_texts_between_them)
{
    for (const transport_kind over : both_transports) {
        hostile_case lone{over};
        lone.let_in();
        CHECK(lone.told("balone").starts_with("disconnect "));
        lone.check_it_comes_back();
        hostile_case between{over};
        between.let_in();
        CHECK(between.told(R"(451-["x",{"_placeholder":true,"num":0}])") == "");
        CHECK(between.told(R"(42["x","between"])").starts_with("disconnect "));
        between.check_it_comes_back();
    }
}

BOOST_AUTO_TEST_SUITE_END()
