// SPDX-License-Identifier: BSL-1.0
// Z07: a server that comes to its end under load.

#include "support/raw_server.hpp"
#include "wire_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

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
        const auto drain = [&]() -> task<> {
            auto draining = on.io->drain();
            report = co_await std::move(draining);
        };
        asio::co_spawn(on.home().executor(), drain(), asio::detached);
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

BOOST_AUTO_TEST_SUITE_END()
