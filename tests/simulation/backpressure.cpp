// SPDX-License-Identifier: BSL-1.0
// Clients that take less than is sent to them: what is dropped, and what is replaced while it waits.
#include "facade_support.hpp"
#include "support/reached.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr int link_takes = 1'024;  // packets

/// A client that has stopped to read, and whose link takes no more: ten packets may wait for it.
template <class Codec>
struct slow_case : facade_case<Codec>
{
    explicit slow_case(overflow_policy policy = overflow_policy::drop)
        : facade_case<Codec>{small(policy)}, slow{this->joined()}
    {
        far = this->io.main().sockets().at(0);
        far.on_disconnect([this](close_reason reason, error_code why) {
            this->log("slow: {}, {}", to_string(reason), why ? why.message() : "");
        });
        fill();
    }

    static server_options small(overflow_policy policy)
    {
        server_options options;
        options.engine.max_send_queue_packets = 10;
        options.engine.max_send_queue_bytes = 100'000;
        options.overflow = policy;
        return options;
    }

    void fill()
    {
        slow.peer().stop_reading();
        this->act([&] {
            for (int i = 0; i < link_takes; ++i)
                far.emit("fill");
        });
    }

    /// Emits x with the numbers from `first` to `last`; how many were dropped.
    int emit(int first, int last)
    {
        int dropped = 0;
        this->act([&] {
            for (int n = first; n <= last; ++n)
                if (far.emit("x", n) == send_status::dropped)
                    ++dropped;
        });
        return dropped;
    }

    /// What the client reads from now on, without what had filled its link.
    std::string heard()
    {
        slow.peer().resume_reading();
        std::string lines;
        std::string all = slow.heard();
        for (std::string_view rest = all; !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            const std::string_view line = rest.substr(0, end);
            if (line != R"(42["fill"])")
                lines += fmt::format("{}{}", lines.empty() ? "" : " ", line);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return lines;
    }

    [[nodiscard]] std::string limits() { return reached(this->io.limits_reached()); }

    wire_client<Codec> slow;
    basic_socket<Codec> far;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(backpressure)

TYPED_CASE(an_event_too_many_is_dropped, Codec, codecs)
{
    slow_case<Codec> on;
    CHECK(on.emit(1, 10) == 0);
    CHECK(on.limits() == "");
    CHECK(on.emit(11, 12) == 2);
    CHECK(on.limits() == "max_send_queue 2");
    CHECK(on.far.conn().pending_packets() == 10U);
    CHECK(
        on.heard() == R"(42["x",1] 42["x",2] 42["x",3] 42["x",4] 42["x",5] 42["x",6] )"
                      R"(42["x",7] 42["x",8] 42["x",9] 42["x",10])"
    );
    CHECK(on.emit(13, 13) == 0);
    CHECK(on.heard() == R"(42["x",13])");
    CHECK(on.log.take() == "");
}

TYPED_CASE(what_the_link_takes_at_once_is_not_dropped, Codec, codecs)
{
    slow_case<Codec> on;
    static_cast<void>(on.heard());
    CHECK(on.emit(1, 500) == 0);
    on.act([&] { CHECK(on.far.emit("large", std::string(200'000, 'x')) == send_status::sent); });
    CHECK(on.heard().size() > 200'000U);
}

TYPED_CASE(one_event_may_always_wait_however_large, Codec, codecs)
{
    slow_case<Codec> on;
    const std::string large(200'000, 'x');
    on.act([&] {
        CHECK(on.far.emit("large", large) != send_status::dropped);
        CHECK(on.far.emit("large", large) == send_status::dropped);
        CHECK(on.far.emit("small") == send_status::dropped);
    });
    CHECK(on.heard() == fmt::format(R"(42["large","{}"])", large));
}

TYPED_CASE(the_bytes_that_wait_are_limited_too, Codec, codecs)
{
    slow_case<Codec> on;
    on.act([&] {
        CHECK(on.far.emit("a", std::string(49'000, 'a')) != send_status::dropped);
        CHECK(on.far.emit("b", std::string(52'000, 'b')) == send_status::dropped);
        CHECK(on.far.emit("c", std::string(49'000, 'c')) != send_status::dropped);
    });
    CHECK(on.limits() == "max_send_queue 1");
}

TYPED_CASE(a_broadcast_is_dropped_for_the_slow_one_alone, Codec, codecs)
{
    slow_case<Codec> on;
    auto good = on.joined();
    CHECK(on.emit(1, 10) == 0);
    on.act([&] { CHECK(on.io.emit("news") == send_status::sent); });
    CHECK(good.heard() == R"(42["news"])");
    CHECK(on.limits() == "max_send_queue 1");
    CHECK(!on.heard().ends_with(R"(42["news"])"));
    CHECK(on.log.take() == "");
}

TYPED_CASE(who_waits_for_the_answer_to_a_dropped_event_is_told_at_once, Codec, codecs)
{
    slow_case<Codec> on;
    CHECK(on.emit(1, 10) == 0);
    on.act([&] {
        const send_status status =
            on.far.emit("ask", [&](result<int> answer) { on.log("{}", text_of(answer)); });
        CHECK(status == send_status::dropped);
    });
    CHECK(on.log.take() == "operation has timed out");
}

BOOST_AUTO_TEST_CASE(who_is_cut_off_in_the_middle_of_a_frame_hears_so_at_once)
{
    simulation world;
    simulated_network network{world};
    network.quality.capacity_bytes = 1'000;
    server_options options;
    options.engine.max_send_queue_bytes = 4'000;
    const simulated_host<json> host{world, network, "chat", options, [](json_server& io) {
                                        io.on("flood", [](json_socket from) {
                                            for (int i = 0; i < 10; ++i)
                                                from.emit("x", std::string(1'500, 'x'));
                                        });
                                    }};
    client_options over_websocket;
    over_websocket.transports = {engine::transport_kind::websocket};
    json_manager client{
        world.home(), network.connect_to("http://chat", over_websocket), over_websocket
    };
    const json_client_socket socket = client.socket();
    journal said;
    socket.on_disconnect([&](close_reason why) { said("{}", to_string(why)); });
    world.run();
    socket.emit("flood");
    world.run();  // no time passes
    CHECK(said.take() == "transport close");
}

TYPED_CASE(answers_and_the_goodbye_are_not_dropped, Codec, codecs)
{
    slow_case<Codec> on;
    on.far.on("ask", [](int n, ack<int> reply) { reply(n); });
    CHECK(on.emit(1, 10) == 0);
    on.slow.say(R"(427["ask",1])");
    on.world.run();
    CHECK(on.emit(11, 11) == 1);
    on.act([&] { on.far.disconnect(); });
    CHECK(on.log.take() == "slow: server namespace disconnect, ");
    CHECK(on.heard().ends_with(R"(42["x",10] 437[1] 41)"));
}

TYPED_CASE(what_is_not_dropped_has_as_much_room_again, Codec, codecs)
{
    slow_case<Codec> on;
    on.far.on("ask", [](ack<> reply) { reply(); });
    CHECK(on.emit(1, 10) == 0);
    for (int i = 0; i < 10; ++i)
        on.slow.say(R"(427["ask"])");
    on.world.run();
    CHECK(on.log.take() == "");
    CHECK(on.far.conn().pending_packets() == 20U);
    on.slow.say(R"(427["ask"])");
    on.world.run();
    CHECK(
        on.log.take() == "slow: transport error, too much waits to be sent (see "
                         "max_send_queue_bytes, max_send_queue_packets)"
    );
}

TYPED_CASE(a_socket_may_have_a_policy_of_its_own, Codec, codecs)
{
    slow_case<Codec> on{overflow_policy::disconnect};
    on.act([&] { on.far.set_overflow(overflow_policy::drop); });
    CHECK(on.emit(1, 11) == 1);
    on.act([&] { on.far.set_overflow(overflow_policy::disconnect); });
    CHECK(on.log.take() == "");
    on.emit(12, 12);
    CHECK(on.log.take().starts_with("slow: transport error"));
}

BOOST_AUTO_TEST_CASE(an_event_of_several_frames_is_dropped_whole)
{
    slow_case<json> on;
    CHECK(on.emit(1, 8) == 0);
    on.act([&] {
        CHECK(on.far.emit("files", binary{"a"}, binary{"b"}) == send_status::dropped);
        CHECK(on.far.emit("file", binary{"c"}) != send_status::dropped);
    });
    CHECK(on.far.conn().pending_packets() == 10U);
    CHECK(on.heard().ends_with(R"(42["x",8] 451-["file",{"_placeholder":true,"num":0}] bc)"));
}

TYPED_CASE(volatile_events_are_dropped_before, Codec, codecs)
{
    slow_case<Codec> on;
    on.act([&] {
        CHECK(on.far.volatile_().emit("x", 1) == send_status::dropped);
        CHECK(on.far.volatile_().latest().emit("x", 2) == send_status::dropped);
    });
    CHECK(on.limits() == "");
    CHECK(on.heard() == "");
}

TYPED_CASE(a_client_may_drop_too, Codec, codecs)
{
    client_options options;
    options.overflow = overflow_policy::drop;
    options.max_send_queue_packets = 2;
    server_options paused;
    paused.engine.max_running_handlers = 1;
    pair_case<Codec> on{paused, options};
    gate open{on.world.home().executor()};
    on.io.on("wait", [&]() -> task<> { co_await open.wait(); });
    on.io.on("x", [&](int n) { on.log("x {}", n); });
    on.connect();
    on.near.emit("wait");
    on.world.run();
    on.act([&] {
        for (int n = 0; n < link_takes; ++n)
            on.near.emit("none");
    });
    on.act([&] {
        for (int n = 1; n <= 3; ++n)
            on.log("{}", on.near.emit("x", n) == send_status::dropped ? "dropped" : "waits");
    });
    open.notify();
    CHECK(on.told() == "waits\nwaits\ndropped\nx 1\nx 2");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(latest)

TYPED_CASE(the_last_one_takes_the_place_of_the_one_that_waits, Codec, codecs)
{
    slow_case<Codec> on;
    on.act([&] {
        on.far.latest("A").emit("price", 1);
        on.far.emit("x", 1);
        CHECK(on.far.latest("A").emit("price", 2) == send_status::queued);
    });
    on.act([&] { CHECK(on.far.latest("A").emit("price", 3) == send_status::queued); });
    CHECK(on.far.conn().pending_packets() == 2U);
    CHECK(on.heard() == R"(42["price",3] 42["x",1])");
    on.act([&] { on.far.latest("A").emit("price", 4); });
    on.act([&] { on.far.latest("A").emit("price", 5); });
    CHECK(on.heard() == R"(42["price",4] 42["price",5])");
}

TYPED_CASE(of_one_turn_a_client_that_reads_hears_the_last_one, Codec, codecs)
{
    slow_case<Codec> on;
    static_cast<void>(on.heard());
    on.act([&] {
        for (int n = 1; n <= 5; ++n)
            on.far.latest().emit("tick", n);
    });
    CHECK(on.heard() == R"(42["tick",5])");
}

TYPED_CASE(another_key_event_or_namespace_is_another_one, Codec, codecs)
{
    slow_case<Codec> on;
    static_cast<void>(on.io.of("/b"));
    on.slow.say("40/b,");
    on.world.run();
    on.act([&] {
        on.far.latest("A").emit("price", 1);
        on.far.latest("B").emit("price", 2);
        on.far.latest("A").emit("volume", 3);
        on.far.latest().emit("price", 4);
        on.io.of("/b").latest("A").emit("price", 5);
        on.far.emit("price", 6);
        on.far.latest("B").emit("price", 7);
    });
    CHECK(
        on.heard() == R"(40/b,{"sid":"<sid>"} 42["price",1] 42["price",7] 42["volume",3] )"
                      R"(42["price",4] 42/b,["price",5] 42["price",6])"
    );
}

TYPED_CASE(a_broadcast_replaces_what_waits_for_each, Codec, codecs)
{
    slow_case<Codec> on;
    auto good = on.joined();
    on.act([&] {
        CHECK(!on.far.join("room"));
        on.io.latest("A").emit("price", 1);
    });
    on.act([&] { on.io.to("room").latest("A").emit("price", 2); });
    on.act([&] { on.far.latest("A").emit("price", 3); });
    on.act([&] { on.io.main().latest("A").emit("price", 4); });
    CHECK(good.heard() == "42[\"price\",1]\n42[\"price\",4]");
    CHECK(on.heard() == R"(42["price",4])");
}

BOOST_AUTO_TEST_CASE(packets_of_several_frames_are_replaced_whole)
{
    slow_case<json> on;
    const auto files = [&](std::vector<std::string> contents) {
        std::vector<binary> all;
        for (const std::string& one : contents)
            all.emplace_back(as_bytes(one));
        on.act([&] { on.far.latest().emit("files", all); });
    };
    CHECK(on.emit(1, 1) == 0);
    files({"a", "b"});
    CHECK(on.emit(2, 2) == 0);
    files({"c"});
    CHECK(on.far.conn().pending_packets() == 4U);
    files({"d", "e", "f"});
    CHECK(on.far.conn().pending_packets() == 6U);
    files({"g", "h", "i"});
    CHECK(
        on.heard() ==
        R"(42["x",1] 453-["files",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},)"
        R"({"_placeholder":true,"num":2}]] bg bh bi 42["x",2])"
    );
}

TYPED_CASE(at_the_limit_what_waits_is_replaced_and_what_does_not_is_dropped, Codec, codecs)
{
    slow_case<Codec> on;
    CHECK(on.emit(1, 9) == 0);
    on.act([&] {
        CHECK(on.far.latest("A").emit("price", 1) != send_status::dropped);
        CHECK(on.far.latest("B").emit("price", 2) == send_status::dropped);
        CHECK(on.far.latest("A").emit("price", 3) == send_status::queued);
        // It would take too many bytes.
        CHECK(on.far.latest("A").emit("price", std::string(100'000, 'x')) == send_status::dropped);
    });
    CHECK(on.heard().ends_with(R"(42["x",9] 42["price",3])"));
}

TYPED_CASE(the_policy_does_not_matter_before_the_limit, Codec, codecs)
{
    slow_case<Codec> on{overflow_policy::disconnect};
    for (int n = 1; n <= 100; ++n)
        on.act([&] { on.far.latest("A").emit("price", n); });
    CHECK(on.log.take() == "");
    CHECK(on.heard() == R"(42["price",100])");
}

TYPED_CASE(drained_waits_for_the_last_one, Codec, codecs)
{
    slow_case<Codec> on;
    on.act([&] {
        on.far.latest("A").emit("price", 1);
        on.far.drained()([&](wait_outcome outcome) {
            on.log("drained {}", outcome.why ? outcome.why.message() : "ok");
        });
    });
    on.act([&] { on.far.latest("A").emit("price", 2); });
    CHECK(on.log.take() == "");
    CHECK(on.heard() == R"(42["price",2])");
    CHECK(on.log.take() == "drained ok");
}

TYPED_CASE(a_client_has_its_latest_too, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("cursor", [&](int x) { on.log("cursor {}", x); });
    on.connect();
    on.act([&] {
        for (int x = 1; x <= 5; ++x)
            on.near.latest().emit("cursor", x);
    });
    CHECK(on.told() == "cursor 5");
}

BOOST_AUTO_TEST_SUITE_END()
