// SPDX-License-Identifier: BSL-1.0
#include "msgpack_format.hpp"

#include <cosio/codecs/msgpack.hpp>
#include <cosio/detail/utf8.hpp>

#include <cmath>
#include <limits>

namespace cosio {

using detail::msgpack_heap;

namespace {

constexpr std::uint64_t max_length = std::numeric_limits<std::uint32_t>::max();

// The keys of the packet itself, each with its lead byte, 0xa0 and the length.
constexpr std::string_view id_key = "\242id";
constexpr std::string_view nsp_key = "\243nsp";
constexpr std::string_view type_key = "\244type";
constexpr std::string_view data_key = "\244data";

/// Bytes of a string's head.
constexpr std::size_t text_head(std::size_t size) noexcept
{
    if (size < 0x20)
        return 1;
    if (size < 0x100)
        return 2;
    return size < 0x10000 ? 3 : 5;
}

/// How many elements follow, and the bytes that say so.
struct array_head
{
    std::uint32_t count;
    std::size_t size;
};

array_head read_array_head(bytes_view at) noexcept
{
    const auto byte = [at](std::size_t i) { return std::to_integer<std::uint32_t>(at[i]); };
    switch (byte(0)) {
    case 0xdc: return {byte(1) << 8 | byte(2), 3};
    case 0xdd: return {byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4), 5};
    default: return {byte(0) & 0xf, 1};
    }
}

void write_array_head(frame_builder& out, std::uint32_t count)
{
    const auto put = [&out](std::uint32_t value) {
        out.push_back(static_cast<char>(value & 0xff));
    };
    if (count < 0x10) {
        put(0x90 | count);
        return;
    }
    put(count < 0x10000 ? 0xdc : 0xdd);
    for (int shift = count < 0x10000 ? 8 : 24; shift >= 0; shift -= 8)
        put(count >> shift);
}

}  // namespace

protocol::encoded_packet msgpack::append_text(
    const protocol::encoded_packet& event, std::string_view nsp, std::string_view text
)
{
    // {type: 2, data: [...], nsp}: all around the array has a known size.
    const bytes_view old = event.head->payload();
    const std::size_t array_at = 1 + type_key.size() + 1 + data_key.size();
    const std::size_t end_at = old.size() - nsp_key.size() - text_head(nsp.size()) - nsp.size();
    const array_head head = read_array_head(old.subspan(array_at));
    const std::size_t first_at = array_at + head.size;

    frame_builder out{frame_kind::binary, old.size() + text.size() + 5};
    out.append(old.first(array_at));
    write_array_head(out, head.count + 1);
    out.append(old.subspan(first_at, end_at - first_at));
    out.push_back(static_cast<char>(0xa0 | text.size()));
    out.append(text);
    out.append(old.subspan(end_at));
    return {out.finish(), event.attachments};
}

msgpack::encoder::encoder(
    const protocol::packet_header& header, const protocol::packet_limits& limits
)
    : header_{header}, limits_{limits}, out_{frame_kind::binary}
{
    using enum protocol::packet_type;
    // What a decoder counts for the packet's own fields.
    heap_cost_ = 3 * msgpack_heap::value;
    out_.push_back('\x80');
    const bool has_id = header_.id && (header_.type == event || header_.type == ack);
    if (!has_id)
        header_.id.reset();
    failed_ = header_.nsp.size() > limits_.max_namespace_bytes ||
              (has_id && *header_.id > protocol::max_ack_id);
    // The server builds acks with the id in front, events with the id behind the data.
    if (has_id && header_.type == ack) {
        out_.append(id_key);
        write_unsigned(*header_.id);
    }
    out_.append(type_key);
    write_unsigned(static_cast<std::uint64_t>(header_.type));
}

void msgpack::encoder::begin_value()
{
    heap_cost_ += msgpack_heap::value;
    if (depth_ == 0) {
        out_.append(data_key);
        has_data_ = true;
    }
}

void msgpack::encoder::write(std::uint8_t lead, std::uint64_t value, std::size_t width)
{
    std::byte* const at = out_.prepare(1 + width);
    at[0] = std::byte{lead};
    for (std::size_t i = width; i > 0; --i) {
        at[i] = static_cast<std::byte>(value & 0xff);
        value >>= 8;
    }
    out_.commit(1 + width);
}

void msgpack::encoder::write_unsigned(std::uint64_t value)
{
    if (value < 0x80)
        write(static_cast<std::uint8_t>(value), 0, 0);
    else if (value < 0x100)
        write(0xcc, value, 1);
    else if (value < 0x10000)
        write(0xcd, value, 2);
    else if (value < 0x1'0000'0000)
        write(0xce, value, 4);
    else
        write(0xcf, value, 8);
}

void msgpack::encoder::write_negative(std::int64_t value)
{
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= -0x20)
        write(static_cast<std::uint8_t>(bits), 0, 0);
    else if (value >= -0x80)
        write(0xd0, bits, 1);
    else if (value >= -0x8000)
        write(0xd1, bits, 2);
    else if (value >= -0x8000'0000LL)
        write(0xd2, bits, 4);
    else
        write(0xd3, bits, 8);
}

void msgpack::encoder::write_text(std::string_view text)
{
    const std::size_t size = text.size();
    if (size > max_length || !detail::is_valid_utf8(text)) {
        failed_ = true;
        return;
    }
    if (size < 0x20)
        write(static_cast<std::uint8_t>(0xa0 | size), 0, 0);
    else if (size < 0x100)
        write(0xd9, size, 1);
    else if (size < 0x10000)
        write(0xda, size, 2);
    else
        write(0xdb, size, 4);
    out_.append(text);
}

void msgpack::encoder::null()
{
    begin_value();
    write(0xc0, 0, 0);
}

void msgpack::encoder::boolean(bool value)
{
    begin_value();
    write(value ? 0xc3 : 0xc2, 0, 0);
}

void msgpack::encoder::integer(std::int64_t value)
{
    begin_value();
    if (value >= 0)
        write_unsigned(static_cast<std::uint64_t>(value));
    else
        write_negative(value);
}

void msgpack::encoder::unsigned_integer(std::uint64_t value)
{
    begin_value();
    write_unsigned(value);
}

void msgpack::encoder::number(double value)
{
    begin_value();
    if (std::trunc(value) == value && value >= -0x1p63 && value < 0x1p64) {
        if (value >= 0)
            write_unsigned(static_cast<std::uint64_t>(value));
        else
            write_negative(static_cast<std::int64_t>(value));
        return;
    }
    write(0xcb, std::bit_cast<std::uint64_t>(value), 8);
}

void msgpack::encoder::string(std::string_view value)
{
    begin_value();
    if (out_.size() == name_at_ && value.size() > limits_.max_event_bytes)
        failed_ = true;
    write_text(value);
}

void msgpack::encoder::bytes(const binary& value)
{
    begin_value();
    heap_cost_ += msgpack_heap::binary;
    const std::size_t size = value.size();
    if (size > max_length) {
        failed_ = true;
        return;
    }
    if (size < 0x100)
        write(0xc4, size, 1);
    else if (size < 0x10000)
        write(0xc5, size, 2);
    else
        write(0xc6, size, 4);
    out_.append(value.bytes());
}

void msgpack::encoder::begin_container(std::size_t count)
{
    begin_value();
    if (count > 0)
        heap_cost_ += msgpack_heap::container;
    if (++depth_ > limits_.max_depth || count > max_length)
        failed_ = true;
}

void msgpack::encoder::begin_array(std::size_t count)
{
    begin_container(count);
    if (count < 0x10)
        write(static_cast<std::uint8_t>(0x90 | count), 0, 0);
    else if (count < 0x10000)
        write(0xdc, count, 2);
    else
        write(0xdd, count, 4);
    if (depth_ == 1 && header_.type == protocol::packet_type::event) {
        name_at_ = out_.size();
        failed_ = failed_ || count == 0 || count - 1 > limits_.max_args;
    } else if (depth_ == 1 && header_.type == protocol::packet_type::ack) {
        failed_ = failed_ || count > limits_.max_args;
    }
}

void msgpack::encoder::begin_object(std::size_t count)
{
    begin_container(count);
    if (count < 0x10)
        write(static_cast<std::uint8_t>(0x80 | count), 0, 0);
    else if (count < 0x10000)
        write(0xde, count, 2);
    else
        write(0xdf, count, 4);
}

void msgpack::encoder::key(std::string_view text)
{
    heap_cost_ += msgpack_heap::member;
    write_text(text);
}

result<protocol::encoded_packet> msgpack::encoder::finish()
{
    if (header_.id && header_.type == protocol::packet_type::event) {
        out_.append(id_key);
        write_unsigned(*header_.id);
    }
    out_.append(nsp_key);
    write_text(header_.nsp);
    const unsigned members = 2u + (has_data_ ? 1u : 0u) + (header_.id ? 1u : 0u);
    const auto map = static_cast<std::byte>(0x80 | members);
    out_.patch(0, {&map, 1});
    if (failed_ || !msgpack_heap::allows(heap_cost_, out_.size()))
        return error_code{errc::not_encodable};
    return protocol::encoded_packet{out_.finish()};
}

}  // namespace cosio
