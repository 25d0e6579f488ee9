// SPDX-License-Identifier: BSL-1.0
#include "request_text.hpp"

#include "wire/http1.hpp"

#include <cosio/detail/ascii.hpp>

namespace cosio {

std::string request_text(const http_request& request, body_part body)
{
    const bool whole = body == body_part::whole;
    header_fields fields;
    bool framed = !request.body.empty();
    request.headers.for_each([&](std::string_view name, std::string_view value) {
        const bool framing = detail::equal_without_case(name, "content-length") ||
                             detail::equal_without_case(name, "transfer-encoding");
        framed = framed || framing;
        // Whoever has the body has no use for an interim answer any more.
        if (!whole || (!framing && !detail::equal_without_case(name, "expect")))
            fields.append(name, value);
    });
    if (whole && framed)
        fields.append("Content-Length", std::to_string(request.body.size()));
    std::string text;
    const std::string_view method =
        detail::is_token(request.method) ? std::string_view{request.method} : "?";
    wire::append_request_head(text, method, request.target, fields, request.version);
    if (whole)
        text += request.body;
    return text;
}

}  // namespace cosio
