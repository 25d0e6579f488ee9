// SPDX-License-Identifier: BSL-1.0
#include "protocol_connection_support.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>

using namespace cosio;
using namespace cosio::protocol;
using namespace cosio::protocol::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(protocol_connection_client)

BOOST_AUTO_TEST_CASE(connect_and_the_answer)
{
    connection c = client();
    CHECK(!c.deadline().has_value());
    CHECK(c.connect("/admin").value() == 0);
    CHECK(c.name(0) == "/admin");
    CHECK(!c.is_joined(0));
    CHECK(!c.connect("/admin").has_value());
    CHECK(c.connect("/").value() == 1);
    CHECK(c.handle_packet(connect("/"), start) == list(joined{1}));
    CHECK(!c.is_joined(0));
    CHECK(c.handle_packet(connect("/admin"), start) == list(joined{0}));
    CHECK(!c.connect("/admin").has_value());
    CHECK(c.handle_packet(event("/admin"), start) == list(dispatch{0}));
    CHECK(c.handle_packet(ack("/", 4), start) == list(resolve{1, 4}));
    CHECK(!c.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_frees_the_slot_SIO_3_SIO_4)
{
    connection c = client();
    CHECK(c.connect("/no").value() == 0);
    CHECK(c.handle_packet(packet(packet_type::connect_error, "/no"), start) == list(refused{0}));
    CHECK(c.slot_count() == 0);
    CHECK(c.handle_packet(packet(packet_type::connect_error, "/no"), start) == nothing);
    CHECK(c.connect("/no").value() == 0);
}

BOOST_AUTO_TEST_CASE(the_server_ends_a_socket)
{
    connection c = client_in({"/", "/a"});
    CHECK(
        c.handle_packet(disconnect("/"), start) ==
        list(leave{0, close_reason::io_server_disconnect})
    );
    CHECK(c.handle_packet(event("/a"), start) == list(dispatch{1}));
    CHECK(!c.deadline().has_value());

    connection early = client();
    CHECK(early.connect("/").value() == 0);
    CHECK(
        early.handle_packet(disconnect("/"), start) ==
        list(leave{0, close_reason::io_server_disconnect})
    );
    CHECK(early.slot_count() == 0);
}

BOOST_AUTO_TEST_CASE(what_crossed_our_own_leaving_is_ignored_X03_X06)
{
    connection c = client_in({"/"});
    CHECK(c.handle_packet(connect(), start) == nothing);
    CHECK(c.handle_packet(packet(packet_type::connect_error), start) == nothing);
    CHECK(c.handle_packet(packet(packet_type::ack), start) == nothing);
    CHECK(c.is_joined(0));
    c.disconnect(0, start);
    for (const packet_header& late : {connect(), disconnect(), event(), ack("/", 0)}) {
        CHECK(c.handle_packet(late, start) == nothing);
        CHECK(c.handle_partial(late, start) == nothing);
    }
    CHECK(c.slot_count() == 0);
}

BOOST_AUTO_TEST_CASE(a_CONNECT_that_is_taken_back_is_answered_before_the_next_one)
{
    const packet_header refusal = packet(packet_type::connect_error, "/a");
    for (const auto& [answer, entered] :
         {std::pair{connect("/a"), true}, {refusal, false}, {disconnect("/a"), false}}) {
        connection c = client();
        CHECK(c.connect("/a").value() == 0);
        c.disconnect(0, start);
        CHECK(!c.is_joined(0));
        CHECK(!c.connect("/a").has_value());
        CHECK(c.connect("/b").value() == 1);
        CHECK(c.handle_packet(event("/a"), start) == nothing);
        CHECK(c.handle_packet(ack("/a", 0), start) == nothing);
        CHECK(c.handle_packet(answer, start) == list(unwanted{entered}));
        CHECK(c.handle_packet(event("/a"), start) == nothing);
        CHECK(c.connect("/a").value() == 0);
        CHECK(c.handle_packet(connect("/a"), start) == list(joined{0}));
    }
}

BOOST_AUTO_TEST_CASE(attachments_must_come_in_time_X08)
{
    connection c = client_in({"/"});
    CHECK(c.handle_partial(event(), start) == nothing);
    CHECK((c.deadline() == start + 10s));
    CHECK(c.handle_deadline(start + 10s - 1ns) == nothing);
    CHECK(c.handle_deadline(start + 10s) == breaks(protocol::errc::attachment_timeout));
}

BOOST_AUTO_TEST_CASE(what_a_client_sends_a_server_takes)
{
    connection here = client();
    connection there = server();
    for (const std::string_view nsp : {"/", "/a", "/b"}) {
        const slot ours = here.connect(nsp).value();
        CHECK(there.handle_packet(connect(nsp), start) == list(join{ours}));
        there.accept(ours);
        CHECK(here.handle_packet(connect(nsp), start) == list(joined{ours}));
        CHECK(there.handle_packet(event(nsp), start) == list(dispatch{ours}));
    }
    here.disconnect(1, start);
    CHECK(
        there.handle_packet(disconnect("/a"), start) ==
        list(leave{1, close_reason::client_namespace_disconnect})
    );
    CHECK(here.connect("/a").value() == 1);
    CHECK(there.handle_packet(connect("/a"), start) == list(join{1}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(protocol_connection_random)

BOOST_AUTO_TEST_CASE(a_random_program_against_a_naive_model)
{
    struct membership
    {
        slot where;
        bool in;
    };

    const std::array<std::string, 5> names{"/", "/a", "/b", "/c", "/d"};
    for (unsigned seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            connection c = server();
            std::map<std::string, membership> model;
            const auto lowest_free = [&model] {
                slot where = 0;
                while (std::ranges::any_of(model, [where](const auto& one) {
                    return one.second.where == where;
                }))
                    ++where;
                return where;
            };
            for (int step = 0; step < 200; ++step) {
                const std::string& nsp = names[random() % names.size()];
                const auto found = model.find(nsp);
                const bool known = found != model.end();
                const bool in = known && found->second.in;
                const slot where = known ? found->second.where : lowest_free();
                const actions stranger = breaks(protocol::errc::not_connected);
                switch (random() % 6) {
                case 0:
                    CHECK(
                        c.handle_packet(connect(nsp), start) ==
                        (known ? breaks(protocol::errc::already_connected) : list(join{where}))
                    );
                    model.try_emplace(nsp, where, false);
                    break;
                case 1:
                    CHECK(
                        c.handle_packet(event(nsp), start) ==
                        (in ? list(dispatch{where}) : stranger)
                    );
                    break;
                case 2:
                    CHECK(
                        c.handle_packet(ack(nsp, 3), start) ==
                        (in ? list(resolve{where, 3}) : stranger)
                    );
                    break;
                case 3:
                    CHECK(
                        c.handle_packet(disconnect(nsp), start) ==
                        (!known ? stranger
                         : in   ? list(leave{where, close_reason::client_namespace_disconnect})
                                : list(cancel{where}))
                    );
                    model.erase(nsp);
                    break;
                case 4:
                    if (known && !in) {
                        c.accept(where);
                        found->second.in = true;
                    }
                    break;
                default:
                    if (in && random() % 2 == 0) {
                        c.disconnect(where, start);
                        model.erase(nsp);
                    }
                }
                slot count = 0;
                for (const auto& [name, one] : model) {
                    CHECK(c.name(one.where) == name);
                    CHECK(c.is_joined(one.where) == one.in);
                    count = std::max(count, static_cast<slot>(one.where + 1));
                }
                CHECK(c.slot_count() == count);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
