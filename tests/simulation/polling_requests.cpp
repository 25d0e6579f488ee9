// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.2, the good cases: payloads, both directions, order, batches, many connections.

using namespace cosio;
using namespace cosio::test;

namespace {

struct fixture
{
    ~fixture() { server.check_bystander(); }

    raw_server server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(polling_requests)

BOOST_DATA_TEST_CASE(one_message_there_and_back_byte_for_byte_poll_1_poll_3, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    raw_client client = server.client();
    client.send(
        "POST " + session.target() +
        " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        "Content-Length: 6\r\n\r\n4hello"
    );
    CHECK(
        client.take() == "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n"
                         "Content-Length: 2\r\n\r\nok"
    );
    client.send(http_text("GET", session.target()));
    CHECK(
        client.take() ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nCache-Control: no-store\r\n"
        "Content-Length: 6\r\n\r\n4hello"
    );
    CHECK(server.log().events == strings{"text hello"});
    server.check_bystander();
}

BOOST_DATA_TEST_CASE(several_packets_in_one_body_poll_1_poll_16, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    CHECK(
        session
            .post("4a\x1e"
                  "4b\x1e"
                  "4\x1e"
                  "4c")
            .body == "ok"
    );
    CHECK((server.log().events == strings{"text a", "text b", "text ", "text c"}));
    CHECK(
        session.poll() == "4a\x1e"
                          "4b\x1e"
                          "4\x1e"
                          "4c"
    );
    server.check_bystander();
}

BOOST_DATA_TEST_CASE(binary_is_base64_and_a_message_poll_2, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    CHECK(
        session
            .post("bAQIDBA==\x1e"
                  "b\x1e"
                  "4x\x1e"
                  "bAQI")
            .body == "ok"
    );
    CHECK((server.log().events == strings{"binary \1\2\3\4", "binary ", "text x", "binary \1\2"}));
    CHECK(
        session.poll() == "bAQIDBA==\x1e"
                          "b\x1e"
                          "4x\x1e"
                          "bAQI="
    );
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_poll_waits_until_there_is_something_poll_10, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    server.pass(20s);
    CHECK(session.end_poll() == "");
    CHECK(session.post("4now").body == "ok");
    CHECK(session.end_poll() == "4now");
    session.begin_poll();
    CHECK(session.end_poll() == "");
}

BOOST_FIXTURE_TEST_CASE(what_is_sent_between_two_polls_waits_for_the_next_poll_16, fixture)
{
    raw_poller session{server};
    for (const string& message : numbered("4", 100))
        CHECK(session.post(message).body == "ok");
    CHECK(session.poll() == joined(numbered("4", 100)));
    session.begin_poll();
    CHECK(session.end_poll() == "");
}

BOOST_FIXTURE_TEST_CASE(a_batch_may_be_larger_than_max_payload_poll_16, fixture)
{
    server.echo = false;
    raw_poller session{server};
    const string half(600'000, 'x');
    for (int i = 0; i < 3; ++i)
        server.log().peer->send(make_text_frame("4" + half));
    CHECK(session.poll() == joined({"4" + half, "4" + half, "4" + half}));
}

BOOST_AUTO_TEST_CASE(one_packet_may_be_as_large_as_the_limit_poll_16)
{
    raw_server server;
    raw_poller session{server};
    const string body = "4" + string(999'999, 'x');
    CHECK(session.post(body).body == "ok");
    CHECK(session.poll() == body);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(every_request_may_come_on_its_own_connection_poll_21, fixture)
{
    raw_poller session{server};
    for (const string& message : numbered("4", 5)) {
        CHECK(server.ask("POST", session.target(), message).body == "ok");
        CHECK(server.ask("GET", session.target()).body == message);
    }
    raw_client old = server.client();
    old.send(fmt::format("POST {} HTTP/1.0\r\nContent-Length: 2\r\n\r\n4o", session.target()));
    CHECK(old.answer().body == "ok");
    raw_client older = server.client();
    older.send(fmt::format("GET {} HTTP/1.0\r\n\r\n", session.target()));
    CHECK(older.answer().body == "4o");
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_get_and_a_post_run_side_by_side_poll_21, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    session.begin_post(10, "4abc");
    server.log().peer->send(make_text_frame("4hi"));
    CHECK(session.end_poll() == "4hi");  // although the upload is not done
    session.begin_poll();
    session.more_post("defghi");
    CHECK(session.posting->answer().body == "ok");
    CHECK(session.end_poll() == "4abcdefghi");
}

BOOST_FIXTURE_TEST_CASE(a_chunked_body_is_a_body, fixture)
{
    raw_poller session{server};
    raw_client client = server.client();
    client.send(http_text("POST", session.target(), {}, "Transfer-Encoding: chunked\r\n"));
    client.send("3\r\n4ab\r\n");
    CHECK(client.silent());
    client.send("4;x=y\r\nc\x1e"
                "4d\r\n0\r\n\r\n");
    CHECK(client.answer().body == "ok");
    CHECK((server.log().events == strings{"text abc", "text d"}));
}

BOOST_FIXTURE_TEST_CASE(the_type_of_a_text_body_does_not_matter, fixture)
{
    raw_poller session{server};
    for (const string type : {"text/plain;charset=UTF-8", "application/json", "x"})
        CHECK(session.post("4abc", "Content-Type: " + type + "\r\n").body == "ok");
    CHECK(session.post("4abc", "Content-Encoding: identity\r\n").body == "ok");
}

BOOST_AUTO_TEST_CASE(characters_may_be_cut_anywhere_poll_22)
{
    raw_server server;
    raw_poller session{server};
    const string message = "4\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
    const string post = http_text("POST", session.target(), message);
    raw_client client = server.client();
    for (std::size_t at = post.size() - message.size(); at < post.size(); ++at) {
        client.send(post.substr(0, at));
        client.send(post.substr(at));
        CHECK(client.answer().body == "ok");
        CHECK(session.poll() == message);
    }
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(what_the_client_does_not_owe_is_ignored_p11)
{
    raw_server server;
    raw_poller session{server};
    string pongs = "3";
    for (int i = 1; i < 100'000; ++i)
        pongs += "\x1e"
                 "3";
    CHECK(session.post(pongs).body == "ok");
    CHECK(
        session
            .post("0{}\x1e"
                  "5\x1e"
                  "6\x1e"
                  "3probe")
            .body == "ok"
    );
    CHECK(server.log().events.empty());
    // The heartbeat has not moved.
    session.begin_poll();
    server.pass(24999ms);
    CHECK(session.end_poll() == "");
    server.pass(1ms);
    CHECK(session.end_poll() == "2");
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_replayed_post_is_processed_again_p24, fixture)
{
    raw_poller session{server};
    const string post = http_text("POST", session.target(), "4once");
    for (int i = 0; i < 2; ++i) {
        raw_client client = server.client();
        client.send(post);
        CHECK(client.answer().body == "ok");
    }
    CHECK((server.log().events == strings{"text once", "text once"}));
}

BOOST_DATA_TEST_CASE(a_thousand_messages_both_ways_in_order, all_segments())
{
    raw_server server{{}, {}, sample};
    server.echo = false;
    raw_poller session{server};
    strings got;
    const auto collect = [&] {
        for (const string& packet : records(session.end_poll()))
            got.push_back(packet);
        session.begin_poll();
    };
    session.begin_poll();
    for (unsigned i = 1; i <= 1'000; ++i) {
        server.log().peer->send(make_text_frame(fmt::format("4down {}", i)));
        if (i % 7 == 0)
            collect();
        if (i % 10 == 0) {
            strings batch;
            for (unsigned k = i - 9; k <= i; ++k)
                batch.push_back(fmt::format("4up {}", k));
            BOOST_REQUIRE_EQUAL(session.post(joined(batch)).body, "ok");
        }
    }
    collect();
    if (const string rest = session.end_poll(); !rest.empty())
        for (const string& packet : records(rest))
            got.push_back(packet);
    CHECK(got == numbered("4down ", 1'000));
    CHECK(server.log().events == numbered("text up ", 1'000));
    server.check_bystander();
}

// The session looks for packets between the head and the body of a POST: what it looks at is not there.
BOOST_AUTO_TEST_CASE(a_post_is_answered_after_its_body_whenever_the_session_looks)
{
    raw_server server{{.max_payload_bytes = 100, .max_running_handlers = 1}};
    raw_poller session{server};
    server.log().peer->handler_started();
    session.pause_reading();
    session.begin_post(10, "4abc");
    server.log().peer->handler_ended();
    server.world.run();
    CHECK(session.posting->silent());
    CHECK(server.log().events.empty());
    session.more_post("defghi");
    CHECK(session.posting->answer().body == "ok");
    CHECK(server.log().events == strings{"text abcdefghi"});
    CHECK(session.poll() == "4abcdefghi");
    server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
