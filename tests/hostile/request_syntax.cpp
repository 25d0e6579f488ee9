// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.1, rows H: what comes instead of HTTP/1.1, or nearly is.
#include "requests.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;
using namespace std::string_literals;

namespace {

string with_line(const string& line)
{
    return line + "\r\nHost: a\r\n\r\n";
}

/// What the limit lets through, and what it stops.
void run_limit(
    const http_options& options,
    const strings& good,
    int good_status,
    const string& bad,
    int bad_status,
    const string& reached
)
{
    row what{.http = options, .inputs = answered(good_status, std::nullopt, good)};
    what.inputs.push_back(
        {"beyond",
         {send(bad), answer_with(bad_status, "connection", "close"), ended(), limits(reached)}}
    );
    run(what);
}

/// A request whose head is `size` bytes long.
string head_of(std::size_t size)
{
    const string empty = lost("X: \r\n");
    return lost(fmt::format("X: {:x<{}}\r\n", "", size - empty.size()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_request_syntax)

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
        {.inputs =
             refused(400, each({"X: 1\r\n 2\r\n", "X: 1\r\n\t2\r\n", "X:\r\n \r\n"}, get_with))}
    );
}

BOOST_AUTO_TEST_CASE(H05_content_length_and_transfer_encoding)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                  "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                  "transfer-encoding: CHUNKED\r\ncontent-length: 0\r\n"},
                 [](const string& fields) {
                     return lost(fields, fmt::format("0\r\n\r\n{}", smuggled));
                 }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H06_content_length_twice)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"Content-Length: 5\r\nContent-Length: 5\r\n",
                  "Content-Length: 5\r\nContent-Length: 6\r\n"},
                 [](const string& fields) { return lost(fields, "hello"); }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H08_content_lengths_that_are_none)
{
    const auto with_length = [](const string& length) {
        return lost("Content-Length: " + length + "\r\n", "1");
    };
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
                 with_length
             )
         )}
    );
    run({.inputs = answered(404, nobody, each({"1 ", "1 \t ", "\t1"}, with_length))});
}

BOOST_AUTO_TEST_CASE(H09_transfer_encodings_that_are_none)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"chunked, identity",
                  "xchunked",
                  ",chunked",
                  "chunked,",
                  "gzip",
                  "chunked, gzip",
                  "chunked, chunked",
                  "",
                  "\vchunked",
                  "chunked\r\nTransfer-Encoding: chunked"},
                 [](const string& coding) {
                     return lost("Transfer-Encoding: " + coding + "\r\n", "0\r\n\r\n");
                 }
             )
         )}
    );
    run(
        {.inputs =
             answered(404, nobody, {lost("Transfer-Encoding: Chunked \r\n", "1\r\na\r\n0\r\n\r\n")})
        }
    );
}

BOOST_AUTO_TEST_CASE(H10_compressed_chunks)
{
    run({.inputs = refused(501, {lost("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")})});
}

BOOST_AUTO_TEST_CASE(H11_chunks_in_http_1_0)
{
    run(
        {.inputs =
             refused(400, {"POST /nobody HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"})}
    );
}

BOOST_AUTO_TEST_CASE(H12_chunk_sizes_that_are_none)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"00000000000000001\r\na\r\n0\r\n\r\n",
                  "0x1\r\na\r\n",
                  "\r\na\r\n",
                  " 1\r\na\r\n",
                  "+1\r\na\r\n",
                  "-1\r\na\r\n",
                  "1\na\r\n",
                  "1\ra\r\n",
                  "1\r\na\n0\r\n\r\n",
                  "1\r\na\r0\r\n\r\n",
                  "0\n\r\n",
                  "0\r\n\n"},
                 lost_chunks
             )
         )}
    );
    run({.inputs = answered(404, nobody, {lost_chunks("0000000000000001\r\na\r\n0\r\n\r\n")})});
}

BOOST_AUTO_TEST_CASE(H13_long_chunk_extensions)
{
    run({.inputs = refused(413, {lost_chunks("1;" + string(20'000, 'x') + "\r\na\r\n0\r\n\r\n")})});
}

BOOST_AUTO_TEST_CASE(H15_chunks_of_other_lengths_than_they_say)
{
    const string head = http_text("POST", target(), {}, "Transfer-Encoding: chunked\r\n");
    const steps rest{
        answer_with(400, "connection", "close"),
        ended(),
        on("get"),
        answer(200, "1"),
        told({"disconnect transport error"}),
        gone()
    };
    std::vector<input> inputs;
    for (const string chunks :
         {"2\r\n42[\"x\"]\r\n0\r\n\r\n",                  // longer
          "a\r\n42[\"x\"]\r\n0\r\n\r\n\r\n",              // shorter
          "3\r\n42[\r\n9\r\n\"x\"]\r\n0\r\n\r\n\r\n"}) {  // in its second chunk
        steps in_two{polling_session(), send(head), send(chunks)};
        in_two.insert(in_two.end(), rest.begin(), rest.end());
        steps in_one{polling_session(), send(head + chunks)};
        in_one.insert(in_one.end(), rest.begin(), rest.end());
        inputs.push_back({chunks, in_two});
        inputs.push_back({chunks + " with the head", in_one});
    }
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(H16_trailers_that_belong_to_a_head)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"Content-Length: 1", "Transfer-Encoding: chunked", "Host: a", "host:"},
                 [](const string& field) { return lost_chunks("0\r\n" + field + "\r\n\r\n"); }
             )
         )}
    );
    run({.inputs = answered(404, nobody, {lost_chunks("0\r\nX: 1\r\n\r\n")})});
}

BOOST_AUTO_TEST_CASE(H17_long_trailers)
{
    run({.inputs = refused(431, {lost_chunks("0\r\nX: " + string(17'000, 'x'))})});
}

BOOST_AUTO_TEST_CASE(H18_fields_without_a_name)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"X : 1", ": 1", "X-Bad[]: 1", "X", "X\x80: 1", "\0: 1"s, "X\tY: 1"},
                 [](const string& field) { return get_with(field + "\r\n"); }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H19_control_characters_in_a_field)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"X: \0"s, "X: a\rb", "X: \x01", "X: \x7f", "X: \x1b[0m"},
                 [](const string& field) { return get_with(field + "\r\n"); }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H21_long_heads)
{
    run({.inputs = refused(431, {get_with("X: " + string(20'000, 'x') + "\r\n")})});
    run_limit(
        {.max_header_bytes = 300},
        {head_of(299), head_of(300)},
        404,
        head_of(301),
        431,
        "max_header_bytes 1"
    );
}

BOOST_AUTO_TEST_CASE(H22_many_fields)
{
    const auto fields = [](unsigned count) {
        string all;
        for (unsigned i = 1; i < count; ++i)  // Host is the first
            all += "X: 1\r\n";
        return lost(all);
    };
    run({.inputs = refused(431, {fields(3'000)})});
    run_limit(
        {.max_headers = 9}, {fields(8), fields(9)}, 404, fields(10), 431, "max_header_bytes 1"
    );
}

BOOST_AUTO_TEST_CASE(H23_long_targets)
{
    const auto of_size = [](std::size_t size) {
        return http_text("GET", "/" + string(size - 1, 'x'));
    };
    run({.inputs = refused(414, {of_size(20'000)})});
    run_limit(
        {.max_target_bytes = 64},
        {of_size(63), of_size(64)},
        404,
        of_size(65),
        414,
        "max_target_bytes 1"
    );
}

BOOST_AUTO_TEST_CASE(H24_what_is_not_http)
{
    string noise;
    for (unsigned i = 0; i < 500; ++i)
        noise += static_cast<char>(i * 167 + 13);
    run(
        {.inputs = refused(
             400,
             {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
              "\x16\x03\x01\x02\x00\x01"s,
              noise,
              string(40, 'x'),
              "\r\n\r\n\r\n" + get_with(""),
              "\r\n\r\n\r"}
         )}
    );
    run({.inputs = welcome({"\r\n\r\n" + get_with("")})});
}

BOOST_AUTO_TEST_CASE(H25_versions)
{
    run(
        {.inputs =
             refused(505, each({"GET / HTTP/9.9", "GET / HTTP/2.0", "GET / HTTP/1.2"}, with_line))}
    );
    run(
        {.inputs = refused(
             400,
             each(
                 {"GET / HTTP/1.10",
                  "GET / HTTP/1",
                  "GET / HTTP/1.",
                  "GET / ",
                  "GET /",
                  "GET / http/1.1"},
                 with_line
             )
         )}
    );
    run({.inputs = refused(400, {"GET /\r\n"})});
}

BOOST_AUTO_TEST_CASE(H26_methods)
{
    run(
        {.inputs = refused(
             400,
             each({"get / HTTP/1.1", "Get / HTTP/1.1", " / HTTP/1.1", "G\"T / HTTP/1.1"}, with_line)
         )}
    );
    run({.inputs = refused(501, each({"FOO / HTTP/1.1", "PROPFIND / HTTP/1.1"}, with_line))});
}

BOOST_AUTO_TEST_CASE(H27_targets)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"GET  / HTTP/1.1",
                  "GET /  HTTP/1.1",
                  "GET / a HTTP/1.1",
                  "GET /\t HTTP/1.1",
                  "GET /\xC3\xA9 HTTP/1.1",
                  "GET /#a HTTP/1.1",
                  "GET a HTTP/1.1"},
                 with_line
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H28_a_target_with_a_host)
{
    run({.inputs = welcome({http_text("GET", fmt::format("http://x{}", opening))})});
}

BOOST_AUTO_TEST_CASE(H29_methods_that_no_server_of_ours_has)
{
    run(
        {.inputs = refused(
             400,
             each(
                 {"OPTIONS * HTTP/1.1",
                  "CONNECT a:443 HTTP/1.1",
                  "CONNECT / HTTP/1.1",
                  "TRACE / HTTP/1.1"},
                 [](const string& line) { return with_line(line).append(smuggled); }
             )
         )}
    );
}

BOOST_AUTO_TEST_SUITE_END()
