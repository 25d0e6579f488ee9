// SPDX-License-Identifier: BSL-1.0
#include "websocket_support.hpp"
#include "wire/sha1.hpp"

#include <cstring>
#include <memory>
#include <random>

using namespace cosio;
using namespace cosio::test::websocket;
using namespace cosio::wire;
using namespace std::string_literals;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(websocket_masking)

BOOST_AUTO_TEST_CASE(A31_unmasking_is_bytewise_at_all_lengths_offsets_and_splits)
{
    constexpr std::size_t longest = 300;
    constexpr std::size_t offsets = 64;
    std::mt19937 random{31};
    std::vector<std::byte> text(longest);
    for (auto& byte : text)
        byte = static_cast<std::byte>(random());
    std::vector<std::byte> model(longest);
    for (std::size_t i = 0; i != longest; ++i)
        model[i] = text[i] ^ key[i % 4];

    std::size_t wrong = 0;
    for (std::size_t size = 0; size <= longest; ++size) {
        for (std::size_t offset = 0; offset != offsets; ++offset) {
            // The text ends where the block ends, so ASan sees a step beyond it; before it stand
            // bytes that must not change.
            const auto block = std::make_unique<std::byte[]>(offset + size);
            auto* const at = block.get() + offset;
            const auto stride = size <= 80 ? 1 : 1 + offset % 7;
            for (std::size_t split = 0; split <= size; split += stride) {
                std::copy_n(text.data(), size, at);
                auto rest_key = key;
                std::ranges::rotate(rest_key, rest_key.begin() + split % 4);
                apply_mask({at, split}, at, key);
                apply_mask({at + split, size - split}, at + split, rest_key);
                wrong += std::memcmp(at, model.data(), size) != 0;
            }
            wrong += std::ranges::count_if(block.get(), at, [](std::byte b) {
                         return b != std::byte{};
                     }) != 0;
        }
    }
    CHECK(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(A31_from_one_block_to_another)
{
    for (std::size_t size = 0; size <= 300; ++size) {
        const auto from = std::make_unique<std::byte[]>(size);
        const auto to = std::make_unique<std::byte[]>(size);
        apply_mask({from.get(), size}, to.get(), key);
        for (std::size_t i = 0; i != size; ++i)
            REQUIRE((to[i] == key[i % 4] && from[i] == std::byte{}));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(websocket_encoding)

std::string header(
    websocket_opcode opcode, std::uint64_t size, const std::array<std::byte, 4>* mask
)
{
    std::array<std::byte, 14> out;
    return chars({out.data(), encode_websocket_header(out.data(), opcode, size, mask)});
}

BOOST_AUTO_TEST_CASE(headers)
{
    using enum websocket_opcode;
    CHECK(header(text, 0, nullptr) == octets({0x81, 0}));
    CHECK(header(binary, 125, nullptr) == octets({0x82, 125}));
    CHECK(header(text, 126, nullptr) == octets({0x81, 126, 0, 126}));
    CHECK(header(text, 65535, nullptr) == octets({0x81, 126, 0xFF, 0xFF}));
    CHECK(header(text, 65536, nullptr) == octets({0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
    CHECK(header(close, 2, &key) == octets({0x88, 0x82, 0x37, 0xFA, 0x21, 0x3D}));
    CHECK(header(ping, 5, nullptr) == octets({0x89, 5}));
    CHECK(header(pong, 5, nullptr) == octets({0x8A, 5}));
    CHECK(
        header(binary, 0x0102030405060708, &key) ==
        octets({0x82, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 0x37, 0xFA, 0x21, 0x3D})
    );
}

BOOST_AUTO_TEST_CASE(frames_are_appended)
{
    std::vector<std::byte> out;
    append_websocket_frame(out, websocket_opcode::text, as_bytes("Hello"));
    append_websocket_frame(out, websocket_opcode::text, as_bytes("Hello"), &key);
    append_websocket_frame(out, websocket_opcode::ping, {});
    CHECK(
        chars(out) == "\x81\x05Hello"
                      "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
                      "\x89\0"s
    );
}

BOOST_AUTO_TEST_CASE(A20_close_payloads)
{
    CHECK(chars(encode_close_payload(1005, "")) == "");
    CHECK(chars(encode_close_payload(1000, "")) == "\x03\xE8");
    CHECK(
        chars(encode_close_payload(4999, "bye")) == "\x13\x87"
                                                    "bye"
    );

    const std::string most(123, 'x');
    CHECK(chars(encode_close_payload(1000, most)) == "\x03\xE8" + most);
    CHECK(chars(encode_close_payload(1000, most + "y")) == "\x03\xE8" + most);
    // No character is cut in two.
    const std::string ascii(121, 'x');
    CHECK(chars(encode_close_payload(1000, ascii + "\u20AC")) == "\x03\xE8" + ascii);
    CHECK(chars(encode_close_payload(1000, ascii + "\u00E9x")) == "\x03\xE8" + ascii + "\u00E9");
}

BOOST_AUTO_TEST_CASE(frames_of_lib_decode_at_a_client)
{
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 100000U}) {
        const std::string payload(size, 'x');
        for (const auto kind : {frame_kind::text, frame_kind::binary}) {
            const auto frame = make_frame(kind, as_bytes(payload));
            conversation peer{websocket_limits{}, websocket_role::client};
            peer.feed(as_text(frame->websocket()));
            BOOST_TEST(
                peer.transcript() ==
                    lines{(kind == frame_kind::text ? "text " : "binary ") + payload},
                boost::test_tools::per_element()
            );
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(websocket_handshake)

std::string sha1_hex(std::string_view message)
{
    std::string hex;
    for (const auto byte : sha1(as_bytes(message))) {
        hex += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
        hex += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
    }
    return hex;
}

BOOST_AUTO_TEST_CASE(sha1_digests)
{
    CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(
        sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    );
    CHECK(sha1_hex(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    // Around the sizes where the padding needs another block.
    CHECK(sha1_hex(std::string(55, 'a')) == "c1c8bbdc22796e28c0e15163d20899b65621d65a");
    CHECK(sha1_hex(std::string(56, 'a')) == "c2db330f6083854c99d4b5bfb6e8f29f201be699");
    CHECK(sha1_hex(std::string(63, 'a')) == "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
    CHECK(sha1_hex(std::string(64, 'a')) == "0098ba824b5c16427bd7a1122a5a442a25ec644d");
    CHECK(sha1_hex(std::string(65, 'a')) == "11655326c708d70319be2610e8a57d9a5b959d3b");
    CHECK(sha1_hex(std::string(119, 'a')) == "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
    CHECK(sha1_hex(std::string(120, 'a')) == "f34c1488385346a55709ba056ddd08280dd4c6d6");
    CHECK(sha1_hex(std::string(128, 'a')) == "ad5b3fdbcb526778c2839d2f151ea753995e26a0");
}

BOOST_AUTO_TEST_CASE(accept_value_of_rfc_6455_section_1_3)
{
    CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

BOOST_AUTO_TEST_CASE(W01_a_key_is_base64_of_16_bytes)
{
    CHECK(is_valid_websocket_key("dGhlIHNhbXBsZSBub25jZQ=="));
    CHECK(is_valid_websocket_key("AAAAAAAAAAAAAAAAAAAAAA=="));
    for (const auto key_text :
         {""sv,
          "dGhlIHNhbXBsZSBub25jZQ"sv,
          "dGhlIHNhbXBsZSBub25jZQ="sv,
          "dGhlIHNhbXBsZSBub25jZWE="sv,
          "dGhlIHNhbXBsZSBub25jZWFh"sv,
          "dGhlIHNhbXBsZSBub25j"sv,
          "dGhlIHNhbXBsZSBub25jZQ==="sv,
          "dGhlIHNhbXBsZSBub25jZQ== "sv,
          "dGhlIHNhbXBsZSBub25j-Q=="sv,
          "dGhl HNhbXBsZSBub25jZQ=="sv,
          "dGhlIHNhbXBsZSBub25j\0Q=="sv})
        CHECK(!is_valid_websocket_key(key_text));
}

BOOST_AUTO_TEST_SUITE_END()
