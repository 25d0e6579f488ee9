// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/value.hpp>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace cosio {
namespace detail {

using character_types =
    boost::mp11::mp_list<char, char8_t, char16_t, char32_t, wchar_t>;  // a letter is no number

template <class T>
concept plain_integer = std::integral<T> && !std::same_as<T, bool> &&
                        !boost::mp11::mp_contains<character_types, T>::value;

}  // namespace detail

template <>
struct value_traits<bool>
{
    template <value_reader R>
    static error_code read(const R& at, bool& out)
    {
        if (at.kind() != value_kind::boolean)
            return errc::wrong_argument_type;
        out = at.boolean();
        return {};
    }

    template <value_writer W>
    static void write(W& out, bool value)
    {
        out.boolean(value);
    }
};

template <>
struct value_traits<std::nullptr_t>
{
    template <value_writer W>
    static void write(W& out, std::nullptr_t)
    {
        out.null();
    }
};

template <detail::plain_integer T>
struct value_traits<T>
{
    /// A double without a fraction is an integer too: JavaScript does not tell them apart.
    template <value_reader R>
    static error_code read(const R& at, T& out)
    {
        switch (at.kind()) {
        case value_kind::integer: return assign(at.integer(), out);
        case value_kind::unsigned_integer: return assign(at.unsigned_integer(), out);
        case value_kind::number: return assign_whole(at.number(), out);
        case value_kind::null:
        case value_kind::boolean:
        case value_kind::string:
        case value_kind::binary:
        case value_kind::array:
        case value_kind::object: break;
        }
        return errc::wrong_argument_type;
    }

    template <value_writer W>
    static void write(W& out, T value)
    {
        if constexpr (std::is_signed_v<T>)
            out.integer(value);
        else
            out.unsigned_integer(value);
    }

private:
    static error_code assign_whole(double value, T& out)
    {
        constexpr double two_to_63 = 9223372036854775808.0;
        if (std::isfinite(value) && std::trunc(value) != value)
            return errc::wrong_argument_type;
        if (value >= -two_to_63 && value < two_to_63)
            return assign(static_cast<std::int64_t>(value), out);
        if (value >= two_to_63 && value < 2 * two_to_63)
            return assign(static_cast<std::uint64_t>(value), out);
        return errc::number_out_of_range;
    }

    template <class From>
    static error_code assign(From value, T& out)
    {
        if (!std::in_range<T>(value))
            return errc::number_out_of_range;
        out = static_cast<T>(value);
        return {};
    }
};

template <std::floating_point T>
struct value_traits<T>
{
    template <value_reader R>
    static error_code read(const R& at, T& out)
    {
        switch (at.kind()) {
        case value_kind::integer: out = static_cast<T>(at.integer()); return {};
        case value_kind::unsigned_integer: out = static_cast<T>(at.unsigned_integer()); return {};
        case value_kind::number: return assign(at.number(), out);
        case value_kind::null:
        case value_kind::boolean:
        case value_kind::string:
        case value_kind::binary:
        case value_kind::array:
        case value_kind::object: break;
        }
        return errc::wrong_argument_type;
    }

    template <value_writer W>
    static void write(W& out, T value)
    {
        out.number(static_cast<double>(value));
    }

private:
    static error_code assign(double value, T& out)
    {
        if (std::isfinite(value) && std::abs(value) > std::numeric_limits<T>::max())
            return errc::number_out_of_range;
        out = static_cast<T>(value);
        return {};
    }
};

template <class T>
    requires std::is_enum_v<T>
struct value_traits<T>
{
    template <value_reader R>
    static error_code read(const R& at, T& out)
    {
        std::underlying_type_t<T> value{};
        const error_code ec = read_value(at, value);
        if (!ec)
            out = static_cast<T>(value);
        return ec;
    }

    template <value_writer W>
    static void write(W& out, T value)
    {
        write_value(out, static_cast<std::underlying_type_t<T>>(value));
    }
};

template <>
struct value_traits<std::string>
{
    template <value_reader R>
    static error_code read(const R& at, std::string& out)
    {
        if (at.kind() != value_kind::string)
            return errc::wrong_argument_type;
        out = at.string();
        return {};
    }

    template <value_writer W>
    static void write(W& out, const std::string& value)
    {
        out.string(value);
    }
};

template <>
struct value_traits<std::string_view>
{
    template <value_writer W>
    static void write(W& out, std::string_view value)
    {
        out.string(value);
    }
};

template <>
struct value_traits<const char*>
{
    template <value_writer W>
    static void write(W& out, const char* value)
    {
        out.string(value);
    }
};

template <>
struct value_traits<char*> : value_traits<const char*>
{};

template <>
struct value_traits<binary>
{
    template <value_reader R>
    static error_code read(const R& at, binary& out)
    {
        if (at.kind() != value_kind::binary)
            return errc::wrong_argument_type;
        out = at.bytes();
        return {};
    }

    template <value_writer W>
    static void write(W& out, const binary& value)
    {
        out.bytes(value);
    }
};

/// null and an absent trailing argument are std::nullopt.
template <class T>
struct value_traits<std::optional<T>>
{
    template <value_reader R>
    static error_code read(const R& at, std::optional<T>& out)
    {
        if (at.kind() == value_kind::null) {
            out.reset();
            return {};
        }
        return read_value(at, out.emplace());
    }

    template <value_writer W>
    static void write(W& out, const std::optional<T>& value)
    {
        if (value)
            write_value(out, *value);
        else
            out.null();
    }
};

}  // namespace cosio
