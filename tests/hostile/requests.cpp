// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.1, rows H: what comes over TCP instead of HTTP/1.1, or in its name.
#include "runner.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;
using namespace std::string_literals;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view next_request = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";

/// A handshake with these fields.
string get_with(std::string_view fields)
{
    return http_text("GET", handshake, {}, fields);
}

/// A request with a body, framed by these fields.
string post_with(std::string_view fields, std::string_view body)
{
    return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\n{}\r\n{}", handshake, fields, body);
}

string chunked(std::string_view body)
{
    return post_with("Transfer-Encoding: chunked\r\n", body);
}

strings each(const strings& parts, const std::function<string(const string&)>& make)
{
    strings all;
    for (const string& part : parts)
        all.push_back(make(part));
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_requests)

BOOST_AUTO_TEST_CASE(H01_bare_line_feeds)
{
    run(
        {.inputs = refused(
             400,
             {"GET / HTTP/1.1\nHost: a\n\n",
              "GET / HTTP/1.1\r\nHost: a\n",
              "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
              "GET / HTTP/1.1\r\nHost: a\r\n\n"}
         )}
    );
}

BOOST_AUTO_TEST_CASE(H02_no_host)
{
    run({.inputs = refused(400, {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nX: Host\r\n\r\n"})});
}

BOOST_AUTO_TEST_CASE(H03_two_hosts)
{
    run({.inputs = refused(400, {get_with("Host: x\r\n"), get_with("host: y\r\n")})});
}

BOOST_AUTO_TEST_CASE(H04_folded_fields)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"X: 1\r\n 2\r\n", "X: 1\r\n\t2\r\n", "X:\r\n \r\n"},
                 [](const string& fields) { return get_with(fields); }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H05_content_length_and_transfer_encoding)
{
    const string body = "0\r\n\r\n" + string{next_request};
    run(
        {.inputs = refused(
             400,
             each(
                 {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                  "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                  "transfer-encoding: CHUNKED\r\ncontent-length: 0\r\n"},
                 [&](const string& fields) { return post_with(fields, body); }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H06_content_length_twice)
{
    run(
        {.inputs = refused(
             400,
             {post_with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
              post_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")}
         )}
    );
}

BOOST_AUTO_TEST_CASE(H08_content_lengths_that_are_none)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"+1",
                  "-1",
                  "0x1",
                  "1_0",
                  "1 1",
                  "",
                  "1, 1",
                  "1,",
                  "00000000000000000001",
                  "18446744073709551617"},
                 [](const string& length) {
                     return post_with("Content-Length: " + length + "\r\n", "1");
                 }
             )
         )}
    );
    // White space behind it is none of its; the request itself is refused, for there is no session.
    run(
        {.inputs =
             {
                 {"white space behind it",
                  {
                      send(post_with("Content-Length: 5 \t \r\n", "hello")),
                      answer(400, R"({"code":2,"message":"Bad handshake method"})"),
                  }},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H12_chunk_sizes_that_are_none)
{
    run(
        {.inputs =
             refused(400, each({"00000000000000001\r\na\r\n0\r\n\r\n", "0x1\r\na\r\n"}, chunked))}
    );
}

BOOST_AUTO_TEST_SUITE_END()
