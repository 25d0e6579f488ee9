// SPDX-License-Identifier: BSL-1.0
// A server that ends without losing what it has sent.
#include "shards_support.hpp"
#include "socketio_http.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

task<> drain(json_server& io, journal& log, drain_options options)
{
    auto draining = io.drain(options);
    const drain_report report = co_await std::move(draining);
    log("drained {}, cut off {}", report.sessions, report.cut_off);
}

void begin_drain(http_case<json>& on, drain_options options)
{
    asio::co_spawn(on.world.home().executor(), drain(on.io, on.log, options), asio::detached);
    on.world.run();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drain_server)

BOOST_AUTO_TEST_CASE(of_nobody_it_ends_at_once)
{
    http_case<json> on;
    begin_drain(on, {});
    CHECK(on.log.take() == "drained 0, cut off 0");
}

BOOST_AUTO_TEST_CASE(what_was_sent_before_is_written_before_the_goodbye)
{
    http_case<json> on;
    raw_websocket socket{on.world, on.http, websocket_target};
    socket.text("40");
    static_cast<void>(socket.take());
    on.act([&] { on.io.emit("last", 1); });
    begin_drain(on, {});
    const std::vector<std::string> expected{"42[\"last\",1]", "close 1005"};
    CHECK(socket.take() == expected);
    CHECK(on.log.take() == "");
    socket.goodbye();
    CHECK(on.log.take() == "drained 1, cut off 0");
}

BOOST_AUTO_TEST_CASE(a_polling_client_gets_what_waits_with_its_next_poll)
{
    http_case<json> on;
    polling_client<json> client{on};
    on.act([&] { on.io.emit("last", 1); });
    begin_drain(on, {});
    CHECK(on.log.take() == "");
    CHECK(client.poll() == "42[\"last\",1]");
    CHECK(client.poll() == "1");
    CHECK(on.log.take() == "drained 1, cut off 0");
}

BOOST_AUTO_TEST_CASE(sockets_hear_that_the_server_shuts_down)
{
    http_case<json> on;
    on.watch();
    raw_websocket socket{on.world, on.http, websocket_target};
    socket.text("40");
    on.log.clear();
    begin_drain(on, {});
    CHECK(on.log.take() == "disconnect / server shutting down");
    socket.goodbye();
    CHECK(on.log.take() == "drained 1, cut off 0");
}

BOOST_AUTO_TEST_CASE(new_sessions_are_refused_meanwhile)
{
    http_case<json> on;
    polling_client<json> old{on};
    on.act([&] { on.io.emit("x"); });
    begin_drain(on, {});
    raw_client fresh{on.world, on.http};
    CHECK(fresh.ask("GET", "/socket.io/?EIO=4&transport=polling").status == 503);
}

BOOST_AUTO_TEST_CASE(sessions_are_closed_one_after_the_other)
{
    http_case<json> on;
    std::vector<std::unique_ptr<raw_websocket>> sockets;
    for (int i = 0; i < 5; ++i) {
        sockets.push_back(std::make_unique<raw_websocket>(on.world, on.http, websocket_target));
        sockets.back()->text("40");
    }
    const auto left = [&] { return on.io.main().socket_count(); };
    CHECK(left() == 5U);
    begin_drain(on, {.deadline = 10s, .stagger = 4s});
    CHECK(left() == 4U);
    on.world.run_for(1s - 1ms);
    CHECK(left() == 4U);
    for (const std::size_t expected : {3U, 2U, 1U}) {
        on.world.run_for(1s);
        CHECK(left() == expected);
    }
    CHECK(on.log.take() == "");
    on.world.run_for(1ms);
    CHECK(left() == 0U);
    for (const auto& socket : sockets)
        socket->goodbye();
    CHECK(on.log.take() == "drained 5, cut off 0");
}

BOOST_AUTO_TEST_CASE(who_takes_nothing_is_cut_off_at_the_deadline)
{
    http_case<json> on;
    polling_client<json> client{on};
    on.act([&] { on.io.emit("never taken"); });
    begin_drain(on, {.deadline = 2s});
    on.world.run_for(2s - 1ns);
    CHECK(on.log.take() == "");
    on.world.run_for(1ns);
    CHECK(on.log.take() == "drained 1, cut off 1");
    CHECK(client.poll() == "400");
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_before_it_is_drained_ends_the_wait)
{
    simulation world;
    journal log;
    std::optional<json_server> io{std::in_place, world.home()};
    const json_client client{world.home(), world.connect(*io)};
    world.run();
    asio::co_spawn(
        world.home().executor(), drain(*io, log, {.deadline = 20s, .stagger = 10s}), asio::detached
    );
    const json_client second{world.home(), world.connect(*io)};
    world.run();
    io.reset();
    world.run();
    CHECK(log.take().starts_with("drained "));
}

TYPED_CASE(all_shards_are_drained, Codec, codecs)
{
    shards_case<Codec> on;
    const auto all = [&]() -> task<> {
        auto draining = on.io.drain({.deadline = 5s, .stagger = 1s});
        const drain_report report = co_await std::move(draining);
        on.log("drained {}, cut off {}", report.sessions, report.cut_off);
    };
    asio::co_spawn(on.world.shards()[1]->executor(), all(), asio::detached);
    on.world.run_for(2s);
    const std::string heard = on.heard();
    CHECK(heard.starts_with("a transport close\nb transport close\n"));
    CHECK(heard.ends_with("drained 6, cut off 0\ne transport close\nf transport close"));
}

BOOST_AUTO_TEST_SUITE_END()
