// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/value.hpp>

#include <boost/json/value.hpp>

#include <span>
#include <vector>

// The dynamic escape hatch: values whose shape is not known at compile time.

namespace cosio {

/// One argument of any shape. Binary leaves stand in `json` as {"_placeholder":true,"num":i} and
/// name `attachments[i]`.
struct any_value
{
    boost::json::value json;
    std::vector<binary> attachments = {};

    bool operator==(const any_value&) const = default;
};

/// All arguments of an event or ack, or all that follow a handler's typed ones.
/// As the last parameter of a handler it takes the rest; emitted, it stands for its values in turn.
struct arguments
{
    boost::json::array values;
    std::vector<binary> attachments = {};

    bool operator==(const arguments&) const = default;
};

namespace detail {

/// Values nested deeper are neither read nor written; no codec's depth limit exceeds it.
inline constexpr std::size_t max_any_depth = 256;

/// Errors: wrong_argument_type for a binary if `attachments` is null, or for what is too deep.
template <value_reader R>
error_code read_json(
    const R& at, boost::json::value& out, std::vector<binary>* attachments, std::size_t depth = 0
)
{
    switch (at.kind()) {
    case value_kind::null: out = nullptr; return {};
    case value_kind::boolean: out = at.boolean(); return {};
    case value_kind::integer: out = at.integer(); return {};
    case value_kind::unsigned_integer: out = at.unsigned_integer(); return {};
    case value_kind::number: out = at.number(); return {};
    case value_kind::string: out = boost::json::string_view{at.string()}; return {};
    case value_kind::binary:
        if (!attachments)
            return errc::wrong_argument_type;
        out = boost::json::object{{"_placeholder", true}, {"num", attachments->size()}};
        attachments->push_back(at.bytes());
        return {};
    case value_kind::array: {
        if (depth == max_any_depth)
            return errc::wrong_argument_type;
        boost::json::array& array = out.emplace_array();
        array.reserve(at.size());
        error_code ec;
        at.for_each_element([&](const R& element) {
            ec = read_json(element, array.emplace_back(nullptr), attachments, depth + 1);
            return !ec;
        });
        return ec;
    }
    case value_kind::object: {
        if (depth == max_any_depth)
            return errc::wrong_argument_type;
        boost::json::object& object = out.emplace_object();
        object.reserve(at.size());
        error_code ec;
        at.for_each_member([&](std::string_view key, const R& member) {
            ec = read_json(member, object[boost::json::string_view{key}], attachments, depth + 1);
            return !ec;
        });
        return ec;
    }
    }
    return errc::wrong_argument_type;
}

/// The attachment that a placeholder object names, or null if `value` is an ordinary object.
[[nodiscard]] const binary* named_attachment(
    const boost::json::object& value, std::span<const binary> attachments
) noexcept;

template <value_writer W>
void write_json(
    W& out,
    const boost::json::value& value,
    std::span<const binary> attachments = {},
    std::size_t depth = 0
);

template <value_writer W>
void write_json_object(
    W& out,
    const boost::json::object& object,
    std::span<const binary> attachments,
    std::size_t depth
)
{
    if (const binary* bytes = named_attachment(object, attachments)) {
        out.bytes(*bytes);
        return;
    }
    out.begin_object(object.size());
    if (depth < max_any_depth) {
        for (const auto& member : object) {
            out.key(std::string_view{member.key()});
            write_json(out, member.value(), attachments, depth + 1);
        }
    }
    out.end_object();
}

/// Leaves out what is deeper than max_any_depth: the writer has failed by then.
template <value_writer W>
void write_json(
    W& out, const boost::json::value& value, std::span<const binary> attachments, std::size_t depth
)
{
    switch (value.kind()) {
    case boost::json::kind::null: out.null(); return;
    case boost::json::kind::bool_: out.boolean(value.get_bool()); return;
    case boost::json::kind::int64: out.integer(value.get_int64()); return;
    case boost::json::kind::uint64: out.unsigned_integer(value.get_uint64()); return;
    case boost::json::kind::double_: out.number(value.get_double()); return;
    case boost::json::kind::string: out.string(std::string_view{value.get_string()}); return;
    case boost::json::kind::array: {
        const boost::json::array& array = value.get_array();
        out.begin_array(array.size());
        if (depth < max_any_depth)
            for (const boost::json::value& element : array)
                write_json(out, element, attachments, depth + 1);
        out.end_array();
        return;
    }
    case boost::json::kind::object:
        write_json_object(out, value.get_object(), attachments, depth);
        return;
    }
}

}  // namespace detail

/// Errors: wrong_argument_type if the value contains binary; take any_value for those.
template <>
struct value_traits<boost::json::value>
{
    template <value_reader R>
    static error_code read(const R& at, boost::json::value& out)
    {
        return detail::read_json(at, out, nullptr);
    }

    template <value_writer W>
    static void write(W& out, const boost::json::value& value)
    {
        detail::write_json(out, value);
    }
};

template <>
struct value_traits<boost::json::object>
{
    template <value_reader R>
    static error_code read(const R& at, boost::json::object& out)
    {
        boost::json::value value;
        if (at.kind() != value_kind::object)
            return errc::wrong_argument_type;
        const error_code ec = detail::read_json(at, value, nullptr);
        if (!ec)
            out = std::move(value.get_object());
        return ec;
    }

    template <value_writer W>
    static void write(W& out, const boost::json::object& value)
    {
        detail::write_json_object(out, value, {}, 0);
    }
};

template <>
struct value_traits<any_value>
{
    template <value_reader R>
    static error_code read(const R& at, any_value& out)
    {
        out.attachments.clear();
        return detail::read_json(at, out.json, &out.attachments);
    }

    template <value_writer W>
    static void write(W& out, const any_value& value)
    {
        detail::write_json(out, value.json, value.attachments);
    }
};

}  // namespace cosio
