// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "typed_case.hpp"

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <ranges>
#include <string_view>
#include <type_traits>

// Assertions of Boost.Test that are cheap to compile: BOOST_TEST instantiates some fifty functions for every
// pair of types that it compares, and the suites compare four thousand times. Here an expression is one call; what a
// failed one shows is put together out of line.

/// Goes on after a failure, which shows both sides of a comparison: CHECK(answer() == 42).
/// More is shown with it, but only then: CHECK(decode(input) == 42, "of " << input).
/// Operators that bind weaker than ==, and lists in braces, need parentheses of their own.
#define CHECK(expression, ...)                                                                     \
    ::cosio::test::checks::assertion{__FILE__, __LINE__, #expression}.check(                       \
        ::cosio::test::checks::operands{}                                                          \
        << expression __VA_OPT__(, [&](std::ostream& cosio_note) { cosio_note << __VA_ARGS__; })   \
    )

/// The same, but the case ends with a failure.
#define REQUIRE(expression, ...)                                                                   \
    ::cosio::test::checks::assertion{__FILE__, __LINE__, #expression}.require(                     \
        ::cosio::test::checks::operands{}                                                          \
        << expression __VA_OPT__(, [&](std::ostream& cosio_note) { cosio_note << __VA_ARGS__; })   \
    )

namespace cosio::test::checks {

/// A value of an expression and how it is shown. Lifetime: the expression.
struct shown
{
    void (*print)(std::ostream& out, const shown& self) = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
};

/// What an expression came to.
struct outcome
{
    bool passed;
    const char* failed_relation = nullptr;
    shown left = {};
    shown right = {};
};

/// What is shown beside the expression.
struct note
{
    note() = default;

    template <std::invocable<std::ostream&> F>
    note(const F& write) noexcept
        : print{[](std::ostream& out, const void* writer) { (*static_cast<const F*>(writer))(out); }
          },
          self{&write}
    {}

    void (*print)(std::ostream& out, const void* self) = nullptr;
    const void* self = nullptr;
};

/// One place in a test. Made before the expression is evaluated, which Boost.Test then knows as the last place
/// if something is thrown.
class assertion
{
public:
    assertion(const char* file, std::size_t line, std::string_view text) noexcept;

    void check(const outcome& of, note more = {}) const;
    void require(const outcome& of, note more = {}) const;

private:
    void report(bool fatal, const outcome& of, note more) const;

    const char* file_;
    std::size_t line_;
    std::string_view text_;
};

template <class T>
concept textual =
    std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;

[[nodiscard]] shown show_text(std::string_view text) noexcept;

void print_bool(std::ostream& out, bool value);
void print_number(std::ostream& out, long long value);
void print_number(std::ostream& out, unsigned long long value);
void print_text(std::ostream& out, std::string_view text);

/// By operator<<, boost_test_print_type, or, of a list, its elements.
template <class T>
void print_value(std::ostream& out, const T& value)
{
    if constexpr (std::same_as<T, bool>)
        print_bool(out, value);
    else if constexpr (std::signed_integral<T>)
        print_number(out, static_cast<long long>(value));
    else if constexpr (std::unsigned_integral<T>)
        print_number(out, static_cast<unsigned long long>(value));
    else if constexpr (textual<T>)
        print_text(out, value);
    else if constexpr (requires { boost_test_print_type(out, value); })
        boost_test_print_type(out, value);
    else if constexpr (requires { out << value; })
        out << value;
    else if constexpr (std::is_enum_v<T>)
        print_number(out, static_cast<long long>(value));
    else if constexpr (std::ranges::input_range<const T&>) {
        print_text(out, "[");
        std::string_view before = "";
        for (const auto& element : value) {
            print_text(out, before);
            print_value(out, element);
            before = ", ";
        }
        print_text(out, "]");
    } else {
        print_text(out, "(a value)");
    }
}

template <class T>
[[nodiscard]] shown show(const T& value) noexcept
{
    return {
        [](std::ostream& out, const shown& self) {
            print_value(out, *static_cast<const T*>(self.value));
        },
        &value
    };
}

// A count is compared with 2, not with 2U.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"

/// The left side of a comparison, or all of an expression.
template <class Left>
struct operand
{
    const Left& left;

    operator outcome() const { return {static_cast<bool>(left)}; }

    template <class Right>
    outcome operator==(const Right& right) const
    {
        return {left == right, " != ", show(left), show(right)};
    }

    template <class Right>
    outcome operator!=(const Right& right) const
    {
        return {left != right, " == ", show(left), show(right)};
    }

    template <class Right>
    outcome operator<(const Right& right) const
    {
        return {left < right, " >= ", show(left), show(right)};
    }

    template <class Right>
    outcome operator<=(const Right& right) const
    {
        return {left <= right, " > ", show(left), show(right)};
    }

    template <class Right>
    outcome operator>(const Right& right) const
    {
        return {left > right, " <= ", show(left), show(right)};
    }

    template <class Right>
    outcome operator>=(const Right& right) const
    {
        return {left >= right, " < ", show(left), show(right)};
    }
};

#pragma GCC diagnostic pop

/// Most comparisons are of texts: no template for them.
struct text_operand
{
    std::string_view left;

    outcome operator==(std::nullptr_t) const = delete;
    outcome operator==(std::string_view right) const noexcept;
    outcome operator!=(std::string_view right) const noexcept;
    outcome operator<(std::string_view right) const noexcept;
};

/// And most of the rest say yes or no.
struct bool_operand
{
    bool left;

    operator outcome() const noexcept { return {left}; }

    outcome operator==(bool right) const noexcept;
    outcome operator!=(bool right) const noexcept;
};

/// Takes the left side: << binds tighter than a comparison.
struct operands
{
    bool_operand operator<<(std::same_as<bool> auto value) const noexcept { return {value}; }

    text_operand operator<<(std::string_view text) const noexcept { return {text}; }

    template <class Left>
        requires(!textual<Left> && !std::same_as<Left, bool>)
    operand<Left> operator<<(const Left& left) const noexcept
    {
        return {left};
    }
};

}  // namespace cosio::test::checks
