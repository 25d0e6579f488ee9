// SPDX-License-Identifier: BSL-1.0
#include "frame_reader.hpp"

#include <utility>

namespace cosio::test {
namespace {

constexpr unsigned text_opcode = 1;
constexpr unsigned last_data_opcode = 2;

unsigned byte_at(std::string_view bytes, std::size_t at) noexcept
{
    return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

frame_reader::outline frame_reader::next() const noexcept
{
    outline one;
    if (bytes_.size() < 2)
        return one;
    const unsigned length = byte_at(bytes_, 1) & 0x7f;
    const std::size_t extra = length == 127 ? 8 : length == 126 ? 2 : 0;
    one.header = 2 + extra;
    one.mask = byte_at(bytes_, 1) > 0x7f ? 4 : 0;
    one.is_known = bytes_.size() >= one.header;
    if (!one.is_known)
        return one;
    one.payload = extra == 0 ? length : 0;
    for (std::size_t i = 0; i < extra; ++i)
        one.payload = one.payload << 8 | byte_at(bytes_, 2 + i);
    return one;
}

frame_reader::place frame_reader::where() const noexcept
{
    if (bytes_.empty())
        return place::between;
    const outline one = next();
    if (!one.is_known)
        return place::header;
    return bytes_.size() < one.header + one.mask ? place::mask : place::payload;
}

void frame_reader::feed(std::string_view bytes, const receiver& to)
{
    bytes_ += bytes;
    for (outline one = next(); one.is_known; one = next()) {
        const std::size_t size = one.header + one.mask + one.payload;
        if (bytes_.size() < size)
            return;
        const unsigned opcode = byte_at(bytes_, 0) & 0x0f;
        const bool is_last = byte_at(bytes_, 0) > 0x7f;
        std::string payload = bytes_.substr(one.header + one.mask, one.payload);
        for (std::size_t i = 0; i < payload.size() && one.mask != 0; ++i)
            payload[i] = static_cast<char>(payload[i] ^ bytes_[one.header + i % 4]);
        bytes_.erase(0, size);
        if (opcode > last_data_opcode)
            continue;
        if (opcode != 0)
            is_text_ = opcode == text_opcode;
        message_ += payload;
        if (!is_last)
            continue;
        const std::string whole = std::exchange(message_, {});
        to(is_text_, whole);
    }
}

}  // namespace cosio::test
