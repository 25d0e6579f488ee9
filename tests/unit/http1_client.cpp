// SPDX-License-Identifier: BSL-1.0
#include "wire/http1_client.hpp"

#include "http1_support.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test::http1;
using namespace cosio::wire;
using namespace std::chrono_literals;
using namespace std::string_literals;

// What a client sends over HTTP/1.1, and what it makes of hostile servers (reliability.md X09).

namespace {

header_fields fields_of(std::initializer_list<std::pair<std::string_view, std::string_view>> all)
{
    header_fields fields;
    for (const auto& [name, value] : all)
        fields.append(name, value);
    return fields;
}

http_response response_of(
    unsigned status,
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {}
)
{
    return {.status = status, .headers = fields_of(fields), .body = {}};
}

std::string poll(
    const header_fields& extra,
    std::optional<std::string_view> body = {},
    std::string_view cookies = {},
    std::string_view target = "/s/?x=1"
)
{
    std::string out;
    append_poll_request(out, target, {.host = "h:1", .extra = &extra, .cookies = cookies}, body);
    return out;
}

/// Of a decoder that expects heads only: each message, then what follows the last of them.
std::string decode_heads(std::string_view input)
{
    std::string whole;
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
        http1_response_decoder decoder{{}};
        decoder.expect_heads_only();
        std::string transcript;
        for (const auto part : {input.substr(0, cut), input.substr(cut)}) {
            decoder.feed(as_bytes(part));
            if (!transcript.empty())
                continue;
            const auto next = decoder.next();
            if (next.has_error())
                return std::to_string(status_of(static_cast<http_errc>(next.error().value())));
            if (*next)
                transcript = text_of(**next);
        }
        transcript += " + '" + decoder.release() + "'";
        if (cut == 0)
            whole = transcript;
        BOOST_REQUIRE_EQUAL(transcript, whole);
    }
    return whole;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_client)

BOOST_AUTO_TEST_CASE(a_get_and_a_post)
{
    CHECK(poll({}) == "GET /s/?x=1 HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\n\r\n");
    CHECK(
        poll({}, "4hello") ==
        "POST /s/?x=1 HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\n"
        "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 6\r\n\r\n4hello"
    );
    CHECK(poll({}, "").ends_with("Content-Length: 0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(headers_of_the_application)
{
    CHECK(
        poll(fields_of({{"Authorization", "Bearer x"}, {"X-A", "1"}, {"x-a", "2"}})) ==
        "GET /s/?x=1 HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\n"
        "Authorization: Bearer x\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
    );
    CHECK(
        poll(
            fields_of({{"host", "virtual"}, {"accept", "text/plain"}, {"content-type", "x"}}), ""
        ) == "POST /s/?x=1 HTTP/1.1\r\nhost: virtual\r\naccept: text/plain\r\n"
             "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 0\r\n\r\n"
    );
}

BOOST_AUTO_TEST_CASE(headers_of_the_application_cannot_frame_or_split_a_request)
{
    CHECK(
        poll(
            fields_of({
                {"content-length", "0"},
                {"Transfer-Encoding", "chunked"},
                {"connection", "close"},
                {"Upgrade", "h2c"},
                {"Expect", "100-continue"},
                {"sec-websocket-key", "x"},
                {"TE", "trailers"},
                {"Proxy-Authorization", "Basic x"},
                {"Bad name", "1"},
                {"X", "1\r\nY: 2\r\n\r\nGET / HTTP/1.1"},
            }),
            "4"
        ) == "POST /s/?x=1 HTTP/1.1\r\nHost: h:1\r\nAccept: */*\r\nX: 1  Y: 2    GET / HTTP/1.1\r\n"
             "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 1\r\n\r\n4"
    );
    CHECK(poll({}, {}, {}, "/a b\r\nX: y").starts_with("GET /a%20b%0D%0AX:%20y HTTP/1.1\r\nHost"));
}

BOOST_AUTO_TEST_CASE(all_cookies_are_in_one_field)
{
    CHECK(poll({}, {}, "a=1; b=2").ends_with("\r\nCookie: a=1; b=2\r\n\r\n"));
    CHECK(poll(fields_of({{"cookie", "c=3"}}), {}, "a=1").ends_with("\r\nCookie: c=3; a=1\r\n\r\n")
    );
    CHECK(poll(fields_of({{"cookie", "c=3"}})).ends_with("*/*\r\nCookie: c=3\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(what_is_sent_a_server_reads)
{
    const auto sent = poll(fields_of({{"X", "1"}}), "4hello", "a=1") + poll({});
    CHECK(
        decode_all_ways<http1_request_decoder>(sent, {}) ==
        "POST /s/?x=1 [Host: h:1][Accept: */*][X: 1][Cookie: a=1]"
        "[Content-Type: text/plain;charset=UTF-8][Content-Length: 6] '4hello'; "
        "GET /s/?x=1 [Host: h:1][Accept: */*]; "
    );
}

BOOST_AUTO_TEST_CASE(answers_that_may_be_read_X09)
{
    CHECK(!check_poll_answer(response_of(200)));
    CHECK(!check_poll_answer(response_of(200, {{"content-encoding", "Identity"}})));
    CHECK(!check_poll_answer(response_of(200, {{"Content-Type", "text/html"}})));
}

BOOST_AUTO_TEST_CASE(answers_that_may_not_X09)
{
    for (const unsigned status :
         {204U, 206U, 301U, 302U, 304U, 307U, 400U, 403U, 404U, 500U, 503U, 101U})
        CHECK(
            (check_poll_answer(response_of(status, {{"Location", "/"}})) ==
             unexpected_status(status)),
            status
        );
    const error_code told = unexpected_status(502);
    CHECK(told.message() == "the server answers 502");
    CHECK((told == condition::peer_violation));
    CHECK((told != unexpected_status(503)));
    // Nothing is ever inflated: a bomb is as small as it came.
    for (const auto* coding : {"gzip", "br", "deflate", "x", "gzip, identity", ""})
        CHECK(
            (check_poll_answer(response_of(200, {{"Content-Encoding", coding}})) ==
             http_errc::unexpected_coding),
            coding
        );
}

BOOST_AUTO_TEST_CASE(endless_heads_and_bodies_X09)
{
    const http1_limits limits{
        .max_header_bytes = 1'024, .max_headers = 10, .max_body_bytes = 2'000
    };
    const auto ends_with = [&](std::string_view head, std::string_view again) {
        http1_response_decoder decoder{limits};
        decoder.feed(as_bytes(head));
        for (int i = 0; i < 2'000; ++i) {
            const auto next = decoder.next();
            if (next.has_error())
                return next.error();
            decoder.feed(as_bytes(again));
        }
        return error_code{};
    };
    const auto ok = "HTTP/1.1 200 OK\r\n"s;
    CHECK((ends_with("HTTP/1.1 200 ", "OK") == http_errc::headers_too_large));
    CHECK((ends_with(ok, "X: 1\r\n") == http_errc::headers_too_large));
    CHECK((ends_with(ok + "X: ", "xx") == http_errc::headers_too_large));
    CHECK((ends_with(ok + "\r\n", "xxx") == http_errc::body_too_large));
    CHECK((ends_with(ok + "Content-Length: 2001\r\n\r\n", "x") == http_errc::body_too_large));
    CHECK(
        (ends_with(ok + "Transfer-Encoding: chunked\r\n\r\n", "2\r\nxx\r\n") ==
         http_errc::body_too_large)
    );
    CHECK(
        (ends_with(ok + "Transfer-Encoding: chunked\r\n\r\n", "1;xxxxxxxx\r\nx\r\n") ==
         http_errc::body_too_large)
    );
    CHECK(
        (ends_with(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: 1\r\n") ==
         http_errc::headers_too_large)
    );
    CHECK((ends_with("", "HTTP/1.1 100 Continue\r\n\r\n") == http_errc::bad_response));
}

BOOST_AUTO_TEST_CASE(how_long_a_server_wants_to_be_left_alone)
{
    using std::chrono::sys_days;
    using std::chrono::year;
    const std::chrono::sys_seconds now = sys_days{year{1994} / 11 / 6} + 8h + 49min;
    const auto wait = [now](unsigned status, std::string_view value) {
        return retry_after(response_of(status, {{"retry-after", value}}), now);
    };
    CHECK((wait(503, "120") == 120s));
    CHECK((wait(429, "0") == 0s));
    CHECK((wait(503, "86401") == 24h));
    CHECK((wait(503, "99999999999999999999999") == 24h));
    // The three forms of a date (RFC 9110, 5.6.7).
    CHECK((wait(503, "Sun, 06 Nov 1994 08:49:37 GMT") == 37s));
    CHECK((wait(503, "Sunday, 06-Nov-94 08:50:00 GMT") == 60s));
    CHECK((wait(503, "Sun Nov  6 09:49:00 1994") == 1h));
    CHECK((wait(503, "Sun, 06 Nov 1994 08:48:59 GMT") == 0s));  // that is over
    CHECK((wait(503, "Fri, 31 Dec 1999 23:59:59 GMT") == 24h));
    for (const auto* none : {"", "-1", "+1", "1.5", "1 s", "tomorrow", "Sun, 31 Feb 1994 08:49:37"})
        CHECK(!wait(503, none).has_value(), none);
    CHECK(!wait(200, "120").has_value());
    CHECK(!wait(200, "Sun, 06 Nov 1994 08:49:37 GMT").has_value());
    CHECK(!retry_after(response_of(503), now).has_value());
}

BOOST_AUTO_TEST_CASE(a_tunnel_through_a_proxy)
{
    std::string out;
    append_tunnel_request(out, "a.example:443");
    CHECK(out == "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
    out.clear();
    append_tunnel_request(out, "[::1]:80", proxy_credentials{"Aladdin", "open sesame"});
    CHECK(
        out == "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"
               "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
    );
    out.clear();
    append_tunnel_request(out, "h:1", proxy_credentials{"a\r\nX: y", ""});
    CHECK(out.find("X: y") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_proxy_answers)
{
    CHECK(!check_tunnel_answer(response_of(200)));
    CHECK(!check_tunnel_answer(response_of(299)));
    CHECK((check_tunnel_answer(response_of(407)) == http_errc::proxy_authentication));
    for (const unsigned status : {101U, 301U, 403U, 502U})
        CHECK((check_tunnel_answer(response_of(status)) == http_errc::proxy_refused), status);
}

BOOST_AUTO_TEST_CASE(what_follows_the_head_of_a_proxy_came_through_the_tunnel)
{
    CHECK(decode_heads("HTTP/1.1 200 Connection established\r\n\r\n") == "200  + ''");
    CHECK(
        decode_heads("HTTP/1.1 200 OK\r\nX: 1\r\n\r\n\x16\x03\x01") == "200 [X: 1] + '\x16\x03\x01'"
    );
    // RFC 9110, 9.3.6: lengths in such an answer mean nothing.
    CHECK(
        decode_heads("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") ==
        "200 [Content-Length: 3] + 'abc'"
    );
    CHECK(
        decode_heads("HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 101 x\r\n") == "200  + 'HTTP/1.1 101 x\r\n'"
    );
    CHECK(
        decode_heads("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 5\r\n\r\nhello"
        ) == "407 [Content-Length: 5] + 'hello'"
    );
    CHECK(decode_heads("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx") == "200  + 'x'");
    CHECK(decode_heads("SSH-2.0-OpenSSH\r\n") == "502");
}

BOOST_AUTO_TEST_CASE(what_a_client_is_told_is_said_in_words)
{
    for (const auto why :
         {http_errc::unexpected_coding, http_errc::proxy_refused, http_errc::proxy_authentication
         }) {
        const error_code ec = why;
        CHECK((ec == condition::peer_violation), ec.message());
        CHECK(ec.message() != "unknown error");
        CHECK(!reason_phrase(status_of(why)).empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
