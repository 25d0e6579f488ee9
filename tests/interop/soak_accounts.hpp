// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/binary.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cosio::soak {

/// How many messages, and a sum of all of them in which their order does not matter.
struct tally
{
    std::uint32_t count = 0;
    std::uint32_t sum = 0;

    void add(std::uint32_t sender, std::uint32_t n)
    {
        ++count;
        std::uint32_t mixed = (sender + 1) * 0x9E3779B1U ^ (n + 1) * 0x85EBCA6BU;
        mixed = (mixed ^ (mixed >> 15)) * 0xC2B2AE35U;
        sum += mixed ^ (mixed >> 13);
    }

    void add(const tally& other)
    {
        count += other.count;
        sum += other.sum;
    }
};

/// What one kind of work has sent, and what has come of it.
struct account
{
    tally sent;
    tally received;
};

struct accounts
{
    account echo;   // back to the sender
    account ack;    // in the acknowledgement
    account news;   // to all others of a room
    account flood;  // asked for, and then from the server

    void add(const accounts& other)
    {
        for (account accounts::* const one :
             {&accounts::echo, &accounts::ack, &accounts::news, &accounts::flood}) {
            (this->*one).sent.add((other.*one).sent);
            (this->*one).received.add((other.*one).received);
        }
    }
};

inline boost::json::array to_json(const account& one)
{
    return {one.sent.count, one.sent.sum, one.received.count, one.received.sum};
}

/// What the message of a number carries: every other one has bytes.
struct content
{
    std::string text;
    std::optional<binary> bytes;

    bool operator==(const content&) const = default;
};

inline content content_of(std::uint32_t sender, std::uint32_t n)
{
    content made{.text = fmt::format("{}/{} {:x>{}}", sender, n, "", n % 200), .bytes = {}};
    if (n % 2 == 1)
        made.bytes = binary{std::string_view{made.text}};
    return made;
}

}  // namespace cosio::soak
