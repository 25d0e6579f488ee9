// SPDX-License-Identifier: BSL-1.0
// Requests as a server reads them.
#include "fuzz.hpp"
#include "wire/http1.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::wire;

namespace {

constexpr http1_limits limits{
    .max_header_bytes = 512, .max_headers = 8, .max_target_bytes = 128, .max_body_bytes = 256
};

/// What is written and read again is the same.
void require_round_trip(const http_request& request)
{
    http_request again = request;
    for (const std::string_view framing : {"content-length", "transfer-encoding", "expect"})
        again.headers.erase(framing);
    if (!request.body.empty())
        again.headers.set("content-length", fmt::format_int{request.body.size()}.str());
    std::string text;
    append_request_head(text, again.method, again.target, again.headers, again.version);
    text += request.body;
    http1_request_decoder decoder{http1_limits{}};
    decoder.feed(as_bytes(text));
    const result<http_request*> read = decoder.next();
    fuzz::require(read && *read, "what was written is no request");
    fuzz::require((*read)->method == request.method, "another method when written and read again");
    fuzz::require((*read)->target == request.target, "another target when written and read again");
    fuzz::require((*read)->version == request.version, "another version when written again");
    fuzz::require((*read)->headers == again.headers, "other fields when written and read again");
    fuzz::require(
        (*read)->keep_alive == request.keep_alive, "another connection when written and read again"
    );
    fuzz::require((*read)->body == request.body, "another body when written and read again");
    fuzz::require(decoder.release().empty(), "something is left when written and read again");
}

std::string transcript_of(bytes_view input, std::uint8_t seed)
{
    http1_request_decoder decoder{limits};
    std::string said;
    error_code failure;
    fuzz::in_parts(input, seed, [&](bytes_view part) {
        if (failure)
            return;
        decoder.feed(part);
        for (;;) {
            const result<http_request*> next = decoder.next();
            if (!next) {
                failure = next.error();
                said += failure.message();
                return;
            }
            if (!*next)
                return;
            const http_request& request = **next;
            fuzz::require(request.body.size() <= limits.max_body_bytes, "a body over its limit");
            fuzz::require(request.headers.size() <= limits.max_headers, "too many headers");
            said += fmt::format(
                "{} {} {} {} {}\n",
                request.method,
                request.target,
                request.version,
                request.keep_alive,
                request.body
            );
            request.headers.for_each([&](std::string_view name, std::string_view value) {
                said += fmt::format("{}={}\n", name, value);
            });
            require_round_trip(request);
        }
    });
    return said + (failure ? "" : decoder.finish().message());
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    require_same_in_parts(seed, [&](std::uint8_t cut) { return transcript_of(input, cut); });
}
