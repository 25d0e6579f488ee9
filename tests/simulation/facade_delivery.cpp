// SPDX-License-Identifier: BSL-1.0
// What the facade does with frames and queues: sharing, limits, volatile events, the log.
#include "facade_support.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/deferred.hpp>

using namespace cosio;
using namespace cosio::test;

namespace cosio::test {

/// Counts how often it is put into text.
struct counted
{
    int* times;
};

}  // namespace cosio::test

template <>
struct fmt::formatter<counted> : fmt::formatter<std::string_view>
{
    fmt::format_context::iterator format(const counted& value, fmt::format_context& context) const
    {
        ++*value.times;
        return fmt::formatter<std::string_view>::format("counted", context);
    }
};

namespace {

/// A coroutine that waits here goes on inside pass(), not in a later turn.
class inline_gate
{
public:
    task<verdict> wait()
    {
        auto park = [this](auto handler) {
            asio::any_completion_handler<void()> parked{std::move(handler)};
            waiter_.swap(parked);
        };
        co_await asio::async_initiate<const asio::deferred_t, void()>(park, asio::deferred);
        co_return accept();
    }

    void pass()
    {
        asio::any_completion_handler<void()> waiter;
        waiter.swap(waiter_);
        std::move(waiter)();
    }

private:
    asio::any_completion_handler<void()> waiter_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_delivery)

TYPED_CASE(a_broadcast_to_a_hundred_sockets_is_one_frame, Codec, codecs)
{
    server_case<Codec> on;
    std::vector<packet_peer> peers;
    for (int i = 0; i < 100; ++i) {
        peers.emplace_back(on.world, on.world.connect(on.io));
        wire<Codec>::send(peers.back(), "40", {});
    }
    on.world.run();
    for (packet_peer& peer : peers)
        static_cast<void>(peer.take());

    on.io.emit("x", "text", binary{"bytes"});
    on.world.run();
    const auto first = peers.front().take();
    REQUIRE(first.size() == (std::is_same_v<Codec, json> ? 2U : 1U));
    for (std::size_t i = 1; i < peers.size(); ++i) {
        const auto other = peers[i].take();
        REQUIRE(other.size() == first.size());
        for (std::size_t packet = 0; packet < first.size(); ++packet) {
            CHECK(other[packet].data == first[packet].data);
            CHECK(other[packet].where == first[packet].where);
        }
    }
}

BOOST_AUTO_TEST_CASE(received_binary_is_sent_on_without_a_copy)
{
    server_case<json> on;
    on.io.on("x", [&](binary bytes) { on.io.emit("y", bytes, bytes); });
    auto a = on.joined();
    auto b = on.joined();
    a.say(R"(451-["x",{"_placeholder":true,"num":0}])", {"abc"});
    on.world.run();
    const auto at_a = a.peer().take();
    const auto at_b = b.peer().take();
    REQUIRE(at_a.size() == 3U);
    REQUIRE(at_b.size() == 3U);
    CHECK(at_a[1].where == at_b[1].where);
    CHECK(at_a[1].where == at_a[2].where);
}

TYPED_CASE(R11_a_peer_that_does_not_read_is_closed_at_max_send_queue_packets, Codec, codecs)
{
    server_options options;
    options.engine.max_send_queue_packets = 10;
    server_case<Codec> on{options};
    on.watch();
    auto slow = on.joined();
    auto good = on.joined();
    on.log.clear();
    slow.peer().stop_reading();

    const auto emit = [&](int count) {
        on.world.home().post([&on, count] {
            for (int i = 0; i < count; ++i)
                on.io.emit("x");
        });
        const std::string heard = good.heard();
        CHECK(std::ranges::count(heard, '\n') == count - 1);
    };
    // The link takes 1024 packets, then 10 are queued.
    for (int i = 0; i < 103; ++i)
        emit(i < 102 ? 10 : 14);
    CHECK(on.log.take() == "");
    emit(1);
    CHECK(on.log.take() == "disconnect / transport error");
    CHECK(on.io.main().socket_count() == 1U);
    on.world.run_for(6s);
    slow.peer().resume_reading();
    CHECK(slow.heard().ends_with("<end>"));
}

TYPED_CASE(A38_R11_a_peer_that_does_not_read_is_closed_at_max_send_queue_bytes, Codec, codecs)
{
    server_options options;
    options.engine.max_send_queue_bytes = 1'000;
    server_case<Codec> on{options};
    on.watch();
    auto slow = on.joined();
    on.log.clear();
    slow.peer().stop_reading();
    for (int i = 0; i < 1'024; ++i)
        on.io.emit("x");
    on.io.emit("x", std::string(400, 'x'));
    on.io.emit("x", std::string(400, 'x'));
    on.world.run();
    CHECK(on.log.take() == "");
    on.io.emit("x", std::string(400, 'x'));
    on.world.run();
    CHECK(on.log.take() == "disconnect / transport error");
}

TYPED_CASE(what_the_link_takes_at_once_is_not_held_against_a_peer_that_reads, Codec, codecs)
{
    server_options options;
    options.engine.max_send_queue_packets = 4;
    options.engine.max_send_queue_bytes = 1'000;
    server_case<Codec> on{options};
    on.io.on("burst", [](basic_socket<Codec> socket) {
        for (int i = 0; i < 100; ++i)
            socket.emit("x", std::string(300, 'x'));
    });
    auto client = on.joined();
    const std::string heard = client.say(R"(42["burst"])").heard();
    CHECK(std::ranges::count(heard, '\n') == 99);
}

TYPED_CASE(R14_volatile_events_need_a_link_that_takes_them_at_once, Codec, codecs)
{
    pair_case<Codec> on;
    on.near.on("x", [&](int n) { on.log("near {}", n); });
    on.io.on("x", [&](int n) { on.log("far {}", n); });
    CHECK(on.near.emit_volatile("x", 0) == send_status::closed);  // VOL-4
    const auto far = on.connect();
    on.act([&] {
        CHECK(far.emit_volatile("x", 1) == send_status::sent);
        CHECK(far.emit_volatile("x", 2) == send_status::dropped);
        CHECK(on.near.emit_volatile("x", 3) == send_status::sent);
        CHECK(on.near.emit_volatile("x", 4) == send_status::dropped);
        on.io.main().volatile_().emit("x", 5);
        on.io.to(far.id()).volatile_().emit("x", 6);
    });
    CHECK(on.told() == "near 1\nfar 3");
    on.act([&] { on.io.main().volatile_().emit("x", 7); });
    CHECK(on.told() == "near 7");
}

BOOST_AUTO_TEST_CASE(the_log_is_filtered_before_it_is_formatted)
{
    int formatted = 0;
    std::string lines;
    logger log{log_level::warning, [&](log_level, std::string_view line) { lines += line; }};
    log(log_level::debug, "{}", counted{&formatted});
    log(log_level::info, "{}", counted{&formatted});
    CHECK(formatted == 0);
    log(log_level::warning, "a {} ", counted{&formatted});
    log(log_level::error, "b {}", counted{&formatted});
    CHECK(formatted == 2);
    CHECK(lines == "a counted b counted");
    log.level = log_level::off;
    log(log_level::error, "{}", counted{&formatted});
    CHECK(formatted == 2);
    logger{}(log_level::error, "{}", counted{&formatted});
    logger{log_level::debug, {}}(log_level::error, "{}", counted{&formatted});
    CHECK(formatted == 2);
}

TYPED_CASE(the_log_tells_what_nobody_else_is_told, Codec, codecs)
{
    simulation world;
    journal log;
    server_options options;
    options.engine.log = {log_level::info, [&](log_level, std::string_view line) {
                              log.note(line);
                          }};
    basic_server<Codec> io{world.home(), options};
    io.on("throw", [](int) { throw std::runtime_error{"oops"}; });
    basic_client<Codec> client{world.home(), world.connect(io)};
    const auto near = client.socket();
    world.run();
    const auto far = io.main().sockets().at(0);
    const std::string id{far.id()};

    near.emit("throw");
    world.run();
    CHECK(
        log.take() == "/ " + id + ": event \"throw\": the handler takes another number of arguments"
    );
    world.home().post([&] { far.emit("connect"); });
    world.run();
    CHECK(log.take() == "/ " + id + ": emit \"connect\": a reserved event name");
    io.emit("connect");
    CHECK(log.take() == "/: emit \"connect\": a reserved event name");
    near.emit("throw", 1);
    world.run();
    CHECK(log.take() == "/ " + id + ": event \"throw\": oops");

    wire_client<Codec> rude{world, io};
    CHECK(rude.say("42[]").heard() == "<end>");
    CHECK(log.take().starts_with("connection closed: "));
}

// A broadcast ends a member that reads too slowly. Its handler lets another one leave, whose place in the
// namespace a newcomer takes: the newcomer has no part in that broadcast.
TYPED_CASE(who_joins_during_a_broadcast_does_not_take_part_in_it, Codec, codecs)
{
    server_options options;
    options.engine.max_send_queue_packets = 1;
    server_case<Codec> on{options};
    inline_gate open;
    on.io.main().use([&, guests = 0](basic_socket<Codec>) mutable -> task<verdict> {
        if (++guests == 4)
            return open.wait();
        return []() -> task<verdict> { co_return accept(); }();
    });
    auto slow = on.joined();
    auto leaving = on.joined();
    auto staying = on.joined();
    auto newcomer = on.client();
    CHECK(newcomer.say("40").heard() == "");
    const auto sockets = on.io.main().sockets();
    sockets[0].on_disconnect([&](close_reason reason) {
        on.log("slow: {}", to_string(reason));
        sockets[1].disconnect();
        open.pass();
        on.log("{} members", on.io.main().socket_count());
    });
    slow.peer().stop_reading();
    for (int i = 0; i < 1'025; ++i) {  // the link takes 1024 packets, then one is queued
        sockets[0].emit("x");
        on.world.run();
    }
    CHECK(on.log.take() == "");
    on.io.emit("news");
    on.world.run();
    CHECK(on.log.take() == "slow: transport error\n2 members");
    CHECK(leaving.heard() == "41");
    CHECK(staying.heard() == R"(42["news"])");
    CHECK(newcomer.heard() == R"(40{"sid":"<sid>"})");
    on.io.emit("more");
    CHECK(newcomer.heard() == R"(42["more"])");
}

TYPED_CASE(a_log_that_throws_harms_nobody, Codec, codecs)
{
    int lines = 0;
    server_options options;
    options.engine.log = {log_level::info, [&](log_level, std::string_view) {
                              ++lines;
                              throw std::runtime_error{"the disk is full"};
                          }};
    server_case<Codec> on{options};
    auto bystander = on.joined();
    wire_client<Codec> rude = on.joined();
    CHECK(rude.say("42[]").heard() == "<end>");
    CHECK(lines == 1);
    on.io.emit("still here");
    CHECK(bystander.heard() == R"(42["still here"])");
}

BOOST_AUTO_TEST_SUITE_END()
