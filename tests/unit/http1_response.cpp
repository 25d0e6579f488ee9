// SPDX-License-Identifier: BSL-1.0
#include "http1_support.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test::http1;
using namespace cosio::wire;
using namespace std::string_literals;

namespace {

// Every input of every test below is decoded whole, cut at each byte, and byte by byte.
std::string decode(std::string_view input, const http1_limits& limits = {})
{
    return decode_all_ways<http1_response_decoder>(input, limits);
}

std::string ok_with(std::string_view fields, std::string_view body = "")
{
    return "HTTP/1.1 200 OK\r\n"s.append(fields).append("\r\n").append(body);
}

http_response response_of(
    unsigned status, std::initializer_list<std::pair<std::string_view, std::string_view>> fields
)
{
    http_response response;
    response.status = status;
    for (const auto& [name, value] : fields)
        response.headers.append(name, value);
    return response;
}

std::string head_of(
    const http_response& response,
    std::size_t content_length,
    bool keep_alive = true,
    unsigned version = 11
)
{
    std::string out;
    append_response_head(out, response, content_length, keep_alive, version);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_response)

BOOST_AUTO_TEST_CASE(body_by_length)
{
    CHECK(decode("") == "");
    CHECK(
        decode(ok_with("Content-Length: 5\r\nX: 1\r\n", "hello")) ==
        "200 [Content-Length: 5][X: 1] 'hello'; "
    );
    CHECK(
        decode(ok_with("Content-Length: 0\r\n") + ok_with("Content-Length: 2\r\n", "ok")) ==
        "200 [Content-Length: 0]; 200 [Content-Length: 2] 'ok'; "
    );
    CHECK(
        decode(ok_with("Content-Length: 2\r\nConnection: close\r\n", "ok")) ==
        "200 [Content-Length: 2][Connection: close] 'ok' close; "
    );
    CHECK(
        decode("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok") ==
        "200 [Content-Length: 2] 'ok' close; "
    );
    CHECK(decode("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n") == "200 [Content-Length: 0]; ");
}

BOOST_AUTO_TEST_CASE(body_in_chunks)
{
    CHECK(
        decode(ok_with("Transfer-Encoding: chunked\r\n", "2;x\r\nok\r\n1\r\n!\r\n0\r\nX: 1\r\n\r\n")
        ) == "200 [Transfer-Encoding: chunked] 'ok!'; "
    );
    CHECK(decode(ok_with("Transfer-Encoding: chunked\r\n", "2\r\nok!\r\n")) == "502");
}

BOOST_AUTO_TEST_CASE(body_until_the_end_of_the_stream)
{
    CHECK(decode(ok_with("", "hello")) == "200  'hello' close; ");
    CHECK(decode(ok_with("")) == "200  close; ");
    CHECK(
        decode("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi") ==
        "200 [Connection: keep-alive] 'hi' close; "
    );
}

BOOST_AUTO_TEST_CASE(responses_without_body)
{
    CHECK(
        decode("HTTP/1.1 204 No Content\r\n\r\n" + ok_with("Content-Length: 0\r\n")) ==
        "204 ; 200 [Content-Length: 0]; "
    );
    CHECK(
        decode("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") ==
        "304 [Content-Length: 5]; "
    );
}

BOOST_AUTO_TEST_CASE(interim_responses_are_dropped_and_bounded)
{
    const auto interim =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"s;
    const auto final = ok_with("Content-Length: 2\r\n", "ok");
    CHECK(
        decode(interim + final + interim + final) ==
        "200 [Content-Length: 2] 'ok'; 200 [Content-Length: 2] 'ok'; "
    );
    std::string many;
    for (int i = 0; i < 8; ++i)
        many += interim;
    CHECK(decode(many + final) == "200 [Content-Length: 2] 'ok'; ");
    CHECK(decode(many + interim + final) == "502");
}

BOOST_AUTO_TEST_CASE(a_101_leaves_what_follows_it)
{
    http1_response_decoder decoder{{}};
    decoder.feed(as_bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01x")
    );
    auto* response = decoder.next().value();
    REQUIRE(response != nullptr);
    CHECK(response->status == 101);
    CHECK(response->headers["upgrade"] == "websocket");
    CHECK(decoder.release() == "\x81\x01x");
}

BOOST_AUTO_TEST_CASE(x09_limits)
{
    const http1_limits limits{.max_header_bytes = 64, .max_headers = 3, .max_body_bytes = 5};
    CHECK(decode(ok_with("Content-Length: 5\r\n", "hello"), limits).ends_with("'hello'; "));
    CHECK(decode(ok_with("Content-Length: 6\r\n"), limits) == "413");
    CHECK(decode(ok_with("", "hello"), limits) == "200  'hello' close; ");
    CHECK(decode(ok_with("", "hello!"), limits) == "413");
    CHECK(
        decode(ok_with("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n1\r\n"), limits) == "413"
    );

    const auto sized = [](std::size_t size) {
        const std::string rest = ok_with("Content-Length: 0\r\nX:\r\n");
        return ok_with("Content-Length: 0\r\nX:" + std::string(size - rest.size(), 'x') + "\r\n");
    };
    CHECK(decode(sized(64), limits).ends_with("; "));
    CHECK(decode(sized(65), limits) == "431");
    CHECK(decode("HTTP/1.1 200 " + std::string(100, 'x'), limits) == "431");
    CHECK(decode("HTTP/1.1 204 OK\r\nA:\r\nB:\r\nC:\r\n\r\n", limits) == "204 [A: ][B: ][C: ]; ");
    CHECK(decode("HTTP/1.1 204 OK\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", limits) == "431");
    // No limit is a limit too.
    CHECK(
        decode(ok_with("Content-Length: 0\r\n"), {.max_target_bytes = std::size_t(-1)}) ==
        "200 [Content-Length: 0]; "
    );
}

BOOST_AUTO_TEST_CASE(malformed_responses)
{
    for (const auto& input : {
             "HTTP/2.0 200 OK\r\n\r\n"s,
             "HTTP/1.1 20 OK\r\n\r\n"s,
             "HTTP/1.1 099 No\r\n\r\n"s,
             "HTTP/1.1 600 No\r\n\r\n"s,
             "HTTP/1.1 2000 No\r\n\r\n"s,
             "HTTP/1.1\r\n\r\n"s,
             "HTTP/1.1 200 OK\n\n"s,
             " HTTP/1.1 200 OK\r\n"s,
             "\r\nHTTP/1.1 200 OK\r\n"s,
             "\x15\x03\x01"s,
             "<html>\r\n"s,
             "HTTP/1.1 200 O\0K\r\n"s,
             ok_with("X: 1\r\n 2\r\n"),
             ok_with("X : 1\r\n"),
             ok_with("X: \x01\r\n"),
             ok_with("Content-Length: 5\r\nContent-Length: 5\r\n"),
             ok_with("Content-Length: 1, 1\r\n"),
             ok_with("Content-Length: -1\r\n"),
             ok_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
             ok_with("Transfer-Encoding: gzip\r\n"),
             "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
         }) {
        CHECK(decode(input) == "502", input);
    }
    CHECK(decode(ok_with("Transfer-Encoding: gzip, chunked\r\n")) == "501");
}

BOOST_AUTO_TEST_CASE(truncated_responses)
{
    for (const auto& response : {
             ok_with("Content-Length: 2\r\n", "ok"),
             ok_with("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n"),
         }) {
        for (std::size_t size = 1; size < response.size(); ++size)
            BOOST_REQUIRE_EQUAL(decode(response.substr(0, size)), "...");
    }
}

BOOST_AUTO_TEST_CASE(response_heads)
{
    const auto plain = response_of(200, {{"Content-Type", "text/plain"}});
    CHECK(
        head_of(plain, 5) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
    );
    CHECK(
        head_of(response_of(404, {}), 0, false) ==
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    CHECK(
        head_of(response_of(200, {}), 0, true, 10) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
    );
    CHECK(
        head_of(response_of(200, {}), 0, false, 10) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    CHECK(head_of(response_of(100, {}), 0) == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(head_of(response_of(204, {}), 0) == "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(head_of(response_of(304, {}), 0) == "HTTP/1.1 304 Not Modified\r\n\r\n");
    CHECK(head_of(response_of(299, {}), 0) == "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
    CHECK(
        head_of(response_of(101, {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}), 0) ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    );
}

BOOST_AUTO_TEST_CASE(fields_of_the_application_cannot_frame_or_split_a_response)
{
    const auto evil = response_of(
        200,
        {
            {"content-length", "0"},
            {"Transfer-Encoding", "chunked"},
            {"connection", "close"},
            {"X", "a\r\nSet-Cookie: b=c\r\n\r\n\x7f\tz"},
            {"Bad name", "1"},
            {"Bad\r\nName", "1"},
            {"", "1"},
        }
    );
    CHECK(
        head_of(evil, 2) ==
        "HTTP/1.1 200 OK\r\nX: a  Set-Cookie: b=c     \tz\r\nContent-Length: 2\r\n\r\n"
    );
}

BOOST_AUTO_TEST_CASE(request_heads)
{
    header_fields fields;
    fields.append("Host", "a");
    fields.append("X", "1\r\n2");
    std::string out;
    append_request_head(out, "GET", "/socket.io/?EIO=4&x=%20", fields);
    CHECK(out == "GET /socket.io/?EIO=4&x=%20 HTTP/1.1\r\nHost: a\r\nX: 1  2\r\n\r\n");

    out.clear();
    append_request_head(out, "POST", "/a b\r\n#\xC3\xA9\x7f", {});
    CHECK(out == "POST /a%20b%0D%0A%23%C3%A9%7F HTTP/1.1\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_the_encoders_write_the_decoders_read)
{
    for (const unsigned status : {200u, 204u, 304u, 400u, 404u, 413u, 431u, 503u}) {
        for (const std::string& body : {""s, "hello"s, std::string(3'000, '\0')}) {
            const auto response = response_of(
                status, {{"A", "1"}, {"Set-Cookie", "x"}, {"Set-Cookie", "y"}, {"E", ""}}
            );
            const bool has_body = status != 204 && status != 304;
            const auto length = "[Content-Length: " + std::to_string(body.size()) + "]";
            const auto expected =
                std::to_string(status) + " [A: 1][Set-Cookie: x][Set-Cookie: y][E: ]" +
                (has_body ? length : "") + (has_body && !body.empty() ? " '" + body + "'; " : "; ");
            const auto sent = head_of(response, body.size()) + (has_body ? body : "");
            CHECK(decode(sent + sent) == expected + expected);
        }
    }

    header_fields fields;
    fields.append("Host", "a");
    fields.append("Content-Length", "2");
    std::string out;
    append_request_head(out, "POST", "/x y?q", fields);
    CHECK(
        decode_all_ways<http1_request_decoder>(out + "ok", {}) ==
        "POST /x%20y?q [Host: a][Content-Length: 2] 'ok'; "
    );
}

BOOST_AUTO_TEST_CASE(each_refusal_knows_its_status_and_condition)
{
    struct row
    {
        http_errc value;
        unsigned status;
        condition meaning;
    };

    for (const auto& [value, status, meaning] : {
             row{http_errc::bad_request, 400, condition::peer_violation},
             row{http_errc::request_timeout, 408, condition::timeout},
             row{http_errc::body_too_large, 413, condition::limit},
             row{http_errc::target_too_long, 414, condition::limit},
             row{http_errc::expectation_failed, 417, condition::peer_violation},
             row{http_errc::too_many_requests, 429, condition::limit},
             row{http_errc::headers_too_large, 431, condition::limit},
             row{http_errc::not_implemented, 501, condition::peer_violation},
             row{http_errc::version_not_supported, 505, condition::peer_violation},
             row{http_errc::truncated, 400, condition::transport},
             row{http_errc::bad_response, 502, condition::peer_violation},
         }) {
        const error_code ec = value;
        CHECK(status_of(value) == status);
        CHECK(!reason_phrase(status).empty());
        CHECK((ec == make_error_condition(meaning)), ec.message());
        CHECK(ec.message() != "unknown error");
    }
}

BOOST_AUTO_TEST_SUITE_END()
