// SPDX-License-Identifier: BSL-1.0
#include "content_coding.hpp"

#include <cosio/detail/ascii.hpp>

#include <array>
#include <limits>
#include <new>
#include <optional>

#define ZLIB_CONST
#include <brotli/encode.h>
#include <zlib.h>

namespace cosio::wire {
namespace {

constexpr std::array names{
    std::string_view{"identity"},
    std::string_view{"br"},
    std::string_view{"gzip"},
    std::string_view{"deflate"}
};

/// RFC 9110, 12.4.2, in thousandths; what is malformed is not liked at all.
int weight_of(std::string_view parameters) noexcept
{
    for (;;) {
        const std::string_view parameter =
            cosio::detail::trimmed(parameters.substr(0, parameters.find(';')));
        if (parameter.size() >= 2 && cosio::detail::to_lower(parameter[0]) == 'q' &&
            parameter[1] == '=') {
            const std::string_view digits = parameter.substr(2);
            if (digits.empty() || digits.size() > 5 || (digits[0] != '0' && digits[0] != '1') ||
                (digits.size() > 1 && digits[1] != '.'))
                return 0;
            int weight = (digits[0] - '0') * 1000;
            int unit = 100;
            for (const char c : digits.substr(std::min<std::size_t>(2, digits.size()))) {
                if (!cosio::detail::is_digit(c))
                    return 0;
                weight += (c - '0') * unit;
                unit /= 10;
            }
            return std::min(weight, 1000);
        }
        const std::size_t next = parameters.find(';');
        if (next == parameters.npos)
            return 1000;
        parameters.remove_prefix(next + 1);
    }
}

struct weights
{
    std::array<std::optional<int>, names.size()> named;
    std::optional<int> others;  // those of `*`

    [[nodiscard]] int of(content_coding coding) const noexcept
    {
        return named[static_cast<std::size_t>(coding)].value_or(others.value_or(0));
    }
};

weights read_weights(const header_fields& request)
{
    weights found;
    request.for_each([&](std::string_view field, std::string_view value) {
        if (!cosio::detail::equal_without_case(field, "accept-encoding"))
            return;
        for (bool more = true; more;) {
            const std::string_view item = cosio::detail::take_list_item(value, more);
            const std::size_t end = std::min(item.find(';'), item.size());
            const std::string_view name = cosio::detail::trimmed(item.substr(0, end));
            const int weight = end == item.size() ? 1000 : weight_of(item.substr(end + 1));
            if (name == "*")
                found.others = weight;
            for (std::size_t i = 0; i < names.size(); ++i)
                if (cosio::detail::equal_without_case(name, names[i]))
                    found.named[i] = weight;
            if (cosio::detail::equal_without_case(name, "x-gzip"))
                found.named[static_cast<std::size_t>(content_coding::gzip)] = weight;
        }
    });
    return found;
}

void* allocate(void*, uInt count, uInt size) noexcept
{
    try {
        return ::operator new(std::size_t{count} * size);
    } catch (const std::bad_alloc&) {
        return nullptr;  // no exception may pass through C
    }
}

void release_block(void*, void* block) noexcept
{
    ::operator delete(block);
}

constexpr int gzip_bits = 15 + 16;
constexpr int zlib_bits = 15;
constexpr int memory_level = 8;

std::string compress_by_brotli(std::string_view body, int quality)
{
    std::size_t size = BrotliEncoderMaxCompressedSize(body.size());
    std::string out(size, '\0');
    const bool done = BrotliEncoderCompress(
                          quality,
                          BROTLI_DEFAULT_WINDOW,
                          BROTLI_MODE_TEXT,
                          body.size(),
                          reinterpret_cast<const std::uint8_t*>(body.data()),
                          &size,
                          reinterpret_cast<std::uint8_t*>(out.data())
                      ) == BROTLI_TRUE;
    out.resize(done ? size : 0);
    return out;
}

}  // namespace

struct body_compressor::stream
{
    stream(int window_bits, int level_wanted) : level{level_wanted}
    {
        z.zalloc = allocate;
        z.zfree = release_block;
        if (deflateInit2(&z, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc{};
    }

    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    ~stream() { deflateEnd(&z); }

    int level;
    z_stream z{};
};

body_compressor::body_compressor() noexcept = default;
body_compressor::body_compressor(body_compressor&&) noexcept = default;
body_compressor& body_compressor::operator=(body_compressor&&) noexcept = default;
body_compressor::~body_compressor() = default;

std::string_view to_string(content_coding coding) noexcept
{
    return names[static_cast<std::size_t>(coding)];
}

content_coding choose_coding(const header_fields& request, std::span<const content_coding> offered)
{
    const weights likes = read_weights(request);
    content_coding best = content_coding::identity;
    // identity is taken unless it is refused, but is never preferred unless it is named.
    int best_weight = likes.named[0].value_or(0);
    for (const content_coding coding : offered) {
        const int weight = likes.of(coding);
        const bool ties = best == content_coding::identity && weight == best_weight;
        if (weight > best_weight || (ties && weight > 0)) {
            best = coding;
            best_weight = weight;
        }
    }
    return best;
}

std::string body_compressor::compress(content_coding coding, std::string_view body, int level)
{
    if (coding == content_coding::brotli)
        return compress_by_brotli(body, level);
    const bool gzip = coding == content_coding::gzip;
    std::unique_ptr<stream>& kept = gzip ? gzip_ : deflate_;
    if (!kept || kept->level != level)
        kept = std::make_unique<stream>(gzip ? gzip_bits : zlib_bits, level);
    return deflate(*kept, body);
}

std::string body_compressor::deflate(stream& with, std::string_view body)
{
    z_stream& z = with.z;
    const uLong bound = deflateBound(&z, static_cast<uLong>(body.size()));
    if (body.size() > std::numeric_limits<uInt>::max() || bound > std::numeric_limits<uInt>::max())
        return {};
    std::string out(bound, '\0');
    z.next_in = reinterpret_cast<const Bytef*>(body.data());
    z.avail_in = static_cast<uInt>(body.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(bound);
    const bool done = ::deflate(&z, Z_FINISH) == Z_STREAM_END;
    out.resize(done ? bound - z.avail_out : 0);
    deflateReset(&z);
    return out;
}

}  // namespace cosio::wire
