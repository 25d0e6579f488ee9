// SPDX-License-Identifier: BSL-1.0
#include "http_oracle.hpp"

#include "support/check.hpp"

using namespace cosio::test;

namespace {

/// Hears of one connection, and says what the oracle complains of.
struct watched final : http_listener
{
    void on_request_begins(std::string_view) override {}

    void on_request(const http_message& request) override
    {
        said += std::string{request.body} + "|";
    }

    void on_response(std::string_view, const http_message& answer) override
    {
        said += std::string{answer.body} + "|";
    }

    void on_upgrade(std::string_view) override { said += "upgrade|"; }

    void on_frames(bool up, std::string_view bytes) override
    {
        said += (up ? "up " : "down ") + std::string{bytes} + "|";
    }

    void asks(std::string_view line, std::string_view body = {})
    {
        http.reads(
            fmt::format("{} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", line, body.size(), body)
        );
    }

    void answers(std::string_view status, std::string_view body = {})
    {
        http.writes(
            fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body)
        );
    }

    std::string complained() { return lines(std::exchange(broken, {})); }

    std::string said;
    complaints broken;
    http_oracle http{*this, broken};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_oracles)

BOOST_AUTO_TEST_CASE(I30_each_request_has_one_answer_of_its_kind)
{
    watched one;
    one.asks("POST /", "40");
    CHECK(one.http.owes_answer());
    one.answers("200 OK", "ok");
    CHECK(!one.http.owes_answer());
    one.asks("GET /");
    CHECK(!one.http.owes_answer());  // a poll may wait
    one.answers("200 OK", "2");
    CHECK(one.said == "40|ok||2|");
    CHECK(one.complained() == "");
    one.answers("200 OK", "ok");
    CHECK(one.complained() == "HTTP: an answer that nobody asked for: HTTP/1.1 200 OK");
    one.asks("GET /");
    one.answers("200 OK", "ok");
    CHECK(one.complained() == "HTTP: the answer to another request");
    one.asks("POST /", "2");
    one.answers("200 OK", "2");
    CHECK(one.complained() == "HTTP: the answer to another request");
}

BOOST_AUTO_TEST_CASE(half_a_request_may_be_refused_and_nothing_else)
{
    watched one;
    one.http.reads("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n4");
    one.answers("413 Payload Too Large");
    CHECK(one.complained() == "");
    watched other;
    other.http.reads("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n4");
    other.answers("200 OK", "ok");
    CHECK(other.complained() == "HTTP: 200 to half a request");
    watched silent;
    silent.answers("408 Request Timeout");
    CHECK(silent.complained() == "");
    silent.answers("400 Bad Request");
    CHECK(silent.complained() == "HTTP: an answer that nobody asked for: HTTP/1.1 400 Bad Request");
}

BOOST_AUTO_TEST_CASE(what_follows_an_upgrade_is_no_http)
{
    watched one;
    one.asks("GET /?transport=websocket");
    one.answers("101 Switching Protocols");
    one.http.reads("a");
    one.http.writes("b");
    CHECK(one.said == "|upgrade|up a|down b|");
    CHECK(one.complained() == "");
    watched other;
    other.asks("GET /");
    other.answers("101 Switching Protocols");
    CHECK(other.complained() == "HTTP: 101 to who has not asked for it");
}

BOOST_AUTO_TEST_SUITE_END()
