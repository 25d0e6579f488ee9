// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/value.hpp>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cosio {
namespace detail {

template <class T>
concept described_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
using members_of = boost::describe::
    describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Reads a homogeneous JSON object into any map with std::string keys.
template <class Map, value_reader R>
error_code read_map(const R& at, Map& out)
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

template <class Map, value_writer W>
void write_map(W& out, const Map& values)
{
    out.begin_object(values.size());
    for (const auto& [key, value] : values) {
        out.key(key);
        write_value(out, value);
    }
    out.end_object();
}

template <class Tuple, value_reader R>
error_code read_tuple(const R& at, Tuple& out)
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

template <class Range, value_writer W>
void write_range(W& out, const Range& values)
{
    out.begin_array(values.size());
    for (const auto& value : values)
        write_value(out, value);
    out.end_array();
}

}  // namespace detail

template <class T, class A>
struct value_traits<std::vector<T, A>>
{
    template <value_reader R>
    static error_code read(const R& at, std::vector<T, A>& out)
    {
        if (at.kind() != value_kind::array)
            return errc::wrong_argument_type;
        out.clear();
        // The peer decides the size; it must not make us reserve much more than it sent.
        constexpr std::size_t trusted_bytes = 4096;
        out.reserve(std::min(at.size(), trusted_bytes / sizeof(T) + 1));
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

    template <value_writer W>
    static void write(W& out, const std::vector<T, A>& values)
    {
        detail::write_range(out, values);
    }
};

template <class T, std::size_t N>
struct value_traits<std::span<T, N>>
{
    template <value_writer W>
    static void write(W& out, std::span<T, N> values)
    {
        detail::write_range(out, values);
    }
};

template <class T, std::size_t N>
struct value_traits<std::array<T, N>>
{
    template <value_reader R>
    static error_code read(const R& at, std::array<T, N>& out)
    {
        return detail::read_tuple(at, out);
    }

    template <value_writer W>
    static void write(W& out, const std::array<T, N>& values)
    {
        detail::write_range(out, values);
    }
};

template <class... T>
struct value_traits<std::tuple<T...>>
{
    template <value_reader R>
    static error_code read(const R& at, std::tuple<T...>& out)
    {
        return detail::read_tuple(at, out);
    }

    template <value_writer W>
    static void write(W& out, const std::tuple<T...>& values)
    {
        out.begin_array(sizeof...(T));
        std::apply([&](const T&... value) { (write_value(out, value), ...); }, values);
        out.end_array();
    }
};

template <class A, class B>
struct value_traits<std::pair<A, B>>
{
    template <value_reader R>
    static error_code read(const R& at, std::pair<A, B>& out)
    {
        return detail::read_tuple(at, out);
    }

    template <value_writer W>
    static void write(W& out, const std::pair<A, B>& values)
    {
        write_value(out, std::tie(values.first, values.second));
    }
};

/// What std::tie makes; write only.
template <class First, class... T>
struct value_traits<std::tuple<First&, T&...>>
{
    template <value_writer W>
    static void write(W& out, const std::tuple<First&, T&...>& values)
    {
        out.begin_array(1 + sizeof...(T));
        std::apply([&](const auto&... value) { (write_value(out, value), ...); }, values);
        out.end_array();
    }
};

template <class T, class C, class A>
struct value_traits<std::map<std::string, T, C, A>>
{
    template <value_reader R>
    static error_code read(const R& at, std::map<std::string, T, C, A>& out)
    {
        return detail::read_map(at, out);
    }

    template <value_writer W>
    static void write(W& out, const std::map<std::string, T, C, A>& values)
    {
        detail::write_map(out, values);
    }
};

template <class T, class H, class E, class A>
struct value_traits<std::unordered_map<std::string, T, H, E, A>>
{
    using map = std::unordered_map<std::string, T, H, E, A>;

    template <value_reader R>
    static error_code read(const R& at, map& out)
    {
        return detail::read_map(at, out);
    }

    template <value_writer W>
    static void write(W& out, const map& values)
    {
        detail::write_map(out, values);
    }
};

/// A struct announced by BOOST_DESCRIBE_STRUCT travels as an object of its members.
/// Unknown members are ignored; a missing one is an error unless it is a std::optional.
template <detail::described_struct T>
struct value_traits<T>
{
    template <value_reader R>
    static error_code read(const R& at, T& out)
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
            if ((seen >> bit & 1) == 0) {
                if constexpr (detail::is_optional<member>)
                    (out.*descriptor.pointer).reset();
                else
                    ec = errc::wrong_argument_type;
            }
            ++bit;
        });
        return ec;
    }

    template <value_writer W>
    static void write(W& out, const T& value)
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
