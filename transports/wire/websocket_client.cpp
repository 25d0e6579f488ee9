// SPDX-License-Identifier: BSL-1.0
#include "websocket_client.hpp"

#include <cosio/detail/base64.hpp>

#include <algorithm>

namespace cosio::wire {
namespace {

std::string key_of(const websocket_offer& offer)
{
    std::string key(cosio::detail::base64_size(offer.nonce.size()), '\0');
    cosio::detail::encode_base64(offer.nonce, key.data());
    return key;
}

std::string list_of(const std::vector<std::string>& names)
{
    std::string list;
    for (const std::string& name : names)
        list.append(list.empty() ? "" : ", ").append(name);
    return list;
}

}  // namespace

void append_websocket_request(
    std::string& out,
    std::string_view target,
    const client_headers& headers,
    const websocket_offer& offer
)
{
    header_fields fields;
    append_client_headers(fields, headers);
    fields.append("Connection", "Upgrade");
    fields.append("Upgrade", "websocket");
    fields.append("Sec-WebSocket-Version", "13");
    fields.append("Sec-WebSocket-Key", key_of(offer));
    if (!offer.protocols.empty())
        fields.append("Sec-WebSocket-Protocol", list_of(offer.protocols));
    if (offer.deflate)
        fields.append("Sec-WebSocket-Extensions", offer_deflate(*offer.deflate));
    append_request_head(out, "GET", target, fields);
}

result<websocket_agreement> check_websocket_answer(
    const http_response& response, const websocket_offer& offer
)
{
    const header_fields& headers = response.headers;
    if (response.status != 101)
        return unexpected_status(response.status);
    if (!headers.has_token("Upgrade", "websocket") || !headers.has_token("Connection", "Upgrade"))
        return error_code{websocket_errc::bad_upgrade};
    if (headers.count("Sec-WebSocket-Accept") != 1 ||
        headers["Sec-WebSocket-Accept"] != websocket_accept(key_of(offer)))
        return error_code{websocket_errc::bad_accept};
    const std::size_t protocols = headers.count("Sec-WebSocket-Protocol");
    const std::string_view protocol = headers["Sec-WebSocket-Protocol"];
    const bool was_offered = std::ranges::find(offer.protocols, protocol) != offer.protocols.end();
    if (protocols > 1 || (protocols == 1 && !was_offered))
        return error_code{websocket_errc::bad_protocol};
    const auto deflate = check_extensions(headers, offer.deflate);
    if (!deflate)
        return deflate.error();
    return websocket_agreement{std::string{protocol}, *deflate};
}

}  // namespace cosio::wire
