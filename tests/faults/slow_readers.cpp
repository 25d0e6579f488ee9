// SPDX-License-Identifier: BSL-1.0
// R07, R11-R13, Z17: who does not read what is sent to him, or reads a byte at a time, through buffers of the system that are as small
// as it makes them.

#include "patience.hpp"
#include "support/raw_server.hpp"
#include "support/reached.hpp"
#include "system_calls.hpp"
#include "wire_client.hpp"

#include <cosio/transports/network_connector.hpp>

#include <cerrno>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr wire_options narrow{.receive_buffer = 2'048, .most_per_segment = 536};

/// Buffers of the server's connections are small while it lives.
struct small_buffers
{
    small_buffers() { calls().send_buffer = 2'048; }

    small_buffers(const small_buffers&) = delete;
    small_buffers& operator=(const small_buffers&) = delete;

    ~small_buffers() { calls().send_buffer = 0; }
};

[[nodiscard]] server_options bounded()
{
    server_options options;
    options.engine.max_send_queue_bytes = 256 * 1024;
    return options;
}

[[nodiscard]] string news(int number)
{
    return fmt::format("{:05} {}", number, string(10'000, 'x'));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slow_readers)

BOOST_AUTO_TEST_CASE(r07_r11_those_that_do_not_read_are_cut_and_the_others_have_every_event)
{
    const small_buffers small;
    real_world on{bounded()};
    {
        std::vector<wire_websocket> readers;
        std::vector<wire_websocket> others;
        for (int i = 0; i < 18; ++i)
            readers.push_back(wire_websocket::joined(on));
        for (int i = 0; i < 2; ++i)
            others.push_back(wire_websocket::joined(on, narrow));
        std::vector<strings> heard(readers.size());
        strings sent;
        for (int number = 0; number < 60; ++number) {
            on.io->all().emit("news", news(number));
            sent.push_back(fmt::format(R"(42["news","{}"])", news(number)));
            CHECK(on.until([&] {
                bool all = true;
                for (std::size_t i = 0; i < readers.size(); ++i) {
                    for (string& one : readers[i].take())
                        heard[i].push_back(std::move(one));
                    all = all && heard[i].size() == sent.size();
                }
                return all;
            }));
        }
        for (const strings& one : heard)
            CHECK(one == sent);
        on.pass(5s);  // close_timeout: the others' goodbye waits for room
        CHECK(on.sessions() == readers.size());
        CHECK(on.io->limits_reached()[limit::max_send_queue] == 2);
        CHECK(std::ranges::count(on.log, string{"disconnect: transport error"}) == 2);
        CHECK(std::ranges::count(on.log, string{"connect"}) == 20);
    }
    check_patience(on, 20);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r11_pings_do_not_pile_up_behind_a_closed_window)
{
    const small_buffers small;
    real_world on{bounded()};
    {
        wire_websocket deaf = wire_websocket::joined(on, narrow);
        on.io->all().emit("news", string(200'000, 'x'));
        const int before = calls().sends_in_vain;  // the system may find some room late
        on.rounds(200);
        CHECK(calls().sends_in_vain == before);  // nobody tries again while there is no room
        on.pass(45s);
        CHECK(on.log.size() == 1);
        on.pass(1ns);  // a pong at the deadline would have been in time
        CHECK(on.log.size() == 2);
        CHECK(
            calls().sends_in_vain <= before + 3
        );  // one for each packet that was added, and the end
    }
    CHECK(on.log == (strings{"connect", "disconnect: ping timeout"}));
    CHECK(reached(on.io->limits_reached()) == "ping_timeout 1");
    check_patience(on, 1);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r12_who_never_polls_is_cut_at_max_send_queue_packets)
{
    real_world on;
    {
        wire_client gets{on};
        wire_client posts{on};
        gets.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
        const string target =
            "/socket.io/?EIO=4&transport=polling&sid=" + sid_of(gets.answer().body);
        posts.send(http_text("POST", target, "40"));
        CHECK(posts.answer().body == "ok");
        int emitted = 0;
        while (on.log.size() == 1 && emitted < 100'000) {
            on.io->all().emit("news", emitted++);
            if (emitted % 64 == 0)
                on.rounds(1);
        }
        CHECK(emitted <= 16 * 1024 + 64);
        CHECK(emitted >= 16 * 1024 - 64);
        on.pass(6s);  // close_timeout: he does not come for the end
    }
    CHECK(on.log == (strings{"connect", "disconnect: transport error"}));
    CHECK(reached(on.io->limits_reached()) == "max_send_queue 1, close_timeout 1");
    check_patience(on, 64);  // so many are emitted at once
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r13_who_reads_a_byte_a_second_is_gone_when_he_answers_no_ping)
{
    const small_buffers small;
    real_world on{bounded()};
    {
        wire_websocket slow = wire_websocket::joined(on, narrow);
        on.io->all().emit("news", string(200'000, 'x'));
        for (int i = 0; i < 45; ++i) {
            slow.wire.pull(1);
            on.pass(1s);
        }
        CHECK(on.log.size() == 1);
        on.pass(1ns);
    }
    CHECK(on.log == (strings{"connect", "disconnect: ping timeout"}));
    check_patience(on, 1);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(r13_who_answers_pings_that_he_has_not_read_is_cut_at_max_send_queue_bytes)
{
    const small_buffers small;
    real_world on{bounded()};
    {
        wire_websocket slow = wire_websocket::joined(on, narrow);
        int emitted = 0;
        while (on.log.size() == 1 && emitted < 1'000) {
            on.io->all().emit("news", news(emitted++));
            slow.wire.pull(1);
            slow.say("3");
            on.pass(1s);
        }
        CHECK(emitted > 20);
        CHECK(emitted < 40);  // 256 KiB, and what the system takes
    }
    CHECK(on.log == (strings{"connect", "disconnect: transport error"}));
    CHECK(on.io->limits_reached()[limit::max_send_queue] == 1);
    check_patience(on, 1);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z17_what_passes_through_the_smallest_buffers_is_the_same)
{
    const small_buffers small;
    real_world on;
    {
        wire_websocket client = wire_websocket::joined(on, narrow);
        strings heard;
        strings sent;
        for (int i = 0; i < 5; ++i) {
            sent.push_back(fmt::format(R"(42["echo","{}"])", string(20'000 + std::size_t(i), 'x')));
            client.say(sent.back());
            const int before = calls().sends;
            REQUIRE(on.until([&] {
                for (string& one : client.take())
                    heard.push_back(std::move(one));
                return heard.size() == sent.size();
            }));
            CHECK(calls().sends > before + 2);  // it did not leave at once
        }
        CHECK(heard == sent);
    }
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z17_signals_interrupt_every_other_call)
{
    real_world on;
    const int before = calls().interruptions;
    calls().interrupted = true;
    {
        wire_websocket client = wire_websocket::joined(on);
        for (int i = 0; i < 20; ++i) {
            const string event = fmt::format(R"(42["echo",{}])", i);
            client.say(event);
            CHECK(client.wire.hears(event));
        }
    }
    calls().interrupted = false;
    // What came and what left, of twenty events at the least.
    CHECK(calls().interruptions - before >= 2 * 20);
    CHECK(on.until([&] { return on.sessions() == 0; }));
    CHECK(on.log == (strings{"connect", "disconnect: transport close"}));
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z17_a_connection_that_cannot_be_written_or_read_has_ended_at_once)
{
    real_world on;
    for (const int error : {EPIPE, ETIMEDOUT, ENETDOWN, EPERM, ENOBUFS, EHOSTUNREACH}) {
        for (const bool of_sends : {true, false}) {
            on.log.clear();
            {
                wire_websocket client = wire_websocket::joined(on);
                const int sends = calls().sends;
                const int receives = calls().receives;
                int& next = of_sends ? calls().send_fails_with : calls().recv_fails_with;
                next = error;
                client.say(R"(42["echo",1])");
                CHECK(on.until([&] { return on.sessions() == 0; }), error);
                CHECK(next == 0, error);
                on.rounds(50);
                // It is not tried again.
                CHECK(calls().sends - sends <= 1, error);
                CHECK(calls().receives - receives <= 2, error);
                CHECK(on.until([&] { return client.wire.ended(); }), error);
                CHECK(client.wire.come.empty(), error);
            }
            CHECK(on.log == (strings{"connect", "disconnect: transport close"}), error);
        }
    }
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z17_a_client_of_ours_that_cannot_connect_tells_why_and_tries_again_later)
{
    real_world on;
    for (const int error : {ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL, EPERM, ECONNREFUSED}) {
        client_options options;
        options.transports = {engine::transport_kind::websocket};
        options.randomization_factor = 0;
        const int before = calls().connects;
        calls().connect_fails_with = error;
        std::vector<error_code> told;
        json_manager client{
            on.home(), make_network_connector(on.home(), on.url(), options), options
        };
        client.on_error([&](error_code why, std::string_view) { told.push_back(why); });
        const json_client_socket socket = client.socket();
        REQUIRE(on.until([&] { return told.size() == 1; }));
        CHECK((told.front() == error_code{error, boost::system::system_category()}));
        on.rounds(100);
        CHECK(calls().connects == before + 1);  // no spinning
        on.pass(1s);
        CHECK(on.until([&] { return told.size() == 2; }));
        CHECK(calls().connects == before + 2);
        calls().connect_fails_with = 0;
        on.pass(2s);
        CHECK(on.until([&] { return socket.connected(); }), error);
        CHECK(told.size() == 2, error);
    }
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
