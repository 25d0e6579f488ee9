// SPDX-License-Identifier: BSL-1.0
#include <cosio/http.hpp>

#include <boost/test/unit_test.hpp>

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
    BOOST_TEST(fields.empty());
    BOOST_TEST(fields.size() == 0);
    BOOST_TEST(listed(fields) == "");
    BOOST_TEST(!fields.find("Host"));
    BOOST_TEST(fields["Host"] == "");
    BOOST_TEST(fields.count("Host") == 0);
    BOOST_TEST(!fields.has_token("Connection", "close"));
}

BOOST_AUTO_TEST_CASE(fields_keep_their_order_and_are_found_without_regard_to_case)
{
    const auto fields = fields_of({{"Host", "a"}, {"Cookie", "x=1"}, {"X", ""}, {"cookie", "y=2"}});
    BOOST_TEST(!fields.empty());
    BOOST_TEST(fields.size() == 4);
    BOOST_TEST(listed(fields) == "[Host]=[a][Cookie]=[x=1][X]=[][cookie]=[y=2]");
    BOOST_TEST(fields["hOST"] == "a");
    BOOST_TEST(fields["COOKIE"] == "x=1");
    BOOST_TEST(fields.count("Cookie") == 2);
    BOOST_TEST(fields.find("X").has_value());
    BOOST_TEST(*fields.find("X") == "");
    BOOST_TEST(!fields.find("Hos"));
    BOOST_TEST(!fields.find("a"));  // a value is no name
    BOOST_TEST(
        (fields == fields_of({{"Host", "a"}, {"Cookie", "x=1"}, {"X", ""}, {"cookie", "y=2"}}))
    );
    BOOST_TEST(!(fields == fields_of({{"Host", "a"}})));
}

BOOST_AUTO_TEST_CASE(nul_in_a_value_of_the_application_cannot_make_a_field)
{
    const auto fields = fields_of({{"A", "1\0B\0002"s}, {"C", "3"}});
    BOOST_TEST(listed(fields) == "[A]=[1 B 2][C]=[3]");
    BOOST_TEST(fields.size() == 2);
}

BOOST_AUTO_TEST_CASE(tokens_are_found_in_lists_and_in_repeated_fields)
{
    const auto fields = fields_of({
        {"Connection", "keep-alive, \tUpgrade ,,x"},
        {"Other", "close"},
        {"connection", "TE"},
    });
    BOOST_TEST(fields.has_token("Connection", "keep-alive"));
    BOOST_TEST(fields.has_token("Connection", "upgrade"));
    BOOST_TEST(fields.has_token("Connection", "x"));
    BOOST_TEST(fields.has_token("Connection", "te"));
    BOOST_TEST(!fields.has_token("Connection", "close"));
    BOOST_TEST(!fields.has_token("Connection", "keep"));
    BOOST_TEST(!fields.has_token("Connection", "keep-alive, Upgrade"));
}

BOOST_AUTO_TEST_CASE(target_divides_at_the_first_question_mark)
{
    BOOST_TEST(request_for("/socket.io/?EIO=4&x=?").path() == "/socket.io/");
    BOOST_TEST(request_for("/socket.io/?EIO=4&x=?").query() == "EIO=4&x=?");
    BOOST_TEST(request_for("/a").path() == "/a");
    BOOST_TEST(request_for("/a").query() == "");
    BOOST_TEST(request_for("/a?").path() == "/a");
    BOOST_TEST(request_for("/a?").query() == "");
}

BOOST_AUTO_TEST_CASE(w05_a_websocket_handshake_is_known_by_its_upgrade_field)
{
    http_request request;
    BOOST_TEST(!request.wants_websocket());
    for (const auto value : {"websocket", "WebSocket", "foo, websocket"}) {
        request.headers = fields_of({{"upgrade", value}});
        BOOST_TEST(request.wants_websocket(), value);
    }
    request.headers = fields_of({{"Upgrade", "foo"}, {"Upgrade", "websocket"}});
    BOOST_TEST(request.wants_websocket());
}

BOOST_AUTO_TEST_CASE(h50_other_upgrades_are_no_handshake)
{
    http_request request;
    request.headers = fields_of({{"Upgrade", "h2c"}, {"Connection", "Upgrade, websocket"}});
    BOOST_TEST(!request.wants_websocket());
}

BOOST_AUTO_TEST_SUITE_END()
