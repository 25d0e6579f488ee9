// SPDX-License-Identifier: BSL-1.0
#include "msgpack_walk.hpp"

#include <utility>

namespace cosio::load {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, std::size_t size)
{
    for (std::size_t shift = size * 8; shift > 0; shift -= 8)
        out += static_cast<char>(static_cast<std::uint8_t>(value >> (shift - 8)));
}

void append_type(std::string& out, unsigned type)
{
    out += static_cast<char>(static_cast<std::uint8_t>(type));
}

// Containers have a short form for up to 15 and a 16-bit one.
void append_container(std::string& out, std::size_t size, unsigned fixed, unsigned sized16)
{
    if (size < 16) {
        append_type(out, fixed | static_cast<unsigned>(size));
    } else {
        append_type(out, sized16);
        append_big_endian(out, size, 2);
    }
}

}  // namespace

void append_map(std::string& out, std::size_t members)
{
    append_container(out, members, 0x80, 0xde);
}

void append_array(std::string& out, std::size_t values)
{
    append_container(out, values, 0x90, 0xdc);
}

void append_string(std::string& out, std::string_view text)
{
    if (text.size() < 32) {
        append_type(out, 0xa0 | static_cast<unsigned>(text.size()));
    } else if (text.size() < 0x100) {
        append_type(out, 0xd9);
        append_big_endian(out, text.size(), 1);
    } else if (text.size() < 0x1'0000) {
        append_type(out, 0xda);
        append_big_endian(out, text.size(), 2);
    } else {
        append_type(out, 0xdb);
        append_big_endian(out, text.size(), 4);
    }
    out += text;
}

void append_integer(std::string& out, std::uint64_t value)
{
    if (value < 128) {
        append_type(out, static_cast<unsigned>(value));
    } else if (value < 0x100) {
        append_type(out, 0xcc);
        append_big_endian(out, value, 1);
    } else if (value < 0x1'0000) {
        append_type(out, 0xcd);
        append_big_endian(out, value, 2);
    } else {
        append_type(out, 0xce);
        append_big_endian(out, value, 4);
    }
}

void append_true(std::string& out)
{
    append_type(out, 0xc3);
}

std::uint8_t msgpack_walk::peek() const noexcept
{
    // 0xc1 is never used by MessagePack.
    return rest_.empty() ? std::uint8_t{0xc1} : static_cast<std::uint8_t>(rest_.front());
}

std::string_view msgpack_walk::take(std::uint64_t size) noexcept
{
    if (!good_ || size > rest_.size()) {
        good_ = false;
        return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
}

std::uint64_t msgpack_walk::read_big_endian(std::size_t size) noexcept
{
    std::uint64_t value = 0;
    for (char c : take(size))
        value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

std::uint64_t msgpack_walk::enter_map() noexcept
{
    const std::uint8_t type = peek();
    if ((type & 0xf0) != 0x80 && type != 0xde && type != 0xdf)
        good_ = false;
    return read_header().values / 2;
}

std::uint64_t msgpack_walk::enter_array() noexcept
{
    const std::uint8_t type = peek();
    if ((type & 0xf0) != 0x90 && type != 0xdc && type != 0xdd)
        good_ = false;
    return read_header().values;
}

std::string_view msgpack_walk::read_string() noexcept
{
    const std::uint8_t type = peek();
    if ((type & 0xe0) != 0xa0 && type != 0xd9 && type != 0xda && type != 0xdb)
        good_ = false;
    return take(read_header().bytes);
}

std::uint64_t msgpack_walk::read_integer() noexcept
{
    const std::uint8_t type = peek();
    if (type < 0x80) {
        static_cast<void>(take(1));
        return type;
    }
    // uint 8 to 64 and int 8 to 64; a negative one comes out absurdly large.
    if ((type >= 0xcc && type <= 0xcf) || (type >= 0xd0 && type <= 0xd3)) {
        static_cast<void>(take(1));
        return read_big_endian(std::size_t{1} << (type & 3));
    }
    good_ = false;
    return 0;
}

std::string_view msgpack_walk::skip() noexcept
{
    const std::string_view start = rest_;
    // Each header announces at most 2^33 values and takes a byte: the sum cannot overflow.
    for (std::uint64_t open = 1; open > 0 && good_; --open) {
        const header next = read_header();
        static_cast<void>(take(next.bytes));
        open += next.values;
    }
    return good_ ? start.substr(0, start.size() - rest_.size()) : std::string_view{};
}

msgpack_walk::header msgpack_walk::read_header() noexcept
{
    const std::uint8_t type = peek();
    static_cast<void>(take(1));
    if (!good_ || type < 0x80 || type >= 0xe0)
        return {};
    if (type < 0x90)
        return {.values = 2 * std::uint64_t{type & 0x0fU}};
    if (type < 0xa0)
        return {.values = type & 0x0fU};
    if (type < 0xc0)
        return {.bytes = type & 0x1fU};
    return read_long_header(type);
}

msgpack_walk::header msgpack_walk::read_long_header(std::uint8_t type) noexcept
{
    switch (type) {
    case 0xc0:
    case 0xc2:
    case 0xc3: return {};
    case 0xc4:
    case 0xd9: return {.bytes = read_big_endian(1)};
    case 0xc5:
    case 0xda: return {.bytes = read_big_endian(2)};
    case 0xc6:
    case 0xdb: return {.bytes = read_big_endian(4)};
    case 0xc7: return {.bytes = read_big_endian(1) + 1};
    case 0xc8: return {.bytes = read_big_endian(2) + 1};
    case 0xc9: return {.bytes = read_big_endian(4) + 1};
    case 0xca: return {.bytes = 4};
    case 0xcb: return {.bytes = 8};
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: return {.bytes = std::uint64_t{1} << (type & 3)};
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: return {.bytes = (std::uint64_t{1} << (type - 0xd4)) + 1};
    case 0xdc: return {.values = read_big_endian(2)};
    case 0xdd: return {.values = read_big_endian(4)};
    case 0xde: return {.values = 2 * read_big_endian(2)};
    case 0xdf: return {.values = 2 * read_big_endian(4)};
    default: good_ = false; return {};
    }
}

}  // namespace cosio::load
