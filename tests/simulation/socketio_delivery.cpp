// SPDX-License-Identifier: BSL-1.0
// features.md 3.8: volatile packets, order and audiences as clients see them on the wire.
#include "support/codec_cases.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Runs `act` on the shard, as a handler would.
template <class F>
void on_shard(simulation& world, F act)
{
    world.home().post(std::move(act));
    world.run();
}

template <class Codec>
struct crowd : server_case<Codec>
{
    explicit crowd(std::size_t size, server_options options = {})
        : server_case<Codec>{std::move(options)}
    {
        for (std::size_t i = 0; i < size; ++i) {
            clients.push_back(std::make_unique<wire_client<Codec>>(this->world, this->io));
            clients.back()->join();
        }
        sockets = this->io.main().sockets();
    }

    /// What each client has heard, separated by bars.
    std::string heard()
    {
        std::string all;
        for (std::size_t i = 0; i < clients.size(); ++i)
            all += (i == 0 ? "" : " | ") + clients[i]->heard();
        return all;
    }

    std::vector<std::unique_ptr<wire_client<Codec>>> clients;
    std::vector<basic_socket<Codec>> sockets;
};

/// The same in a child of a dynamic namespace, which ends with the last of them.
template <class Codec>
struct child_crowd : server_case<Codec>
{
    explicit child_crowd(std::size_t size)
        : server_case<Codec>{cleaning_up()}, parent{this->io.of(name_pattern{"^/room-[0-9]+$"})}
    {
        for (std::size_t i = 0; i < size; ++i) {
            clients.push_back(std::make_unique<wire_client<Codec>>(this->world, this->io));
            clients.back()->join("/room-1");
        }
        sockets = parent.children().at(0).sockets();
    }

    static server_options cleaning_up()
    {
        server_options options;
        options.cleanup_empty_child_namespaces = true;
        return options;
    }

    basic_parent_namespace<Codec> parent;
    std::vector<std::unique_ptr<wire_client<Codec>>> clients;
    std::vector<basic_socket<Codec>> sockets;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_delivery)

TYPED_CASE(VOL_1_of_five_volatile_packets_in_one_turn_the_first_is_sent, Codec, codecs)
{
    crowd<Codec> on{1};
    on_shard(on.world, [&] {
        CHECK(on.sockets[0].emit_volatile("x", 0) == send_status::sent);
        for (int i = 1; i < 5; ++i)
            CHECK(on.sockets[0].emit_volatile("x", i) == send_status::dropped);
    });
    CHECK(on.heard() == R"(42["x",0])");
    on_shard(on.world, [&] { on.sockets[0].emit_volatile("x", 5); });
    CHECK(on.heard() == R"(42["x",5])");
}

TYPED_CASE(VOL_2_a_volatile_packet_behind_another_is_dropped, Codec, codecs)
{
    crowd<Codec> on{1};
    on_shard(on.world, [&] {
        on.sockets[0].emit("x");
        CHECK(on.sockets[0].emit_volatile("y") == send_status::dropped);
    });
    CHECK(on.heard() == R"(42["x"])");
}

TYPED_CASE(VOL_1_R14_a_volatile_packet_to_a_peer_that_does_not_read_is_dropped, Codec, codecs)
{
    crowd<Codec> on{2};
    on.clients[0]->peer().stop_reading();
    for (int i = 0; i < 1'100; ++i)
        on.io.emit("fill");
    on.world.run();
    static_cast<void>(on.clients[1]->heard());
    on_shard(on.world, [&] {
        for (int i = 0; i < 1'000; ++i)
            CHECK(on.sockets[0].emit_volatile("x") == send_status::dropped);
    });
    on_shard(on.world, [&] { on.io.main().volatile_().emit("y"); });
    CHECK(on.clients[1]->heard() == R"(42["y"])");
    on.clients[0]->peer().resume_reading();
    const std::string late = on.clients[0]->heard();
    CHECK(std::ranges::count(late, '\n') == 1'099);
    CHECK(late.ends_with(R"(42["fill"])"));
}

TYPED_CASE(VOL_3_a_volatile_packet_is_sent_whole_or_not_at_all, Codec, codecs)
{
    crowd<Codec> on{1};
    const std::vector<binary> three{binary{"a"}, binary{"b"}, binary{"c"}};
    on_shard(on.world, [&] {
        CHECK(on.sockets[0].emit_volatile("x", three) == send_status::sent);
        CHECK(on.sockets[0].emit_volatile("y", three) == send_status::dropped);
    });
    CHECK(
        on.heard() == R"(453-["x",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},)"
                      R"({"_placeholder":true,"num":2}]])"
                      "\nba\nbb\nbc"
    );
}

TYPED_CASE(ORD_1_direct_packets_and_broadcasts_keep_the_order_of_their_emits, Codec, codecs)
{
    crowd<Codec> on{1};
    on_shard(on.world, [&] {
        const auto& socket = on.sockets[0];
        static_cast<void>(socket.join("room"));
        socket.emit("1");
        on.io.emit("2");
        socket.emit("3", binary{"b"});
        on.io.to("room").emit("4");
        socket.emit("5", [](result<void>) {});
        on.io.to(socket.id()).emit("6");
        socket.emit_volatile("never");
        socket.emit("7");
    });
    CHECK(
        on.heard() == R"(42["1"])"
                      "\n"
                      R"(42["2"])"
                      "\n"
                      R"(451-["3",{"_placeholder":true,"num":0}])"
                      "\nbb\n"
                      R"(42["4"])"
                      "\n"
                      R"(420["5"])"
                      "\n"
                      R"(42["6"])"
                      "\n"
                      R"(42["7"])"
    );
}

TYPED_CASE(ORD_1_ten_thousand_packets_arrive_in_order, Codec, codecs)
{
    crowd<Codec> on{1};
    std::string expected;
    for (int i = 0; i < 10'000; ++i)
        expected += fmt::format("{}42[\"x\",{}]", i == 0 ? "" : "\n", i);
    on_shard(on.world, [&] {
        for (int i = 0; i < 10'000; ++i)
            on.sockets[0].emit("x", i);
    });
    CHECK((on.heard() == expected));
}

TYPED_CASE(ORD_2_a_broadcast_reaches_each_socket_once_and_except_wins, Codec, codecs)
{
    crowd<Codec> on{4};
    on_shard(on.world, [&] {
        for (const std::size_t i : {0U, 1U})
            static_cast<void>(on.sockets[i].join("a"));
        for (const std::size_t i : {1U, 2U})
            static_cast<void>(on.sockets[i].join("b"));
        static_cast<void>(on.sockets[2].join("c"));
        on.io.to("a").to("b").emit("union");
        on.io.to("a").to("a").in("a").to(on.sockets[0].id()).emit("repeated");
        on.io.to("a").to("b").except("c").emit("without c");
        on.io.except("a").except("nobody").emit("others");
        on.io.to("nobody").emit("never");
    });
    const std::string all = on.heard();
    CHECK(
        all == R"(42["union"])"
               "\n"
               R"(42["repeated"])"
               "\n"
               R"(42["without c"])"
               " | "
               R"(42["union"])"
               "\n"
               R"(42["repeated"])"
               "\n"
               R"(42["without c"])"
               " | "
               R"(42["union"])"
               "\n"
               R"(42["others"])"
               " | "
               R"(42["others"])"
    );
}

TYPED_CASE(ORD_4_a_sockets_own_broadcast_never_reaches_it, Codec, codecs)
{
    crowd<Codec> on{3};
    on_shard(on.world, [&] {
        for (const auto& socket : on.sockets)
            static_cast<void>(socket.join("room"));
        const auto& sender = on.sockets[1];
        sender.to("room").emit("room");
        sender.to(sender.id()).emit("never");
        sender.broadcast().emit("all");
        sender.except(on.sockets[0].id()).emit("last");
        on.io.to(sender.id()).emit("own");
    });
    CHECK(
        on.heard() == R"(42["room"])"
                      "\n"
                      R"(42["all"])"
                      " | "
                      R"(42["own"])"
                      " | "
                      R"(42["room"])"
                      "\n"
                      R"(42["all"])"
                      "\n"
                      R"(42["last"])"
    );
}

TYPED_CASE(A29_handlers_that_join_leave_and_disconnect_while_a_broadcast_is_sent, Codec, codecs)
{
    // A peer that reads too slowly is ended in the middle of a broadcast, and its handlers run then.
    server_options options;
    options.engine.max_send_queue_packets = 4;
    crowd<Codec> on{4, options};
    on_shard(on.world, [&] {
        for (const auto& socket : on.sockets)
            static_cast<void>(socket.join("room"));
        on.sockets[1].on_disconnect([&](close_reason reason) {
            on.log("{}", to_string(reason));
            on.io.to("room").emit("nested");
            static_cast<void>(on.sockets[0].join("other"));
            on.sockets[2].disconnect();
            on.sockets[3].leave("room");
        });
    });
    on.clients[1]->peer().stop_reading();
    for (int i = 0; i < 1'024 + 4; ++i)
        on.io.to(on.sockets[1].id()).emit("fill");
    on.world.run();
    CHECK(on.log.take() == "");
    on_shard(on.world, [&] { on.io.to("room").emit("x"); });
    CHECK(on.log.take() == "transport error");
    const std::string x = R"(42["x"])";
    const std::string nested = R"(42["nested"])";
    CHECK(on.clients[0]->heard() == x + "\n" + nested);
    // Ended inside the broadcast, before it was its turn.
    CHECK(on.clients[2]->heard() == nested + "\n41");
    CHECK(on.clients[3]->heard() == nested + "\n" + x);
    CHECK(on.io.main().room_size("room") == 1U);
    CHECK(on.io.main().room_size("other") == 1U);
}

TYPED_CASE(A29_a_listener_that_joins_and_disconnects_while_its_room_is_told, Codec, codecs)
{
    // What listens to outgoing events is the only code of the application between two receivers.
    child_crowd<Codec> on{4};
    on_shard(on.world, [&] {
        for (std::size_t i = 0; i < 3; ++i)
            static_cast<void>(on.sockets[i].join("room"));
        on.sockets[0].on_any_outgoing([&](std::string_view event, const arguments&) {
            on.log("{}", event);
            CHECK(!on.sockets[3].join("room"));
            on.sockets[1].disconnect();
            on.sockets[0].disconnect();
        });
        on.parent.children().at(0).to("room").emit("x");
    });
    CHECK(on.log.take() == "x");
    CHECK(on.clients[0]->heard() == "41/room-1,");
    CHECK(on.clients[1]->heard() == "41/room-1,");
    CHECK(on.clients[2]->heard() == R"(42/room-1,["x"])");
    CHECK(on.clients[3]->heard() == "");
    CHECK(on.parent.children().at(0).room_size("room") == 2U);
    on_shard(on.world, [&] { on.parent.children().at(0).to("room").emit("y"); });
    CHECK(on.clients[2]->heard() == R"(42/room-1,["y"])");
    CHECK(on.clients[3]->heard() == R"(42/room-1,["y"])");
    CHECK(on.log.take() == "");
}

TYPED_CASE(A29_a_listener_that_disconnects_all_who_are_told, Codec, codecs)
{
    for (const bool by_parent : {false, true}) {
        child_crowd<Codec> on{4};
        on_shard(on.world, [&] {
            for (const auto& socket : on.sockets)
                static_cast<void>(socket.join("room"));
            on.sockets[1].on_any_outgoing([&](std::string_view, const arguments&) {
                for (const auto& socket : std::exchange(on.sockets, {}))
                    socket.disconnect();
                CHECK(on.parent.children().empty());
                on.log("nobody is left");
            });
            if (by_parent)
                on.parent.to("room").emit("x");
            else
                on.parent.children().at(0).to("room").emit("x");
        });
        CHECK(on.log.take() == "nobody is left");
        CHECK(on.clients[0]->heard() == "42/room-1,[\"x\"]\n41/room-1,");
        for (std::size_t i = 1; i < 4; ++i)
            CHECK(on.clients[i]->heard() == "41/room-1,");
        CHECK(on.parent.children().empty());
        on.clients[0]->join("/room-1");
        CHECK(on.parent.children().at(0).socket_count() == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
