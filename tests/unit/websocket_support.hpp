// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"
#include "wire/deflate.hpp"
#include "wire/websocket.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace cosio::test::websocket {

using namespace cosio::wire;

inline constexpr std::array key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};

inline constexpr websocket_limits small{.max_payload = 1000, .max_fragments = 8};

using lines = std::vector<std::string>;

inline std::string chars(bytes_view bytes)
{
    return std::string{as_text(bytes)};
}

inline std::string octets(std::initializer_list<unsigned> values)
{
    std::string all;
    for (const auto value : values)
        all.push_back(static_cast<char>(value));
    return all;
}

// A frame as a client sends it; `first` is FIN, RSV and opcode.
inline std::string masked(
    unsigned first, std::string_view payload, std::array<std::byte, 4> mask = key
)
{
    std::vector<std::byte> frame;
    append_websocket_frame(frame, websocket_opcode::binary, as_bytes(payload), &mask);
    frame[0] = static_cast<std::byte>(first);
    return chars(frame);
}

inline std::string unmasked(unsigned first, std::string_view payload)
{
    std::vector<std::byte> frame;
    append_websocket_frame(frame, websocket_opcode::binary, as_bytes(payload));
    frame[0] = static_cast<std::byte>(first);
    return chars(frame);
}

inline std::string close_frame(std::uint16_t code, std::string_view reason = {})
{
    return masked(0x88, chars(encode_close_payload(code, reason)));
}

inline std::string repeat(std::string_view part, std::size_t count)
{
    std::string all;
    while (count-- != 0)
        all += part;
    return all;
}

inline std::string describe(const websocket_message& message)
{
    const std::string text{message.text()};
    switch (message.opcode) {
    case websocket_opcode::text: return "text " + text;
    case websocket_opcode::binary: return "binary " + text;
    case websocket_opcode::ping: return "ping " + text;
    case websocket_opcode::pong: return "pong " + text;
    case websocket_opcode::close: return "close " + std::to_string(message.close_code) + " " + text;
    case websocket_opcode::continuation: break;
    }
    return "continuation";
}

inline std::string describe(error_code why)
{
    if (why.category() != websocket_category())
        return why.message();
    return "error " + std::to_string(close_code(static_cast<websocket_errc>(why.value()))) + " " +
           why.message();
}

inline std::string refused(websocket_errc why)
{
    return describe(error_code{why});
}

enum class compression : std::uint8_t
{
    none,
    without_context,
    with_context,
};

// A decoder with its transcript. Every piece lives in a heap block of exactly its size, which is gone
// as soon as the contract allows it.
class conversation
{
public:
    explicit conversation(
        websocket_limits limits = small,
        websocket_role role = websocket_role::server,
        compression agreed = compression::none
    )
        : inflater_{inflated_, 15, agreed == compression::with_context}, decoder_{role, limits}
    {
        if (agreed != compression::none)
            decoder_.decompress(inflater_);
    }

    conversation& feed(std::string_view piece)
    {
        auto block = std::make_unique_for_overwrite<std::byte[]>(piece.size());
        std::ranges::copy(as_bytes(piece), block.get());
        decoder_.feed({block.get(), piece.size()});
        while (take_one()) {
            if (retaining_) {
                decoder_.retain();
                block.reset();
            }
        }
        return *this;
    }

    conversation& retaining()
    {
        retaining_ = true;
        return *this;
    }

    [[nodiscard]] const lines& transcript() const { return transcript_; }

    [[nodiscard]] bool mid_message() const { return decoder_.mid_message(); }

private:
    bool take_one()
    {
        const auto outcome = decoder_.next();
        if (outcome.has_error()) {
            // An error is final, so it is worth one line only.
            if (transcript_.empty() || transcript_.back() != describe(outcome.error()))
                transcript_.push_back(describe(outcome.error()));
            return false;
        }
        if (!outcome->has_value())
            return false;
        transcript_.push_back(describe(**outcome));
        return true;
    }

    deflate_buffer inflated_;
    inflater inflater_;
    websocket_decoder decoder_;
    bool retaining_ = false;
    lines transcript_;
};

// The same transcript must come out whole, in two pieces cut anywhere, byte by byte, and with
// retain() after the first message.
inline void check(
    std::string_view input,
    const lines& expected,
    websocket_limits limits = small,
    websocket_role role = websocket_role::server,
    compression agreed = compression::none
)
{
    const auto compare =
        [&expected](const conversation& with, std::string_view how, std::size_t at) {
            BOOST_TEST_CONTEXT(how << " " << at)
            BOOST_TEST(with.transcript() == expected, boost::test_tools::per_element());
        };
    for (std::size_t split = 0; split <= input.size(); ++split) {
        conversation cut{limits, role, agreed};
        compare(cut.feed(input.substr(0, split)).feed(input.substr(split)), "split at", split);
        conversation kept{limits, role, agreed};
        kept.retaining().feed(input.substr(0, split)).feed(input.substr(split));
        compare(kept, "retained, split at", split);
    }
    conversation dribbled{limits, role, agreed};
    for (std::size_t at = 0; at != input.size(); ++at)
        dribbled.feed(input.substr(at, 1));
    compare(dribbled, "byte by byte", input.size());
}

inline void check(std::string_view input, websocket_errc expected, websocket_limits limits = small)
{
    check(input, lines{refused(expected)}, limits);
}

// The violation must be known once `input` is there: nothing of it is left to wait for, and one byte
// less does not show it.
inline void check_seen_at_last_byte(
    std::string_view input, websocket_errc expected, websocket_limits limits = small
)
{
    check(input, expected, limits);
    conversation before{limits};
    before.feed(input.substr(0, input.size() - 1));
    BOOST_TEST(before.transcript() == lines{}, boost::test_tools::per_element());
}

}  // namespace cosio::test::websocket
