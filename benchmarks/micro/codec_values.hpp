// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/any_value.hpp>

#include <boost/describe/class.hpp>

// What both codecs are measured with, so that their tables can be read side by side.

namespace cosio::bench {

struct message
{
    std::string from;
    std::string text;
    std::int64_t at = 0;
    double score = 0;
    bool seen = false;
    std::vector<int> tags;
};
BOOST_DESCRIBE_STRUCT(message, (), (from, text, at, score, seen, tags))

inline const std::string sixty_four(64, 'x');
inline const message sample{"ann", "hello, world", 1'700'000'000'000, 0.75, true, {1, 2, 3}};

inline any_value kilobyte()
{
    boost::json::array users;
    for (int i = 0; i < 10; ++i)
        users.push_back({
            {"id", i},
            {"name", "user number " + std::to_string(i)},
            {"score", i * 1.25},
            {"tags", {"a", "bc", "def"}},
            {"active", i % 2 == 0},
            {"last", nullptr},
        });
    return {boost::json::object{{"room", "lobby"}, {"users", users}}};
}

}  // namespace cosio::bench
