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
