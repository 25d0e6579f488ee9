// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/binary.hpp>
#include <cosio/error.hpp>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

// How C++ values travel as event arguments, whatever the codec. A codec offers a value_reader (a
// cursor at one decoded value) and a value_writer; everything about C++ types stands here, once.

namespace cosio {

enum class value_kind : std::uint8_t
{
    null,
    boolean,
    integer,           ///< fits std::int64_t
    unsigned_integer,  ///< above std::int64_t, fits std::uint64_t
    number,            ///< a double
    string,
    binary,
    array,
    object,
};

// clang-format off
/// A cursor at one value of a decoded packet; cheap to copy, valid as long as the packet.
template <class R>
concept value_reader = std::copyable<R> && requires(const R& at) {
    { at.kind() }             -> std::same_as<value_kind>;
    { at.boolean() }          -> std::same_as<bool>;           // only for the kind of the same name
    { at.integer() }          -> std::same_as<std::int64_t>;
    { at.unsigned_integer() } -> std::same_as<std::uint64_t>;
    { at.number() }           -> std::same_as<double>;
    { at.string() }           -> std::same_as<std::string_view>;
    { at.bytes() }            -> std::same_as<binary>;
    { at.size() }             -> std::same_as<std::size_t>;    // elements of an array, members of an object
    at.for_each_element([](const R&) { return true; });        // stops when the visitor returns false
    at.for_each_member([](std::string_view, const R&) { return true; });
};

/// Receives one value after the other in document order. Errors are kept by the writer until its end.
template <class W>
concept value_writer = requires(W& out, const binary& bytes) {
    out.null();
    out.boolean(true);
    out.integer(std::int64_t{});
    out.unsigned_integer(std::uint64_t{});
    out.number(double{});
    out.string(std::string_view{});
    out.bytes(bytes);
    out.begin_array(std::size_t{});
    out.end_array();
    out.begin_object(std::size_t{});
    out.key(std::string_view{});
    out.end_object();
};
// clang-format on

/// Specialise for own types:
///   static error_code read(const auto& at, T& out);      // at is a value_reader
///   static void write(auto& out, const T& value);        // out is a value_writer
template <class T> struct value_traits;

/// Reads the value under the cursor. Errors: wrong_argument_type, number_out_of_range.
template <class T, value_reader R> [[nodiscard]] error_code read_value(const R& at, T& out)
{
    return value_traits<T>::read(at, out);
}

template <class T, value_writer W> void write_value(W& out, const T& value)
{
    value_traits<std::decay_t<T>>::write(out, value);
}

namespace detail {

template <class T>
concept described_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
concept plain_integer = std::integral<T> && !std::same_as<T, bool>;

template <class T>
using members_of
    = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;

/// Reads a homogeneous JSON object into any map with std::string keys.
template <class Map, value_reader R> error_code read_map(const R& at, Map& out)
{
    if (at.kind() != value_kind::object)
        return errc::wrong_argument_type;
    out.clear();
    error_code ec;
    at.for_each_member([&](std::string_view key, const R& member) {
        ec = read_value(member, out[std::string{key}]);
        return !ec;
    });
    return ec;
}

template <class Map, value_writer W> void write_map(W& out, const Map& values)
{
    out.begin_object(values.size());
    for (const auto& [key, value] : values) {
        out.key(key);
        write_value(out, value);
    }
    out.end_object();
}

template <class Tuple, value_reader R> error_code read_tuple(const R& at, Tuple& out)
{
    constexpr std::size_t expected = std::tuple_size_v<Tuple>;
    if (at.kind() != value_kind::array)
        return errc::wrong_argument_type;
    if (at.size() != expected)
        return errc::wrong_argument_count;
    error_code ec;
    std::size_t index = 0;
    at.for_each_element([&](const R& element) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((I == index ? void(ec = read_value(element, std::get<I>(out))) : void()), ...);
        }(std::make_index_sequence<expected>{});
        ++index;
        return !ec;
    });
    return ec;
}

template <class Range, value_writer W> void write_range(W& out, const Range& values)
{
    out.begin_array(values.size());
    for (const auto& value : values)
        write_value(out, value);
    out.end_array();
}

}  // namespace detail

template <> struct value_traits<bool>
{
    template <value_reader R> static error_code read(const R& at, bool& out)
    {
        if (at.kind() != value_kind::boolean)
            return errc::wrong_argument_type;
        out = at.boolean();
        return {};
    }

    template <value_writer W> static void write(W& out, bool value) { out.boolean(value); }
};

template <> struct value_traits<std::nullptr_t>
{
    template <value_writer W> static void write(W& out, std::nullptr_t) { out.null(); }
};

template <detail::plain_integer T> struct value_traits<T>
{
    /// A double without a fraction is an integer too: JavaScript does not tell them apart.
    template <value_reader R> static error_code read(const R& at, T& out)
    {
        switch (at.kind()) {
        case value_kind::integer: return assign(at.integer(), out);
        case value_kind::unsigned_integer: return assign(at.unsigned_integer(), out);
        case value_kind::number: {
            const double value = at.number();
            if (!(value >= -9.2233720368547758e18 && value < 9.2233720368547758e18))
                return errc::number_out_of_range;
            const auto whole = static_cast<std::int64_t>(value);
            if (static_cast<double>(whole) != value)
                return errc::wrong_argument_type;
            return assign(whole, out);
        }
        case value_kind::null:
        case value_kind::boolean:
        case value_kind::string:
        case value_kind::binary:
        case value_kind::array:
        case value_kind::object: break;
        }
        return errc::wrong_argument_type;
    }

    template <value_writer W> static void write(W& out, T value)
    {
        if constexpr (std::is_signed_v<T>)
            out.integer(value);
        else
            out.unsigned_integer(value);
    }

private:
    template <class From> static error_code assign(From value, T& out)
    {
        if constexpr (std::in_range<T>(std::numeric_limits<From>::min())
                      && std::in_range<T>(std::numeric_limits<From>::max())) {
            out = static_cast<T>(value);
        } else {
            if (value < static_cast<From>(0) && !std::is_signed_v<T>)
                return errc::number_out_of_range;
            if (static_cast<std::uint64_t>(value < 0 ? 0 : value)
                    > static_cast<std::uint64_t>(std::numeric_limits<T>::max())
                || (std::is_signed_v<From> && std::is_signed_v<T>
                    && static_cast<std::int64_t>(value)
                        < static_cast<std::int64_t>(std::numeric_limits<T>::min())))
                return errc::number_out_of_range;
            out = static_cast<T>(value);
        }
        return {};
    }
};

template <std::floating_point T> struct value_traits<T>
{
    template <value_reader R> static error_code read(const R& at, T& out)
    {
        switch (at.kind()) {
        case value_kind::integer: out = static_cast<T>(at.integer()); return {};
        case value_kind::unsigned_integer: out = static_cast<T>(at.unsigned_integer()); return {};
        case value_kind::number: out = static_cast<T>(at.number()); return {};
        case value_kind::null:
        case value_kind::boolean:
        case value_kind::string:
        case value_kind::binary:
        case value_kind::array:
        case value_kind::object: break;
        }
        return errc::wrong_argument_type;
    }

    template <value_writer W> static void write(W& out, T value)
    {
        out.number(static_cast<double>(value));
    }
};

template <class T>
    requires std::is_enum_v<T>
struct value_traits<T>
{
    template <value_reader R> static error_code read(const R& at, T& out)
    {
        std::underlying_type_t<T> value{};
        const error_code ec = read_value(at, value);
        out = static_cast<T>(value);
        return ec;
    }

    template <value_writer W> static void write(W& out, T value)
    {
        write_value(out, static_cast<std::underlying_type_t<T>>(value));
    }
};

template <> struct value_traits<std::string>
{
    template <value_reader R> static error_code read(const R& at, std::string& out)
    {
        if (at.kind() != value_kind::string)
            return errc::wrong_argument_type;
        out = at.string();
        return {};
    }

    template <value_writer W> static void write(W& out, const std::string& value)
    {
        out.string(value);
    }
};

template <> struct value_traits<std::string_view>
{
    template <value_writer W> static void write(W& out, std::string_view value) { out.string(value); }
};

template <> struct value_traits<const char*>
{
    template <value_writer W> static void write(W& out, const char* value) { out.string(value); }
};

template <> struct value_traits<char*> : value_traits<const char*>
{
};

template <> struct value_traits<binary>
{
    template <value_reader R> static error_code read(const R& at, binary& out)
    {
        if (at.kind() != value_kind::binary)
            return errc::wrong_argument_type;
        out = at.bytes();
        return {};
    }

    template <value_writer W> static void write(W& out, const binary& value) { out.bytes(value); }
};

/// null and an absent trailing argument are std::nullopt.
template <class T> struct value_traits<std::optional<T>>
{
    template <value_reader R> static error_code read(const R& at, std::optional<T>& out)
    {
        if (at.kind() == value_kind::null) {
            out.reset();
            return {};
        }
        return read_value(at, out.emplace());
    }

    template <value_writer W> static void write(W& out, const std::optional<T>& value)
    {
        if (value)
            write_value(out, *value);
        else
            out.null();
    }
};

template <class T, class A> struct value_traits<std::vector<T, A>>
{
    template <value_reader R> static error_code read(const R& at, std::vector<T, A>& out)
    {
        if (at.kind() != value_kind::array)
            return errc::wrong_argument_type;
        out.clear();
        out.reserve(at.size());
        error_code ec;
        at.for_each_element([&](const R& element) {
            T value{};
            ec = read_value(element, value);
            if (!ec)
                out.push_back(std::move(value));
            return !ec;
        });
        return ec;
    }

    template <value_writer W> static void write(W& out, const std::vector<T, A>& values)
    {
        detail::write_range(out, values);
    }
};

template <class T, std::size_t N> struct value_traits<std::span<T, N>>
{
    template <value_writer W> static void write(W& out, std::span<T, N> values)
    {
        detail::write_range(out, values);
    }
};

template <class T, std::size_t N> struct value_traits<std::array<T, N>>
{
    template <value_reader R> static error_code read(const R& at, std::array<T, N>& out)
    {
        return detail::read_tuple(at, out);
    }

    template <value_writer W> static void write(W& out, const std::array<T, N>& values)
    {
        detail::write_range(out, values);
    }
};

template <class... T> struct value_traits<std::tuple<T...>>
{
    template <value_reader R> static error_code read(const R& at, std::tuple<T...>& out)
    {
        return detail::read_tuple(at, out);
    }

    template <value_writer W> static void write(W& out, const std::tuple<T...>& values)
    {
        out.begin_array(sizeof...(T));
        std::apply([&](const T&... value) { (write_value(out, value), ...); }, values);
        out.end_array();
    }
};

template <class A, class B> struct value_traits<std::pair<A, B>>
{
    template <value_reader R> static error_code read(const R& at, std::pair<A, B>& out)
    {
        return detail::read_tuple(at, out);
    }

    template <value_writer W> static void write(W& out, const std::pair<A, B>& values)
    {
        write_value(out, std::tie(values.first, values.second));
    }
};

template <class... T> struct value_traits<std::tuple<T&...>>
{
    template <value_writer W> static void write(W& out, const std::tuple<T&...>& values)
    {
        out.begin_array(sizeof...(T));
        std::apply([&](const T&... value) { (write_value(out, value), ...); }, values);
        out.end_array();
    }
};

template <class T, class C, class A> struct value_traits<std::map<std::string, T, C, A>>
{
    template <value_reader R> static error_code read(const R& at, std::map<std::string, T, C, A>& out)
    {
        return detail::read_map(at, out);
    }

    template <value_writer W> static void write(W& out, const std::map<std::string, T, C, A>& values)
    {
        detail::write_map(out, values);
    }
};

template <class T, class H, class E, class A>
struct value_traits<std::unordered_map<std::string, T, H, E, A>>
{
    using map = std::unordered_map<std::string, T, H, E, A>;

    template <value_reader R> static error_code read(const R& at, map& out)
    {
        return detail::read_map(at, out);
    }

    template <value_writer W> static void write(W& out, const map& values)
    {
        detail::write_map(out, values);
    }
};

/// A struct announced by BOOST_DESCRIBE_STRUCT travels as an object of its members.
/// Unknown members are ignored; a missing one is an error unless it is a std::optional.
template <detail::described_struct T> struct value_traits<T>
{
    template <value_reader R> static error_code read(const R& at, T& out)
    {
        if (at.kind() != value_kind::object)
            return errc::wrong_argument_type;
        error_code ec;
        std::uint64_t seen = 0;
        static_assert(boost::mp11::mp_size<detail::members_of<T>>::value <= 64);
        at.for_each_member([&](std::string_view key, const R& member) {
            unsigned bit = 0;
            boost::mp11::mp_for_each<detail::members_of<T>>([&](auto descriptor) {
                if (!ec && key == descriptor.name) {
                    ec = read_value(member, out.*descriptor.pointer);
                    seen |= std::uint64_t{1} << bit;
                }
                ++bit;
            });
            return !ec;
        });
        if (ec)
            return ec;
        unsigned bit = 0;
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto descriptor) {
            using member = std::remove_reference_t<decltype(out.*descriptor.pointer)>;
            if (!detail::is_optional<member> && (seen >> bit & 1) == 0)
                ec = errc::wrong_argument_type;
            ++bit;
        });
        return ec;
    }

    template <value_writer W> static void write(W& out, const T& value)
    {
        out.begin_object(boost::mp11::mp_size<detail::members_of<T>>::value);
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto descriptor) {
            out.key(descriptor.name);
            write_value(out, value.*descriptor.pointer);
        });
        out.end_object();
    }
};

}  // namespace cosio
