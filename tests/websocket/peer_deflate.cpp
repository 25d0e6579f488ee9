// SPDX-License-Identifier: BSL-1.0
#include "peer_deflate.hpp"

#include "support/check.hpp"

#define ZLIB_CONST
#include <algorithm>
#include <array>
#include <zlib.h>

namespace cosio::test {
namespace {

constexpr std::string_view tail{"\0\0\xFF\xFF", 4};

// zlib sees a distance beyond the window only where it leaves the output of one call as well.
constexpr std::size_t narrow_output = 16;

template <class Call>
std::string run(z_stream& z, std::string_view input, std::size_t step, Call&& call)
{
    std::string all;
    z.next_in = reinterpret_cast<const Bytef*>(input.data());
    z.avail_in = static_cast<uInt>(input.size());
    do {
        const std::size_t before = all.size();
        all.resize(before + step);
        z.next_out = reinterpret_cast<Bytef*>(all.data() + before);
        z.avail_out = static_cast<uInt>(step);
        const int status = call(&z, Z_SYNC_FLUSH);
        REQUIRE((status == Z_OK || status == Z_BUF_ERROR));
        all.resize(all.size() - z.avail_out);
    } while (z.avail_out == 0);
    REQUIRE(z.avail_in == 0);
    return all;
}

}  // namespace

struct peer_deflater::stream
{
    explicit stream(unsigned window_bits)
    {
        REQUIRE(
            deflateInit2(
                &z,
                Z_DEFAULT_COMPRESSION,
                Z_DEFLATED,
                -static_cast<int>(window_bits),
                8,
                Z_DEFAULT_STRATEGY
            ) == Z_OK
        );
    }

    ~stream() { deflateEnd(&z); }

    z_stream z{};
};

peer_deflater::peer_deflater(deflate_direction agreed)
    : stream_{std::make_unique<stream>(agreed.window_bits)}, agreed_{agreed}
{}

peer_deflater::~peer_deflater() = default;

std::string peer_deflater::compress(std::string_view message)
{
    if (!agreed_.keeps_context)
        deflateReset(&stream_->z);
    std::string payload = run(stream_->z, message, message.size() + 64, ::deflate);
    REQUIRE(payload.ends_with(tail));
    payload.resize(payload.size() - tail.size());
    return payload;
}

struct peer_inflater::stream
{
    explicit stream(unsigned window_bits)
    {
        REQUIRE(inflateInit2(&z, -static_cast<int>(window_bits)) == Z_OK);
    }

    ~stream() { inflateEnd(&z); }

    z_stream z{};
};

peer_inflater::peer_inflater(deflate_direction agreed)
    : stream_{std::make_unique<stream>(agreed.window_bits)}, agreed_{agreed}
{}

peer_inflater::~peer_inflater() = default;

std::string peer_inflater::decompress(std::string_view payload)
{
    if (!agreed_.keeps_context)
        inflateReset(&stream_->z);
    const std::size_t step = agreed_.window_bits < 15 ? narrow_output : 64 * 1024;
    return run(stream_->z, std::string{payload}.append(tail), step, ::inflate);
}

}  // namespace cosio::test
