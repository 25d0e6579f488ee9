// SPDX-License-Identifier: BSL-1.0
#include <cosio/codecs/msgpack.hpp>

#include <boost/assert.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>

namespace cosio {
namespace {

enum class family : std::uint8_t
{
    constant,
    never_used,
    binary,
    extension,
    floating,
    unsigned_integer,
    signed_integer,
    fixed_extension,
    string,
    array,
    object,
};

struct format
{
    family is;
    std::uint8_t width;  // bytes of the number that follows the lead byte
};

/// The lead bytes 0xc0 to 0xdf (MessagePack specification, "Overview").
constexpr std::array<format, 32> formats{{
    {family::constant, 0},
    {family::never_used, 0},
    {family::constant, 0},
    {family::constant, 0},
    {family::binary, 1},
    {family::binary, 2},
    {family::binary, 4},
    {family::extension, 1},
    {family::extension, 2},
    {family::extension, 4},
    {family::floating, 4},
    {family::floating, 8},
    {family::unsigned_integer, 1},
    {family::unsigned_integer, 2},
    {family::unsigned_integer, 4},
    {family::unsigned_integer, 8},
    {family::signed_integer, 1},
    {family::signed_integer, 2},
    {family::signed_integer, 4},
    {family::signed_integer, 8},
    {family::fixed_extension, 0},
    {family::fixed_extension, 0},
    {family::fixed_extension, 0},
    {family::fixed_extension, 0},
    {family::fixed_extension, 0},
    {family::string, 1},
    {family::string, 2},
    {family::string, 4},
    {family::array, 2},
    {family::array, 4},
    {family::object, 2},
    {family::object, 4},
}};

template <std::size_t Width>
[[nodiscard]] std::uint64_t load(const std::byte* at) noexcept
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < Width; ++i)
        value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
    return value;
}

/// A big-endian number of 0, 1, 2, 4 or 8 bytes.
[[nodiscard]] std::uint64_t load(const std::byte* at, std::size_t width) noexcept
{
    switch (width) {
    case 1: return load<1>(at);
    case 2: return load<2>(at);
    case 4: return load<4>(at);
    case 8: return load<8>(at);
    default: return 0;
    }
}

[[nodiscard]] std::int64_t load_signed(const std::byte* at, std::size_t width) noexcept
{
    const auto unused = static_cast<int>(64 - 8 * width);
    return static_cast<std::int64_t>(load(at, width) << unused) >> unused;
}

[[nodiscard]] detail::msgpack_item integer_item(std::int64_t value) noexcept
{
    return {.kind = value_kind::integer, .bits = static_cast<std::uint64_t>(value)};
}

[[nodiscard]] bool take(
    detail::msgpack_item& item,
    value_kind kind,
    std::uint64_t size,
    const std::byte*& at,
    const std::byte* end
) noexcept
{
    if (size > static_cast<std::size_t>(end - at))
        return false;
    item.kind = kind;
    item.size = static_cast<std::uint32_t>(size);
    item.body = at;
    at += size;
    return true;
}

/// What a JavaScript Date can hold, in milliseconds (ECMA-262, "Time Values and Time Range").
constexpr std::int64_t date_limit = 8'640'000'000'000'000;

[[nodiscard]] bool set_timestamp(
    detail::msgpack_item& item, std::int64_t seconds, std::uint64_t nanoseconds
) noexcept
{
    if (nanoseconds > 999'999'999 || seconds < -date_limit / 1000 || seconds > date_limit / 1000)
        return false;
    const std::int64_t milliseconds =
        seconds * 1000 + static_cast<std::int64_t>(nanoseconds / 1'000'000);
    item = {.kind = value_kind::string, .bits = static_cast<std::uint64_t>(milliseconds)};
    return milliseconds <= date_limit;
}

[[nodiscard]] bool read_timestamp(
    detail::msgpack_item& item, const std::byte* body, std::uint64_t size
) noexcept
{
    if (size == 4)
        return set_timestamp(item, static_cast<std::int64_t>(load(body, 4)), 0);
    if (size == 8) {
        const std::uint64_t both = load(body, 8);
        return set_timestamp(
            item, static_cast<std::int64_t>(both & ((std::uint64_t{1} << 34) - 1)), both >> 34
        );
    }
    return size == 12 && set_timestamp(item, load_signed(body + 4, 8), load(body, 4));
}

/// Extension 0 as notepack.io 2 writes it: undefined, ArrayBuffer, Date.
[[nodiscard]] bool read_legacy(
    detail::msgpack_item& item, const std::byte* body, bool fixed
) noexcept
{
    if (!fixed) {
        item.kind = value_kind::binary;
        item.is_extension = false;
    } else if (item.size == 1) {
        item = {.is_undefined = true};
    } else if (item.size == 8) {
        const std::int64_t milliseconds = load_signed(body, 8);
        if (milliseconds < -date_limit || milliseconds > date_limit)
            return false;
        item = {.kind = value_kind::string, .bits = static_cast<std::uint64_t>(milliseconds)};
    }
    return true;
}

[[nodiscard]] bool read_extension(
    detail::msgpack_item& item,
    std::uint64_t size,
    bool fixed,
    const std::byte*& at,
    const std::byte* end
) noexcept
{
    if (at == end)
        return false;
    const std::int64_t type = load_signed(at++, 1);
    if (!take(item, value_kind::array, size, at, end))
        return false;
    item.is_extension = true;
    item.bits = static_cast<std::uint64_t>(type);
    const std::byte* const body = item.body;
    if (type == -1)
        return read_timestamp(item, body, size);
    return type != 0 || read_legacy(item, body, fixed);
}

}  // namespace

bool detail::msgpack_item::read(const std::byte*& at, const std::byte* end) noexcept
{
    *this = {};
    if (at == end)
        return false;
    const auto lead = std::to_integer<std::uint8_t>(*at++);
    if (lead < 0x80 || lead >= 0xe0) {
        *this = integer_item(static_cast<std::int8_t>(lead));
        return true;
    }
    if (lead >= 0xa0 && lead < 0xc0)
        return take(*this, value_kind::string, lead & 0x1f, at, end);
    if (lead < 0xa0) {
        kind = lead < 0x90 ? value_kind::object : value_kind::array;
        size = lead & 0xf;
        body = at;
        return true;
    }
    const auto [is, width] = formats[lead - 0xc0];
    if (static_cast<std::size_t>(end - at) < width)
        return false;
    const std::byte* const operand = at;
    const std::uint64_t value = load(operand, width);
    at += width;
    switch (is) {
    case family::constant:
        kind = lead == 0xc0 ? value_kind::null : value_kind::boolean;
        bits = lead & 1;
        return true;
    case family::never_used: return false;
    case family::binary: return take(*this, value_kind::binary, value, at, end);
    case family::string: return take(*this, value_kind::string, value, at, end);
    case family::extension: return read_extension(*this, value, false, at, end);
    case family::fixed_extension:
        return read_extension(*this, std::uint64_t{1} << (lead - 0xd4), true, at, end);
    case family::floating:
        kind = value_kind::number;
        bits = width == 8 ? value
                          : std::bit_cast<std::uint64_t>(
                                double{std::bit_cast<float>(static_cast<std::uint32_t>(value))}
                            );
        return true;
    case family::unsigned_integer:
        kind = value >> 63 ? value_kind::unsigned_integer : value_kind::integer;
        bits = value;
        return true;
    case family::signed_integer: *this = integer_item(load_signed(operand, width)); return true;
    case family::array:
    case family::object:
        kind = is == family::array ? value_kind::array : value_kind::object;
        size = static_cast<std::uint32_t>(value);
        body = at;
        return true;
    }
    return false;
}

msgpack::reader::reader(const std::byte* at, const packet& owner) noexcept : owner_{&owner}
{
    [[maybe_unused]] const bool well_formed = item_.read(at, owner.end_);
    BOOST_ASSERT(well_formed);
    if (!item_.is_container())
        end_ = at;
}

msgpack::reader msgpack::reader::extension_type() const noexcept
{
    reader type{*this};
    type.item_ = integer_item(integer());
    return type;
}

msgpack::reader msgpack::reader::extension_bytes() const noexcept
{
    reader bytes{*this};
    bytes.item_ = {.kind = value_kind::binary, .size = item_.size, .body = item_.body};
    return bytes;
}

std::string_view msgpack::reader::key_text(std::array<char, 24>& digits) const noexcept
{
    if (kind() == value_kind::string)
        return item_.text();
    char* const begin = digits.data();
    char* const limit = begin + digits.size();
    const auto written = kind() == value_kind::integer
                             ? std::to_chars(begin, limit, integer())
                             : std::to_chars(begin, limit, unsigned_integer());
    return {begin, written.ptr};
}

std::string_view msgpack::reader::timestamp_text() const
{
    using namespace std::chrono;
    constexpr std::int64_t day = 86'400'000;
    constexpr std::int64_t cycle = 146'097;  // days of 400 years: std::chrono has 16 bits for years
    const std::int64_t time = integer();
    const std::int64_t days_since_epoch = (time - (time % day + day) % day) / day;
    const std::int64_t milliseconds = time - days_since_epoch * day;
    const std::int64_t cycles = days_since_epoch / cycle;
    const year_month_day date{sys_days{days{days_since_epoch % cycle}}};
    const auto year = static_cast<int>(int{date.year()} + cycles * 400);
    const bool is_short = year >= 0 && year <= 9999;

    std::array<char, 32>& text = owner_->texts_.emplace_front();
    int length = std::snprintf(text.data(), text.size(), is_short ? "%04d" : "%+07d", year);
    const auto used = static_cast<std::size_t>(length);
    length += std::snprintf(
        text.data() + used,
        text.size() - used,
        "-%02u-%02uT%02d:%02d:%02d.%03dZ",
        unsigned{date.month()},
        unsigned{date.day()},
        static_cast<int>(milliseconds / 3'600'000),
        static_cast<int>(milliseconds / 60'000 % 60),
        static_cast<int>(milliseconds / 1000 % 60),
        static_cast<int>(milliseconds % 1000)
    );
    return {text.data(), static_cast<std::size_t>(length)};
}

const std::byte* msgpack::reader::skip() const noexcept
{
    const auto children = [](const detail::msgpack_item& item) -> std::uint64_t {
        if (!item.is_container())
            return 0;
        return std::uint64_t{item.size} * (item.kind == value_kind::object ? 2 : 1);
    };
    const std::byte* at = item_.body;
    for (std::uint64_t left = children(item_); left > 0; --left) {
        detail::msgpack_item item;
        [[maybe_unused]] const bool well_formed = item.read(at, owner_->end_);
        BOOST_ASSERT(well_formed);
        left += children(item);
    }
    end_ = at;
    return at;
}

}  // namespace cosio
