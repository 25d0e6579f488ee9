// SPDX-License-Identifier: BSL-1.0
#include "msgpack_format.hpp"

#include <cosio/codecs/msgpack.hpp>
#include <cosio/detail/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cosio {
namespace {

using detail::msgpack_heap;
using item = detail::msgpack_item;

/// The integer that `from` holds as an integer or as a double without a fraction (M07).
[[nodiscard]] std::optional<std::int64_t> whole_number(const item& from) noexcept
{
    if (from.kind == value_kind::integer)
        return static_cast<std::int64_t>(from.bits);
    if (from.kind != value_kind::number)
        return std::nullopt;
    const auto value = std::bit_cast<double>(from.bits);
    constexpr double limit = 9'007'199'254'740'992;
    if (!(std::abs(value) <= limit) || std::trunc(value) != value)
        return std::nullopt;
    return static_cast<std::int64_t>(value);
}

/// A number as JavaScript writes it; integers above 2^53 are not rounded.
[[nodiscard]] std::string_view number_text(const item& from, std::array<char, 32>& out) noexcept
{
    char* const begin = out.data();
    char* const limit = begin + out.size();
    if (const auto whole = whole_number(from))
        return {begin, std::to_chars(begin, limit, *whole).ptr};
    if (from.kind == value_kind::unsigned_integer)
        return {begin, std::to_chars(begin, limit, from.bits).ptr};
    const auto value = std::bit_cast<double>(from.bits);
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value < 0 ? "-Infinity" : "Infinity";
    const double size = std::abs(value);
    if (size >= 1e-6 && size < 1e21)
        return {begin, std::to_chars(begin, limit, value, std::chars_format::fixed).ptr};
    char* end = std::to_chars(begin, limit, value, std::chars_format::scientific).ptr;
    char* const exponent = std::find(begin, end, 'e') + 2;
    if (*exponent == '0')
        end = std::copy(exponent + 1, end, exponent);
    return {begin, end};
}

class msgpack_decoder final : public packet_decoder
{
public:
    explicit msgpack_decoder(const protocol::packet_limits& limits) : packet_{limits} {}

    result<const decoded_packet*> feed(
        std::unique_ptr<partial_packet>& /*partial*/, frame_kind kind, bytes_view message
    ) override
    {
        if (kind == frame_kind::text)
            return error_code{protocol::errc::invalid_payload};
        if (const error_code ec = packet_.assign(message))
            return ec;
        return &packet_;
    }

private:
    msgpack::packet packet_;
};

}  // namespace

std::unique_ptr<packet_decoder> msgpack::make_decoder(const protocol::packet_limits& limits)
{
    return std::make_unique<msgpack_decoder>(limits);
}

msgpack::packet::packet(const protocol::packet_limits& limits) : limits_{limits} {}

error_code msgpack::packet::assign(bytes_view message)
{
    texts_.clear();
    elements_.clear();
    header_ = {};
    event_ = {};
    argument_count_ = 0;
    data_ = nullptr;
    heap_cost_ = 0;
    end_ = message.data() + message.size();

    fields found;
    if (const error_code ec = read_fields(message, found))
        return ec;
    if (!msgpack_heap::allows(heap_cost_, message.size()))
        return protocol::errc::too_many_arguments;
    if (const error_code ec = assign_header(found))
        return ec;
    return assign_data(found);
}

error_code msgpack::packet::read_fields(bytes_view message, fields& out)
{
    const std::byte* at = message.data();
    item top;
    if (!top.read(at, end_) || top.kind != value_kind::object)
        return protocol::errc::invalid_payload;
    for (std::uint32_t i = 0; i < top.size; ++i) {
        item key;
        if (const error_code ec = validate_key(at, key))
            return ec;
        const std::string_view field = key.kind == value_kind::string ? key.text() : "";
        if (const error_code ec = read_field(field, at, out))
            return ec;
    }
    return at == end_ ? error_code{} : protocol::errc::invalid_payload;
}

error_code msgpack::packet::read_field(std::string_view key, const std::byte*& at, fields& out)
{
    const std::byte* const begin = at;
    item value;
    if (!value.read(at, end_))
        return protocol::errc::invalid_payload;
    if (key == "data") {
        out.data = value;
        out.data_at = begin;
        elements_.clear();
        if (value.kind == value_kind::array && value.is_container()) {
            if (value.size > 0 && value.size - 1 > limits_.max_args)
                return protocol::errc::too_many_arguments;
            for (std::uint32_t i = 0; i < value.size; ++i) {
                elements_.push_back(at);
                if (const error_code ec = validate(at, 1))
                    return ec;
            }
            return {};
        }
    } else if (key == "type") {
        out.type = value;
    } else if (key == "nsp") {
        out.nsp = value;
    } else if (key == "id") {
        out.id = value;
    }
    if (!value.is_container())
        return validate_leaf(value);
    at = begin;
    return validate(at, 0);
}

error_code msgpack::packet::validate_leaf(const item& value)
{
    heap_cost_ += msgpack_heap::value;
    if (value.kind == value_kind::binary)
        heap_cost_ += msgpack_heap::binary;
    else if (value.is_extension)
        heap_cost_ += msgpack_heap::extension;
    else if (value.kind == value_kind::string && !detail::is_valid_utf8(value.text()))
        return protocol::errc::invalid_utf8;
    return {};
}

/// Moves past one whole value that stands inside `depth` containers of the packet's data.
error_code msgpack::packet::validate(const std::byte*& at, std::size_t depth)
{
    levels_.clear();
    level now{1, false};
    for (;;) {
        while (now.remaining == 0) {
            if (levels_.empty())
                return {};
            now = levels_.back();
            levels_.pop_back();
        }
        --now.remaining;
        if (now.is_object) {
            item key;
            if (const error_code ec = validate_key(at, key))
                return ec;
            heap_cost_ += msgpack_heap::member;
        }
        item value;
        if (!value.read(at, end_))
            return protocol::errc::invalid_payload;
        if (!value.is_container()) {
            if (const error_code ec = validate_leaf(value))
                return ec;
            continue;
        }
        heap_cost_ += msgpack_heap::value;
        if (depth + levels_.size() >= limits_.max_depth)
            return protocol::errc::too_deep;
        const bool is_object = value.kind == value_kind::object;
        // Every value takes at least one byte: a length that cannot be true is refused before any
        // of its elements is looked at (M02).
        if (value.size > static_cast<std::size_t>(end_ - at) / (is_object ? 2 : 1))
            return protocol::errc::invalid_payload;
        if (value.size == 0)
            continue;
        heap_cost_ += msgpack_heap::container;
        levels_.push_back(now);
        now = {value.size, is_object};
    }
}

/// Keys are strings, or integers that are shown as their decimal text (M18).
error_code msgpack::packet::validate_key(const std::byte*& at, item& key) const noexcept
{
    if (!key.read(at, end_))
        return protocol::errc::invalid_payload;
    if (key.kind == value_kind::string && key.body)
        return detail::is_valid_utf8(key.text()) ? error_code{} : protocol::errc::invalid_utf8;
    const bool is_integer =
        key.kind == value_kind::integer || key.kind == value_kind::unsigned_integer;
    return is_integer ? error_code{} : protocol::errc::invalid_payload;
}

error_code msgpack::packet::assign_header(const fields& from)
{
    using enum protocol::packet_type;
    const auto type = whole_number(from.type);
    if (!type || *type < 0 || *type > static_cast<std::int64_t>(connect_error))
        return protocol::errc::unknown_packet_type;
    header_.type = static_cast<protocol::packet_type>(*type);

    if (from.nsp.kind != value_kind::string || !from.nsp.body)
        return protocol::errc::invalid_namespace;
    header_.nsp = from.nsp.text();
    if (!header_.nsp.starts_with('/'))
        return protocol::errc::invalid_namespace;
    if (header_.nsp.size() > limits_.max_namespace_bytes)
        return protocol::errc::namespace_too_long;

    if (from.id.is_undefined)
        return {};
    const auto id = whole_number(from.id);
    if (!id || *id < 0 || static_cast<std::uint64_t>(*id) > protocol::max_ack_id)
        return protocol::errc::invalid_ack_id;
    // A CONNECT with an id joins and the id means nothing (reliability.md, S21).
    if (header_.type == event || header_.type == ack)
        header_.id = static_cast<std::uint64_t>(*id);
    return {};
}

error_code msgpack::packet::assign_data(const fields& from)
{
    const bool is_array = from.data.kind == value_kind::array && from.data.is_container();
    const bool is_null = from.data.kind == value_kind::null;
    switch (header_.type) {
    case protocol::packet_type::connect:
        if (!is_null && from.data.kind != value_kind::object)
            return protocol::errc::invalid_payload;
        data_ = is_null ? nullptr : from.data_at;
        return {};
    case protocol::packet_type::connect_error: data_ = is_null ? nullptr : from.data_at; return {};
    case protocol::packet_type::disconnect:
        return is_null ? error_code{} : protocol::errc::invalid_payload;
    case protocol::packet_type::event:
        return is_array ? assign_event() : protocol::errc::invalid_payload;
    case protocol::packet_type::ack:
        if (!is_array)
            return protocol::errc::invalid_payload;
        argument_count_ = elements_.size();
        return argument_count_ <= limits_.max_args ? error_code{}
                                                   : protocol::errc::too_many_arguments;
    }
    return protocol::errc::unknown_packet_type;
}

error_code msgpack::packet::assign_event()
{
    if (elements_.empty())
        return protocol::errc::invalid_payload;
    const std::byte* at = elements_.front();
    item first;
    if (!first.read(at, end_))
        return protocol::errc::invalid_payload;
    argument_count_ = elements_.size() - 1;
    if (first.kind == value_kind::string && first.body) {
        event_ = first.text();
        if (event_.size() > limits_.max_event_bytes)
            return protocol::errc::event_name_too_long;
        return protocol::is_reserved_event(event_) ? protocol::errc::reserved_event : error_code{};
    }
    const bool is_number = first.kind == value_kind::integer || first.kind == value_kind::number ||
                           first.kind == value_kind::unsigned_integer;
    if (!is_number)
        return protocol::errc::invalid_payload;
    event_ = number_text(first, number_name_);
    return {};
}

}  // namespace cosio
