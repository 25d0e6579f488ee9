// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/frame.hpp>
#include <cosio/outbox.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// Long-polling bodies of the third revision of Engine.IO: two layouts of packets, and JSONP around the first.

namespace cosio::engine {

/// Takes the first packet off a body of text: `<length>:<packet>`, the length in UTF-16 code units (V3-1).
/// Errors: parse_error.
[[nodiscard]] result<std::string_view> take_legacy_text(std::string_view& rest) noexcept;

struct legacy_record
{
    frame_kind kind;
    std::string_view packet;  ///< text: a digit and data; binary: a type byte and data
};

/// Takes the first packet off a binary body: 0 for text or 1 for binary, the digits of its length in bytes as
/// bytes 0 to 9, 255, the packet (V3-2). Errors: parse_error.
[[nodiscard]] result<legacy_record> take_legacy_record(std::string_view& rest) noexcept;

struct legacy_payload
{
    std::string body;
    bool is_binary = false;
};

/// Takes all frames of `pending`: the binary layout if one of them is binary, else the one of text.
/// Precondition: binary messages were made by encode_legacy_binary().
[[nodiscard]] legacy_payload encode_legacy_payload(outbox& pending);

/// The script that gives a payload to function number `index` of a page (V3-5).
[[nodiscard]] std::string wrap_jsonp(std::uint32_t index, std::string_view payload);

/// The payload in the form that a page has posted, or empty if there is none (V3-5).
[[nodiscard]] std::string unwrap_jsonp(std::string_view form);

}  // namespace cosio::engine
