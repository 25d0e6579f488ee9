// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/binary.hpp>
#include <cosio/error.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

// How C++ values travel as event arguments, whatever the codec. A codec offers a value_reader (a
// cursor at one decoded value) and a value_writer; everything about C++ types stands in value_traits.

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
template <class T>
struct value_traits;

/// Reads the value under the cursor. Errors: wrong_argument_type, number_out_of_range.
template <class T, value_reader R>
[[nodiscard]] error_code read_value(const R& at, T& out)
{
    return value_traits<T>::read(at, out);
}

template <class T, value_writer W>
void write_value(W& out, const T& value)
{
    value_traits<std::decay_t<T>>::write(out, value);
}

}  // namespace cosio

#include <cosio/detail/value_containers.hpp>
#include <cosio/detail/value_scalars.hpp>
