// SPDX-License-Identifier: BSL-1.0
// How much recovery keeps, for how long, and what it costs.
#include "../support/alloc_counter.hpp"
#include "protocol_recovery_support.hpp"

#include <cosio/detail/recovery_setup.hpp>

#include <memory>

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(protocol_recovery)

BOOST_AUTO_TEST_CASE(the_history_of_rooms_is_bounded)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    room_history history{ada.since};
    const std::string early = shard.emit("early");
    std::string late;
    for (std::size_t i = 0; i < 10 * room_history::max_changes; ++i) {
        const std::string room = std::to_string(i);
        history.joined(room, shard.machine.log().end(), shard.machine.log().first());
        late = shard.emit("x", {"another"});
        history.left(room, shard.machine.log().end(), shard.machine.log().first());
    }
    CHECK(history.size() <= room_history::max_changes);
    shard.emit("late");
    ada.rooms = history.memberships({});
    ada.exact_since = history.exact_since();
    shard.keep(std::move(ada));
    auto back = shard.restore(pid, late);
    CHECK(texts(back) == "late");
    shard.keep(std::move(back->session));
    CHECK(texts(shard.restore(pid, early)) == "refused: offset too old");
}

BOOST_AUTO_TEST_CASE(changes_that_the_log_has_forgotten_cost_nothing)
{
    room_history history{0};
    history.joined("a", 10, 0);
    history.joined("b", 20, 0);
    history.left("a", 30, 0);
    CHECK(history.size() == 2U);
    history.joined("c", 40, 30);
    CHECK(history.size() == 1U);
    CHECK(
        (history.memberships({"b", "c"}) ==
         std::vector<membership>{{"c", 40, still}, {"b", 0, still}})
    );
    // A socket that joins its rooms as it connects has no history.
    room_history fresh{40};
    fresh.joined("a", 40, 30);
    CHECK(fresh.size() == 0U);
}

BOOST_AUTO_TEST_CASE(the_bound_of_bytes_drops_the_oldest_CSR_10_I09)
{
    recovery_config config;
    config.max_log_bytes = 100'000;
    recovery_shard shard{config};
    const std::string payload(10'000, 'x');
    std::vector<std::string> offsets;
    for (int i = 0; i < 100; ++i) {
        offsets.push_back(shard.emit(payload));
        CHECK(shard.machine.log().bytes() <= config.max_log_bytes);
    }
    const auto known = shard.machine.log().end() - shard.machine.log().first();
    CHECK(known == 9U);

    const auto answer = [&](const std::string& offset) {
        recoverable_session ada = shard.connect("ada");
        ada.since = 0;
        const private_id pid = ada.pid;
        shard.keep(std::move(ada));
        const auto back = shard.restore(pid, offset);
        return back ? std::to_string(back->missed.size()) : std::string{to_string(back.error())};
    };
    CHECK(answer(offsets[99]) == "0");
    CHECK(answer(offsets[91]) == "8");
    CHECK(answer(offsets[90]) == "offset too old");
    CHECK(answer(offsets[0]) == "offset too old");

    // Once the lost ones would have gone anyway, nobody who may still come back can have missed them.
    shard.now += 3min + 35s;
    CHECK(answer(offsets[0]) == "9");
    shard.machine.handle_timeout(shard.now);
    CHECK(answer(offsets[0]) == "0");
}

BOOST_AUTO_TEST_CASE(rooms_come_and_go_with_their_packets)
{
    recovery_config config;
    config.max_log_packets = 2;
    recovery_shard shard{config};
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    ada.rooms = rooms({"red", "green"});
    std::string seen;
    for (int i = 0; i < 100; ++i) {
        shard.emit("x", {"red", "red", "green", "red"});
        shard.emit("x", {"red"});
        const std::string brief = "other" + std::to_string(i);
        seen = shard.emit("x", {brief, brief});
    }
    shard.emit("1", {"green", "green"});
    shard.keep(std::move(ada));
    CHECK(texts(shard.restore(pid, seen)) == "1");
}

BOOST_AUTO_TEST_CASE(a_packet_that_exceeds_the_bound_alone)
{
    recovery_config config;
    config.max_log_bytes = 10'000;
    recovery_shard shard{config};
    const std::string seen = shard.emit("small");
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    shard.emit(std::string(10'000, 'x'));
    CHECK(shard.machine.log().bytes() == 0U);
    shard.keep(std::move(ada));
    CHECK(texts(shard.restore(pid, seen)) == "refused: offset too old");
}

BOOST_AUTO_TEST_CASE(names_count_as_bytes_too)
{
    recovery_config config;
    config.max_log_bytes = 100'000;
    recovery_shard shard{config};
    for (int i = 0; i < 100; ++i) {
        shard.emit("x", {std::to_string(i) + std::string(10'000, 'r')});
        shard.emit("x", {}, {std::to_string(i) + std::string(10'000, 'e')});
    }
    CHECK(shard.machine.log().end() - shard.machine.log().first() == 9U);
    for (int i = 0; i < 100; ++i) {
        recoverable_session ada = shard.connect("ada");
        ada.rooms = rooms({std::string(10'000, 'r')});
        shard.keep(std::move(ada));
    }
    CHECK(shard.machine.session_count() == 9U);
}

BOOST_AUTO_TEST_CASE(the_bound_of_packets)
{
    recovery_config config;
    config.max_log_packets = 3;
    recovery_shard shard{config};
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    std::vector<std::string> offsets;
    for (const std::string_view name : {"1", "2", "3", "4"})
        offsets.push_back(shard.emit(name, {name == "2" ? "red" : "green"}));
    ada.rooms = rooms({"red", "green"});
    shard.keep(std::move(ada));
    auto back = shard.restore(pid, offsets[1]);
    CHECK(texts(back) == "3 4");
    shard.keep(std::move(back->session));
    CHECK(texts(shard.restore(pid, offsets[0])) == "refused: offset too old");
}

BOOST_AUTO_TEST_CASE(a_long_silence_loses_nobody)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    recoverable_session bob = shard.connect("bob");
    const private_id pid = ada.pid;
    const private_id other = bob.pid;
    const std::string seen = shard.emit("an hour ago");
    shard.now += 1h;
    shard.machine.handle_timeout(shard.now);
    CHECK(shard.machine.log().bytes() == 0U);
    shard.keep(std::move(ada));
    shard.keep(std::move(bob));
    shard.emit("missed");
    CHECK(texts(shard.restore(pid, seen)) == "missed");
    CHECK(texts(shard.restore(other)) == "missed");
}

BOOST_AUTO_TEST_CASE(what_may_have_been_on_its_way_at_the_end_is_still_known)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    const std::string seen = shard.emit("seen");
    shard.emit("into a dead link");
    shard.now += 94s;  // then the server notices
    shard.keep(std::move(ada));
    shard.now += 2min;
    shard.emit("missed");
    CHECK(texts(shard.restore(pid, seen)) == "into a dead link missed");
}

BOOST_AUTO_TEST_CASE(what_was_sent_again_may_be_lost_again_I09)
{
    // The client hears nothing of its first recovery, and comes back once more.
    for (const duration until_next : {30s, 100s}) {
        recovery_shard shard;
        recoverable_session ada = shard.connect("ada");
        const private_id pid = ada.pid;
        const std::string seen = shard.emit("seen");
        shard.emit("into a dead link");
        shard.now += 64s;
        shard.keep(std::move(ada));
        shard.now += 20s;
        auto back = shard.restore(pid, seen);
        CHECK(texts(back) == "into a dead link");
        shard.now += 40s;
        shard.keep(std::move(back->session));
        shard.now += until_next;
        shard.machine.handle_timeout(shard.now);
        CHECK(
            texts(shard.restore(pid, seen)) ==
            (until_next == 30s ? "into a dead link" : "refused: offset too old")
        );
    }
}

BOOST_AUTO_TEST_CASE(what_was_sent_again_has_arrived_if_the_client_lived_on)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    const std::string seen = shard.emit("seen");
    shard.keep(std::move(ada));
    const std::string missed = shard.emit("missed");
    auto back = shard.restore(pid, seen);
    shard.now += 96s;  // with a heartbeat, or it would have ended before
    shard.keep(std::move(back->session));
    shard.now += 119s;
    shard.machine.handle_timeout(shard.now);
    CHECK(shard.machine.log().bytes() == 0U);
    shard.emit("news");
    CHECK(texts(shard.restore(pid, missed)) == "news");
}

BOOST_AUTO_TEST_CASE(more_sessions_than_allowed)
{
    recovery_config config;
    config.max_sessions = 2;
    recovery_shard shard{config};
    auto alive = std::make_shared<int>();
    std::vector<private_id> pids;
    for (const std::string_view name : {"ada", "bob", "cy"}) {
        recoverable_session one = shard.connect(name);
        one.data = alive;
        pids.push_back(one.pid);
        shard.keep(std::move(one));
    }
    CHECK(shard.machine.session_count() == 2U);
    CHECK(alive.use_count() == 3);
    CHECK(texts(shard.restore(pids[0])) == "refused: unknown session");
    CHECK(texts(shard.restore(pids[1])) == "");
    CHECK(texts(shard.restore(pids[2])) == "");
    CHECK(alive.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(more_missed_than_may_be_sent_at_once)
{
    recovery_config config;
    config.max_missed_frames = 3;
    config.max_missed_bytes = 100;
    recovery_shard shard{config};
    const auto answer = [&](int count, std::size_t size) {
        recoverable_session ada = shard.connect("ada");
        const private_id pid = ada.pid;
        shard.keep(std::move(ada));
        for (int i = 0; i < count; ++i)
            shard.emit(std::string(size, 'x'));
        const auto back = shard.restore(pid);
        return back ? std::to_string(back->missed.size()) : std::string{to_string(back.error())};
    };
    CHECK(answer(3, 1) == "3");
    CHECK(answer(4, 1) == "too much was missed");
    CHECK(answer(2, 50) == "2");
    CHECK(answer(2, 51) == "too much was missed");

    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    shard.keep(std::move(ada));
    const frame_ref part = make_text_frame("x");
    shard.machine.append(
        {shard.machine.next_offset(), {part, {part, part, part}}}, {}, reach::all_shards, shard.now
    );
    CHECK(texts(shard.restore(pid)) == "refused: too much was missed");
}

BOOST_AUTO_TEST_CASE(what_the_options_of_a_server_mean)
{
    server_options options;
    options.recovery.emplace();
    options.recovery->max_disconnection_duration = 5min;
    options.recovery->max_log_bytes = 1;
    options.recovery->max_log_packets = 2;
    options.recovery->max_sessions = 3;
    options.engine.ping_interval = 7s;
    options.engine.ping_timeout = 3s;
    options.engine.upgrade_timeout = 11s;
    options.engine.max_send_queue_bytes = 1'000;
    options.engine.max_send_queue_packets = 100;
    const recovery_config config = detail::make_recovery_config(options, 9, {'a', 'b', 'c', 'd'});
    CHECK((config.max_disconnection_duration == 5min));
    CHECK((config.unconfirmed == 27s));
    CHECK(config.max_log_bytes == 1U);
    CHECK(config.max_log_packets == 2U);
    CHECK(config.max_sessions == 3U);
    CHECK(config.max_missed_bytes == 500U);
    CHECK(config.max_missed_frames == 50U);
    CHECK(config.shard == 9U);
    CHECK((config.tag == recovery_tag{'a', 'b', 'c', 'd'}));
}

BOOST_AUTO_TEST_CASE(deadlines)
{
    recovery_shard shard;
    CHECK(!shard.machine.deadline().has_value());
    auto alive = std::make_shared<int>();
    recoverable_session ada = shard.connect("ada");
    ada.data = alive;
    shard.keep(std::move(ada));
    shard.emit("x");
    const time_point start = shard.now;

    time_point due = *shard.machine.deadline();
    CHECK((due > start + 2min));
    CHECK((due < start + 3min));
    shard.machine.handle_timeout(start + 2min);  // early
    CHECK(shard.machine.session_count() == 1U);
    shard.machine.handle_timeout(due);
    CHECK(shard.machine.session_count() == 0U);
    CHECK(alive.use_count() == 1);

    due = *shard.machine.deadline();
    CHECK((due > start + 3min));
    CHECK((due < start + 5min));
    shard.machine.handle_timeout(due);
    CHECK(shard.machine.log().bytes() == 0U);
    CHECK(!shard.machine.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_busy_log_needs_no_timer)
{
    recovery_shard shard;
    for (int second = 0; second < 1'000; ++second) {
        shard.emit("tick");
        CHECK((*shard.machine.deadline() > shard.now));
        shard.now += 1s;
    }
    CHECK(shard.machine.log().end() - shard.machine.log().first() == 215U);
}

BOOST_AUTO_TEST_CASE(other_rooms_cost_nothing_CSR_10)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    ada.rooms = rooms({"hers"});
    shard.keep(std::move(ada));
    shard.emit("first", {"hers"});
    for (int i = 0; i < 20'000; ++i)
        shard.emit("x", {"room" + std::to_string(i % 5'000)});
    shard.emit("second", {"hers"});
    const heap_use before = heap();
    const auto back = shard.restore(pid);
    const heap_use after = heap();
    CHECK(texts(back) == "first second");
    CHECK(after.total_bytes - before.total_bytes < 1'000U);
}

BOOST_AUTO_TEST_SUITE_END()
