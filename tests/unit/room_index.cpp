// SPDX-License-Identifier: BSL-1.0
#include <cosio/room_index.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace cosio;

namespace {

std::string members(const room_index& index, std::string_view room)
{
    std::string text;
    index.for_each_member(room, [&text](socket_slot one) { text += std::to_string(one) + " "; });
    return text;
}

std::string rooms(const room_index& index, socket_slot socket)
{
    std::string text;
    index.for_each_room_of(socket, [&text](std::string_view one) {
        text += std::string{one} + " ";
    });
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(room_indexes)

BOOST_AUTO_TEST_CASE(joining_and_leaving)
{
    room_index index;
    BOOST_TEST(index.join(3, "a"));
    BOOST_TEST(!index.join(3, "a"));
    BOOST_TEST(index.join(1, "a"));
    BOOST_TEST(index.join(3, "b"));
    BOOST_TEST(members(index, "a") == "3 1 ");
    BOOST_TEST(members(index, "b") == "3 ");
    BOOST_TEST(rooms(index, 3) == "a b ");
    BOOST_TEST(index.contains(3, "a"));
    BOOST_TEST(!index.contains(1, "b"));
    BOOST_TEST(index.count("a") == 2U);
    BOOST_TEST(index.room_count(3) == 2U);
    BOOST_TEST(index.size() == 2U);

    BOOST_TEST(index.leave(3, "a"));
    BOOST_TEST(!index.leave(3, "a"));
    BOOST_TEST(members(index, "a") == "1 ");
    BOOST_TEST(rooms(index, 3) == "b ");
}

BOOST_AUTO_TEST_CASE(a_room_exists_while_it_has_members_I16)
{
    room_index index;
    BOOST_TEST(index.join(0, "a"));
    BOOST_TEST(index.size() == 1U);
    BOOST_TEST(index.leave(0, "a"));
    BOOST_TEST(index.size() == 0U);
    BOOST_TEST(index.count("a") == 0U);
    BOOST_TEST(members(index, "a") == "");
    BOOST_TEST(index.join(7, "b"));  // takes the place of the one that is gone
    BOOST_TEST(members(index, "a") == "");
    BOOST_TEST(members(index, "b") == "7 ");
}

BOOST_AUTO_TEST_CASE(a_socket_that_goes_leaves_all_its_rooms)
{
    room_index index;
    for (const auto* room : {"a", "b", "c"})
        BOOST_TEST(index.join(1, room));
    BOOST_TEST(index.join(2, "b"));
    index.erase(1);
    BOOST_TEST(index.size() == 1U);
    BOOST_TEST(members(index, "b") == "2 ");
    BOOST_TEST(rooms(index, 1) == "");
    index.erase(1);
    index.erase(1'000);
    BOOST_TEST(index.join(1, "a"));  // the slot is used again
    BOOST_TEST(rooms(index, 1) == "a ");
}

BOOST_AUTO_TEST_CASE(strangers)
{
    room_index index;
    BOOST_TEST(!index.leave(5, "a"));
    BOOST_TEST(!index.contains(5, "a"));
    BOOST_TEST(index.room_count(5) == 0U);
    BOOST_TEST(rooms(index, 5) == "");
    BOOST_TEST(index.join(0, "a"));
    BOOST_TEST(!index.leave(5, "a"));
    BOOST_TEST(!index.contains(5, "a"));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_a_name)
{
    using namespace std::string_view_literals;
    room_index index;
    for (const std::string_view room : {""sv, "a"sv, "a\0"sv, "\xFF"sv, "A"sv})
        BOOST_TEST(index.join(0, room));
    BOOST_TEST(index.size() == 5U);
    BOOST_TEST(index.leave(0, "a\0"sv));
    BOOST_TEST(index.contains(0, "a"));
}

BOOST_AUTO_TEST_CASE(a_random_program_against_a_naive_model_A28)
{
    for (unsigned seed = 1; seed <= 60; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 engine{seed};
            const auto random = [&engine] { return static_cast<unsigned>(engine()); };
            room_index index;
            room_index twin;
            std::map<std::string, std::set<socket_slot>> model;
            const unsigned sockets = 1 + random() % 12;
            const unsigned names = 1 + random() % 12;
            for (int step = 0; step < 600; ++step) {
                const socket_slot socket = random() % sockets;
                const std::string room(1, static_cast<char>('a' + random() % names));
                const auto forget = [&model, socket](const std::string& name) {
                    model[name].erase(socket);
                    if (model[name].empty())
                        model.erase(name);
                };
                switch (random() % 8) {
                case 0:
                    index.erase(socket);
                    twin.erase(socket);
                    for (unsigned i = 0; i < names; ++i)
                        forget(std::string(1, static_cast<char>('a' + i)));
                    break;
                case 1:
                case 2: {
                    const bool was = model.contains(room) && model[room].contains(socket);
                    BOOST_TEST(index.leave(socket, room) == was);
                    static_cast<void>(twin.leave(socket, room));
                    forget(room);
                    break;
                }
                default:
                    BOOST_TEST(index.join(socket, room) == model[room].insert(socket).second);
                    static_cast<void>(twin.join(socket, room));
                }

                BOOST_TEST(index.size() == model.size());
                std::map<socket_slot, std::set<std::string>> by_socket;
                for (unsigned i = 0; i < names; ++i) {
                    const std::string name(1, static_cast<char>('a' + i));
                    std::set<socket_slot> seen;
                    index.for_each_member(name, [&](socket_slot one) {
                        BOOST_TEST(seen.insert(one).second);
                        by_socket[one].insert(name);
                    });
                    BOOST_TEST(
                        (seen == (model.contains(name) ? model[name] : std::set<socket_slot>{}))
                    );
                    BOOST_TEST(index.count(name) == seen.size());
                    BOOST_TEST(index.contains(socket, name) == seen.contains(socket));
                    BOOST_TEST(members(index, name) == members(twin, name));  // the same order
                }
                for (socket_slot one = 0; one < sockets; ++one) {
                    std::set<std::string> seen;
                    index.for_each_room_of(one, [&seen](std::string_view name) {
                        BOOST_TEST(seen.emplace(name).second);
                    });
                    BOOST_TEST((seen == by_socket[one]));
                    BOOST_TEST(index.room_count(one) == seen.size());
                    BOOST_TEST(rooms(index, one) == rooms(twin, one));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
