// SPDX-License-Identifier: BSL-1.0
// Z07, Z12: a server that comes to its end under load, and while handlers wait for what never comes.

#include "support/raw_server.hpp"
#include "wire_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <map>

using namespace cosio;
using namespace cosio::test;

namespace {

/// Long-polls.
struct poller
{
    explicit poller(real_world& on) : gets{on}, posts{on}
    {
        gets.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
        target = "/socket.io/?EIO=4&transport=polling&sid=" + sid_of(gets.answer().body);
        posts.send(http_text("POST", target, "40"));
        CHECK(posts.answer().body == "ok");
        static_cast<void>(poll());  // its CONNECT reply
    }

    [[nodiscard]] string poll()
    {
        gets.send(http_text("GET", target));
        return gets.answer().body;
    }

    wire_client gets;
    wire_client posts;
    string target;
};

/// Clients whose handlers do not return: they wait for nothing, for an answer, or whether to let somebody in.
struct kept_waiting
{
    explicit kept_waiting(real_world& on)
    {
        for (const std::string_view packet : {R"(42["park"])", R"(42["ask"])"}) {
            sockets.push_back(wire_websocket::joined(on));
            sockets.back().say(packet);
            pollers.emplace_back(on);
            pollers.back().posts.send(http_text("POST", pollers.back().target, packet));
            CHECK(pollers.back().posts.answer().body == "ok");
        }
        REQUIRE(sockets.back().wire.hears("question"));
        static_cast<void>(sockets.back().take());
        sockets.emplace_back(on).say("40/guarded,");
        REQUIRE(on.until([&] { return on.parked->waiting() == 2 && on.guarded->waiting() == 1; }));
        CHECK(on.log == strings(4, "connect"));
        on.steady->close();
        REQUIRE(on.until([&] { return on.io->clients_count() == 5; }));
    }

    std::vector<wire_websocket> sockets;
    std::vector<poller> pollers;
};

/// Lets happen what is due.
void happen(real_world& on)
{
    on.world.context().restart();
    on.world.context().poll();
}

/// Each socket has ended, who waited for an answer was told, and what returns now changes nothing any more.
void check_the_end(real_world& on)
{
    const auto lines = [&](std::string_view what) { return std::ranges::count(on.log, what); };
    CHECK(lines("disconnect: server shutting down") == 4);
    CHECK(lines("no answer: socket has been disconnected") == 2);
    CHECK(on.log.size() == 10);
    CHECK(on.parked->passed() == 0);
    on.parked->open();
    on.guarded->open();
    CHECK(on.until([&] { return on.parked->passed() == 2 && on.guarded->passed() == 1; }));
    happen(on);
    CHECK(on.log.size() == 10);
}

[[nodiscard]] task<> draining(json_server& io, drain_options how, std::optional<drain_report>& into)
{
    auto ending = io.drain(how);
    into = co_await std::move(ending);
}

/// The report comes when it is over.
void drain(real_world& on, std::optional<drain_report>& report, drain_options how = {})
{
    asio::co_spawn(on.home().executor(), draining(*on.io, how, report), asio::detached);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_shutdown)

BOOST_AUTO_TEST_CASE(z07_what_was_emitted_is_sent_and_each_socket_ends_once)
{
    real_world on;
    std::optional<drain_report> report;
    {
        std::vector<wire_websocket> sockets;
        std::vector<poller> pollers;
        for (int i = 0; i < 50; ++i) {
            sockets.push_back(wire_websocket::joined(on));
            pollers.emplace_back(on);
        }
        for (int i = 0; i < 10; ++i)
            on.io->all().emit("news", string(1'000, 'x'));
        on.steady->close();
        drain(on, report);
        for (wire_websocket& one : sockets) {
            strings come;
            REQUIRE(on.until([&] {
                for (string& message : one.take())
                    come.push_back(std::move(message));
                return !come.empty() && come.back() == "close 1005";
            }));
            CHECK(come.size() == 11);
            one.wire.finish();
        }
        for (poller& one : pollers) {
            CHECK(records(one.poll()).size() == 10);
            CHECK(one.poll() == "1");
        }
        REQUIRE(on.until([&] { return report.has_value(); }));
        wire_client late{on};
        late.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
        CHECK(late.answer().status == 503);
    }
    CHECK(report->sessions >= 100);
    CHECK(report->cut_off == 0);
    CHECK(std::ranges::count(on.log, string{"disconnect: server shutting down"}) == 100);
    CHECK(on.log.size() == 200);
}

BOOST_AUTO_TEST_CASE(z07_who_keeps_sending_hears_of_all_that_was_handled_and_then_the_end)
{
    constexpr std::size_t count = 20;
    real_world on;
    std::map<std::size_t, strings> handled;
    on.io->on("count", [&](json_socket socket, std::size_t who, int number) {
        handled[who].push_back(fmt::format(R"(42["count",{}])", number));
        socket.emit("count", number);
    });
    std::optional<drain_report> report;
    std::vector<strings> sent(count);
    std::vector<strings> heard(count);
    {
        std::vector<wire_websocket> sockets;
        while (sockets.size() < count)
            sockets.push_back(wire_websocket::joined(on));
        on.steady->close();
        REQUIRE(on.until([&] { return on.io->clients_count() == count; }));
        drain(on, report, {.deadline = 10s, .stagger = 2s});
        const auto is_over = [&](std::size_t i) {
            return !heard[i].empty() && heard[i].back() == "close 1005";
        };
        for (int number = 0; !report && number < 90; ++number) {
            for (std::size_t i = 0; i < count; ++i) {
                if (is_over(i))
                    continue;
                sockets[i].say(fmt::format(R"(42["count",{},{}])", i, number));
                sent[i].push_back(fmt::format(R"(42["count",{}])", number));
                for (string& one : sockets[i].take())
                    heard[i].push_back(std::move(one));
                if (is_over(i))
                    sockets[i].wire.finish();
            }
            if (number == 10) {
                wire_client late{on};
                late.send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
                CHECK(late.answer().status == 503);
            }
            on.time.go_to(on.time.now() + 100ms);
            happen(on);
        }
        REQUIRE(report);
    }
    CHECK(report->sessions == count);
    CHECK(report->cut_off == 0);
    std::size_t meanwhile = 0;
    for (std::size_t i = 0; i < count; ++i) {
        // The first of what was sent was handled, and all that the handler said was heard before the end.
        meanwhile += handled[i].size();
        sent[i].resize(handled[i].size());
        CHECK(handled[i] == sent[i]);
        handled[i].emplace_back("close 1005");
        CHECK(heard[i] == handled[i]);
    }
    CHECK(meanwhile > 5 * count);
    CHECK(on.log.size() == 2 * count);
}

BOOST_AUTO_TEST_CASE(z07_a_second_close_does_nothing)
{
    real_world on;
    std::optional<drain_report> report;
    {
        wire_websocket client = wire_websocket::joined(on);
        on.steady->close();
        REQUIRE(on.until([&] { return on.io->clients_count() == 1; }));
        for (int i = 0; i < 3; ++i)
            on.io->close();
        strings come;
        REQUIRE(on.until([&] {
            for (string& one : client.take())
                come.push_back(std::move(one));
            return client.wire.ended() || !come.empty();
        }));
        on.io->close();
        client.wire.finish();
        CHECK(on.until([&] { return on.io->clients_count() == 0; }));
        drain(on, report);
        CHECK(on.until([&] { return report.has_value(); }));
        CHECK(come.size() == 1);
    }
    on.io->close();
    CHECK(report->sessions == 0);
    CHECK(on.log == (strings{"connect", "disconnect: server shutting down"}));
}

BOOST_AUTO_TEST_CASE(z12_handlers_that_do_not_return_keep_no_server_that_is_drained)
{
    real_world on;
    const std::size_t descriptors = open_descriptors() - 2;  // without the well-behaved client's
    std::optional<drain_report> report;
    {
        kept_waiting clients{on};
        drain(on, report, {.deadline = 3s});
        for (wire_websocket& one : clients.sockets) {
            strings come;
            REQUIRE(on.until([&] {
                come = one.take();
                return !come.empty();
            }));
            CHECK(come == strings{"close 1005"});
            one.wire.finish();
        }
        // Who does not poll is waited for, and cut off.
        on.time.go_to(on.time.now() + 3s - 1ns);
        happen(on);
        CHECK(!report);
        CHECK(on.until([&] { return on.io->clients_count() == 2; }));
        on.time.go_to(on.time.now() + 1ns);
        REQUIRE(on.until([&] { return report.has_value(); }));
        CHECK(report->sessions == 5);
        CHECK(report->cut_off == 2);
        CHECK(on.io->clients_count() == 0);
    }
    CHECK(on.until([&] { return open_descriptors() == descriptors; }));
    check_the_end(on);
}

BOOST_AUTO_TEST_CASE(z12_handlers_that_do_not_return_keep_no_server_that_is_destroyed)
{
    real_world on;
    const std::size_t descriptors = open_descriptors() - 3;  // nor the listener's
    {
        kept_waiting clients{on};
        on.io->close();
        on.listening.reset();
        on.io.reset();
        for (wire_websocket& one : clients.sockets)
            CHECK(on.until([&] { return one.wire.ended(); }));
        for (poller& one : clients.pollers)
            CHECK(on.until([&] { return one.gets.ended() && one.posts.ended(); }));
    }
    CHECK(on.until([&] { return open_descriptors() == descriptors; }));
    check_the_end(on);
}

BOOST_AUTO_TEST_SUITE_END()
