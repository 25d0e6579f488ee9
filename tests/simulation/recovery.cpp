// SPDX-License-Identifier: BSL-1.0
// Connection state recovery on the wire (features.md 3.9), on one shard and between shards.
#include "support/codec_cases.hpp"

#include <boost/json/parse.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

server_options recovering(bool skip_middlewares = true)
{
    server_options options;
    options.recovery.emplace();
    options.recovery->skip_middlewares = skip_middlewares;
    return options;
}

/// What the server told a client that a client must say to come back.
struct identity
{
    std::string sid;
    std::string pid;
    std::string offset = {};

    [[nodiscard]] std::string connect() const
    {
        return fmt::format(R"(40{{"pid":"{}","offset":"{}"}})", pid, offset);
    }
};

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// The arguments of the events among `lines` without their offsets, and "40" for a CONNECT; `who` learns.
std::string read(const std::vector<std::string>& lines, identity& who)
{
    std::string seen;
    for (const std::string& line : lines) {
        if (!seen.empty())
            seen += ' ';
        if (line.starts_with("42")) {
            const boost::json::array event = boost::json::parse(line.substr(2)).as_array();
            who.offset = event.back().as_string();
            seen += event.at(1).as_string();
        } else if (line.starts_with("40")) {
            const boost::json::object data = boost::json::parse(line.substr(2)).as_object();
            who.pid = data.at("pid").as_string();
            seen += "40";
        } else {
            seen += line;
        }
    }
    return seen;
}

/// A world with a server, a witness who hears all, and clients that come and go on any shard.
template <class Codec>
struct recovery_case
{
    explicit recovery_case(unsigned shards = 1, server_options options = recovering())
        : world{3, shards}, io{world.shards(), std::move(options)}
    {
        io.use([this](basic_socket<Codec>) {
            ++asked;
            return accept();
        });
        io.on_connection([this](basic_socket<Codec> socket) {
            log("{}{}", socket.recovered() ? "back " : "new ", socket.template data<int>());
            last = socket;
        });
    }

    std::unique_ptr<wire_client<Codec>> client(unsigned shard = 0)
    {
        return std::make_unique<wire_client<Codec>>(world, io, shard);
    }

    /// Lets a client in and gives it its first event.
    std::unique_ptr<wire_client<Codec>> joined(identity& who, unsigned shard = 0)
    {
        auto one = client(shard);
        one->say("40");
        CHECK(read(lines_of(one->heard()), who) == "40");
        who.sid = one->sid();
        on_shard(shard, [&] { last.emit("x", "hello"); });
        CHECK(read(lines_of(one->heard()), who) == "hello");
        static_cast<void>(log.take());
        return one;
    }

    template <class F>
    void on_shard(unsigned shard, F what)
    {
        world.shards()[shard]->post(std::move(what));
        world.run();
    }

    simulation world;
    journal log;
    int asked = 0;
    basic_server<Codec> io;
    basic_socket<Codec> last;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(recovery)

TYPED_CASE(what_was_missed_comes_before_the_connect_CSR_3, Codec, codecs)
{
    recovery_case<Codec> on;
    identity who;
    auto client = on.joined(who);
    on.last.template data<int>() = 7;
    on.on_shard(0, [&] { static_cast<void>(on.last.join("room")); });
    client.reset();
    on.on_shard(0, [&] {
        on.io.emit("x", "all");
        on.io.to("room").emit("x", "room");
        on.io.to("other").emit("x", "other");
        on.io.to(who.sid).emit("x", "own");
    });
    CHECK(on.io.main().socket_count() == 0U);
    client = on.client();
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "all room own 40");
    CHECK(client->sid() == who.sid);
    CHECK(on.log.take() == "back 7");
    CHECK(on.asked == 1);
    CHECK(on.io.main().room_size("room") == 1U);
    on.on_shard(0, [&] { on.io.to("room").emit("x", "again"); });
    CHECK(read(lines_of(client->heard()), who) == "again");
}

TYPED_CASE(what_was_missed_bears_its_offset_and_is_not_missed_again_CSR_3, Codec, codecs)
{
    recovery_case<Codec> on;
    identity who;
    on.joined(who).reset();
    on.on_shard(0, [&] { on.io.emit("x", "missed"); });
    for (const std::string_view missed : {"missed 40", "40"}) {
        auto client = on.client();
        client->say(who.connect());
        CHECK(read(lines_of(client->heard()), who) == missed);
        CHECK(client->sid() == who.sid);
    }
}

TYPED_CASE(nobody_who_sets_the_clock_back_hides_what_was_missed_CSR_3_Z10, Codec, codecs)
{
    recovery_case<Codec> on;
    identity who;
    on.joined(who).reset();
    on.on_shard(0, [&] { on.io.emit("x", "before"); });
    on.world.shift_wall_clock(-1h);
    on.on_shard(0, [&] {
        on.io.emit("x", "one");
        on.io.emit("x", "two");
    });
    on.world.run_for(1s);
    on.world.shift_wall_clock(-1s);
    on.on_shard(0, [&] { on.io.emit("x", "three"); });
    auto client = on.client();
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "before one two three 40");
    CHECK(client->sid() == who.sid);
    on.world.shift_wall_clock(1h);
    client.reset();
    on.on_shard(0, [&] { on.io.emit("x", "four"); });
    client = on.client();
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "four 40");
    CHECK(client->sid() == who.sid);
}

TYPED_CASE(a_session_is_used_once_CSR_8, Codec, codecs)
{
    recovery_case<Codec> on;
    identity who;
    on.joined(who).reset();
    auto first = on.client();
    first->say(who.connect());
    auto second = on.client();
    second->say(who.connect());
    identity other = who;
    CHECK(read(lines_of(first->heard()), who) == "40");
    CHECK(read(lines_of(second->heard()), other) == "40");
    CHECK(first->sid() == who.sid);
    CHECK(second->sid() != who.sid);
    CHECK(other.pid != who.pid);
    CHECK(on.log.take() == "back 0\nnew 0");
}

TYPED_CASE(the_application_is_shown_no_pid_I31, Codec, codecs)
{
    recovery_case<Codec> on;
    identity who;
    on.joined(who).reset();
    auto client = on.client();
    client->say(fmt::format(R"(40{{"name":"Ada","pid":"{}","offset":"{}"}})", who.pid, who.offset));
    CHECK(read(lines_of(client->heard()), who) == "40");
    CHECK(on.last.recovered());
    CHECK(on.last.shake().auth() == boost::json::value(boost::json::object{{"name", "Ada"}}));
}

TYPED_CASE(who_comes_too_late_or_has_left_is_new_CSR_6_CSR_9, Codec, codecs)
{
    recovery_case<Codec> on;
    identity late;
    on.joined(late).reset();
    on.world.run_for(2min + duration{1});
    identity left;
    auto leaving = on.joined(left);
    leaving->say("41");
    static_cast<void>(leaving->heard());
    identity strange{.sid = "x", .pid = "y", .offset = "z"};
    for (identity* const who : {&late, &left, &strange}) {
        auto client = on.client();
        const std::string before = who->pid;
        client->say(who->connect());
        CHECK(read(lines_of(client->heard()), *who) == "40");
        CHECK(client->sid() != who->sid);
        CHECK(who->pid != before);
        CHECK(on.log.take() == "new 0");
    }
}

TYPED_CASE(middlewares_are_asked_again_if_wanted_CSR_7, Codec, codecs)
{
    recovery_case<Codec> on{1, recovering(false)};
    identity who;
    on.joined(who).reset();
    auto client = on.client();
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "40");
    CHECK(client->sid() == who.sid);
    CHECK(on.asked == 2);
}

TYPED_CASE(who_is_refused_by_a_middleware_is_not_kept, Codec, codecs)
{
    recovery_case<Codec> on{1, recovering(false)};
    identity who;
    on.joined(who).reset();
    bool refuses = true;
    on.io.use([&](basic_socket<Codec>) { return refuses ? reject("no") : accept(); });
    auto client = on.client();
    client->say(who.connect());
    CHECK(client->heard() == R"(44{"message":"no"})");
    refuses = false;
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "40");
    CHECK(client->sid() != who.sid);
}

TYPED_CASE(volatile_and_acknowledged_events_bear_no_offset_CSR_2_CSR_13, Codec, codecs)
{
    recovery_case<Codec> on;
    identity who;
    auto client = on.joined(who);
    on.on_shard(0, [&] { on.last.emit_volatile("x", "volatile"); });
    on.on_shard(0, [&] { on.last.emit("x", "asked", [](result<void>) {}); });
    on.on_shard(0, [&] { on.io.main().all().volatile_().emit("x", "all"); });
    CHECK(client->heard() == "42[\"x\",\"volatile\"]\n420[\"x\",\"asked\"]\n42[\"x\",\"all\"]");
}

TYPED_CASE(a_client_comes_back_on_another_shard, Codec, codecs)
{
    for (const unsigned where : {0U, 1U, 2U}) {
        recovery_case<Codec> on{3};
        identity who;
        auto client = on.joined(who, 1);
        on.on_shard(1, [&] { static_cast<void>(on.last.join("room")); });
        client.reset();
        on.world.run();
        on.on_shard(0, [&] { on.io.emit("x", "all"); });
        on.on_shard(2, [&] { on.io.to("room").emit("x", "room"); });
        on.on_shard(2, [&] { on.io.to("other").emit("x", "other"); });
        on.io.to("room").emit("x", "off all shards");
        on.world.run();
        client = on.client(where);
        client->say(who.connect());
        CHECK(read(lines_of(client->heard()), who) == "all room off all shards 40");
        CHECK(client->sid() == who.sid);
        CHECK(on.log.take() == "back 0");
        on.on_shard(1, [&] { on.io.to("room").emit("x", "again"); });
        CHECK(read(lines_of(client->heard()), who) == "again");
        // And on to yet another one.
        client.reset();
        on.world.run();
        on.on_shard(0, [&] { on.io.to("room").emit("x", "more"); });
        client = on.client((where + 1) % 3);
        client->say(who.connect());
        CHECK(read(lines_of(client->heard()), who) == "more 40");
        CHECK(client->sid() == who.sid);
    }
}

TYPED_CASE(what_is_for_one_socket_is_kept_by_its_own_shard_alone_CSR_11, Codec, codecs)
{
    server_options few = recovering();
    few.recovery->max_log_packets = 4;
    recovery_case<Codec> on{3, std::move(few)};
    identity who;
    auto client = on.joined(who, 1);
    client.reset();
    on.world.run();
    on.on_shard(0, [&] { on.io.emit("x", "news"); });
    identity other;
    const auto talked_to = on.joined(other, 0);
    on.on_shard(0, [&] {
        for (int i = 0; i < 100; ++i)
            on.last.emit("x", "for one");
    });
    client = on.client(1);
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "news 40");
    CHECK(client->sid() == who.sid);
}

TYPED_CASE(who_goes_while_it_is_revived_comes_back_later, Codec, codecs)
{
    recovery_case<Codec> on{2};
    identity who;
    on.joined(who, 1).reset();
    on.world.run();
    auto hasty = on.client(0);
    hasty->say(who.connect());
    hasty.reset();
    on.world.run();
    on.on_shard(0, [&] { on.io.emit("x", "missed"); });
    auto client = on.client(0);
    client->say(who.connect());
    CHECK(read(lines_of(client->heard()), who) == "missed 40");
    CHECK(client->sid() == who.sid);
}

BOOST_AUTO_TEST_CASE(nothing_bears_an_offset_without_recovery)
{
    simulation world;
    json_server io{world.home()};
    wire_client<json> client{world, io};
    client.join();
    io.emit("x", 1);
    CHECK(client.heard() == R"(42["x",1])");
}

TYPED_CASE(an_event_that_was_dropped_comes_after_the_recovery, Codec, codecs)
{
    server_options options = recovering();
    options.overflow = overflow_policy::drop;
    options.engine.max_send_queue_packets = 2;
    recovery_case<Codec> on{1, options};
    identity who;
    auto one = on.joined(who);
    one->peer().stop_reading();
    on.on_shard(0, [&] {
        for (int i = 0; i < 1'024; ++i)  // what the link takes
            on.last.emit("x", "fill");
        CHECK(on.last.emit("x", "a") != send_status::dropped);
        CHECK(on.last.emit("x", "b") != send_status::dropped);
        CHECK(on.last.emit("x", "c") == send_status::dropped);
        CHECK(on.last.latest().emit("x", "not logged") == send_status::dropped);
    });
    one->peer().resume_reading();
    CHECK(read(lines_of(one->heard()), who).ends_with(" fill a b"));
    one->peer().cut();
    on.world.run();
    auto again = on.client();
    again->say(who.connect());
    CHECK(read(lines_of(again->heard()), who) == "c 40");
}

TYPED_CASE(an_event_that_was_dropped_does_not_come_if_a_later_one_did, Codec, codecs)
{
    server_options options = recovering();
    options.overflow = overflow_policy::drop;
    options.engine.max_send_queue_packets = 2;
    recovery_case<Codec> on{1, options};
    identity who;
    auto one = on.joined(who);
    one->peer().stop_reading();
    on.on_shard(0, [&] {
        for (int i = 0; i < 1'024 + 2; ++i)
            on.last.emit("x", "fill");
        CHECK(on.last.emit("x", "dropped") == send_status::dropped);
    });
    one->peer().resume_reading();
    on.world.run();
    on.on_shard(0, [&] { on.last.emit("x", "later"); });
    CHECK(read(lines_of(one->heard()), who).ends_with(" fill later"));
    one->peer().cut();
    on.world.run();
    auto again = on.client();
    again->say(who.connect());
    CHECK(read(lines_of(again->heard()), who) == "40");
}

BOOST_AUTO_TEST_SUITE_END()
