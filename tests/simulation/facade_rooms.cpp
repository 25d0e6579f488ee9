// SPDX-License-Identifier: BSL-1.0
// Rooms and broadcasts between sockets of the library.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Four clients, a to d, that write down what they hear.
template <class Codec>
struct room_case : facade_case<Codec>
{
    explicit room_case(server_options options = {}) : facade_case<Codec>{std::move(options)}
    {
        for (const char* name : {"a", "b", "c", "d"}) {
            clients.push_back(
                std::make_unique<client_case<Codec>>(this->world, this->io, this->log, name)
            );
            near.push_back(clients.back()->client.socket());
            near.back().on("x", [this, name](std::string text) { this->log("{} {}", name, text); });
            this->world.run();
        }
        far = this->io.main().sockets();
    }

    template <class F>
    std::string after(F what)
    {
        this->act(std::move(what));
        return this->told();
    }

    std::vector<std::unique_ptr<client_case<Codec>>> clients;
    std::vector<basic_client_socket<Codec>> near;
    std::vector<basic_socket<Codec>> far;
};

std::string listed(const std::vector<std::string>& rooms)
{
    return fmt::format("{}", fmt::join(rooms, ","));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_rooms)

TYPED_CASE(a_room_is_reached_from_the_server_and_from_a_socket, Codec, codecs)
{
    room_case<Codec> on;
    const std::string all = on.after([&] {
        for (const int i : {0, 1, 2})
            CHECK(!on.far[static_cast<std::size_t>(i)].join("r"));
        CHECK(on.io.to("r").emit("x", "server") == send_status::sent);
        on.far[1].to("r").emit("x", "to");
        on.far[1].in("r").emit("x", "in");
        on.far[3].to("r").emit("x", "outside");
    });
    CHECK(
        all ==
        "a server\na to\na in\na outside\nb server\nb outside\nc server\nc to\nc in\nc outside"
    );
}

TYPED_CASE(ORD_2_unions_reach_each_socket_once_and_except_wins, Codec, codecs)
{
    room_case<Codec> on;
    CHECK(on.after([&] {
        static_cast<void>(on.far[0].join("r"));
        static_cast<void>(on.far[1].join("r"));
        static_cast<void>(on.far[1].join("s"));
        static_cast<void>(on.far[2].join("s"));
        on.io.to("r").to("s").emit("x", "union");
    }) == "a union\nb union\nc union");
    CHECK(on.after([&] { on.io.to("r").to("s").except("s").emit("x", "1"); }) == "a 1");
    CHECK(on.after([&] { on.io.except("r").emit("x", "2"); }) == "c 2\nd 2");
    CHECK(on.after([&] { on.far[0].to("s").to("r").emit("x", "3"); }) == "b 3\nc 3");
    CHECK(on.after([&] { on.far[0].except("s").emit("x", "4"); }) == "d 4");
    CHECK(on.after([&] { on.far[0].broadcast().emit("x", "5"); }) == "b 5\nc 5\nd 5");
    CHECK(on.after([&] {
        // A chain can be kept and used again; what is added to it later leaves it as it was.
        const auto room = on.io.main().in("r");
        const auto wide = room.in("s");
        room.emit("x", "6");
        wide.except("r").emit("x", "7");
        room.emit("x", "8");
    }) == "a 6\na 8\nb 6\nb 8\nc 7");
}

TYPED_CASE(ORD_4_a_socket_is_a_room_of_its_own, Codec, codecs)
{
    room_case<Codec> on;
    const std::string id{on.far[2].id()};
    CHECK(on.after([&] { on.io.to(id).emit("x", "1"); }) == "c 1");
    CHECK(on.after([&] { on.far[0].to(id).emit("x", "2"); }) == "c 2");
    CHECK(on.after([&] { on.far[2].to(id).emit("x", "3"); }) == "");
    CHECK(on.after([&] { on.io.except(id).emit("x", "4"); }) == "a 4\nb 4\nd 4");
    CHECK(on.after([&] { static_cast<void>(on.far[2].join(id)); }) == "");
    CHECK(listed(on.far[2].rooms()) == id);
}

TYPED_CASE(rooms_come_and_go_with_their_members, Codec, codecs)
{
    room_case<Codec> on;
    auto nsp = on.io.main();
    on.after([&] {
        static_cast<void>(on.far[0].join("r"));
        static_cast<void>(on.far[0].join("r"));
        static_cast<void>(on.far[0].join("s"));
        static_cast<void>(on.far[1].join("r"));
    });
    CHECK(nsp.room_size("r") == 2U);
    CHECK(listed(on.far[0].rooms()) == fmt::format("{},r,s", on.far[0].id()));
    CHECK(nsp.sockets({"r", "s"}).size() == 2U);
    CHECK(nsp.sockets().size() == 4U);

    on.after([&] {
        on.far[0].leave("r");
        on.far[0].leave("r");
        on.far[0].leave("never joined");
    });
    CHECK(nsp.room_size("r") == 1U);
    CHECK(on.after([&] { on.io.to("r").emit("x", "1"); }) == "b 1");
    on.after([&] { on.far[1].leave("r"); });
    CHECK(nsp.room_size("r") == 0U);
    CHECK(on.after([&] { on.io.to("r").emit("x", "never"); }) == "");
    on.after([&] { on.far[0].disconnect(); });
    CHECK(nsp.room_size("s") == 0U);
    CHECK(nsp.socket_count() == 3U);
}

TYPED_CASE(rooms_are_there_while_disconnecting_and_gone_when_disconnected, Codec, codecs)
{
    for (const std::string how : {"server", "client", "link"}) {
        BOOST_TEST_CONTEXT(how)
        {
            room_case<Codec> on;
            const auto far = on.far[0];
            far.on_disconnecting([&, far](close_reason) {
                on.log(
                    "disconnecting: {}, {} in r", far.rooms().size(), on.io.main().room_size("r")
                );
                far.to("r").emit("x", "bye");
            });
            far.on_disconnect([&, far](close_reason) {
                on.log("disconnect: {}, {} in r", far.rooms().size(), on.io.main().room_size("r"));
                far.to("r").emit("x", "gone");
                far.broadcast().emit("x", "all");
            });
            on.after([&] {
                static_cast<void>(on.far[0].join("r"));
                static_cast<void>(on.far[1].join("r"));
            });
            const std::string all = on.after([&] {
                if (how == "server")
                    far.disconnect();
                else if (how == "client")
                    on.near[0].disconnect();
                else
                    on.clients[0]->client.close();
            });
            CHECK(
                all == "disconnecting: 2, 2 in r\ndisconnect: 0, 1 in r\n"
                       "b bye\nb gone\nb all\nc all\nd all"
            );
        }
    }
}

TYPED_CASE(a_join_that_comes_after_the_end_does_nothing, Codec, codecs)
{
    room_case<Codec> on;
    const auto far = on.far[0];
    on.world.home().post([&] { far.disconnect(); });
    CHECK(!far.join("r"));  // as from another thread: it is done in a later turn
    on.world.run();
    CHECK(!far.connected());
    CHECK(on.io.main().room_size("r") == 0U);
}

TYPED_CASE(a_socket_may_be_in_max_rooms_per_socket_rooms, Codec, codecs)
{
    server_options options;
    options.max_rooms_per_socket = 2;
    room_case<Codec> on{options};
    on.after([&] {
        CHECK(!on.far[0].join("1"));
        CHECK(!on.far[0].join("2"));
        CHECK(!on.far[0].join("2"));
        CHECK(on.far[0].join("3") == errc::too_many_rooms);
        on.far[0].leave("1");
        CHECK(!on.far[0].join("3"));
    });
    CHECK(listed(on.far[0].rooms()) == fmt::format("{},2,3", on.far[0].id()));
}

TYPED_CASE(names_of_rooms_are_any_bytes, Codec, codecs)
{
    room_case<Codec> on;
    const std::string strange{"\0,\xff/", 4};
    CHECK(on.after([&] {
        static_cast<void>(on.far[0].join(strange));
        static_cast<void>(on.far[1].join(""));
        on.io.to(strange).emit("x", "1");
        on.io.to("").emit("x", "2");
    }) == "a 1\nb 2");
}

TYPED_CASE(slots_of_gone_sockets_are_used_again_without_their_rooms, Codec, codecs)
{
    room_case<Codec> on;
    for (int i = 0; i < 50; ++i) {
        client_case<Codec> guest{on.world, on.io, on.log, "guest"};
        static_cast<void>(guest.client.socket());
        on.world.run();
        const auto far = on.io.main().sockets().back();
        CHECK(far.rooms().size() == 1U);
        on.after([&] { static_cast<void>(far.join("r")); });
        CHECK(on.io.main().room_size("r") == 1U);
        on.after([&] { guest.client.close(); });
    }
    CHECK(on.io.main().socket_count() == 4U);
    CHECK(on.io.main().room_size("r") == 0U);
}

TYPED_CASE(several_rooms_in_one_call, Codec, codecs)
{
    server_options options;
    options.max_rooms_per_socket = 3;
    room_case<Codec> on{options};
    on.after([&] {
        CHECK(!on.far[0].join({"r", "s"}));
        CHECK(on.far[0].join({"t", "u", "v"}) == errc::too_many_rooms);
        on.io.to("r").sockets_join({"t"});
        on.far[1].broadcast().except("r").sockets_join({"p", "q"});
        on.io.main().sockets_join({"z"});
    });
    CHECK(listed(on.far[0].rooms()) == fmt::format("{},r,s,t", on.far[0].id()));
    CHECK(listed(on.far[1].rooms()) == fmt::format("{},z", on.far[1].id()));
    CHECK(listed(on.far[2].rooms()) == fmt::format("{},p,q,z", on.far[2].id()));
}

BOOST_AUTO_TEST_SUITE_END()
