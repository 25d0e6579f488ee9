// SPDX-License-Identifier: BSL-1.0
#include "protocol_connection_support.hpp"

#include <array>
#include <string>

using namespace cosio;
using namespace cosio::protocol;
using namespace cosio::protocol::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(protocol_connection_server)

BOOST_AUTO_TEST_CASE(connect_is_asked_for_and_accepted_SIO_1)
{
    connection c = server();
    CHECK(c.handle_packet(connect("/admin"), start) == list(join{0}));
    CHECK(c.name(0) == "/admin");
    CHECK(!c.is_joined(0));
    c.accept(0);
    CHECK(c.is_joined(0));
    CHECK(!c.is_joined(1));
    CHECK(c.handle_packet(event("/admin"), start) == list(dispatch{0}));
    CHECK(c.handle_packet(ack("/admin", 7), start) == list(resolve{0, 7}));
}

BOOST_AUTO_TEST_CASE(each_namespace_has_its_own_slot)
{
    connection c = server_in({"/", "/a", "/b"});
    CHECK(c.slot_count() == 3);
    CHECK(c.handle_packet(event("/b"), start) == list(dispatch{2}));
    CHECK(c.handle_packet(event("/"), start) == list(dispatch{0}));
    CHECK(c.handle_packet(ack("/a", max_ack_id), start) == list(resolve{1, max_ack_id}));
    const packet_header with_id{.type = packet_type::event, .nsp = "/a", .id = 0};
    CHECK(c.handle_packet(with_id, start) == list(dispatch{1}));
}

BOOST_AUTO_TEST_CASE(names_are_compared_byte_by_byte_S27_S28)
{
    using namespace std::string_view_literals;
    connection c = server();
    slot next = 0;
    for (const std::string_view nsp :
         {"/chat"sv,
          "/Chat"sv,
          "/chat/"sv,
          "/chat\0"sv,
          "/ch%61t"sv,
          "/chat?a=b"sv,
          "/\xE2\x82\xAC"sv,
          "//"sv}) {
        CHECK(c.handle_packet(connect(nsp), start) == list(join{next}));
        CHECK(c.name(next++) == nsp);
    }
}

BOOST_AUTO_TEST_CASE(a_second_connect_SIO_5_S18_S19)
{
    connection joined_once = server_in({"/"});
    CHECK(joined_once.handle_packet(connect(), start) == breaks(protocol::errc::already_connected));

    connection pending = server();
    CHECK(pending.handle_packet(connect(), start) == list(join{0}));
    CHECK(pending.handle_packet(connect(), start) == breaks(protocol::errc::already_connected));
    CHECK(pending.slot_count() == 1);
}

BOOST_AUTO_TEST_CASE(the_id_of_a_connect_is_ignored_S21)
{
    connection c = server();
    const packet_header with_id{.type = packet_type::connect, .nsp = "/", .id = 5};
    CHECK(c.handle_packet(with_id, start) == list(join{0}));
}

BOOST_AUTO_TEST_CASE(packets_for_a_namespace_not_joined_SIO_6_S23_S24)
{
    for (const packet_header& early : {event("/b"), ack("/b", 0), disconnect("/b")}) {
        connection fresh = server();
        CHECK(fresh.handle_packet(early, start) == breaks(protocol::errc::not_connected));
        connection other = server_in({"/"});
        CHECK(other.handle_packet(early, start) == breaks(protocol::errc::not_connected));
    }
    for (const packet_header& early : {event("/b"), ack("/b", 0)}) {
        connection pending = server();
        CHECK(pending.handle_packet(connect("/b"), start) == list(join{0}));
        CHECK(pending.handle_packet(early, start) == breaks(protocol::errc::not_connected));
        CHECK(pending.handle_partial(early, start) == breaks(protocol::errc::not_connected));
    }
}

BOOST_AUTO_TEST_CASE(a_client_never_sends_connect_error_SIO_7_S20)
{
    const packet_header wrong = packet(packet_type::connect_error);
    connection fresh = server();
    CHECK(fresh.handle_packet(wrong, start) == breaks(protocol::errc::unexpected_packet));
    connection in = server_in({"/"});
    CHECK(in.handle_packet(wrong, start) == breaks(protocol::errc::unexpected_packet));
}

BOOST_AUTO_TEST_CASE(an_ack_without_id_is_ignored_S14)
{
    connection c = server_in({"/"});
    CHECK(c.handle_packet(packet(packet_type::ack), start) == nothing);
    CHECK(c.is_joined(0));
}

BOOST_AUTO_TEST_CASE(disconnect_leaves_one_namespace_only_SIO_9)
{
    connection c = server_in({"/", "/admin"});
    CHECK(
        c.handle_packet(disconnect(), start) ==
        list(leave{0, close_reason::client_namespace_disconnect})
    );
    CHECK(!c.is_joined(0));
    CHECK(c.handle_packet(event("/admin"), start) == list(dispatch{1}));
    CHECK(c.handle_packet(event("/"), start) == breaks(protocol::errc::not_connected));  // S37
}

BOOST_AUTO_TEST_CASE(disconnect_before_the_answer_takes_the_connect_back_S35)
{
    connection c = server();
    for (int i = 0; i < 10'000; ++i) {
        CHECK(c.handle_packet(connect("/a"), start) == list(join{0}));
        CHECK(c.handle_packet(disconnect("/a"), start) == list(cancel{0}));
    }
    CHECK(c.slot_count() == 0);
    CHECK((c.deadline() == start + 45s));
}

BOOST_AUTO_TEST_CASE(joining_and_leaving_for_ever_takes_no_memory_S35)
{
    connection c = server();
    for (int i = 0; i < 10'000; ++i) {
        CHECK(c.handle_packet(connect("/a"), start) == list(join{0}));
        c.accept(0);
        CHECK(c.slot_count() == 1);
        CHECK(
            c.handle_packet(disconnect("/a"), start) ==
            list(leave{0, close_reason::client_namespace_disconnect})
        );
    }
    CHECK(c.slot_count() == 0);
}

BOOST_AUTO_TEST_CASE(the_lowest_free_slot_is_used_again)
{
    connection c = server_in({"/a", "/b", "/c"});
    CHECK(
        c.handle_packet(disconnect("/b"), start) ==
        list(leave{1, close_reason::client_namespace_disconnect})
    );
    CHECK(c.slot_count() == 3);
    CHECK(c.handle_packet(connect("/d"), start) == list(join{1}));
    CHECK(c.name(1) == "/d");
    CHECK(!c.is_joined(1));
    c.disconnect(2, start);
    CHECK(c.slot_count() == 2);
    c.reject(1, start);
    CHECK(c.slot_count() == 1);
    c.disconnect(0, start);
    CHECK(c.slot_count() == 0);
}

BOOST_AUTO_TEST_CASE(a_namespace_may_be_asked_for_again_after_a_refusal_S25)
{
    connection c = server();
    CHECK(c.handle_packet(connect("/random"), start) == list(join{0}));
    c.reject(0, start);
    CHECK(c.handle_packet(event("/random"), start) == breaks(protocol::errc::not_connected));
    CHECK(c.handle_packet(connect("/random"), start) == list(join{0}));
    CHECK((c.deadline() == start + 45s));
}

BOOST_AUTO_TEST_CASE(namespaces_up_to_the_limit)
{
    const std::array<std::string_view, 4> names{"/a", "/b", "/c", "/d"};
    for (std::size_t joined_first = 0; joined_first <= 3; ++joined_first) {
        connection c{three, role::server, start};
        for (slot i = 0; i < 3; ++i) {
            CHECK(c.handle_packet(connect(names[i]), start) == list(join{i}));
            if (i < joined_first)
                c.accept(i);
        }
        CHECK(
            c.handle_packet(connect(names[3]), start) == breaks(protocol::errc::too_many_namespaces)
        );
        c.disconnect(1, start);
        CHECK(c.handle_packet(connect(names[3]), start) == list(join{1}));
    }
}

BOOST_AUTO_TEST_CASE(refusals_count_until_a_success_S30)
{
    connection c = server();
    for (int i = 0; i < 64; ++i) {
        CHECK(c.handle_packet(connect("/" + std::to_string(i)), start) == list(join{0}));
        c.reject(0, start);
    }
    CHECK(c.handle_packet(connect("/64"), start) == breaks(protocol::errc::too_many_namespaces));

    connection lucky{three, role::server, start};
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 2; ++i) {
            CHECK(lucky.handle_packet(connect("/no"), start) == list(join{0}));
            lucky.reject(0, start);
        }
        CHECK(lucky.handle_packet(connect("/yes"), start) == list(join{0}));
        lucky.accept(0);
        lucky.disconnect(0, start);
    }
    // Joined and refused ones count together.
    CHECK(lucky.handle_packet(connect("/yes"), start) == list(join{0}));
    lucky.accept(0);
    for (int i = 0; i < 2; ++i) {
        CHECK(lucky.handle_packet(connect("/no"), start) == list(join{1}));
        lucky.reject(1, start);
    }
    CHECK(
        lucky.handle_packet(connect("/no"), start) == breaks(protocol::errc::too_many_namespaces)
    );
}

BOOST_AUTO_TEST_CASE(nobody_stays_without_a_namespace_SIO_8_S33)
{
    connection c = server();
    CHECK((c.deadline() == start + 45s));
    CHECK(c.handle_packet(connect("/no"), start + 40s) == list(join{0}));
    c.reject(0, start + 41s);
    CHECK(c.handle_packet(connect("/slow"), start + 42s) == list(join{0}));
    CHECK((c.deadline() == start + 45s));
    CHECK(c.handle_deadline(start + 45s - 1ns) == nothing);
    CHECK(c.handle_deadline(start + 45s) == breaks(protocol::errc::connect_timeout));
    CHECK(c.handle_deadline(start + 45s) == nothing);
    CHECK(!c.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(the_first_success_ends_the_connect_timeout_SIO_8)
{
    connection c = server_in({"/"});
    CHECK(!c.deadline().has_value());
    CHECK(c.handle_deadline(start + 1h) == nothing);
}

BOOST_AUTO_TEST_CASE(who_left_all_namespaces_does_not_stay_S34)
{
    connection c = server_in({"/", "/a"});
    CHECK(
        c.handle_packet(disconnect("/"), start + 60s) ==
        list(leave{0, close_reason::client_namespace_disconnect})
    );
    CHECK(!c.deadline().has_value());
    c.disconnect(1, start + 61s);
    CHECK((c.deadline() == start + 91s));
    CHECK(c.handle_packet(connect("/"), start + 62s) == list(join{0}));
    CHECK((c.deadline() == start + 91s));
    c.accept(0);
    CHECK(!c.deadline().has_value());
    CHECK(
        c.handle_packet(disconnect("/"), start + 70s) ==
        list(leave{0, close_reason::client_namespace_disconnect})
    );
    CHECK(c.handle_deadline(start + 100s - 1ns) == nothing);
    CHECK(c.handle_deadline(start + 100s) == breaks(protocol::errc::namespace_idle_timeout));
}

BOOST_AUTO_TEST_CASE(attachments_must_come_in_time_A45)
{
    connection c = server_in({"/"});
    CHECK(c.handle_partial(event(), start) == nothing);
    CHECK((c.deadline() == start + 10s));
    CHECK(c.handle_partial(event(), start + 9s) == nothing);
    CHECK((c.deadline() == start + 10s));  // each attachment does not begin it anew
    CHECK(c.handle_deadline(start + 10s - 1ns) == nothing);
    CHECK(c.handle_deadline(start + 10s) == breaks(protocol::errc::attachment_timeout));
    CHECK(c.handle_deadline(start + 10s) == nothing);
}

BOOST_AUTO_TEST_CASE(a_complete_packet_ends_the_attachment_timeout)
{
    connection c = server_in({"/"});
    CHECK(c.handle_partial(event(), start) == nothing);
    CHECK(c.handle_packet(event(), start + 9s) == list(dispatch{0}));
    CHECK(!c.deadline().has_value());
    CHECK(c.handle_partial(ack("/", 1), start + 20s) == nothing);
    CHECK((c.deadline() == start + 30s));
    CHECK(c.handle_packet(ack("/", 1), start + 20s) == list(resolve{0, 1}));
    CHECK(!c.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(the_earlier_of_two_deadlines)
{
    connection late = server_in({"/"});
    CHECK(late.handle_partial(event(), start) == nothing);
    late.disconnect(0, start);
    CHECK((late.deadline() == start + 10s));
    CHECK(late.handle_deadline(start + 10s) == breaks(protocol::errc::attachment_timeout));
    CHECK((late.deadline() == start + 30s));

    connection early = server_in({"/"});
    early.disconnect(0, start);
    CHECK(early.handle_packet(connect(), start) == list(join{0}));
    early.accept(0);
    CHECK(early.handle_partial(event(), start + 25s) == nothing);
    early.disconnect(0, start);
    CHECK((early.deadline() == start + 30s));
    CHECK(early.handle_deadline(start + 30s) == breaks(protocol::errc::namespace_idle_timeout));
    CHECK((early.deadline() == start + 35s));
}

BOOST_AUTO_TEST_CASE(attachments_for_a_namespace_not_joined_are_not_waited_for_A43_S24)
{
    connection fresh = server();
    CHECK(fresh.handle_partial(event(), start) == breaks(protocol::errc::not_connected));
    connection other = server_in({"/"});
    CHECK(other.handle_partial(event("/b"), start) == breaks(protocol::errc::not_connected));
    CHECK(other.handle_partial(ack("/b", 0), start) == breaks(protocol::errc::not_connected));
}

BOOST_AUTO_TEST_CASE(actions_print_as_one_line)
{
    using fmt::format;
    CHECK(format("{}", action{join{1}}) == "join 1");
    CHECK(format("{}", action{joined{1}}) == "joined 1");
    CHECK(format("{}", action{refused{1}}) == "refused 1");
    CHECK(format("{}", action{dispatch{1}}) == "dispatch 1");
    CHECK(format("{}", action{resolve{1, 2}}) == "resolve 1 #2");
    CHECK(
        format("{}", action{leave{1, close_reason::transport_close}}) == "leave 1 'transport close'"
    );
    CHECK(format("{}", action{cancel{1}}) == "cancel 1");
    const error_code why = protocol::errc::not_connected;
    CHECK(format("{}", action{violation{why}}) == "violation '" + why.message() + "'");
}

BOOST_AUTO_TEST_SUITE_END()
