// SPDX-License-Identifier: BSL-1.0
#include "deflate.hpp"

#include <boost/assert.hpp>

#define ZLIB_CONST
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>
#include <zlib.h>

static_assert(ZLIB_VERNUM >= 0x12d0, "older releases have known memory errors in deflate");

namespace cosio::wire {
namespace {

constexpr std::size_t first_chunk = 16 * 1024;
constexpr std::size_t kept_bytes = 64 * 1024;
constexpr unsigned narrowest_window_bits = 9;  // of raw deflate in zlib
constexpr std::array tail{std::byte{0}, std::byte{0}, std::byte{0xFF}, std::byte{0xFF}};
constexpr std::array empty_message{std::byte{0}};  // RFC 7692, 7.2.3.6

void* allocate(void*, uInt count, uInt size) noexcept
{
    try {
        return ::operator new(std::size_t{count} * size);
    } catch (const std::bad_alloc&) {
        return nullptr;  // becomes Z_MEM_ERROR: no exception may pass through C
    }
}

void release_block(void*, void* block) noexcept
{
    ::operator delete(block);
}

/// zlib counts in 32 bits.
uInt clamped(std::size_t size) noexcept
{
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

void check_memory(int status)
{
    if (status == Z_MEM_ERROR)
        throw std::bad_alloc{};
}

/// The next piece of a message for zlib; it has taken the one before.
void give(z_stream& stream, bytes_view& rest) noexcept
{
    stream.next_in = reinterpret_cast<const Bytef*>(rest.data());
    stream.avail_in = clamped(rest.size());
    rest = rest.subspan(stream.avail_in);
}

}  // namespace

struct zlib_stream
{
    zlib_stream(bool inflates, unsigned window_bits, int level = 0, int memory_level = 0)
        : inflates_{inflates}
    {
        z.zalloc = allocate;
        z.zfree = release_block;
        const int raw_bits = -static_cast<int>(std::max(window_bits, narrowest_window_bits));
        // Run lengths go back one byte, so they stay inside any window.
        const int strategy = window_bits < narrowest_window_bits ? Z_RLE : Z_DEFAULT_STRATEGY;
        check_memory(
            inflates ? inflateInit2(&z, raw_bits)
                     : deflateInit2(&z, level, Z_DEFLATED, raw_bits, memory_level, strategy)
        );
    }

    zlib_stream(const zlib_stream&) = delete;
    zlib_stream& operator=(const zlib_stream&) = delete;

    ~zlib_stream() { inflates_ ? inflateEnd(&z) : deflateEnd(&z); }

    z_stream z{};

private:
    bool inflates_;
};

std::byte* deflate_buffer::grow(std::size_t used, std::size_t wanted)
{
    if (wanted <= capacity_)
        return bytes_.get();
    auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
    if (used != 0)
        std::memcpy(larger.get(), bytes_.get(), used);
    bytes_ = std::move(larger);
    capacity_ = wanted;
    return bytes_.get();
}

void deflate_buffer::release() noexcept
{
    if (capacity_ <= kept_bytes)
        return;
    bytes_.reset();
    capacity_ = 0;
}

enum class inflater::ending : std::uint8_t
{
    flushed,      // only the four bytes of 7.2.1 are missing
    final_block,  // nothing is missing
    open,
};

inflater::inflater(deflate_buffer& out, unsigned window_bits, bool keeps_context) noexcept
    : out_{&out},
      // Encoders that cannot do 2^8 take 2^9 for it.
      window_bits_{static_cast<std::uint8_t>(std::max(window_bits, narrowest_window_bits))},
      keeps_context_{keeps_context}
{}

inflater::inflater(inflater&&) noexcept = default;
inflater::~inflater() = default;

result<bytes_view> inflater::inflate(bytes_view message, std::size_t max_bytes)
{
    if (message.empty())
        return bytes_view{};
    if (!zlib_)
        zlib_ = std::make_unique<zlib_stream>(true, window_bits_);
    else if (!keeps_context_)
        inflateReset(&zlib_->z);

    std::size_t size = 0;
    auto ended = run(message, max_bytes, size);
    if (ended && *ended == ending::flushed && keeps_context_)
        static_cast<void>(run(tail, max_bytes, size));
    if (ended && *ended == ending::open)
        ended = error_code{websocket_errc::invalid_deflate};
    if (!ended) {
        out_->release();
        return ended.error();
    }
    return bytes_view{out_->data(), size};
}

result<inflater::ending> inflater::run(bytes_view in, std::size_t max_bytes, std::size_t& size)
{
    // One byte more than is allowed, to see that it is exceeded.
    const auto most = max_bytes + (max_bytes != std::numeric_limits<std::size_t>::max() ? 1 : 0);
    auto& z = zlib_->z;
    z.avail_in = 0;
    while (true) {
        if (z.avail_in == 0 && !in.empty())
            give(z, in);
        if (size == std::min(out_->capacity(), most))
            out_->grow(size, std::min(std::max(size * 2, first_chunk), most));
        const auto room = clamped(std::min(out_->capacity(), most) - size);
        z.next_out = reinterpret_cast<Bytef*>(out_->data() + size);
        z.avail_out = room;
        const int status = ::inflate(&z, Z_SYNC_FLUSH);
        size += room - z.avail_out;
        const bool all_read = z.avail_in == 0 && in.empty();

        check_memory(status);
        if (size > max_bytes)
            return error_code{websocket_errc::message_too_large};
        if (status == Z_STREAM_END) {
            // A deflate stream ends with its final block, and its window with it.
            inflateReset(&z);
            if (all_read)
                return ending::final_block;
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return error_code{websocket_errc::invalid_deflate};
        } else if (all_read && z.avail_out != 0) {
            return inflateSyncPoint(&z) == 1 ? ending::flushed : ending::open;
        }
    }
}

deflater::deflater(
    deflate_buffer& out, unsigned window_bits, int level, int memory_level, bool keeps_context
) noexcept
    : out_{&out},
      window_bits_{static_cast<std::uint8_t>(window_bits)},
      level_{static_cast<std::int8_t>(level)},
      memory_level_{static_cast<std::int8_t>(memory_level)},
      keeps_context_{keeps_context}
{
    BOOST_ASSERT(window_bits >= 8 && window_bits <= 15);
}

deflater::deflater(deflater&&) noexcept = default;
deflater::~deflater() = default;

bytes_view deflater::deflate(bytes_view message)
{
    if (message.empty())
        return empty_message;
    if (!zlib_)
        zlib_ = std::make_unique<zlib_stream>(false, window_bits_, level_, memory_level_);
    else if (!keeps_context_)
        deflateReset(&zlib_->z);

    auto& z = zlib_->z;
    z.avail_in = 0;
    std::size_t size = 0;
    do {
        if (z.avail_in == 0 && !message.empty())
            give(z, message);
        if (size == out_->capacity())
            out_->grow(size, std::max(size * 2, first_chunk));
        const auto room = clamped(out_->capacity() - size);
        z.next_out = reinterpret_cast<Bytef*>(out_->data() + size);
        z.avail_out = room;
        ::deflate(&z, message.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
        size += room - z.avail_out;
    } while (z.avail_in != 0 || !message.empty() || z.avail_out == 0);
    BOOST_ASSERT(
        size >= tail.size() && std::equal(tail.begin(), tail.end(), out_->data() + size - 4)
    );
    return {out_->data(), size - tail.size()};
}

}  // namespace cosio::wire
