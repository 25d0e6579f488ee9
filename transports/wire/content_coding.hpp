// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>
#include <cosio/http.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

// Content-Encoding (RFC 9110, 8.4) without IO: what a client takes, and zlib and brotli behind one class.

namespace cosio::wire {

enum class content_coding : std::uint8_t
{
    identity,
    brotli,
    gzip,
    deflate,  ///< the format of zlib (RFC 1950)
};

[[nodiscard]] std::string_view to_string(content_coding coding) noexcept;

/// The one of `offered` that the Accept-Encoding of `request` likes best; the first of those it likes alike.
/// identity if it takes none, likes identity better, or has no Accept-Encoding.
[[nodiscard]] content_coding choose_coding(
    const header_fields& request, std::span<const content_coding> offered
);

/// Compresses bodies. Cost: nothing until the first; then 260 KiB for each of gzip and deflate that was used.
class body_compressor
{
public:
    body_compressor() noexcept;
    body_compressor(body_compressor&&) noexcept;
    body_compressor& operator=(body_compressor&&) noexcept;
    ~body_compressor();

    /// Precondition: `coding` is not identity; level from 1 to 9, or for brotli a quality from 0 to 11.
    /// Empty if it fails, which takes a body of 2^32 bytes.
    [[nodiscard]] std::string compress(content_coding coding, std::string_view body, int level);

private:
    struct stream;

    [[nodiscard]] std::string deflate(stream& with, std::string_view body);

    std::unique_ptr<stream> gzip_;
    std::unique_ptr<stream> deflate_;
};

}  // namespace cosio::wire
