// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/base64.hpp>

#include <memory>
#include <ostream>
#include <string>

using namespace cosio;
using namespace cosio::detail;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

// All outputs are heap blocks of the size that the header promises to be enough.

std::string encoded(std::string_view bytes)
{
    const auto size = base64_size(bytes.size());
    const auto out = std::make_unique_for_overwrite<char[]>(size);
    encode_base64(as_bytes(bytes), out.get());
    return {out.get(), size};
}

std::string encoded_url(std::string_view bytes)
{
    const auto out = std::make_unique_for_overwrite<char[]>(base64_size(bytes.size()));
    const auto size = encode_base64url(as_bytes(bytes), out.get());
    return {out.get(), size};
}

std::string decoded(std::string_view text)
{
    const auto in = std::make_unique_for_overwrite<char[]>(text.size());
    text.copy(in.get(), text.size());
    const auto out = std::make_unique_for_overwrite<std::byte[]>(text.size() / 4 * 3 + 3);
    const auto size = decode_base64({in.get(), text.size()}, out.get());
    return size ? std::string{as_text({out.get(), *size})} : "refused";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(vectors_of_rfc_4648_section_10)
{
    CHECK(encoded("") == "");
    CHECK(encoded("f") == "Zg==");
    CHECK(encoded("fo") == "Zm8=");
    CHECK(encoded("foo") == "Zm9v");
    CHECK(encoded("foob") == "Zm9vYg==");
    CHECK(encoded("fooba") == "Zm9vYmE=");
    CHECK(encoded("foobar") == "Zm9vYmFy");
}

BOOST_AUTO_TEST_CASE(both_alphabets)
{
    std::string packed;
    for (unsigned digit = 0; digit != 64; digit += 4) {
        const auto group = digit << 18 | (digit + 1) << 12 | (digit + 2) << 6 | (digit + 3);
        for (const auto shift : {16U, 8U, 0U})
            packed.push_back(static_cast<char>(group >> shift));
    }
    const auto common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"s;
    CHECK(encoded(packed) == common + "+/");
    CHECK(encoded_url(packed) == common + "-_");
    CHECK(decoded(common + "+/") == packed);
    CHECK(decoded(common + "-_") == "refused");
}

BOOST_AUTO_TEST_CASE(the_url_form_has_no_padding)
{
    CHECK(encoded_url("") == "");
    CHECK(encoded_url("f") == "Zg");
    CHECK(encoded_url("fo") == "Zm8");
    CHECK(encoded_url("foo") == "Zm9v");
    CHECK(encoded_url("\xFB\xFF\xFE") == "-__-");
}

BOOST_AUTO_TEST_CASE(padding_may_be_absent)
{
    CHECK(decoded("") == "");
    CHECK(decoded("Zg==") == "f");
    CHECK(decoded("Zg") == "f");
    CHECK(decoded("Zm8=") == "fo");
    CHECK(decoded("Zm8") == "fo");
    CHECK(decoded("Zm9v") == "foo");
    CHECK(decoded("Zm9vYg") == "foob");
}

BOOST_AUTO_TEST_CASE(all_sizes_come_back)
{
    std::string bytes;
    for (unsigned i = 0; i != 300; ++i) {
        CHECK(decoded(encoded(bytes)) == bytes);
        bytes.push_back(static_cast<char>(i * 31));
    }
}

BOOST_AUTO_TEST_CASE(wrong_padding_is_refused)
{
    for (const auto text :
         {"=",
          "==",
          "===",
          "====",
          "Z",
          "Z=",
          "Z==",
          "Z===",
          "Zg=",
          "Zg===",
          "Zm8==",
          "Zm9v=",
          "Zm9v==",
          "Zm9v====",
          "Zg==Zg==",
          "Zg==Zm9v",
          "=Zg=",
          "Z=g="})
        CHECK(decoded(text) == "refused", text);
}

BOOST_AUTO_TEST_CASE(every_other_character_is_refused_everywhere)
{
    const auto alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"sv;
    std::size_t wrong = 0;
    for (unsigned byte = 0; byte != 256; ++byte) {
        const auto c = static_cast<char>(byte);
        const auto allowed = alphabet.find(c) != alphabet.npos;
        for (const auto* const text : {"Zm9vYmFy", "Zm9vYmE", "Zm9vYg"}) {
            for (std::size_t at = 0; at != std::string_view{text}.size(); ++at) {
                std::string changed{text};
                changed[at] = c;
                if (c != '=')
                    wrong += (decoded(changed) != "refused") != allowed;
            }
        }
    }
    CHECK(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
