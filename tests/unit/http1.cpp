// SPDX-License-Identifier: BSL-1.0
#include "wire/http1.hpp"

#include "../support/alloc_counter.hpp"
#include "http1_support.hpp"
#include "support/check.hpp"

#include <random>

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

BOOST_AUTO_TEST_SUITE(http1)

BOOST_AUTO_TEST_CASE(requests_with_and_without_body)
{
    CHECK(decode("") == "");
    CHECK(decode(get("")) == decoded_get);
    CHECK(
        decode(get("X:1\r\nY: \t2 3\xC3\xA9 \t\r\nZ:\r\n")) ==
        "GET / [Host: a][X: 1][Y: 2 3\xC3\xA9][Z: ]; "
    );
    CHECK(decode(with_length("5")) == "POST / [Host: a][Content-Length: 5] 'hello'; ");
    CHECK(decode(with_length("0", "")) == "POST / [Host: a][Content-Length: 0]; ");
    CHECK(
        decode(chunked("5\r\nhello\r\n00b;x=\"y z\";w\r\n, friends!\n\r\n0\r\n\r\n")) ==
        decoded_chunks("hello, friends!\n")
    );
    CHECK(decode(chunked("0\r\n\r\n")) == "POST / [Host: a][Transfer-Encoding: chunked]; ");
    for (const auto method : {"GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH"}) {
        const auto request = std::string{method} + " / HTTP/1.1\r\nHost: a\r\n\r\n";
        CHECK(decode(request) == std::string{method} + " / [Host: a]; ");
    }
}

BOOST_AUTO_TEST_CASE(keep_alive_follows_version_and_connection)
{
    CHECK(
        decode(get("Connection: x, Close\r\n")) == "GET / [Host: a][Connection: x, Close] close; "
    );
    CHECK(decode("GET / HTTP/1.0\r\n\r\n") == "GET /  1.0 close; ");
    CHECK(
        decode("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") ==
        "GET / [Connection: keep-alive] 1.0; "
    );
    // A trailer cannot change what the head said (A35).
    CHECK(
        decode(chunked("0\r\nConnection: close\r\nX-Evil: 1\r\n\r\n")) ==
        "POST / [Host: a][Transfer-Encoding: chunked]; "
    );
}

BOOST_AUTO_TEST_CASE(h01_bare_lf)
{
    CHECK(decode("GET / HTTP/1.1\nHost: a\n\n") == "400");
    CHECK(decode("GET / HTTP/1.1\r\nHost: a\n") == "400");
    CHECK(decode("\nGET / HTTP/1.1\r\n") == "400");
    CHECK(decode("GET / HTTP/1.1\r\nHost: a\r\n\n") == "400");
}

BOOST_AUTO_TEST_CASE(h02_h03_one_host)
{
    CHECK(decode("GET / HTTP/1.1\r\n\r\n") == "400");
    CHECK(decode("GET / HTTP/1.1\r\nX: Host\r\n\r\n") == "400");
    CHECK(decode(get("Host: a\r\n")) == "400");
    CHECK(decode(get("host: b\r\n")) == "400");
    CHECK(decode("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == "400");
    CHECK(decode("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == "400");
    CHECK(decode("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == "400");
    CHECK(decode("GET / HTTP/1.1\r\nHost: [::1]:3000\r\n\r\n") == "GET / [Host: [::1]:3000]; ");
}

BOOST_AUTO_TEST_CASE(h04_obs_fold)
{
    CHECK(decode(get("X: 1\r\n 2\r\n")) == "400");
    CHECK(decode(get("X: 1\r\n\t2\r\n")) == "400");
    CHECK(decode("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == "400");
    CHECK(decode(get("X:\r\n \r\n")) == "400");
}

BOOST_AUTO_TEST_CASE(h18_h19_field_syntax)
{
    for (const auto& field :
         {"X : 1"s,
          ": 1"s,
          "X-Bad[]: 1"s,
          "X"s,
          "X\x80: 1"s,
          "X: \0"s,
          "X: a\rb"s,
          "X: \x01"s,
          "X: \x7f"s,
          "X: \x1b[0m"s,
          "\0: 1"s,
          "X\tY: 1"s}) {
        CHECK(decode(get(field + "\r\n")) == "400", field);
    }
}

BOOST_AUTO_TEST_CASE(h21_header_bytes_are_bounded)
{
    CHECK(decode(get("X: " + std::string(20'000, 'x'))) == "431");

    const http1_limits limits{.max_header_bytes = 100};
    const auto sized = [](std::size_t size) {
        const std::string rest = get("X: \r\n");
        return get("X: " + std::string(size - rest.size(), 'x') + "\r\n");
    };
    CHECK(decode(sized(99), limits).starts_with("GET / [Host: a][X: x"));
    CHECK(decode(sized(100), limits).starts_with("GET / [Host: a][X: x"));
    CHECK(decode("\r\n\r\n" + sized(100), limits).starts_with("GET / [Host: a][X: x"));
    CHECK(decode(sized(101), limits) == "431");
    CHECK(decode(sized(100) + sized(100) + sized(101), limits).ends_with("; 431"));
    CHECK(decode(get(""), {.max_header_bytes = 2}) == "431");
}

BOOST_AUTO_TEST_CASE(h22_fields_are_counted)
{
    std::string many;
    for (int i = 0; i < 3'000; ++i)
        many += "X: 1\r\n";
    CHECK(decode(get(many)) == "431");

    const http1_limits limits{.max_headers = 3};
    CHECK(decode(get("A:\r\n"), limits) == "GET / [Host: a][A: ]; ");
    CHECK(decode(get("A:\r\nB:\r\n"), limits) == "GET / [Host: a][A: ][B: ]; ");
    CHECK(decode(get("A:\r\nB:\r\nC:\r\n"), limits) == "431");
}

BOOST_AUTO_TEST_CASE(h23_targets_are_bounded)
{
    CHECK(decode(get("", "/" + std::string(20'000, 'x'))) == "414");
    CHECK(decode("GET /" + std::string(8'300, 'x')) == "414");

    const http1_limits limits{.max_target_bytes = 10};
    CHECK(decode(get("", "/23456789"), limits) == "GET /23456789 [Host: a]; ");
    CHECK(decode(get("", "/234567890"), limits) == "GET /234567890 [Host: a]; ");
    CHECK(decode(get("", "/2345678901"), limits) == "414");
    CHECK(decode(get("", "/" + std::string(30, 'x')), limits) == "414");
}

BOOST_AUTO_TEST_CASE(h24_what_is_not_http)
{
    CHECK(decode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "400");
    CHECK(decode("\x16\x03\x01\x02\x00\x01"s) == "400");  // TLS ClientHello
    CHECK(decode("\x16") == "400");
    CHECK(decode(std::string(40, 'x')) == "400");
    CHECK(decode("\r\n\r\n" + get("")) == decoded_get);
    CHECK(decode(get("") + "\r\n\r\n" + get("")) == decoded_get + decoded_get);
    CHECK(decode("\r\n\r\n\r\n" + get("")) == "400");
    CHECK(decode("\r\n\r\n\r") == "400");
    CHECK(decode("\r\n\r\n") == "");
    CHECK(decode("\rGET / HTTP/1.1") == "400");
}

BOOST_AUTO_TEST_CASE(h24_random_bytes_and_damaged_requests_end_the_same_however_they_are_cut)
{
    std::mt19937 random{2024};
    const auto valid =
        chunked("5;x=y\r\nhello\r\n0\r\nX: 1\r\n\r\n") + get("Expect: x\r\n") + with_length("5");
    const http1_limits limits{.max_header_bytes = 200, .max_headers = 4, .max_body_bytes = 50};
    for (int round = 0; round < 400; ++round) {
        std::string input = valid;
        for (auto faults = random() % 4; faults > 0; --faults) {
            const auto at = random() % input.size();
            switch (random() % 4) {
            case 0: input[at] = static_cast<char>(random()); break;
            case 1: input.erase(at, random() % 4); break;
            case 2: input.insert(at, 1, "\r\n\0 :;0f\""[random() % 9]); break;
            default: input.insert(at, input.substr(random() % input.size(), random() % 40)); break;
            }
        }
        if (round % 10 == 0)
            std::ranges::generate(input, [&] { return static_cast<char>(random()); });
        BOOST_TEST_INFO_SCOPE("round " << round);
        decode(input, limits);
    }
}

BOOST_AUTO_TEST_CASE(h25_versions)
{
    const auto with_line = [](std::string_view line) {
        return decode(std::string{line} + "\r\nHost: a\r\n\r\n");
    };
    CHECK(with_line("GET / HTTP/9.9") == "505");
    CHECK(with_line("GET / HTTP/2.0") == "505");
    CHECK(with_line("GET / HTTP/0.9") == "505");
    CHECK(with_line("GET / HTTP/1.2") == "505");
    for (const auto version :
         {"HTTP/1.10",
          "HTTP/1",
          "HTTP/1.",
          "HTTP",
          "",
          "HTTP/11",
          "http/1.1",
          "HTTP/1.1 ",
          "HTTP/x.1",
          "HTTPS/1.1",
          "HTTP/ 1.1"}) {
        CHECK(with_line("GET / "s + version) == "400", version);
    }
    CHECK(decode("GET /\r\n") == "400");  // HTTP/0.9, answered without waiting for more
}

BOOST_AUTO_TEST_CASE(h26_h29_methods)
{
    const auto with_method = [](std::string_view method, std::string_view target = "/") {
        return decode(
            std::string{method}.append(" ").append(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"
        );
    };
    CHECK(with_method("get") == "400");
    CHECK(with_method("Get") == "400");
    CHECK(with_method("FOO") == "501");
    CHECK(with_method("PROPFIND") == "501");
    CHECK(with_method(std::string(33, 'X')) == "400");
    CHECK(with_method(std::string(32, 'X')) == "501");
    CHECK(with_method("G\"T") == "400");
    CHECK(with_method("") == "400");
    CHECK(with_method("TRACE") == "400");
    CHECK(with_method("CONNECT", "a:443") == "400");
    CHECK(with_method("CONNECT") == "400");
    CHECK(with_method("OPTIONS", "*") == "400");
}

BOOST_AUTO_TEST_CASE(h27_h28_targets)
{
    for (const auto line :
         {"GET  / HTTP/1.1",
          "GET /  HTTP/1.1",
          "GET / a HTTP/1.1",
          "GET /\t HTTP/1.1",
          "GET /\xC3\xA9 HTTP/1.1",
          "GET /#a HTTP/1.1",
          "GET /?#a HTTP/1.1",
          "GET a HTTP/1.1",
          "GET ?a HTTP/1.1",
          "GET http:///a HTTP/1.1",
          "GET http://?a HTTP/1.1",
          "GET http://u@a/ HTTP/1.1",
          "GET ftp://a/ HTTP/1.1",
          "GET http:/a HTTP/1.1"}) {
        CHECK(decode(std::string{line} + "\r\nHost: a\r\n\r\n") == "400", line);
    }
    CHECK(decode(get("", "/a%20b?c=d{|}")) == "GET /a%20b?c=d{|} [Host: a]; ");
    CHECK(decode(get("", "http://x/socket.io/?EIO=4")) == "GET /socket.io/?EIO=4 [Host: x]; ");
    CHECK(decode(get("", "HTTPS://x:1?a=/b")) == "GET /?a=/b [Host: x:1]; ");
    CHECK(decode(get("", "http://x")) == "GET / [Host: x]; ");
    CHECK(decode(get("", "//socket.io/")) == "GET //socket.io/ [Host: a]; ");
}

BOOST_AUTO_TEST_CASE(h30_expect)
{
    CHECK(decode(post("Expect: foo\r\nContent-Length: 5\r\n", "")) == "417");
    CHECK(
        decode(post("Expect: 100-continue\r\nExpect: foo\r\nContent-Length: 5\r\n", "")) == "417"
    );
    CHECK(decode("GET / HTTP/1.0\r\nExpect: foo\r\n\r\n") == "GET / [Expect: foo] 1.0 close; ");

    http1_request_decoder decoder{{}};
    const auto take_continue_after = [&](std::string_view bytes) {
        decoder.feed(as_bytes(bytes));
        std::string transcript;
        drain(decoder, transcript);
        return transcript + (decoder.take_continue() ? "100" : "");
    };
    CHECK(take_continue_after("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n") == "");
    CHECK(take_continue_after("Content-Length: 2\r\n\r\n") == "100");
    CHECK(take_continue_after("o") == "");  // once
    CHECK(
        take_continue_after("k") ==
        "POST / [Host: a][Expect: 100-Continue][Content-Length: 2] 'ok'; "
    );
    CHECK(
        take_continue_after(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok")) ==
        "POST / [Host: a][Expect: 100-continue][Content-Length: 2] 'ok'; "
    );
    // Its body is here already, whatever follows; nobody waits for a 100.
    const auto whole = post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok");
    CHECK(
        take_continue_after(whole + "\r\n") ==
        "POST / [Host: a][Expect: 100-continue][Content-Length: 2] 'ok'; "
    );
    CHECK(
        take_continue_after(get("Expect: 100-continue\r\n")) ==
        "GET / [Host: a][Expect: 100-continue]; "
    );
    CHECK(
        take_continue_after("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        ) == ""
    );
}

BOOST_AUTO_TEST_CASE(h32_h33_pipelined_requests_come_out_before_what_is_wrong_behind_them)
{
    CHECK(
        decode(get("") + with_length("2", "ok") + get("")) ==
        decoded_get + "POST / [Host: a][Content-Length: 2] 'ok'; " + decoded_get
    );
    CHECK(decode(get("") + "garbage\r\n\r\n") == decoded_get + "400");
    CHECK(decode(with_length("2", "ok!")) == "POST / [Host: a][Content-Length: 2] 'ok'; ...");
    CHECK(decode(get("") + "\x01" + get("")) == decoded_get + "400");
}

BOOST_AUTO_TEST_CASE(h19_a_bare_cr_is_refused_at_once)
{
    CHECK(decode("GET / HTTP/1.1\r\nX: a\rb") == "400");
    CHECK(decode("GET / HTTP/1.1\rX") == "400");
}

BOOST_AUTO_TEST_CASE(the_largest_limits_do_not_wrap_around)
{
    constexpr auto most = static_cast<std::size_t>(-1);
    const http1_limits limits{most, most, most, most};
    CHECK(decode(get("", "/abcdefghijklmnop"), limits) == "GET /abcdefghijklmnop [Host: a]; ");
    CHECK(
        decode(chunked("1;xxxxxxxxxxxxxxxxxxxxxx\r\na\r\n0\r\n\r\n"), limits) == decoded_chunks("a")
    );
}

BOOST_AUTO_TEST_CASE(h34_truncated_requests_give_nothing)
{
    for (const auto& request :
         {get("X: 1\r\n"), with_length("5"), chunked("1\r\na\r\n0\r\nX: 1\r\n\r\n")}) {
        for (std::size_t size = 1; size < request.size(); ++size)
            BOOST_REQUIRE_EQUAL(decode(request.substr(0, size)), "...");
    }
}

BOOST_AUTO_TEST_CASE(A30_requests_in_blocks_without_slack)
{
    const std::string upgrade = get("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    const std::string uploads =
        with_length("5") + chunked("5;x=\"y\"\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n") + get("");
    CHECK(
        decode(uploads) ==
        "POST / [Host: a][Content-Length: 5] 'hello'; " + decoded_chunks("hello") + decoded_get
    );
    CHECK(decode(upgrade).starts_with("GET / [Host: a][Connection: Upgrade]"));
    for (const std::string& wrong : {"\r\n\r\n\r\n"s, "GET"s, ":"s, "GET / HTTP/1.1\r\n:\r\n\r\n"s})
        CHECK(decode(wrong).find("GET /") == std::string::npos, wrong);
}

BOOST_AUTO_TEST_CASE(an_error_is_final_and_frees_everything)
{
    http1_request_decoder decoder{{}};
    decoder.feed(as_bytes(get("") + "\n" + get("")));
    REQUIRE(decoder.next().value() != nullptr);
    CHECK((decoder.next().error() == http_errc::bad_request));
    CHECK(!decoder.holds_memory());
    decoder.feed(as_bytes(get("")));
    CHECK((decoder.next().error() == http_errc::bad_request));
    CHECK((decoder.finish() == http_errc::bad_request));
    CHECK(!decoder.holds_memory());
}

BOOST_AUTO_TEST_CASE(progress_of_a_request_can_be_watched)
{
    http1_request_decoder decoder{{}};
    const auto state_after = [&](std::string_view bytes) {
        decoder.feed(as_bytes(bytes));
        const auto* request = decoder.next().value();
        return (decoder.mid_request() ? "mid " : "idle ") + std::to_string(decoder.body_bytes()) +
               (decoder.head() ? " head " + decoder.head()->target : "") + (request ? " done" : "");
    };
    CHECK(state_after("\r\n") == "idle 0");
    CHECK(state_after("P") == "mid 0");
    CHECK(state_after("OST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r") == "mid 0");
    CHECK(state_after("\n") == "mid 0 head /x");
    CHECK(state_after("abc") == "mid 3 head /x");
    CHECK(state_after("dG") == "mid 0 done");
    CHECK(state_after("ET / HTTP/1.1\r\nHost: a\r\n\r\n") == "idle 0 done");
}

BOOST_AUTO_TEST_CASE(w12_an_upgrade_takes_along_what_follows_the_request)
{
    http1_request_decoder decoder{{}};
    decoder.feed(as_bytes(get("Upgrade: websocket\r\n") + "\x81\x85"));
    REQUIRE(decoder.next().value() != nullptr);
    CHECK(decoder.release() == "\x81\x85");
    CHECK(decoder.release() == "");
    CHECK(!decoder.mid_request());
}

BOOST_AUTO_TEST_CASE(a37_each_byte_is_looked_at_twice_at_most)
{
    const http1_limits limits{.max_header_bytes = 32'000};
    std::string input = post("Content-Length: 9999\r\nX: " + std::string(16'000, 'x') + "\r\n", "");
    const std::string chunks =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
        std::string(16'000, 'x') + "\r\na\r\n0\r\nX: " + std::string(15'000, 'x');
    for (const auto& request : {input + std::string(9'998, 'x'), chunks}) {
        http1_request_decoder decoder{limits};
        const auto before = test::heap().total_bytes;
        for (const char& c : request) {
            decoder.feed(as_bytes({&c, 1}));
            REQUIRE(!decoder.next().value());
        }
        const auto allocated = test::heap().total_bytes - before;
        CHECK(decoder.bytes_examined() <= 2 * request.size());
        CHECK(decoder.bytes_examined() >= request.size());
        CHECK(allocated <= 8 * request.size());
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_held_between_requests)
{
    static_assert(sizeof(http1_request_decoder) <= 64);
    http1_request_decoder decoder{{}};
    const auto bytes = with_length("60000", std::string(60'000, 'x'));
    const auto before = test::heap().live_bytes;
    decoder.feed(as_bytes(bytes.substr(0, 30'000)));
    const bool is_whole_early = decoder.next().value() != nullptr;
    decoder.feed(as_bytes(bytes.substr(30'000)));
    const auto body_size = http_request{std::move(*decoder.next().value())}.body.size();
    const auto while_answering = test::heap().live_bytes - before;
    const bool is_another = decoder.next().value() != nullptr;
    const auto afterwards = test::heap().live_bytes - before;

    CHECK(!is_whole_early);
    CHECK(body_size == 60'000);
    CHECK(while_answering <= sizeof(http_request) + 16);  // what the allocator rounds up
    CHECK(!is_another);
    CHECK(afterwards == 0);
    CHECK(!decoder.holds_memory());
}

BOOST_AUTO_TEST_CASE(R22_a_large_head_that_comes_in_halves_is_not_held_after_it)
{
    http1_request_decoder decoder{{}};
    const auto before = test::heap().live_bytes;
    const auto held = [&] { return test::heap().live_bytes - before; };
    decoder.feed(as_bytes(get("")));
    const bool is_first = decoder.next().value() != nullptr;
    const bool is_more = decoder.next().value() != nullptr;
    CHECK(is_first);
    CHECK(!is_more);
    CHECK(held() == 0);
    {
        const auto head = get("X: " + std::string(15'900, 'x') + "\r\n");
        decoder.feed(as_bytes(head.substr(0, 15'000)));
        const bool is_whole = decoder.next().value() != nullptr;
        CHECK(!is_whole);
        CHECK(decoder.holds_memory());
        decoder.feed(as_bytes(head.substr(15'000)));
        const bool is_second = decoder.next().value() != nullptr;
        const bool is_third = decoder.next().value() != nullptr;
        CHECK(is_second);
        CHECK(!is_third);
    }
    CHECK(held() == 0);
    CHECK(!decoder.holds_memory());
}

BOOST_AUTO_TEST_CASE(an_upload_does_not_keep_what_was_read_with_it)
{
    http1_request_decoder decoder{{}};
    const auto bytes = get("Content-Length: 90000\r\n") + std::string(60'000, 'x');
    const auto before = test::heap().live_bytes;
    decoder.feed(as_bytes(bytes));
    const bool is_whole = decoder.next().value() != nullptr;
    const auto held = test::heap().live_bytes - before;
    CHECK(!is_whole);
    CHECK(decoder.body_bytes() == 60'000);
    CHECK(held <= 4'096);
}

BOOST_AUTO_TEST_CASE(endless_pipelining_does_not_pile_up)
{
    http1_request_decoder decoder{{}};
    const auto request = get("");
    const auto before = test::heap().live_bytes;
    decoder.feed(as_bytes(request));
    int decoded = 0;
    for (int i = 0; i < 2'000; ++i) {  // one request is always left over
        decoder.feed(as_bytes(request));
        decoded += decoder.next().value() != nullptr;
    }
    const auto held = test::heap().live_bytes - before;
    CHECK(decoded == 2'000);
    CHECK(held <= 4'096);
}

BOOST_AUTO_TEST_SUITE_END()
