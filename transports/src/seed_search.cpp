// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/seed_search.hpp>

#include <charconv>
#include <cstdlib>

namespace cosio {
namespace {

std::optional<std::uint64_t> number_of(const char* name)
{
    const char* const text = std::getenv(name);
    if (!text)
        return std::nullopt;
    const std::string_view all{text};
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), number);
    if (error != std::errc{} || end != all.data() + all.size())
        return std::nullopt;
    return number;
}

}  // namespace

seed_range seed_range::from_environment(std::uint64_t count, std::uint64_t first)
{
    if (const auto one = number_of("COSIO_SEED"))
        return {.first = *one, .count = 1};
    return {.first = first, .count = number_of("COSIO_SEEDS").value_or(count)};
}

std::optional<failing_seed> find_failing_seed(
    seed_range range, const std::function<std::string(std::uint64_t seed)>& scenario
)
{
    for (std::uint64_t i = 0; i < range.count; ++i)
        if (std::string why = scenario(range.first + i); !why.empty())
            return failing_seed{range.first + i, std::move(why)};
    return std::nullopt;
}

}  // namespace cosio
