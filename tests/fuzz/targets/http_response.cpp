// SPDX-License-Identifier: BSL-1.0
// Responses as a client reads them, and what it makes of one.
#include "fuzz.hpp"
#include "wire/http1_client.hpp"
#include "wire/websocket_client.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::wire;

namespace {

constexpr http1_limits limits{
    .max_header_bytes = 512, .max_headers = 8, .max_target_bytes = 128, .max_body_bytes = 256
};

/// What is written and read again is the same, but for what says where the body ends.
void require_round_trip(const http_response& response)
{
    const bool is_switch = response.status == 101;
    std::string text;
    append_response_head(text, response, response.body.size(), true);
    text += response.body;
    http1_response_decoder decoder{http1_limits{}};
    decoder.feed(as_bytes(text));
    const result<http_response*> read = decoder.next();
    fuzz::require(read && *read, "what was written is no response");
    fuzz::require((*read)->status == response.status, "another status when written and read again");
    fuzz::require((*read)->body == response.body, "another body when written and read again");
    header_fields expected = response.headers;
    header_fields again = (*read)->headers;
    for (header_fields* fields : {&expected, &again}) {
        fields->erase("content-length");
        fields->erase("transfer-encoding");
        if (!is_switch)
            fields->erase("connection");
    }
    fuzz::require(again == expected, "other fields when written and read again");
    fuzz::require(is_switch || decoder.keep_alive(), "an end when written and read again");
    fuzz::require(decoder.release().empty(), "something is left when written and read again");
}

std::string describe(const http_response& response)
{
    std::string said = fmt::format("{} {}\n", response.status, response.body);
    response.headers.for_each([&](std::string_view name, std::string_view value) {
        said += fmt::format("{}={}\n", name, value);
    });
    said += check_poll_answer(response).message();
    said += check_tunnel_answer(response).message();
    websocket_offer offer;
    offer.protocols = {"chat"};
    offer.deflate.emplace();
    const result<websocket_agreement> agreed = check_websocket_answer(response, offer);
    return said + (agreed ? agreed->protocol : agreed.error().message());
}

std::string transcript_of(bytes_view input, std::uint8_t seed)
{
    http1_response_decoder decoder{limits};
    std::string said;
    bool over = false;
    const auto take = [&] {
        while (!over) {
            const result<http_response*> next = decoder.next();
            if (!next) {
                said += next.error().message();
                over = true;
            } else if (*next) {
                fuzz::require(
                    (*next)->body.size() <= limits.max_body_bytes, "a body over its limit"
                );
                said += describe(**next);
                require_round_trip(**next);
                over = (*next)->status == 101;
            } else {
                return;
            }
        }
    };
    fuzz::in_parts(input, seed, [&](bytes_view part) {
        if (over)
            return;
        decoder.feed(part);
        take();
    });
    if (over)
        return said;
    said += decoder.finish().message();
    take();
    return said;
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    require_same_in_parts(seed, [&](std::uint8_t cut) { return transcript_of(input, cut); });
}
