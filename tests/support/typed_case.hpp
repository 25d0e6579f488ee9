// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string_view>
#include <tuple>
#include <typeinfo>
#include <vector>

/// BOOST_AUTO_TEST_CASE_TEMPLATE, but one function for each type of the tuple `types` instead of thirty.
#define TYPED_CASE(name, type, types)                                                              \
    namespace {                                                                                    \
    template <class type>                                                                          \
    struct name                                                                                    \
    {                                                                                              \
        void run();                                                                                \
    };                                                                                             \
    }                                                                                              \
    static const boost::unit_test::ut_detail::auto_test_unit_registrar                             \
        BOOST_TEST_APPEND_UNIQUE_ID(cosio_typed_case                                               \
        ){::cosio::test::checks::typed_runs<name, types>::cases(#name, __FILE__, __LINE__),        \
          boost::unit_test::decorator::collector_t::instance()};                                   \
    template <class type>                                                                          \
    void name<type>::run()

namespace cosio::test::checks {

struct typed_run
{
    const std::type_info* type;
    void (*run)();
};

/// The cases of one name: `name<cosio::json>` and so on.
class typed_cases final : public boost::unit_test::test_unit_generator
{
public:
    typed_cases(
        std::string_view name,
        const char* file,
        std::size_t line,
        std::initializer_list<typed_run> runs
    );

    boost::unit_test::test_unit* next() const override;

private:
    mutable std::vector<boost::unit_test::test_unit*> left_;
};

template <template <class> class Case, class Types>
struct typed_runs;

template <template <class> class Case, class... Types>
struct typed_runs<Case, std::tuple<Types...>>
{
    static typed_cases cases(std::string_view name, const char* file, std::size_t line)
    {
        return {name, file, line, {typed_run{&typeid(Types), [] { Case<Types>{}.run(); }}...}};
    }
};

}  // namespace cosio::test::checks
