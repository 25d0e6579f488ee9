// SPDX-License-Identifier: BSL-1.0
#include "decompress.hpp"

#include <brotli/decode.h>
#include <zlib.h>

namespace cosio::test {
namespace {

constexpr std::size_t most = 1'000'000;

}  // namespace

std::string decompress(std::string_view coding, std::string_view body)
{
    std::string out(most, '\0');
    if (coding == "br") {
        std::size_t size = out.size();
        const bool whole = BrotliDecoderDecompress(
                               body.size(),
                               reinterpret_cast<const std::uint8_t*>(body.data()),
                               &size,
                               reinterpret_cast<std::uint8_t*>(out.data())
                           ) == BROTLI_DECODER_RESULT_SUCCESS;
        out.resize(size);
        return whole ? out : "damaged";
    }
    z_stream z{};
    if (inflateInit2(&z, coding == "gzip" ? 15 + 16 : 15) != Z_OK)
        return "damaged";
    std::string in{body};
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0;
    out.resize(z.total_out);
    inflateEnd(&z);
    return whole ? out : "damaged";
}

}  // namespace cosio::test
