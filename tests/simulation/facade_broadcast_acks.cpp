// SPDX-License-Identifier: BSL-1.0
// Broadcasts that are answered.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Three clients a, b, c that answer `n` with their number plus the argument, `slow` never.
template <class Codec>
struct crowd_case : facade_case<Codec>
{
    explicit crowd_case(server_options options = {}) : facade_case<Codec>{std::move(options)}
    {
        for (int number = 1; number <= 3; ++number) {
            clients.push_back(std::make_unique<client_case<Codec>>(
                this->world,
                this->io,
                this->log,
                std::string(1, static_cast<char>('a' + number - 1))
            ));
            near.push_back(clients.back()->client.socket());
            near.back().on("n", [number](int plus, ack<int> reply) { reply(number + plus); });
            near.back().on("slow", [](ack<int>) {});
            near.back().on("two", [number](ack<int, std::string> reply) { reply(number, "x"); });
            this->world.run();
        }
        far = this->io.main().sockets();
        REQUIRE(far.size() == 3U);
    }

    /// Writes all answers down in the order of their values.
    template <class... Reply>
    void tell(std::string_view what, broadcast_replies<Reply...> all)
    {
        std::ranges::sort(all.values);
        this->log(
            "{}: {} of {}, {}",
            what,
            fmt::join(all.values, " "),
            all.asked,
            all.why ? all.why.message() : "ok"
        );
    }

    [[nodiscard]] auto note(std::string_view what)
    {
        return [this, what](broadcast_replies<int> all) { tell(what, std::move(all)); };
    }

    std::vector<std::unique_ptr<client_case<Codec>>> clients;
    std::vector<basic_client_socket<Codec>> near;
    std::vector<basic_socket<Codec>> far;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_broadcast_acks)

TYPED_CASE(EV_11_all_answers_come_together, Codec, codecs)
{
    crowd_case<Codec> on;
    on.act([&] { on.io.timeout(5s).emit("n", 10, on.note("all")); });
    CHECK(on.told() == "all: 11 12 13 of 3, ok");
    on.io.emit("n", 20, on.note("from another thread"));
    CHECK(on.told() == "from another thread: 21 22 23 of 3, ok");
}

TYPED_CASE(EV_11_of_nobody_they_come_at_once, Codec, codecs)
{
    crowd_case<Codec> on;
    on.act([&] { on.io.to("nobody").emit("n", 1, on.note("none")); });
    CHECK(on.told() == "none:  of 0, ok");
}

TYPED_CASE(EV_11_on_timeout_those_that_came_are_there, Codec, codecs)
{
    crowd_case<Codec> on;
    on.near[1].off("n");
    on.act([&] { on.io.timeout(5s).emit("n", 10, on.note("all")); });
    on.world.run_for(5s - 1ns);
    CHECK(on.told() == "");
    on.world.run_for(1ns);
    CHECK(on.told() == "all: 11 13 of 3, operation has timed out");
}

TYPED_CASE(without_a_timeout_that_of_the_options_counts, Codec, codecs)
{
    server_options options;
    options.ack_timeout = 3s;
    crowd_case<Codec> on{options};
    on.act([&] { on.io.emit("slow", on.note("slow")); });
    on.world.run_for(3s);
    CHECK(on.told() == "slow:  of 3, operation has timed out");
}

TYPED_CASE(R09_what_nobody_answers_leaves_nothing_behind, Codec, codecs)
{
    server_options options;
    options.ack_timeout = 3s;
    options.max_pending_acks = 2;
    crowd_case<Codec> on{options};
    for (int round = 0; round < 20; ++round) {
        on.act([&] { on.io.emit("slow", on.note("slow")); });
        on.world.run_for(3s);
        CHECK(on.told() == "slow:  of 3, operation has timed out");
    }
    // As many of its own as ever wait at each socket, and not one more.
    on.act([&] {
        for (const auto& socket : on.far) {
            CHECK(socket.emit("n", 1, [](result<int>) {}) == send_status::sent);
            CHECK(socket.emit("n", 1, [](result<int>) {}) == send_status::sent);
            CHECK(socket.emit("n", 1, [](result<int>) {}) == send_status::rejected);
        }
    });
}

TYPED_CASE(who_goes_is_not_waited_for, Codec, codecs)
{
    crowd_case<Codec> on;
    on.near[0].off("n");
    on.act([&] { on.io.timeout(1h).emit("n", 10, on.note("all")); });
    CHECK(on.told() == "");
    on.act([&] { on.far[0].disconnect(); });
    CHECK(on.told() == "all: 12 13 of 3, socket has been disconnected");
}

TYPED_CASE(EV_10_all_are_asked_under_one_id, Codec, codecs)
{
    server_case<Codec> on;
    wire_client<Codec> a{on.world, on.io};
    wire_client<Codec> b{on.world, on.io};
    static_cast<void>(a.say("40").heard());
    static_cast<void>(b.say("40").heard());
    on.world.home().post([&] {
        on.io.emit("first", [](broadcast_replies<int>) {});
        for (const auto& socket : on.io.main().sockets())
            socket.emit("own", [](result<int>) {});
        on.io.emit("second", [](broadcast_replies<int>) {});
    });
    const std::string heard = a.heard();
    CHECK(heard == "421073741824[\"first\"]\n420[\"own\"]\n421073741825[\"second\"]");
    CHECK(b.heard() == heard);
}

TYPED_CASE(a_coroutine_awaits_all_answers, Codec, codecs)
{
    crowd_case<Codec> on;
    const auto ask = [&]() -> task<> {
        auto asking = on.io.timeout(5s).template emit_with_ack<int>("n", 10);
        auto all = co_await std::move(asking);
        on.tell("one", std::move(all));
        auto asking_two = on.io.template emit_with_ack<int, std::string>("two");
        const auto two = co_await std::move(asking_two);
        on.log("two: {} {}", two.values.size(), std::get<1>(two.values.at(0)));
        auto asking_none = on.io.template emit_with_ack<>("two");
        const auto none = co_await std::move(asking_none);
        on.log("none: {} {}", none.values.size(), none.why.message());
    };
    on.spawn(ask());
    CHECK(
        on.told() == "one: 11 12 13 of 3, ok\ntwo: 3 x\n"
                     "none: 0 the handler takes another number of arguments"
    );
}

TYPED_CASE(answers_as_a_stream, Codec, codecs)
{
    crowd_case<Codec> on;
    on.near[2].off("n");
    const auto take = [&]() -> task<> {
        auto answers = on.io.timeout(5s).template emit_with_ack_stream<int>("n", 0);
        for (;;) {
            auto waiting = answers.next();
            const auto one = co_await std::move(waiting);
            if (!one)
                break;
            const auto who = std::ranges::find(on.far, one->socket.view(), [](const auto& socket) {
                return socket.id();
            });
            on.log("{}: {}", who - on.far.begin(), text_of(one->reply));
        }
        on.log("end");
    };
    on.spawn(take());
    CHECK(on.told() == "0: 1\n1: 2");
    on.world.run_for(5s);
    CHECK(on.told() == "2: operation has timed out\nend");
}

TYPED_CASE(an_audience_is_asked_and_no_other, Codec, codecs)
{
    crowd_case<Codec> on;
    on.act([&] {
        static_cast<void>(on.far[0].join("r"));
        static_cast<void>(on.far[1].join("r"));
        on.io.to("r").emit("n", 10, on.note("room"));
        on.far[0].to("r").emit("n", 10, on.note("others in the room"));
        on.far[0].broadcast().emit("n", 10, on.note("others"));
    });
    CHECK(
        on.told() == "room: 11 12 of 2, ok\nothers in the room: 12 of 1, ok\nothers: 12 13 of 2, ok"
    );
}

TYPED_CASE(what_cannot_be_encoded_fails_at_once, Codec, codecs)
{
    crowd_case<Codec> on;
    on.act([&] {
        CHECK(on.io.emit("n", std::string{"\xff"}, on.note("bad")) == send_status::rejected);
    });
    CHECK(
        on.told() ==
        "bad:  of 0, a value cannot be encoded: bad UTF-8, too deep, or too many attachments"
    );
}

TYPED_CASE(outgoing_listeners_hear_a_question, Codec, codecs)
{
    crowd_case<Codec> on;
    static_cast<void>(on.far[0].on_any_outgoing([&](std::string_view event, const arguments& all) {
        on.log("out {} {}", event, boost::json::serialize(all.values));
    }));
    on.act([&] { on.io.emit("n", 10, on.note("all")); });
    CHECK(on.told() == "out n [10]\nall: 11 12 13 of 3, ok");
}

TYPED_CASE(an_audience_is_counted, Codec, codecs)
{
    crowd_case<Codec> on;
    const auto count = [&]() -> task<> {
        auto counting = on.io.all().count();
        const std::size_t all = co_await std::move(counting);
        auto counting_room = on.io.to("r").except("q").count();
        const std::size_t room = co_await std::move(counting_room);
        auto listing = on.io.main().all_rooms();
        const auto rooms = co_await std::move(listing);
        on.log("{} {} {}", all, room, fmt::join(rooms, " "));
    };
    on.act([&] {
        on.io.sockets_join("r");
        static_cast<void>(on.far[0].join("q"));
    });
    on.spawn(count());
    CHECK(on.told() == "3 2 q r");
}

BOOST_AUTO_TEST_SUITE_END()
