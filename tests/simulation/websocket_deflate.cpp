// SPDX-License-Identifier: BSL-1.0
// features.md WS-7, WS-15; reliability.md F01, A27, D01 to D10: permessage-deflate on the wire.
#include "deflate_support.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(websocket_deflate)

BOOST_FIXTURE_TEST_CASE(nothing_is_agreed_on_by_default_ws_15, plain_fixture)
{
    CHECK(negotiated("permessage-deflate; client_max_window_bits") == "(none)");
}

BOOST_FIXTURE_TEST_CASE(an_offer_is_answered, deflate_fixture)
{
    CHECK(
        negotiated("permessage-deflate; client_max_window_bits") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
    CHECK(negotiated("") == "(none)");
    CHECK(negotiated("permessage-bzip2") == "(none)");
    CHECK(negotiated("permessage-deflate; server_max_window_bits=7") == "(none)");
    CHECK(
        negotiated("permessage-deflate; x, permessage-deflate; server_max_window_bits=10") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10"
    );
}

BOOST_FIXTURE_TEST_CASE(what_is_not_to_be_compressed_is_sent_as_it_is_WS_15, deflate_fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    const string large = "4" + string(3000, 'x');
    frame_ref plain_frame = make_text_frame(large);
    plain_frame.forbid_compression();
    server.log().peer->send(plain_frame);
    server.log().peer->send(make_text_frame(large));
    server.world.run();
    const strings expected{large, "z " + large};
    CHECK(client.take() == expected);
}

BOOST_FIXTURE_TEST_CASE(contexts_are_kept_if_the_server_wants_it, context_fixture)
{
    CHECK(negotiated("permessage-deflate") == "permessage-deflate");
    CHECK(
        negotiated("permessage-deflate; server_no_context_takeover") ==
        "permessage-deflate; server_no_context_takeover"
    );
}

BOOST_FIXTURE_TEST_CASE(packets_below_the_threshold_are_sent_as_they_are_ws_15, deflate_fixture)
{
    deflating_client client{server};
    CHECK(client.take().at(0).starts_with("0{"));
    client.send(0x81, packet_of(1023));
    CHECK(client.take() == strings{packet_of(1023)});
    client.send(0x81, packet_of(1024));
    CHECK(client.take() == strings{"z " + packet_of(1024)});
    CHECK(client.frame.size() < 100);
    client.send(0x82, packet_of(2000));
    CHECK(client.take() == strings{"z binary " + packet_of(2000)});
}

BOOST_FIXTURE_TEST_CASE(who_did_not_offer_gets_plain_packets, deflate_fixture)
{
    deflating_client client{server, ""};
    static_cast<void>(client.take());
    client.send(0x81, packet_of(5000));
    CHECK(client.take() == strings{packet_of(5000)});
}

BOOST_FIXTURE_TEST_CASE(what_does_not_shrink_is_sent_as_it_is, deflate_fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    client.send(0x82, noise(5000));
    CHECK(client.take() == strings{"binary " + noise(5000)});
}

BOOST_FIXTURE_TEST_CASE(compressed_packets_arrive, deflate_fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    client.send_compressed("4hello");
    client.send(0xC2, client.compressed("\1\2\3"));
    const string payload = client.compressed("4in three parts");
    client.send(0x41, payload.substr(0, 2));
    client.send(0x00, payload.substr(2, 5));
    client.send(0x89, "between");
    client.send(0x80, payload.substr(7));
    client.send(0x81, "4plain");
    BOOST_TEST(
        client.take() ==
            (strings{"4hello", "binary \1\2\3", "pong between", "4in three parts", "4plain"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(
        server.log().events ==
            (strings{"text hello", "binary \1\2\3", "text in three parts", "text plain"}),
        boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(an_empty_compressed_message_is_no_packet_d09, deflate_fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    client.send(0xC1, string(1, '\0'));
    CHECK(client.take() == strings{"close 1005"});
    CHECK(server.log().events == strings{"close parse error"});
}

BOOST_FIXTURE_TEST_CASE(rsv1_where_it_may_not_stand_gets_1002_f01_d03, deflate_fixture)
{
    deflating_client without{server, ""};
    without.send(0xC1, without.compressed("4hello"));
    check_goodbye(without, 1002);
    for (const unsigned first : {0xC9U, 0xCAU, 0xC8U, 0xC0U, 0xA1U, 0x91U}) {
        deflating_client client{server};
        client.send(first, "4hello");
        check_goodbye(client, 1002);
    }
    deflating_client client{server};
    client.send(0x41, client.compressed("4hello"));
    client.send(0xC0, "");
    check_goodbye(client, 1002);
}

BOOST_FIXTURE_TEST_CASE(damaged_packets_get_1007_d04_d08_d10, deflate_fixture)
{
    const string garbage = noise(64);
    deflating_client broken{server};
    broken.send(0xC1, garbage);
    check_goodbye(broken, 1007);

    deflating_client cut{server};
    const string payload = cut.compressed("4hello");
    cut.send(0xC1, payload.substr(0, payload.size() - 1));
    check_goodbye(cut, 1007);

    deflating_client latin{server};
    latin.send_compressed("4caf\xE9");
    check_goodbye(latin, 1007);

    wire::deflate_buffer out;
    wire::deflater keeps{out, 15, 6, 8, true};
    deflating_client remembers{server};
    const string once = string{as_text(keeps.deflate(as_bytes(packet_of(100))))};
    const string again = string{as_text(keeps.deflate(as_bytes(packet_of(100))))};
    remembers.send(0xC1, once);
    remembers.send(0xC1, again);
    check_goodbye(remembers, 1007);
}

BOOST_FIXTURE_TEST_CASE(a_bomb_gets_1009_ws_7_a27, deflate_fixture)
{
    deflating_client neighbour{server};
    static_cast<void>(neighbour.take());
    for (const std::size_t size : {1'000'001U, 20'000'000U}) {
        deflating_client bomber{server};
        bomber.send_compressed(packet_of(size, "x"));
        CHECK(bomber.take().back() == "close 1009");
        CHECK(server.sessions() == 1);
        neighbour.send_compressed("4alive");
        CHECK(neighbour.take() == strings{"4alive"});
    }
    CHECK(server.log(1).events == strings{"close transport error"});
    server.echo = false;
    neighbour.send_compressed(packet_of(1'000'000, "x"));
    CHECK(server.log().events.back().size() == 5 + 999'999);
}

BOOST_AUTO_TEST_SUITE_END()
