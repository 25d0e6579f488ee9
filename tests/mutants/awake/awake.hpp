// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace cosio::mutants {

/// What the table in tests/mutants/README.md has.
enum class mutant : unsigned char
{
    none,
#define COSIO_MUTANT_NAME(name) name,
#include <mutant_names.inc>
#undef COSIO_MUTANT_NAME
};

inline constexpr std::string_view names[] = {
    "",
#define COSIO_MUTANT_NAME(name) #name,
#include <mutant_names.inc>
#undef COSIO_MUTANT_NAME
};

/// The one that COSIO_MUTANT names. Another name ends the program: it would look like a bug that no test finds.
inline mutant read_awake()
{
    const char* const wanted = std::getenv("COSIO_MUTANT");
    for (std::size_t i = 0; i < std::size(names); ++i)
        if (names[i] == (wanted ? wanted : ""))
            return static_cast<mutant>(i);
    std::fprintf(stderr, "COSIO_MUTANT: there is no mutant \"%s\"\n", wanted);
    std::exit(2);
}

inline const mutant awake = read_awake();

}  // namespace cosio::mutants
