// SPDX-License-Identifier: BSL-1.0
// What shards of one server tell each other: answers to broadcasts, server-side events, rooms.
#include "shards_support.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Shards whose handlers of server-side events say where they run.
template <class Codec>
struct telling_case : shards_case<Codec>
{
    telling_case()
    {
        this->io.main().on_server_side("hello", [this](std::string text, int n) {
            this->log("shard {} hears {} {}", where(), text, n);
        });
        this->io.main().on_server_side("number", [this](int plus, ack<int> reply) {
            reply(static_cast<int>(where()) * 10 + plus);
        });
        this->io.main().on_server_side("never", [](ack<int>) {});
        this->world.run();
    }

    [[nodiscard]] unsigned where()
    {
        for (shard* const one : this->world.shards())
            if (one->is_current())
                return one->index();
        return shard_count;
    }

    [[nodiscard]] auto note(std::string_view what)
    {
        return [this, what](broadcast_replies<int> all) {
            std::ranges::sort(all.values);
            this->log(
                "{} on {}: {} of {}, {}",
                what,
                where(),
                fmt::join(all.values, " "),
                all.asked,
                all.why ? all.why.message() : "ok"
            );
        };
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(shards_events)

TYPED_CASE(a_broadcast_is_answered_from_all_shards, Codec, codecs)
{
    telling_case<Codec> on;
    for (int i = 0; i < 6; ++i)
        on.near[static_cast<std::size_t>(i)].on("n", [i](ack<int> reply) { reply(i); });
    CHECK(on.on_shard(1, [&] {
        on.io.timeout(5s).emit("n", on.note("all"));
    }) == "all on 1: 0 1 2 3 4 5 of 6, ok");
    on.io.timeout(5s).emit("n", on.note("from outside"));
    CHECK(on.heard() == "from outside on 0: 0 1 2 3 4 5 of 6, ok");
    on.near[4].off("n");
    static_cast<void>(on.on_shard(2, [&] { on.io.timeout(5s).emit("n", on.note("late")); }));
    on.world.run_for(5s);
    CHECK(on.heard() == "late on 2: 0 1 2 3 5 of 6, operation has timed out");
}

TYPED_CASE(a_server_side_event_reaches_the_other_shards, Codec, codecs)
{
    telling_case<Codec> on;
    CHECK(on.on_shard(1, [&] {
        CHECK(on.io.main().server_side_emit("hello", "you", 7) == send_status::sent);
    }) == "shard 0 hears you 7\nshard 2 hears you 7");
    on.io.main().server_side_emit("hello", "all", 8);
    CHECK(on.heard() == "shard 0 hears all 8\nshard 1 hears all 8\nshard 2 hears all 8");
    on.io.main().server_side_emit("nobody hears it");
    CHECK(on.heard() == "");
}

TYPED_CASE(server_side_events_are_answered, Codec, codecs)
{
    telling_case<Codec> on;
    CHECK(on.on_shard(1, [&] {
        on.io.main().server_side_emit("number", 5, on.note("sum"));
    }) == "sum on 1: 5 25 of 2, ok");
    on.io.main().server_side_emit("number", 5, on.note("from outside"));
    CHECK(on.heard() == "from outside on 0: 5 15 25 of 3, ok");
    on.io.main().server_side_emit("nobody hears it", on.note("nobody"));
    CHECK(on.heard() == "nobody on 0:  of 0, ok");
}

TYPED_CASE(a_coroutine_awaits_server_side_answers, Codec, codecs)
{
    telling_case<Codec> on;
    const auto ask = [&]() -> task<> {
        auto asking = on.io.main().template server_side_emit_with_ack<int>(5s, "number", 1);
        auto all = co_await std::move(asking);
        on.note("coroutine")(std::move(all));
        auto asking_never = on.io.main().template server_side_emit_with_ack<int>(5s, "never");
        auto none = co_await std::move(asking_never);
        on.note("never")(std::move(none));
    };
    asio::co_spawn(on.world.shards()[2]->executor(), ask(), asio::detached);
    CHECK(on.heard() == "coroutine on 2: 1 11 of 2, ok");
    on.world.run_for(5s - 1ns);
    CHECK(on.heard() == "");
    on.world.run_for(1ns);
    CHECK(on.heard() == "never on 2:  of 2, operation has timed out");
}

TYPED_CASE(what_does_not_fit_a_server_side_handler_is_reported, Codec, codecs)
{
    telling_case<Codec> on;
    on.on_shard(1, [&] {
        on.io.main().server_side_emit("hello", 1, 2);
        CHECK(on.io.main().server_side_emit("connection") == send_status::rejected);
        CHECK(on.io.main().server_side_emit("hello", std::string{"\xff"}) == send_status::rejected);
    });
    on.log.clear();
    on.io.main().on_server_side("throws", [](int) { throw std::runtime_error{"oops"}; });
    on.io.main().on_server_side("later", [&](int n) -> task<> {
        on.log("later {}", n);
        if (n > 1)
            throw std::runtime_error{"later"};
        co_return;
    });
    on.world.run();
    CHECK(on.on_shard(1, [&] {
        on.io.main().server_side_emit("throws", 1);
    }) == "error throws: oops\nerror throws: oops");
    CHECK(on.on_shard(1, [&] {
        on.io.main().server_side_emit("later", 2);
    }) == "error server-side event: later\nerror server-side event: later\nlater 2\nlater 2");
}

TYPED_CASE(rooms_tell_what_becomes_of_them, Codec, codecs)
{
    telling_case<Codec> on;
    on.io.main().on_room_event([&](const room_event& what) {
        const auto who =
            std::ranges::find(on.far, what.socket, [](const auto& socket) { return socket.id(); });
        on.log(
            "shard {} {} {}{}",
            on.where(),
            to_string(what.kind),
            what.room,
            who == on.far.end()
                ? ""
                : fmt::format(" {}", static_cast<char>('a' + (who - on.far.begin())))
        );
    });
    on.world.run();
    CHECK(on.on_shard(0, [&] {
        static_cast<void>(on.far[0].join("r"));
        static_cast<void>(on.far[0].join("r"));
        static_cast<void>(on.far[3].join("r"));
    }) == "shard 0 create-room r\nshard 0 join-room r a\nshard 0 join-room r d");
    CHECK(on.on_shard(1, [&] {
        static_cast<void>(on.far[1].join("r"));
    }) == "shard 1 create-room r\nshard 1 join-room r b");
    CHECK(on.on_shard(0, [&] { on.far[0].leave("r"); }) == "shard 0 leave-room r a");
    CHECK(on.on_shard(1, [&] {
        on.far[1].leave("r");
    }) == "shard 1 delete-room r\nshard 1 leave-room r b");
    const std::string id{on.far[3].id()};
    CHECK(
        on.on_shard(0, [&] { on.far[3].disconnect(); }) ==
        fmt::format(
            "d io server disconnect\nshard 0 delete-room {0}\nshard 0 delete-room r\n"
            "shard 0 leave-room {0} d\nshard 0 leave-room r d",
            id
        )
    );
}

TYPED_CASE(a_room_listener_may_throw_and_change_rooms, Codec, codecs)
{
    telling_case<Codec> on;
    on.io.main().on_room_event([&](const room_event& what) {
        on.log("{} {}", to_string(what.kind), what.room);
        if (what.kind == room_event_kind::join && what.room == "one")
            static_cast<void>(on.far[0].join("two"));
        if (what.kind == room_event_kind::join && what.room == "two")
            throw std::runtime_error{"oops"};
    });
    on.world.run();
    CHECK(on.on_shard(0, [&] {
        static_cast<void>(on.far[0].join("one"));
    }) == "create-room one\ncreate-room two\nerror join-room: oops\njoin-room one\njoin-room two");
}

BOOST_AUTO_TEST_SUITE_END()
