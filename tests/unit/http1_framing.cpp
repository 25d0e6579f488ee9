// SPDX-License-Identifier: BSL-1.0
#include "http1_support.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test::http1;
using namespace cosio::wire;
using namespace std::string_literals;

namespace {

std::string decode(std::string_view input, const http1_limits& limits = {})
{
    return decode_requests(input, limits);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_framing)

BOOST_AUTO_TEST_CASE(h05_content_length_beside_transfer_encoding)
{
    const auto evil = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(decode(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", evil)) == "400");
    CHECK(decode(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", evil)) == "400");
    CHECK(decode(post("transfer-encoding: CHUNKED\r\ncontent-length: 0\r\n", evil)) == "400");
    CHECK(decode(post("Content-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n", evil)) == "400");
    CHECK(decode(post("Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n", evil)) == "400");
}

BOOST_AUTO_TEST_CASE(h06_h08_content_length)
{
    CHECK(decode(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")) == "400");
    CHECK(decode(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")) == "400");
    for (const auto length :
         {"+1",
          "-1",
          "0x1",
          "1_0",
          "",
          "1, 1",
          "1,",
          "1 1",
          "1a",
          "1;",
          "00000000000000000001",
          "18446744073709551617"}) {
        CHECK(decode(with_length(length)) == "400", length);
    }
    CHECK(decode(with_length("5 \t ")) == "POST / [Host: a][Content-Length: 5] 'hello'; ");
    CHECK(decode(with_length("9999999999999999999")) == "413");
}

BOOST_AUTO_TEST_CASE(h09_h10_h11_transfer_encoding)
{
    for (const auto value :
         {"chunked, identity",
          "xchunked",
          ",chunked",
          "chunked,",
          "gzip",
          "identity",
          "chunked, gzip",
          "chunked, chunked",
          "chunked;q=1",
          "\"chunked\"",
          "",
          "\vchunked",
          "chunked\v"}) {
        const auto field = "Transfer-Encoding: "s + value + "\r\n";
        CHECK(decode(post(field, "0\r\n\r\n")) == "400", value);
    }
    CHECK(
        decode(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "")) == "400"
    );
    CHECK(decode(post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "")) == "400");
    CHECK(decode(post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")) == "501");
    CHECK(
        decode(post("Transfer-Encoding: \tChunked \r\n", "0\r\n\r\n")) ==
        "POST / [Host: a][Transfer-Encoding: Chunked]; "
    );
    CHECK(decode("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == "400");
}

BOOST_AUTO_TEST_CASE(h12_h15_chunks)
{
    for (const auto body : {
             "00000000000000001\r\na\r\n0\r\n\r\n",  // 17 digits
             "fffffffffffffffff\r\n",
             "0x1\r\na\r\n",
             "\r\na\r\n",
             ";x\r\n",
             " 1\r\na\r\n",
             "1 \r\na\r\n",
             "+1\r\na\r\n",
             "-1\r\na\r\n",
             "g\r\n",
             "1\na\r\n",
             "1\ra\r\n",
             "1;x=\"\n\"\r\na\r\n",
             "1\r\na\n0\r\n\r\n",
             "1\r\na\r0\r\n\r\n",
             "0\n\r\n",
             "0\r\n\n",
             "0\r\n\r\r",
             "1;\r\na\r\n",
             "1;=x\r\na\r\n",
             "1;x=\"y\r\na\r\n0\r\n\r\n",
             "0;x=\"y\r\nB: \"\r\n\r\n",
             "2\r\nabc\r\n0\r\n\r\n",          // longer than announced
             "4\r\nab\r\n0\r\n\r\n0\r\n\r\n",  // shorter
         }) {
        CHECK(decode(chunked(body)) == "400", body);
    }
    CHECK(decode(chunked("0000000000000001\r\na\r\n0\r\n\r\n")) == decoded_chunks("a"));
    CHECK(decode(chunked("ffffffffffffffff\r\n")) == "413");
}

BOOST_AUTO_TEST_CASE(h13_chunk_extensions_are_bounded)
{
    const auto extended = [](std::size_t size) { return ";" + std::string(size - 1, 'x'); };
    CHECK(decode(chunked("1" + extended(20'000) + "\r\na\r\n0\r\n\r\n")) == "413");
    CHECK(decode(chunked("1" + extended(20'000))) == "413");  // at the byte

    const http1_limits limits{.max_header_bytes = 100};
    const auto body = [&](std::size_t first, std::size_t second) {
        return chunked("1" + extended(first) + "\r\na\r\n0" + extended(second) + "\r\n\r\n");
    };
    CHECK(decode(body(50, 49), limits) == decoded_chunks("a"));
    CHECK(decode(body(50, 50), limits) == decoded_chunks("a"));
    CHECK(decode(body(50, 51), limits) == "413");  // all of one message together
}

BOOST_AUTO_TEST_CASE(h16_h17_trailers)
{
    CHECK(decode(chunked("1\r\na\r\n0;x\r\nX: 1\r\nY: 2\r\n\r\n")) == decoded_chunks("a"));
    for (const auto trailer :
         {"Content-Length: 1",
          "Transfer-Encoding: chunked",
          "Host: a",
          "host:",
          "X\x01: 1",
          "X : 1",
          "X: \x7f",
          "X",
          " X: 1",
          "X: 1\r\n 2"}) {
        CHECK(decode(chunked("0\r\n"s + trailer + "\r\n\r\n")) == "400", trailer);
    }
    CHECK(decode(chunked("0\r\nX: " + std::string(17'000, 'x'))) == "431");

    const http1_limits limits{.max_header_bytes = 100, .max_headers = 3};
    const auto sized = [](std::size_t size) {
        return chunked("0\r\nX: " + std::string(size - 7, 'x') + "\r\n\r\n");
    };
    CHECK(decode(sized(99), limits) == "POST / [Host: a][Transfer-Encoding: chunked]; ");
    CHECK(decode(sized(100), limits) == "POST / [Host: a][Transfer-Encoding: chunked]; ");
    CHECK(decode(sized(101), limits) == "431");
    CHECK(
        decode(chunked("0\r\nA:\r\nB:\r\nC:\r\n\r\n"), limits) ==
        "POST / [Host: a][Transfer-Encoding: chunked]; "
    );
    CHECK(decode(chunked("0\r\nA:\r\nB:\r\nC:\r\nD:\r\n"), limits) == "431");
}

BOOST_AUTO_TEST_CASE(body_bytes_are_bounded)  // P09
{
    const http1_limits limits{.max_body_bytes = 5};
    CHECK(decode(with_length("4", "hell"), limits).ends_with(" 'hell'; "));
    CHECK(decode(with_length("5"), limits).ends_with(" 'hello'; "));
    CHECK(decode(with_length("6", ""), limits) == "413");  // at the header
    CHECK(decode(chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), limits) == decoded_chunks("hello"));
    CHECK(decode(chunked("3\r\nhel\r\n3\r\n"), limits) == "413");  // before the byte
    CHECK(decode(chunked("6\r\n"), limits) == "413");
}

BOOST_AUTO_TEST_CASE(h31_body_of_a_get_is_dropped_and_is_no_request)
{
    const auto body = get("", "/evil");
    const auto length = std::to_string(body.size());
    CHECK(
        decode(get("Content-Length: " + length + "\r\n") + body + get("")) ==
        "GET / [Host: a][Content-Length: " + length + "]; " + decoded_get
    );
    CHECK(
        decode(get("Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n" + get("")) ==
        "GET / [Host: a][Transfer-Encoding: chunked]; " + decoded_get
    );
    CHECK(decode(get("Content-Length: 6\r\n"), {.max_body_bytes = 5}) == "413");
}

BOOST_AUTO_TEST_SUITE_END()
