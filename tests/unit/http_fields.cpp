// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/http.hpp>

using namespace cosio;
using namespace std::string_literals;

namespace {

std::string listed(const header_fields& fields)
{
    std::string all;
    fields.for_each([&](std::string_view name, std::string_view value) {
        all.append("[").append(name).append("]=[").append(value).append("]");
    });
    return all;
}

header_fields fields_of(std::initializer_list<std::pair<std::string_view, std::string_view>> list)
{
    header_fields fields;
    for (const auto& [name, value] : list)
        fields.append(name, value);
    return fields;
}

http_request request_for(std::string_view target)
{
    http_request request;
    request.target = target;
    return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_fields)

BOOST_AUTO_TEST_CASE(no_fields)
{
    const header_fields fields;
    CHECK(fields.empty());
    CHECK(fields.size() == 0);
    CHECK(listed(fields) == "");
    CHECK(!fields.find("Host"));
    CHECK(fields["Host"] == "");
    CHECK(fields.count("Host") == 0);
    CHECK(!fields.has_token("Connection", "close"));
}

BOOST_AUTO_TEST_CASE(fields_keep_their_order_and_are_found_without_regard_to_case)
{
    const auto fields = fields_of({{"Host", "a"}, {"Cookie", "x=1"}, {"X", ""}, {"cookie", "y=2"}});
    CHECK(!fields.empty());
    CHECK(fields.size() == 4);
    CHECK(listed(fields) == "[Host]=[a][Cookie]=[x=1][X]=[][cookie]=[y=2]");
    CHECK(fields["hOST"] == "a");
    CHECK(fields["COOKIE"] == "x=1");
    CHECK(fields.count("Cookie") == 2);
    CHECK(fields.find("X").has_value());
    CHECK(*fields.find("X") == "");
    CHECK(!fields.find("Hos"));
    CHECK(!fields.find("a"));  // a value is no name
    CHECK((fields == fields_of({{"Host", "a"}, {"Cookie", "x=1"}, {"X", ""}, {"cookie", "y=2"}})));
    CHECK(!(fields == fields_of({{"Host", "a"}})));
}

BOOST_AUTO_TEST_CASE(nul_in_a_value_of_the_application_cannot_make_a_field)
{
    const auto fields = fields_of({{"A", "1\0B\0002"s}, {"C", "3"}});
    CHECK(listed(fields) == "[A]=[1 B 2][C]=[3]");
    CHECK(fields.size() == 2);
}

BOOST_AUTO_TEST_CASE(tokens_are_found_in_lists_and_in_repeated_fields)
{
    const auto fields = fields_of({
        {"Connection", "keep-alive, \tUpgrade ,,x"},
        {"Other", "close"},
        {"connection", "TE"},
    });
    CHECK(fields.has_token("Connection", "keep-alive"));
    CHECK(fields.has_token("Connection", "upgrade"));
    CHECK(fields.has_token("Connection", "x"));
    CHECK(fields.has_token("Connection", "te"));
    CHECK(!fields.has_token("Connection", "close"));
    CHECK(!fields.has_token("Connection", "keep"));
    CHECK(!fields.has_token("Connection", "keep-alive, Upgrade"));
}

BOOST_AUTO_TEST_CASE(target_divides_at_the_first_question_mark)
{
    CHECK(request_for("/socket.io/?EIO=4&x=?").path() == "/socket.io/");
    CHECK(request_for("/socket.io/?EIO=4&x=?").query() == "EIO=4&x=?");
    CHECK(request_for("/a").path() == "/a");
    CHECK(request_for("/a").query() == "");
    CHECK(request_for("/a?").path() == "/a");
    CHECK(request_for("/a?").query() == "");
}

BOOST_AUTO_TEST_CASE(w05_a_websocket_handshake_is_known_by_its_upgrade_field)
{
    http_request request;
    CHECK(!request.wants_websocket());
    for (const auto value : {"websocket", "WebSocket", "foo, websocket"}) {
        request.headers = fields_of({{"upgrade", value}});
        CHECK(request.wants_websocket(), value);
    }
    request.headers = fields_of({{"Upgrade", "foo"}, {"Upgrade", "websocket"}});
    CHECK(request.wants_websocket());
}

BOOST_AUTO_TEST_CASE(h50_other_upgrades_are_no_handshake)
{
    http_request request;
    request.headers = fields_of({{"Upgrade", "h2c"}, {"Connection", "Upgrade, websocket"}});
    CHECK(!request.wants_websocket());
}

BOOST_AUTO_TEST_CASE(a_field_can_be_replaced_and_taken_out)
{
    auto fields = fields_of({{"Vary", "Origin"}, {"X", "1"}, {"x", "2"}});
    fields.set("X", "3");
    CHECK(listed(fields) == "[Vary]=[Origin][X]=[3]");
    fields.set("x", fields["X"]);
    CHECK(listed(fields) == "[Vary]=[Origin][x]=[3]");
    fields.set("Y", "");
    CHECK(listed(fields) == "[Vary]=[Origin][x]=[3][Y]=[]");
    fields.erase("VARY");
    fields.erase("Z");
    CHECK(listed(fields) == "[x]=[3][Y]=[]");
}

BOOST_AUTO_TEST_CASE(a_token_is_added_to_a_list_once)
{
    header_fields fields;
    fields.add_token("Vary", "Origin");
    fields.add_token("vary", "origin");
    fields.add_token("Vary", "Accept-Encoding");
    CHECK(listed(fields) == "[Vary]=[Origin, Accept-Encoding]");
    auto any = fields_of({{"Vary", "*"}});
    any.add_token("Vary", "Origin");
    CHECK(listed(any) == "[Vary]=[*]");
}

BOOST_AUTO_TEST_SUITE_END()
