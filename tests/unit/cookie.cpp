// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/cookie_options.hpp>

using namespace cosio;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(cookies)

BOOST_AUTO_TEST_CASE(the_default_is_that_of_the_official_server_HTTP_15)
{
    CHECK(set_cookie({}, "abc") == "io=abc; Path=/; HttpOnly; SameSite=Lax");
}

BOOST_AUTO_TEST_CASE(every_attribute_can_be_set_or_left_out)
{
    CHECK(
        set_cookie(
            {.name = "node",
             .path = "/chat",
             .domain = "a.example",
             .secure = true,
             .partitioned = true,
             .same_site = cookie_same_site::none,
             .max_age = 3600s},
            "abc"
        ) == "node=abc; Max-Age=3600; Domain=a.example; Path=/chat; HttpOnly; Secure; Partitioned; "
             "SameSite=None"
    );
    CHECK(
        set_cookie({.path = "", .http_only = false, .same_site = cookie_same_site::unset}, "abc") ==
        "io=abc"
    );
    CHECK(set_cookie({.same_site = cookie_same_site::strict}, "").ends_with("SameSite=Strict"));
}

BOOST_AUTO_TEST_CASE(it_expires_at_a_date_and_has_a_priority)
{
    using namespace std::chrono;
    const sys_seconds date = sys_days{1994y / November / 6} + 8h + 49min + 37s;
    CHECK(
        set_cookie({.priority = cookie_priority::high, .expires = date}, "abc") ==
        "io=abc; Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Priority=High; "
        "SameSite=Lax"
    );
    const sys_seconds leap = sys_days{2028y / February / 29};
    CHECK(
        set_cookie({.max_age = 5s, .expires = leap}, "abc") ==
        "io=abc; Max-Age=5; Path=/; Expires=Tue, 29 Feb 2028 00:00:00 GMT; HttpOnly; SameSite=Lax"
    );
    CHECK(
        set_cookie({.priority = cookie_priority::low}, "").find("Priority=Low;") !=
        std::string::npos
    );
    CHECK(
        set_cookie({.priority = cookie_priority::medium}, "").find("Priority=Medium;") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(the_value_is_encoded_as_javascript_does)
{
    CHECK(
        set_cookie(
            {.path = "", .http_only = false, .same_site = cookie_same_site::unset},
            "custom:id/1=\xC3\xA9"
        ) == "io=custom%3Aid%2F1%3D%C3%A9"
    );
}

BOOST_AUTO_TEST_SUITE_END()
