// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <cstdio>
#include <cstdlib>

void cosio::fuzz::require(bool holds, std::string_view what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const cosio::bytes_view all{reinterpret_cast<const std::byte*>(data), size};
    if (!all.empty())
        cosio::fuzz::check(data[0], all.subspan(1));
    return 0;
}
