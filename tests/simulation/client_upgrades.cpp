// SPDX-License-Identifier: BSL-1.0
// features.md 2.5, UP-15, UP-16: a client whose upgrade does not come about, against a server that is played by hand.
#include "support/check.hpp"
#include "support/codec_cases.hpp"

#include <cosio/transports/loopback.hpp>

#include <deque>

using namespace cosio;
using namespace cosio::test;

namespace {

using engine::transport_kind;

constexpr std::string_view open_packet =
    R"(0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000})";

/// What a client has asked for, and the server's ends of the links that it got.
struct played_network
{
    simulation world;
    std::vector<std::string> asked;  ///< "polling", "websocket x"
    std::deque<packet_peer> ends;
    bool silent = false;  ///< nobody answers
    std::optional<link_failure> refusal = {};
};

class played_connector final : public connector
{
public:
    explicit played_connector(played_network& network) noexcept : network_{&network} {}

    std::unique_ptr<attempt> connect(const link_request& what, connected done) override
    {
        const std::string_view kind = engine::to_string(what.kind);
        network_->asked.push_back(
            what.sid.empty() ? std::string{kind} : fmt::format("{} {}", kind, what.sid)
        );
        auto begun = std::make_unique<opening>(std::move(done));
        if (network_->silent)
            return begun;
        network_->world.home().post([network = network_, kind = what.kind, state = begun->state] {
            if (const connected told = std::exchange(*state, nullptr))
                told(open(*network, kind));
        });
        return begun;
    }

private:
    struct opening final : attempt
    {
        explicit opening(connected done) : state{std::make_shared<connected>(std::move(done))} {}

        ~opening() override { *state = nullptr; }

        std::shared_ptr<connected> state;
    };

    static outcome open(played_network& network, transport_kind kind)
    {
        if (network.refusal)
            return *network.refusal;
        auto [near, far] = make_loopback_pair(network.world.home(), {.kind = kind});
        network.ends.emplace_back(network.world, std::move(far));
        return std::move(near);
    }

    played_network* network_;
};

/// A client that is about to upgrade, and what it tells of that.
struct upgrade_case : played_network
{
    explicit upgrade_case(client_options options = {})
        : client{world.home(), std::make_unique<played_connector>(*this), std::move(options)}
    {
        client.on_upgrade_error([this](error_code why, std::string_view text) {
            CHECK((why == engine::errc::probe_error));
            said("{}", text);
        });
        client.on_close([this](close_reason reason) { said("close {}", to_string(reason)); });
        world.run();
        REQUIRE(ends.size() == 1U);
    }

    /// The server's handshake, over the last link.
    void open()
    {
        ends.back().send_text(open_packet);
        world.run();
    }

    /// "2probe" has come over the second link.
    void check_probed()
    {
        REQUIRE(ends.size() == 2U);
        const auto packets = ends[1].take();
        REQUIRE(packets.size() == 1U);
        CHECK(packets[0].data == "2probe");
    }

    /// The session goes on over its first link.
    void check_alive()
    {
        static_cast<void>(ends[0].take());
        ends[0].send_text("2");
        world.run();
        const auto packets = ends[0].take();
        REQUIRE(packets.size() == 1U);
        CHECK(packets[0].data == "3");
        CHECK(client.is_open());
        CHECK(said.take() == "");
    }

    journal said;
    json_manager client;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_upgrades)

BOOST_AUTO_TEST_CASE(UP_1_an_upgrade_that_comes_about_is_no_error)
{
    upgrade_case on;
    on.open();
    on.check_probed();
    on.ends[1].send_text("3probe");
    on.world.run();
    CHECK(on.ends[1].take().at(0).data == "5");
    on.world.run_for(20s);
    CHECK(on.said.take() == "");
    CHECK(fmt::format("{}", fmt::join(on.asked, "\n")) == "polling\nwebsocket x");
}

BOOST_AUTO_TEST_CASE(UP_16_the_answer_to_the_probe_is_another_packet)
{
    for (const std::string_view wrong : {"3prob", "3", "2probe", "4probe", "5", "6"}) {
        upgrade_case on;
        on.open();
        on.check_probed();
        on.ends[1].send_text(wrong);
        on.world.run();
        CHECK(on.said.take() == "probe error", wrong);
        CHECK(on.ends[1].ended());
        on.check_alive();
    }
}

BOOST_AUTO_TEST_CASE(UP_16_the_probed_link_is_closed)
{
    upgrade_case on;
    on.open();
    on.check_probed();
    on.ends[1].cut();
    on.world.run();
    CHECK(on.said.take() == "probe error: transport closed");
    on.check_alive();
}

BOOST_AUTO_TEST_CASE(UP_16_the_session_ends_meanwhile)
{
    upgrade_case on;
    on.open();
    on.check_probed();
    on.ends[0].cut();
    on.world.run();
    CHECK(on.said.take() == "probe error: socket closed\nclose transport close");
}

BOOST_AUTO_TEST_CASE(UP_16_the_client_is_closed_meanwhile)
{
    upgrade_case on;
    on.open();
    on.check_probed();
    on.client.close();
    on.world.run();
    CHECK(on.said.take() == "probe error: socket closed\nclose io client disconnect");
}

BOOST_AUTO_TEST_CASE(UP_16_the_probe_is_not_answered_in_time)
{
    client_options options;
    options.upgrade_timeout = 10s;
    upgrade_case on{options};
    on.open();
    on.check_probed();
    on.world.run_for(10s - 1ms);
    CHECK(on.said.take() == "");
    on.world.run_for(1ms);
    CHECK(on.said.take() == "probe error: timeout");
    CHECK(on.ends[1].ended());
    on.check_alive();
}

BOOST_AUTO_TEST_CASE(UP_16_there_is_no_link_in_time)
{
    client_options options;
    options.upgrade_timeout = 10s;
    upgrade_case on{options};
    on.silent = true;
    on.open();
    CHECK(fmt::format("{}", fmt::join(on.asked, "\n")) == "polling\nwebsocket x");
    on.world.run_for(10s - 1ms);
    CHECK(on.said.take() == "");
    on.world.run_for(1ms);
    CHECK(on.said.take() == "probe error: timeout");
    on.check_alive();
}

BOOST_AUTO_TEST_CASE(UP_16_there_is_no_link)
{
    upgrade_case on;
    on.refusal =
        link_failure{.why = engine::errc::connection_reset, .text = "the server answers 503 busy"};
    on.open();
    CHECK(on.said.take() == "probe error: the server answers 503 busy");
    on.check_alive();
    on.world.run_for(20s);
    CHECK(
        fmt::format("{}", fmt::join(on.asked, "\n")) == "polling\nwebsocket x"
    );  // it is not tried again
}

BOOST_AUTO_TEST_CASE(UP_16_who_is_told_may_destroy_the_client)
{
    played_network network;
    auto client = std::make_unique<json_manager>(
        network.world.home(), std::make_unique<played_connector>(network)
    );
    client->on_upgrade_error([&](error_code, std::string_view) { client.reset(); });
    network.world.run();
    network.ends.at(0).send_text(open_packet);
    network.world.run();
    network.ends.at(1).cut();
    network.world.run_for(60s);
    CHECK(!client);
    CHECK(network.ends[0].ended());
}

BOOST_AUTO_TEST_CASE(a_failed_upgrade_is_not_remembered)
{
    client_options options;
    options.remember_upgrade = true;
    options.randomization_factor = 0;
    upgrade_case on{options};
    on.open();
    on.check_probed();
    on.ends[1].send_text("3probe");
    on.world.run();
    on.ends[1].cut();
    on.world.run_for(1s);
    CHECK(
        fmt::format("{}", fmt::join(std::exchange(on.asked, {}), "\n")) ==
        "polling\nwebsocket x\nwebsocket"
    );
    on.ends[2].cut();  // WebSocket does not work any more
    on.world.run_for(2s);
    on.open();
    CHECK(
        fmt::format("{}", fmt::join(std::exchange(on.asked, {}), "\n")) == "polling\nwebsocket x"
    );
    on.ends[4].cut();
    on.world.run();
    on.said.clear();
    on.ends[3].cut();
    on.world.run_for(5s);
    CHECK(fmt::format("{}", fmt::join(on.asked, "\n")) == "polling");
}

BOOST_AUTO_TEST_SUITE_END()
