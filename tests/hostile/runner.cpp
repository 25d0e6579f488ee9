// SPDX-License-Identifier: BSL-1.0
#include "stage.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace cosio::test::hostile {
namespace {

constexpr std::size_t too_much_to_cut = 64 * 1024;

constexpr std::string_view name_of(venue where)
{
    switch (where) {
    case venue::memory: return "over memory";
    case venue::bytewise: return "over memory, byte by byte";
    case venue::tcp: return "over TCP";
    }
    return "";
}

/// Fit for a line.
string short_of(const string& text)
{
    constexpr std::size_t enough = 80;
    string line;
    for (const char c : text.substr(0, enough))
        line += c >= ' ' && c < '\x7f' ? string{c}
                                       : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return text.size() > enough ? line + "..." : line;
}

bool goes(const input& what, venue where)
{
    switch (where) {
    case venue::memory: return true;
    case venue::bytewise:
        return std::accumulate(
                   what.script.begin(),
                   what.script.end(),
                   std::size_t{0},
                   [](std::size_t sum, const step& one) { return sum + one.sends; }
               ) <= too_much_to_cut;
    case venue::tcp:
        return std::ranges::none_of(what.script, [](const step& one) {
            return one.in_memory_only;
        });
    }
    return false;
}

}  // namespace

void run(const row& what)
{
    REQUIRE(!what.inputs.empty());
    for (const input& one : what.inputs)
        for (const venue where : {venue::memory, venue::bytewise, venue::tcp}) {
            if (!goes(one, where))
                continue;
            BOOST_TEST_INFO_SCOPE("input '" << short_of(one.what) << "' " << name_of(where));
            stage on{what, where};
            for (const step& next : one.script)
                next.act(on);
            on.check_bystander();
            on.check_traces();
        }
}

}  // namespace cosio::test::hostile
