// SPDX-License-Identifier: BSL-1.0
#include "typed_case.hpp"

#include <boost/core/demangle.hpp>

#include <string>

namespace cosio::test::checks {

typed_cases::typed_cases(
    std::string_view name, const char* file, std::size_t line, std::initializer_list<typed_run> runs
)
{
    namespace unit = boost::unit_test;
    for (const typed_run& one : runs) {
        // As Boost.Test names them.
        const std::string full =
            std::string{name} + "<" + boost::core::demangle(one.type->name()) + ">";
        left_.insert(
            left_.begin(),
            new unit::test_case{
                unit::ut_detail::normalize_test_case_name(full), file, line, one.run
            }
        );
    }
}

boost::unit_test::test_unit* typed_cases::next() const
{
    if (left_.empty())
        return nullptr;
    boost::unit_test::test_unit* const one = left_.back();
    left_.pop_back();
    return one;
}

}  // namespace cosio::test::checks
