// SPDX-License-Identifier: BSL-1.0
#include "cors.hpp"

#include <cosio/detail/ascii.hpp>

#include <algorithm>

namespace cosio {
namespace {

bool is_listed(const cors_options& cors, std::string_view origin)
{
    return cors.reflect_origin || std::ranges::any_of(cors.origins, [origin](std::string_view one) {
               return one == "*" || detail::equal_without_case(one, origin);
           });
}

bool allows(
    const engine_options& options,
    const http_request& request,
    std::string_view origin,
    bool was_allowed
)
{
    const cors_options& cors = options.cors;
    if (is_listed(cors, origin))
        return true;
    if (!cors.allow_origin || cors.allow_origin.is_coroutine())
        return was_allowed;
    try {
        return cors.allow_origin.hold()->plain(request);
    } catch (const std::exception& error) {
        options.log(log_level::error, "cors.allow_origin threw: {}", error.what());
    } catch (...) {
        options.log(log_level::error, "cors.allow_origin threw");
    }
    return false;
}

void add_list(header_fields& fields, std::string_view name, const std::vector<std::string>& members)
{
    std::string list;
    for (const std::string& member : members)
        list.append(list.empty() ? "" : ",").append(member);
    if (!list.empty())
        fields.append(name, list);
}

}  // namespace

bool is_preflight(const cors_options& cors, const http_request& request) noexcept
{
    return request.method == "OPTIONS" && cors.enabled() && !cors.preflight_continue;
}

bool must_ask_about_origin(const cors_options& cors, const http_request& request)
{
    const std::string_view origin = request.headers["origin"];
    return cors.allow_origin.is_coroutine() && !origin.empty() && !is_listed(cors, origin);
}

void add_cors(
    const engine_options& options,
    const http_request& request,
    header_fields& fields,
    bool was_allowed
)
{
    const cors_options& cors = options.cors;
    if (!cors.enabled())
        return;
    if (!cors.origins.empty() && cors.origins.front() == "*") {
        fields.append("Access-Control-Allow-Origin", "*");
    } else {
        const std::string_view origin = request.headers["origin"];
        if (!origin.empty() && allows(options, request, origin, was_allowed)) {
            fields.append("Access-Control-Allow-Origin", origin);
            if (cors.credentials)
                fields.append("Access-Control-Allow-Credentials", "true");
        }
        fields.add_token("Vary", "Origin");
    }
    if (request.method == "OPTIONS") {
        add_list(fields, "Access-Control-Allow-Methods", cors.methods);
        add_list(fields, "Access-Control-Allow-Headers", cors.allowed_headers);
        if (cors.allowed_headers.empty()) {
            fields.add_token("Vary", "Access-Control-Request-Headers");
            const std::string_view asked = request.headers["access-control-request-headers"];
            if (!asked.empty())
                fields.append("Access-Control-Allow-Headers", asked);
        }
        if (cors.max_age)
            fields.append("Access-Control-Max-Age", std::to_string(cors.max_age->count()));
    }
    add_list(fields, "Access-Control-Expose-Headers", cors.exposed_headers);
}

}  // namespace cosio
