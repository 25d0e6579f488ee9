// SPDX-License-Identifier: BSL-1.0
#include "arguments.hpp"

#include <boost/algorithm/string/split.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cosio::test {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text)
{
    std::uint64_t number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last)
        return std::nullopt;
    return number;
}

std::optional<std::vector<std::size_t>> list_in(std::string_view text)
{
    std::vector<std::size_t> all;
    if (text == "none")
        return all;
    while (true) {
        const std::size_t comma = text.find(',');
        const auto number = number_in(text.substr(0, comma));
        if (!number)
            return std::nullopt;
        all.push_back(*number);
        if (comma == std::string_view::npos)
            return all;
        text.remove_prefix(comma + 1);
    }
}

/// False: `value` is not what `name` takes, or there is no such name.
bool take(arguments& into, std::string_view name, std::string_view value)
{
    if (name == "--only")
        return (into.parts.operations = list_in(value)).has_value();
    if (name == "--clients")
        return (into.parts.clients = list_in(value)).has_value();
    if (name == "--without") {
        boost::split(into.parts.without, value, [](char c) { return c == ','; });
        return std::ranges::all_of(into.parts.without, is_trait);
    }
    const auto number = number_in(value);
    if (!number)
        return false;
    if (name == "--seeds")
        into.seeds = *number;
    else if (name == "--from")
        into.from = *number;
    else if (name == "--jobs" && *number >= 1 && *number <= 256)
        into.jobs = static_cast<unsigned>(*number);
    else if (name == "--seed")
        into.seed = *number;
    else if (name == "--trace")
        into.trace_lines = *number;
    else
        return false;
    return true;
}

}  // namespace

boost::system::result<arguments, std::string> read_arguments(int count, char** words)
{
    arguments read;
    for (int i = 1; i < count; ++i) {
        const std::string_view name{words[i]};
        if (name == "--help")
            read.help = true;
        else if (name == "--quiet")
            read.quiet = true;
        else if (name == "--no-progress")
            read.progress = false;
        else if (i + 1 >= count || !take(read, name, words[++i]))
            return fmt::format("simulate: {} is not understood; see --help", name);
    }
    return read;
}

}  // namespace cosio::test
