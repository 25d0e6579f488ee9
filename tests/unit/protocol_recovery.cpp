// SPDX-License-Identifier: BSL-1.0
#include "protocol_recovery_support.hpp"

#include <memory>

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(protocol_recovery)

BOOST_AUTO_TEST_CASE(a_session_comes_back_with_what_it_missed_once_CSR_8)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    ada.rooms = rooms({"lobby"});
    ada.data = std::string{"her data"};
    const std::string seen = shard.emit("one");
    shard.emit("two");
    shard.keep(std::move(ada));
    shard.emit("three");
    CHECK(shard.machine.session_count() == 1U);

    auto back = shard.restore(pid, seen);
    CHECK(texts(back) == "two three");
    CHECK((back->session.pid == pid));
    CHECK(back->session.sid.view() == "ada.................");
    CHECK(std::any_cast<std::string>(back->session.data) == "her data");
    CHECK(back->session.rooms.size() == 2U);  // and the one of her id
    CHECK(back->session.rooms[1].room == "lobby");

    CHECK(shard.machine.session_count() == 0U);
    CHECK(texts(shard.restore(pid, seen)) == "refused: unknown session");
}

BOOST_AUTO_TEST_CASE(the_same_pid_again_after_the_next_loss)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    std::string seen = shard.emit("one");
    for (const std::string_view next : {"two", "three", "four"}) {
        shard.keep(std::move(ada));
        const std::string offset = shard.emit(next);
        auto back = shard.restore(pid, seen);
        CHECK(texts(back) == next);
        ada = std::move(back->session);
        seen = offset;
    }
}

BOOST_AUTO_TEST_CASE(what_comes_while_a_middleware_decides)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    ada.rooms = rooms({"red"});
    shard.keep(std::move(ada));
    shard.emit("one");
    auto back = shard.restore(pid);
    CHECK(texts(back) == "one");
    shard.machine.catch_up(*back);
    CHECK(texts(back) == "one");
    shard.emit("two", {"red"});
    shard.emit("x", {"green"});
    shard.machine.catch_up(*back);
    shard.machine.catch_up(*back);
    CHECK(texts(back) == "one two");
    // The client went before it was let in: nothing was sent, nothing is lost.
    shard.keep(std::move(back->session));
    CHECK(texts(shard.restore(pid)) == "one two");
}

BOOST_AUTO_TEST_CASE(frames_are_shared)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    shard.keep(std::move(ada));
    const frame_ref head = make_text_frame("head");
    const frame_ref attachment = make_frame(frame_kind::binary, as_bytes("attachment"));
    shard.machine.append(
        {shard.machine.next_offset(), {head, {attachment}}}, {}, reach::all_shards, shard.now
    );
    const auto back = shard.restore(pid);
    CHECK((back->missed.at(0).packet.head == head));
    CHECK((back->missed.at(0).packet.attachments.at(0) == attachment));
}

BOOST_AUTO_TEST_CASE(too_late)
{
    for (const auto& [away, answer] :
         {std::pair<duration, std::string>{2min, "two"}, {2min + 1ns, "refused: session expired"}
         }) {
        recovery_shard shard;
        recoverable_session ada = shard.connect("ada");
        const private_id pid = ada.pid;
        const std::string seen = shard.emit("one");
        shard.keep(std::move(ada));
        shard.emit("two");
        shard.now += away;
        CHECK(texts(shard.restore(pid, seen)) == answer);
        CHECK(shard.machine.session_count() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(nobody_guesses_a_session_CSR_6)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    shard.keep(std::move(ada));
    CHECK(texts(shard.restore(private_id{})) == "refused: unknown session");
    CHECK(texts(shard.restore(private_id::make(shard.random, 0))) == "refused: unknown session");
    CHECK(texts(shard.restore({pid.secret, 1})) == "refused: unknown session");
    CHECK(texts(shard.restore(pid)) == "");
}

BOOST_AUTO_TEST_CASE(texts_of_private_ids)
{
    counting_random random;
    const private_id pid = private_id::make(random, 71);
    CHECK(pid.str() == "AQAAAAEAAAABAAAAAQAA1z");
    CHECK((private_id::parse(pid.str()) == pid));
    CHECK((private_id::parse("12345678901234567890zz")->shard == 35 * 36 + 35));
    for (const std::string_view wrong :
         {"",
          "1",
          "12345678901234567890",
          "12345678901234567890-",
          "123456789012345678900 ",
          "123456789012345678901eks",
          "12345678901234567890 1",
          "12345678901234567890+1"})
        CHECK(!private_id::parse(wrong).has_value(), wrong);
    CHECK(!private_id::parse(std::string(100'000, '1')).has_value());
}

BOOST_AUTO_TEST_CASE(before_the_first_event_there_is_no_offset_CSR_5)
{
    recovery_shard shard;
    shard.emit("before her time");
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    shard.emit("lost on the way");
    shard.keep(std::move(ada));
    shard.emit("missed");
    CHECK(texts(shard.restore(pid)) == "lost on the way missed");
}

BOOST_AUTO_TEST_CASE(an_offset_of_the_session_before_is_the_beginning_of_this_one)
{
    recovery_shard shard;
    const std::string stale = shard.emit("got by her last socket");
    shard.emit("sent while she had none");
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    shard.emit("lost on the way");
    shard.keep(std::move(ada));
    CHECK(texts(shard.restore(pid, stale)) == "lost on the way");
}

BOOST_AUTO_TEST_CASE(an_offset_that_was_never_given_CSR_6_I09)
{
    recovery_config config;
    config.tag = {'t', 'a', '-', 'g'};
    recovery_shard shard{config};
    const std::string first = shard.emit("one");
    CHECK(first == "ta-g0-1");
    for (int number = 2; number < 37; ++number)
        shard.emit("more");
    CHECK(shard.emit("37") == "ta-g0-11");
    for (const std::string_view wrong :
         {"",
          "t",
          "ta-g",
          "ta-g0",
          "ta-g0-",
          "ta-g0-0",
          "ta-g0-12",
          "ta-g1-1",
          "tagg0-1",
          "0-1",
          "ta-g-1",
          "ta-g0--1",
          "ta-g0-1 ",
          "ta-g0-1-1",
          "ta-g0-zzzzzzzzzzzzzzzzzzzz",
          "ta-gzzzz-1",
          "hello",
          "ta-g0-00000000000000000000000000000001"}) {
        recoverable_session ada = shard.connect("ada");
        const private_id pid = ada.pid;
        shard.keep(std::move(ada));
        CHECK(texts(shard.restore(pid, wrong)) == "refused: unknown offset", wrong);
        // It had its chance: a second use is refused whatever the first one said.
        CHECK(texts(shard.restore(pid, first)) == "refused: unknown session");
    }
}

BOOST_AUTO_TEST_CASE(whom_a_packet_is_for_CSR_12)
{
    recovery_shard shard;
    const std::string seen = shard.emit("seen");
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    const std::string own{ada.sid.view()};
    ada.rooms = rooms({"red", "green"});
    shard.keep(std::move(ada));
    shard.emit("1-all");
    shard.emit("x-blue", {"blue"});
    shard.emit("2-red", {"red"});
    shard.emit("3-blue-green", {"blue", "green"});
    shard.emit("4-both", {"red", "green", "red"});
    shard.emit("5-hers", {own}, {}, reach::local);
    shard.emit("x-another's", {"bob................."}, {}, reach::local);
    shard.emit("x-but-red", {}, {"red"});
    shard.emit("x-green-but-red", {"green"}, {"blue", "red"});
    shard.emit("6-but-blue", {}, {"blue"});
    shard.emit("x-but-herself", {}, {own});
    shard.emit("x-red-but-herself", {"red"}, {own});
    shard.emit("x-empty-name", {""});
    CHECK(texts(shard.restore(pid, seen)) == "1-all 2-red 3-blue-green 4-both 5-hers 6-but-blue");
}

BOOST_AUTO_TEST_CASE(rooms_that_were_joined_and_left_on_the_way)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    room_history history{ada.since};
    const auto join = [&](std::string_view room) {
        history.joined(room, shard.machine.log().end(), shard.machine.log().first());
    };
    const auto leave = [&](std::string_view room) {
        history.left(room, shard.machine.log().end(), shard.machine.log().first());
    };
    join("red");
    shard.emit("1", {"red"});
    shard.emit("x", {"green"});
    join("green");
    shard.emit("2", {"green"});
    shard.emit("x", {}, {"green"});
    leave("red");
    shard.emit("x", {"red"});
    shard.emit("3", {}, {"red"});
    join("red");
    shard.emit("4", {"red"});
    leave("red");
    leave("green");
    join("blue");
    leave("blue");
    shard.emit("x", {"red", "green", "blue"});
    shard.emit("5", {}, {"red", "green", "blue"});
    ada.rooms = history.memberships({});
    ada.exact_since = history.exact_since();
    shard.keep(std::move(ada));
    CHECK(texts(shard.restore(pid)) == "1 2 3 4 5");
}

BOOST_AUTO_TEST_CASE(which_ends_keep_a_session_CSR_9)
{
    std::string kept;
    for (int i = 0; i <= static_cast<int>(close_reason::io_client_disconnect); ++i)
        if (const auto reason = static_cast<close_reason>(i); keeps_session(reason))
            kept += std::string{to_string(reason)} + ", ";
    CHECK(
        kept ==
        "transport close, transport error, ping timeout, forced close, forced server close, "
        "server shutting down, "
    );
}

BOOST_AUTO_TEST_CASE(the_users_data_may_do_anything_when_it_goes)
{
    struct meddler
    {
        recovery_shard* shard;

        ~meddler()
        {
            shard->machine.handle_timeout(shard->now);
            shard->emit("farewell");
            shard->keep(shard->connect("friend"));
        }
    };

    recovery_config config;
    config.max_sessions = 1;
    recovery_shard shard{config};
    for (int i = 0; i < 3; ++i) {
        recoverable_session ada = shard.connect("ada");
        ada.data = std::make_shared<meddler>(&shard);
        shard.keep(std::move(ada));
        shard.keep(shard.connect("bob"));
        ada = shard.connect("ada");
        ada.data = std::make_shared<meddler>(&shard);
        const private_id pid = ada.pid;
        shard.keep(std::move(ada));
        CHECK(texts(shard.restore(pid, "what?")) == "refused: unknown offset");
    }
    CHECK(shard.machine.session_count() == 1U);
    CHECK(shard.machine.log().end() == 6U);
}

BOOST_AUTO_TEST_SUITE_END()
