// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/room_index.hpp>

#include <algorithm>
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

class same_bytes final : public random_source
{
public:
    explicit same_bytes(std::byte value) : value_{value} {}

    void fill(std::span<std::byte> out) noexcept override { std::ranges::fill(out, value_); }

private:
    std::byte value_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(room_indexes)

BOOST_AUTO_TEST_CASE(R20_where_a_name_stands_depends_on_the_secret)
{
    const auto order = [](int secret) {
        same_bytes secrets{static_cast<std::byte>(secret)};
        room_index index{secrets};
        for (int i = 0; i < 100; ++i)
            CHECK(index.join(0, "room " + std::to_string(i)));
        std::string names;
        index.for_each_room([&](std::string_view name) { names += std::string{name} + ","; });
        return names;
    };
    CHECK(order(1) == order(1));
    CHECK(order(1) != order(2));
}

BOOST_AUTO_TEST_CASE(joining_and_leaving)
{
    room_index index;
    CHECK(index.join(3, "a"));
    CHECK(!index.join(3, "a"));
    CHECK(index.join(1, "a"));
    CHECK(index.join(3, "b"));
    CHECK(members(index, "a") == "3 1 ");
    CHECK(members(index, "b") == "3 ");
    CHECK(rooms(index, 3) == "a b ");
    CHECK(index.contains(3, "a"));
    CHECK(!index.contains(1, "b"));
    CHECK(index.count("a") == 2U);
    CHECK(index.room_count(3) == 2U);
    CHECK(index.size() == 2U);

    CHECK(index.leave(3, "a"));
    CHECK(!index.leave(3, "a"));
    CHECK(members(index, "a") == "1 ");
    CHECK(rooms(index, 3) == "b ");
}

BOOST_AUTO_TEST_CASE(a_room_exists_while_it_has_members_I16)
{
    room_index index;
    CHECK(index.join(0, "a"));
    CHECK(index.size() == 1U);
    CHECK(index.leave(0, "a"));
    CHECK(index.size() == 0U);
    CHECK(index.count("a") == 0U);
    CHECK(members(index, "a") == "");
    CHECK(index.join(7, "b"));  // takes the place of the one that is gone
    CHECK(members(index, "a") == "");
    CHECK(members(index, "b") == "7 ");
}

BOOST_AUTO_TEST_CASE(a_socket_that_goes_leaves_all_its_rooms)
{
    room_index index;
    for (const auto* room : {"a", "b", "c"})
        CHECK(index.join(1, room));
    CHECK(index.join(2, "b"));
    index.erase(1);
    CHECK(index.size() == 1U);
    CHECK(members(index, "b") == "2 ");
    CHECK(rooms(index, 1) == "");
    index.erase(1);
    index.erase(1'000);
    CHECK(index.join(1, "a"));  // the slot is used again
    CHECK(rooms(index, 1) == "a ");
}

BOOST_AUTO_TEST_CASE(strangers)
{
    room_index index;
    CHECK(!index.leave(5, "a"));
    CHECK(!index.contains(5, "a"));
    CHECK(index.room_count(5) == 0U);
    CHECK(rooms(index, 5) == "");
    CHECK(index.join(0, "a"));
    CHECK(!index.leave(5, "a"));
    CHECK(!index.contains(5, "a"));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_a_name)
{
    using namespace std::string_view_literals;
    room_index index;
    for (const std::string_view room : {""sv, "a"sv, "a\0"sv, "\xFF"sv, "A"sv})
        CHECK(index.join(0, room));
    CHECK(index.size() == 5U);
    CHECK(index.leave(0, "a\0"sv));
    CHECK(index.contains(0, "a"));
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
                    CHECK(index.leave(socket, room) == was);
                    static_cast<void>(twin.leave(socket, room));
                    forget(room);
                    break;
                }
                default:
                    CHECK(index.join(socket, room) == model[room].insert(socket).second);
                    static_cast<void>(twin.join(socket, room));
                }

                CHECK(index.size() == model.size());
                std::map<socket_slot, std::set<std::string>> by_socket;
                for (unsigned i = 0; i < names; ++i) {
                    const std::string name(1, static_cast<char>('a' + i));
                    std::set<socket_slot> seen;
                    index.for_each_member(name, [&](socket_slot one) {
                        CHECK(seen.insert(one).second);
                        by_socket[one].insert(name);
                    });
                    CHECK((seen == (model.contains(name) ? model[name] : std::set<socket_slot>{})));
                    CHECK(index.count(name) == seen.size());
                    CHECK(index.contains(socket, name) == seen.contains(socket));
                    CHECK(members(index, name) == members(twin, name));  // the same order
                }
                for (socket_slot one = 0; one < sockets; ++one) {
                    std::set<std::string> seen;
                    index.for_each_room_of(one, [&seen](std::string_view name) {
                        CHECK(seen.emplace(name).second);
                    });
                    CHECK((seen == by_socket[one]));
                    CHECK(index.room_count(one) == seen.size());
                    CHECK(rooms(index, one) == rooms(twin, one));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
