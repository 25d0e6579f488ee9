// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"
#include "wire/http1.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a decoder makes of a stream, as one line of text.

namespace cosio::test::http1 {

inline std::string text_of(const header_fields& fields)
{
    std::string all;
    fields.for_each([&](std::string_view name, std::string_view value) {
        all.append("[").append(name).append(": ").append(value).append("]");
    });
    return all;
}

inline std::string text_of(const http_request& request)
{
    std::string all = request.method + " " + request.target + " " + text_of(request.headers);
    if (!request.body.empty())
        all += " '" + request.body + "'";
    if (request.version == 10)
        all += " 1.0";
    return all;
}

inline std::string text_of(const http_response& response)
{
    std::string all = std::to_string(response.status) + " " + text_of(response.headers);
    if (!response.body.empty())
        all += " '" + response.body + "'";
    return all;
}

inline bool keeps_alive(const wire::http1_request_decoder&, const http_request& request)
{
    return request.keep_alive;
}

inline bool keeps_alive(const wire::http1_response_decoder& decoder, const http_response&)
{
    return decoder.keep_alive();
}

/// Appends each message and the status of an error; false after an error.
template <class Decoder>
bool drain(Decoder& decoder, std::string& transcript)
{
    while (true) {
        const auto next = decoder.next();
        if (next.has_error()) {
            const auto why = static_cast<wire::http_errc>(next.error().value());
            transcript += std::to_string(wire::status_of(why));
            return false;
        }
        if (*next == nullptr)
            return true;
        transcript += text_of(**next) + (keeps_alive(decoder, **next) ? "; " : " close; ");
    }
}

/// Transcript of `input` cut at `cuts`, and of the end of the stream: "..." if it is inside a message.
/// Each part stands in a block of its own, so that a sanitizer sees what is read beyond it (A30).
template <class Decoder>
std::string decode_cut(
    std::string_view input, std::vector<std::size_t> cuts, const wire::http1_limits& limits
)
{
    Decoder decoder{limits};
    std::string transcript;
    std::size_t from = 0;
    cuts.push_back(input.size());
    for (const std::size_t to : cuts) {
        const std::vector<char> part(input.data() + from, input.data() + to);
        decoder.feed(std::as_bytes(std::span{part}));
        if (!drain(decoder, transcript))
            return transcript;
        from = to;
    }
    const error_code end = decoder.finish();
    drain(decoder, transcript);
    return end == wire::http_errc::truncated ? transcript + "..." : transcript;
}

/// Transcript of `input`, which must be the same cut at each byte, and byte by byte.
template <class Decoder>
std::string decode_all_ways(std::string_view input, const wire::http1_limits& limits)
{
    const std::string whole = decode_cut<Decoder>(input, {}, limits);
    const std::size_t stride = input.size() > 1'000 ? 499 : 1;
    for (std::size_t at = stride; at < input.size(); at += stride) {
        BOOST_TEST_INFO_SCOPE("cut at " << at);
        BOOST_REQUIRE_EQUAL(decode_cut<Decoder>(input, {at}, limits), whole);
    }
    std::vector<std::size_t> everywhere;
    for (std::size_t at = 1; at < input.size(); ++at)
        everywhere.push_back(at);
    BOOST_TEST_INFO_SCOPE("byte by byte");
    BOOST_REQUIRE_EQUAL(decode_cut<Decoder>(input, everywhere, limits), whole);
    return whole;
}

/// H35: every request that a test decodes is decoded whole, cut at each byte, and byte by byte.
inline std::string decode_requests(std::string_view input, const wire::http1_limits& limits = {})
{
    return decode_all_ways<wire::http1_request_decoder>(input, limits);
}

inline std::string get(std::string_view fields, std::string_view target = "/")
{
    return std::string{"GET "}.append(target).append(" HTTP/1.1\r\nHost: a\r\n").append(fields) +
           "\r\n";
}

inline std::string post(std::string_view fields, std::string_view body)
{
    return std::string{"POST / HTTP/1.1\r\nHost: a\r\n"}.append(fields).append("\r\n").append(body);
}

inline std::string with_length(std::string_view length, std::string_view body = "hello")
{
    return post("Content-Length: " + std::string{length} + "\r\n", body);
}

inline std::string chunked(std::string_view body)
{
    return post("Transfer-Encoding: chunked\r\n", body);
}

inline std::string decoded_chunks(std::string_view body)
{
    return "POST / [Host: a][Transfer-Encoding: chunked] '" + std::string{body} + "'; ";
}

inline const std::string decoded_get = "GET / [Host: a]; ";

}  // namespace cosio::test::http1
