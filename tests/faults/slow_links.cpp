// SPDX-License-Identifier: BSL-1.0
// Z03: networks that are slow, or stand still for a while.

#include "relay.hpp"

#include <cosio/transports/network_connector.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

const std::vector<engine::transport_kind> over_polling{engine::transport_kind::polling};
const std::vector<engine::transport_kind> over_websocket{engine::transport_kind::websocket};
const std::vector<engine::transport_kind> with_upgrade{
    engine::transport_kind::polling, engine::transport_kind::websocket
};

/// A client of ours behind a relay that sends numbers and is sent numbers.
class counting_client
{
public:
    counting_client(
        real_world& on,
        const relay& over,
        const std::vector<engine::transport_kind>& transports,
        const string& trusted = {}
    )
        : on_{&on}
    {
        client_options options;
        options.transports = transports;
        options.randomization_factor = 0;
        network_options network;
        network.tls.ca = trusted;
        client_.emplace(
            on.home(), make_network_connector(on.home(), over.url(), options, network), options
        );
        socket_ = client_->socket();
        socket_->on_connect([this] { told.push_back("connect"); });
        socket_->on_disconnect([this](close_reason why) {
            told.push_back(fmt::format("disconnect: {}", to_string(why)));
        });
        client_->on_error([this](error_code, std::string_view why) { told.emplace_back(why); });
        socket_->on("echo", [this](unsigned number) { echoed.push_back(number); });
        socket_->on("news", [this](unsigned number) { heard.push_back(number); });
    }

    /// Both sides send `count` numbers, one a second.
    void converse(unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            sent.push_back(unsigned(sent.size()));
            socket_->emit("echo", sent.back());
            on_->io->all().emit("news", sent.back());
            on_->pass(1s);
        }
    }

    strings told;
    std::vector<unsigned> sent;
    std::vector<unsigned> echoed;
    std::vector<unsigned> heard;

private:
    real_world* on_;
    std::optional<json_manager> client_;
    std::optional<json_client_socket> socket_;
};

void check_in_order(
    const relay_options& how,
    const std::vector<engine::transport_kind>& transports,
    duration patience
)
{
    real_world on;
    {
        const relay over{on, how};
        counting_client client{on, over, transports};
        on.pass(patience);
        CHECK(client.told == strings{"connect"});
        client.converse(100);
        on.pass(patience);
        CHECK(client.echoed == client.sent);
        CHECK(client.heard == client.sent);
        CHECK(client.told == strings{"connect"});
    }
    CHECK(on.until([&] { return on.log.size() == 2; }));
    CHECK(on.log.front() == "connect");
    on.check_at_rest();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slow_links)

BOOST_AUTO_TEST_CASE(z03_polling_over_a_link_of_two_seconds)
{
    check_in_order({.delay = 2s}, over_polling, 1min);
    check_in_order({.delay = 1s, .jitter = 1s}, over_polling, 1min);
}

BOOST_AUTO_TEST_CASE(z03_websocket_over_a_link_of_nine_seconds)
{
    check_in_order({.delay = 9s}, over_websocket, 2min);
    check_in_order({.delay = 1s, .jitter = 8s}, over_websocket, 2min);
}

BOOST_AUTO_TEST_CASE(z03_an_upgrade_over_a_link_of_two_seconds)
{
    check_in_order({.delay = 2s}, with_upgrade, 1min);
    check_in_order({.delay = 1s, .jitter = 1s}, with_upgrade, 1min);
}

BOOST_AUTO_TEST_CASE(z03_a_link_of_a_kilobyte_a_second)
{
    for (const auto* transports : {&over_polling, &over_websocket, &with_upgrade})
        check_in_order({.bytes_per_second = 1'000}, *transports, 1min);
}

BOOST_AUTO_TEST_CASE(z03_nobody_notices_a_link_that_stands_still_for_less_than_a_heartbeat_may_take)
{
    for (const auto* transports : {&over_polling, &over_websocket, &with_upgrade}) {
        // Connections of polling that are idle for keep_alive_timeout end.
        const unsigned still = transports == &over_polling ? 3 : 19;
        real_world on;
        {
            relay over{on};
            counting_client client{on, over, *transports};
            on.pass(1s);
            for (int i = 0; i < 2; ++i) {
                client.converse(23);  // the next ping is sent while the link stands still
                over.stall();
                client.converse(still);
                CHECK(client.echoed.size() == client.sent.size() - still);
                CHECK(client.heard.size() == client.sent.size() - still);
                over.resume();
            }
            client.converse(5);
            CHECK(client.echoed == client.sent);
            CHECK(client.heard == client.sent);
            CHECK(client.told == strings{"connect"});
        }
        on.check_at_rest();
        CHECK(on.log.size() == 2);
    }
}

BOOST_AUTO_TEST_CASE(z03_a_link_that_stands_still_for_longer_ends_the_session_on_both_sides)
{
    for (const auto* transports : {&over_polling, &over_websocket, &with_upgrade}) {
        real_world on;
        {
            relay over{on};
            counting_client client{on, over, *transports};
            on.pass(1s);
            over.stall();
            on.pass(46s);
            REQUIRE(!client.told.empty());
            CHECK(client.told.back() != "connect");
            CHECK(on.log == (strings{"connect", "disconnect: ping timeout"}));
            over.resume();
            on.pass(30s);
            CHECK(client.told.front() == "connect");
            CHECK(client.told.back() == "connect");
            CHECK(std::ranges::count(on.log, string{"connect"}) == 2);
        }
        on.check_at_rest();
    }
}

BOOST_AUTO_TEST_SUITE_END()
