// SPDX-License-Identifier: BSL-1.0
#include "wire/websocket_client.hpp"

#include "http1_support.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test::http1;
using namespace cosio::wire;

// RFC 6455, 4.1, the client's side; reliability.md W16, D11.

namespace {

// The example of RFC 6455, 1.3.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view right_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

websocket_offer offer_of(std::vector<std::string> protocols = {}, bool deflate = false)
{
    websocket_offer offer;
    const bytes_view nonce = as_bytes("the sample nonce");
    std::ranges::copy(nonce, offer.nonce.begin());
    offer.protocols = std::move(protocols);
    if (deflate)
        offer.deflate.emplace();
    return offer;
}

std::string request(const websocket_offer& offer, const header_fields& extra = {})
{
    std::string out;
    append_websocket_request(out, "/s/", {.host = "h", .extra = &extra, .cookies = "a=1"}, offer);
    return out;
}

struct answer
{
    unsigned status = 101;
    std::string upgrade = "websocket";
    std::string connection = "Upgrade";
    std::vector<std::string> accepts = {std::string{right_accept}};
    std::vector<std::string> protocols = {};
    std::vector<std::string> extensions = {};
};

/// What a client makes of it: "ok", the protocol, "deflate"; or the error.
std::string check(const answer& said, const websocket_offer& offer = offer_of())
{
    http_response response;
    response.status = said.status;
    if (!said.upgrade.empty())
        response.headers.append("upgrade", said.upgrade);
    if (!said.connection.empty())
        response.headers.append("connection", said.connection);
    for (const std::string& value : said.accepts)
        response.headers.append("sec-websocket-accept", value);
    for (const std::string& value : said.protocols)
        response.headers.append("sec-websocket-protocol", value);
    for (const std::string& value : said.extensions)
        response.headers.append("sec-websocket-extensions", value);
    const auto agreed = check_websocket_answer(response, offer);
    if (!agreed)
        return agreed.error().message();
    return "ok" + (agreed->protocol.empty() ? "" : " " + agreed->protocol) +
           (agreed->deflate ? " deflate" : "");
}

const std::string not_offered_extension = "the server chose an extension not offered";
const std::string not_offered_protocol = "the server chose a subprotocol not offered";
const std::string other_handshake = "the server answers another handshake";
const std::string no_switch = "the server does not switch to WebSocket";

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_client)

BOOST_AUTO_TEST_CASE(the_request)
{
    CHECK(
        request(offer_of()) ==
        "GET /s/ HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nCookie: a=1\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
            std::string{key} + "\r\n\r\n"
    );
    CHECK(request(offer_of({"a", "b"}, true))
              .ends_with(
                  "\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: "
                  "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                  "client_max_window_bits\r\n\r\n"
              ));
}

BOOST_AUTO_TEST_CASE(headers_of_the_application_do_not_touch_the_handshake)
{
    header_fields extra;
    extra.append("X", "1\r\n2");
    extra.append("upgrade", "h2c");
    extra.append("Connection", "close");
    extra.append("sec-websocket-extensions", "x");
    const std::string sent = request(offer_of(), extra);
    CHECK(
        decode_all_ways<http1_request_decoder>(sent, {}) ==
        "GET /s/ [Host: h][Accept: */*][X: 1  2][Cookie: a=1][Connection: Upgrade]"
        "[Upgrade: websocket][Sec-WebSocket-Version: 13][Sec-WebSocket-Key: " +
            std::string{key} + "]; "
    );
}

BOOST_AUTO_TEST_CASE(right_answers)
{
    CHECK(check({}) == "ok");
    CHECK(check({.upgrade = "WebSocket", .connection = "keep-alive, upgrade"}) == "ok");
    CHECK(check({.protocols = {"b"}}, offer_of({"a", "b"})) == "ok b");
    CHECK(check({}, offer_of({"a", "b"})) == "ok");
    CHECK(check({}, offer_of({}, true)) == "ok");
    CHECK(
        check(
            {.extensions = {"permessage-deflate; server_no_context_takeover"}}, offer_of({}, true)
        ) == "ok deflate"
    );
}

BOOST_AUTO_TEST_CASE(other_statuses_W16)
{
    for (const unsigned status : {100U, 200U, 301U, 302U, 307U, 400U, 401U, 404U, 426U, 502U})
        CHECK(check({.status = status}) == "the server answers " + std::to_string(status), status);
}

BOOST_AUTO_TEST_CASE(a_101_to_something_else_W16)
{
    CHECK(check({.upgrade = ""}) == no_switch);
    CHECK(check({.upgrade = "h2c"}) == no_switch);
    CHECK(check({.connection = ""}) == no_switch);
    CHECK(check({.connection = "keep-alive"}) == no_switch);
}

BOOST_AUTO_TEST_CASE(a_wrong_accept_W16)
{
    CHECK(check({.accepts = {}}) == other_handshake);
    CHECK(check({.accepts = {""}}) == other_handshake);
    CHECK(check({.accepts = {std::string{key}}}) == other_handshake);
    CHECK(check({.accepts = {"S3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}) == other_handshake);
    CHECK(
        check({.accepts = {std::string{right_accept}, std::string{right_accept}}}) ==
        other_handshake
    );
    websocket_offer other = offer_of();
    other.nonce[15] = std::byte{0};
    CHECK(check({}, other) == other_handshake);
}

BOOST_AUTO_TEST_CASE(what_was_not_offered_W16_D11)
{
    CHECK(check({.protocols = {"a"}}) == not_offered_protocol);
    CHECK(check({.protocols = {"c"}}, offer_of({"a", "b"})) == not_offered_protocol);
    CHECK(check({.protocols = {"a, b"}}, offer_of({"a", "b"})) == not_offered_protocol);
    CHECK(check({.protocols = {"a", "b"}}, offer_of({"a", "b"})) == not_offered_protocol);
    CHECK(check({.protocols = {""}}, offer_of({"a"})) == not_offered_protocol);
    CHECK(check({.extensions = {"permessage-deflate"}}) == not_offered_extension);
    CHECK(check({.extensions = {"x-other"}}, offer_of({}, true)) == not_offered_extension);
    CHECK(
        check({.extensions = {"permessage-deflate, permessage-deflate"}}, offer_of({}, true)) ==
        not_offered_extension
    );
}

BOOST_AUTO_TEST_CASE(a_wrong_handshake_is_an_error_of_the_peer)
{
    for (const auto why :
         {websocket_errc::bad_upgrade, websocket_errc::bad_accept, websocket_errc::bad_protocol}) {
        const error_code ec = why;
        CHECK((ec == condition::peer_violation), ec.message());
        CHECK(close_code(why) == 1002);
    }
}

BOOST_AUTO_TEST_SUITE_END()
