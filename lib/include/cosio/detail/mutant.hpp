// SPDX-License-Identifier: BSL-1.0
#pragma once

// COSIO_MUTANT(name): the bug of that name in tests/mutants/README.md is awake, which only a build with the option
// COSIO_MUTANTS can be. For sources alone: tests are compiled without it, and this header is not installed.
#ifdef COSIO_MUTANTS
#include <awake.hpp>
#define COSIO_MUTANT(name) (cosio::mutants::awake == cosio::mutants::mutant::name)
#else
#define COSIO_MUTANT(name) false
#endif
