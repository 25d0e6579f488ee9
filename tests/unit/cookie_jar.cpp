// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/cookie_jar.hpp>

#include <string>

using namespace cosio;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// RFC 6265, 5. The numbers in the names are its sections.

namespace {

constexpr sys_seconds now = sys_days{std::chrono::year{2026} / 11 / 26} + 18h;
constexpr cookie_place here{.host = "chat.example", .path = "/socket.io/", .secure = true};

/// A jar of one or more cookies that `from` has set.
cookie_jar jar_of(std::initializer_list<std::string_view> fields, const cookie_place& from = here)
{
    cookie_jar jar;
    for (const std::string_view field : fields)
        CHECK(jar.handle_set_cookie(field, from, now), field);
    return jar;
}

std::string sent(cookie_jar jar, const cookie_place& to = here, sys_seconds at = now)
{
    return jar.cookies_for(to, at);
}

/// What is sent back to whoever sent `field`.
std::string echo(std::string_view field, const cookie_place& from = here)
{
    cookie_jar jar;
    static_cast<void>(jar.handle_set_cookie(field, from, now));
    return jar.cookies_for(from, now);
}

/// What a cookie with that date does: "kept", "gone" or "session" when the date is none.
std::string with_date(std::string_view date)
{
    cookie_jar jar = jar_of({"a=1; Expires=" + std::string{date}});
    if (jar.cookies_for(here, now).empty())
        return "gone";
    return jar.cookies_for(here, now + 24h * 3'650).empty() ? "kept" : "session";
}

std::string date_of(std::string_view text)
{
    const auto date = parse_cookie_date(text);
    return date ? std::to_string(date->time_since_epoch().count()) : "none";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cookie_jars)

BOOST_AUTO_TEST_CASE(name_and_value_5_2)
{
    CHECK(echo("io=abc; Path=/; HttpOnly; SameSite=Lax") == "io=abc");
    CHECK(echo("a=b") == "a=b");
    CHECK(echo("  a =\t b=c ; x") == "a=b=c");
    CHECK(echo("a=") == "a=");
    CHECK(echo("a=\"b c\"") == "a=\"b c\"");
    CHECK(echo("a=b;;;=;Path") == "a=b");
    for (const auto* nothing : {"", ";", "a", "a; b=c", "=b", " =b", "; a=b"})
        CHECK(echo(nothing) == "", nothing);
}

BOOST_AUTO_TEST_CASE(a_control_byte_never_gets_into_a_request)
{
    for (const std::string_view evil : {"a=b\r\nX: y", "a\n=b", "a=\x01", "a=b; Path=/\x7f"})
        CHECK(echo(evil) == "");
    CHECK(echo(std::string_view{"a=b\0c", 5}) == "");
    CHECK(echo("a=\xC3\xA9") == "a=\xC3\xA9");
}

BOOST_AUTO_TEST_CASE(to_whom_it_goes_5_1_3)
{
    const cookie_jar own = jar_of({"a=1; Path=/"});
    CHECK(sent(own, {.host = "CHAT.example", .path = "/"}) == "a=1");
    for (const auto* other : {"example", "x.chat.example", "chat.example.org", "achat.example"})
        CHECK(sent(own, {.host = other, .path = "/"}) == "", other);

    const cookie_jar shared = jar_of({"a=1; Path=/; Domain=.Chat.Example"});
    for (const auto* one : {"chat.example", "x.chat.example", "y.x.chat.example"})
        CHECK(sent(shared, {.host = one, .path = "/"}) == "a=1", one);
    for (const auto* other : {"example", "achat.example", "chat.example.org"})
        CHECK(sent(shared, {.host = other, .path = "/"}) == "", other);
}

BOOST_AUTO_TEST_CASE(whom_it_may_be_set_for_5_3)
{
    const auto may = [](std::string_view host, std::string_view domain) {
        cookie_jar jar;
        return jar.handle_set_cookie(
            "a=1; Domain=" + std::string{domain}, {.host = host, .path = "/"}, now
        );
    };
    CHECK(may("a.b.example", "b.example"));
    CHECK(may("a.b.example", "a.b.example"));
    CHECK(!may("b.example", "a.b.example"));
    CHECK(!may("b.example", "c.example"));
    CHECK(!may("b.example", "example"));  // one label: a top-level domain
    CHECK(may("localhost", "localhost"));
    CHECK(may("a.co.uk", "co.uk"));  // no list of public suffixes
    CHECK(may("b.example", ""));     // as if it were not there
    CHECK(may("b.example", "."));
    // An address has no parts that anybody else could share.
    CHECK(may("192.0.2.7", "192.0.2.7"));
    CHECK(!may("192.0.2.7", "0.2.7"));
    CHECK(!may("192.0.2.7", "2.7"));
    CHECK(
        sent(jar_of({"a=1; Path=/"}, {.host = "::1", .path = "/"}), {.host = "::1", .path = "/"}) ==
        "a=1"
    );
}

BOOST_AUTO_TEST_CASE(for_which_paths_5_1_4)
{
    const auto goes = [](std::string_view from, std::string_view attribute, std::string_view to) {
        const std::string field = "a=1" + std::string{attribute};
        return !sent(jar_of({field}, {.host = "h", .path = from}), {.host = "h", .path = to})
                    .empty();
    };
    CHECK(goes("/", "; Path=/a", "/a"));
    CHECK(goes("/", "; Path=/a", "/a/"));
    CHECK(goes("/", "; Path=/a", "/a/b"));
    CHECK(goes("/", "; Path=/a/", "/a/b"));
    CHECK(!goes("/", "; Path=/a/", "/a"));
    CHECK(!goes("/", "; Path=/a", "/ab"));
    CHECK(!goes("/", "; Path=/a", "/"));
    CHECK(!goes("/", "; Path=/a", ""));
    CHECK(goes("/", "; Path=/", ""));
    CHECK(goes("/", "; Path=/a; Path=/b", "/b"));  // the last one
    // By default where the response came from, up to the last slash.
    CHECK(goes("/socket.io/", "", "/socket.io/x"));
    CHECK(goes("/socket.io/", "", "/socket.io"));
    CHECK(!goes("/socket.io/", "", "/"));
    CHECK(goes("/a/b", "; Path=relative", "/a"));
    CHECK(!goes("/a/b", "; Path", "/"));
    CHECK(goes("/a", "", "/"));
    CHECK(goes("", "", "/"));
    CHECK(goes("x", "", "/"));
}

BOOST_AUTO_TEST_CASE(secure_ones_go_over_tls_only)
{
    const cookie_jar jar = jar_of({"a=1; secure", "b=2; HttpOnly"});
    CHECK(sent(jar) == "a=1; b=2");
    cookie_place plain = here;
    plain.secure = false;
    CHECK(sent(jar, plain) == "b=2");
}

BOOST_AUTO_TEST_CASE(in_which_order_5_4)
{
    CHECK(
        sent(jar_of({"short=1; Path=/", "first=1", "long=1; Path=/socket.io/", "second=1"})) ==
        "long=1; first=1; second=1; short=1"
    );
    // What is set anew keeps its place.
    CHECK(sent(jar_of({"a=1", "b=1", "a=2"})) == "a=2; b=1");
    // The same name for another path or domain is another cookie.
    CHECK(sent(jar_of({"a=1", "a=2; Path=/", "a=3; Domain=chat.example"})) == "a=3; a=2");
    CHECK(
        sent(
            jar_of(
                {"a=1; Domain=b.example; Path=/", "a=2; Path=/"},
                {.host = "a.b.example", .path = "/"}
            ),
            {.host = "a.b.example", .path = "/"}
        ) == "a=1; a=2"
    );
}

BOOST_AUTO_TEST_CASE(how_long_it_lives)
{
    const cookie_jar session = jar_of({"a=1"});
    CHECK(sent(session, here, now + 24h * 4'000) == "a=1");
    const cookie_jar minute = jar_of({"a=1; Max-Age=60"});
    CHECK(sent(minute, here, now + 59s) == "a=1");
    CHECK(sent(minute, here, now + 60s) == "");
    const cookie_jar dated = jar_of({"a=1; Expires=Thu, 26 Nov 2026 18:00:10 GMT"});
    CHECK(sent(dated, here, now + 9s) == "a=1");
    CHECK(sent(dated, here, now + 10s) == "");
    // Max-Age beats Expires, wherever it stands; of two the last one counts; of nonsense nothing does.
    CHECK(sent(jar_of({"a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"})) == "a=1");
    CHECK(sent(jar_of({"a=1; Max-Age=0; Max-Age=60"})) == "a=1");
    for (const auto* nonsense : {"", "+5", "5s", "0x1", " ", "1.5", "--1"}) {
        const cookie_jar jar = jar_of({"a=1; Max-Age=" + std::string{nonsense}});
        CHECK(sent(jar, here, now + 24h * 4'000) == "a=1", nonsense);
    }
    // 400 days at most, whatever number it is.
    for (const auto* field :
         {"a=1; Max-Age=99999999999999999999999999", "a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT"
         }) {
        const cookie_jar jar = jar_of({field});
        CHECK(sent(jar, here, now + 24h * 400 - 1s) == "a=1");
        CHECK(sent(jar, here, now + 24h * 400) == "");
    }
}

BOOST_AUTO_TEST_CASE(a_server_takes_it_back)
{
    for (const auto* end :
         {"a=; Max-Age=0",
          "a=x; Max-Age=-5",
          "a=; Max-Age=-",
          "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}) {
        cookie_jar jar = jar_of({"a=1", "b=2"});
        CHECK(jar.handle_set_cookie(end, here, now));
        CHECK(jar.cookies_for(here, now) == "b=2", end);
        CHECK(jar.size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(all_fields_of_a_response)
{
    header_fields headers;
    headers.append("set-cookie", "a=1");
    headers.append("X-Set-Cookie", "b=2");
    headers.append("Set-Cookie", "c=3");
    cookie_jar jar;
    jar.handle_response(headers, here, now);
    CHECK(jar.cookies_for(here, now) == "a=1; c=3");
    jar.clear();
    CHECK(jar.cookies_for(here, now) == "");
    CHECK(jar.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_cannot_fill_the_memory)
{
    cookie_jar jar{
        {.max_cookies = 4, .max_cookies_per_domain = 3, .max_cookie_bytes = 40, .max_bytes = 100}
    };
    const cookie_place one{.host = "a.example", .path = "/"};
    const cookie_place two{.host = "b.example", .path = "/"};
    const auto set = [&](std::string_view field, const cookie_place& from) {
        return jar.handle_set_cookie(field, from, now);
    };
    CHECK(set("a=" + std::string(29, 'x'), one));  // with domain and path 40
    CHECK(!set("a=" + std::string(30, 'x'), one));
    jar.clear();

    CHECK((set("a=1", one) && set("b=1", one) && set("c=1", one)));
    CHECK(set("a=2", one));  // in the place of itself
    CHECK(jar.cookies_for(one, now) == "a=2; b=1; c=1");
    CHECK(jar.size() == 3U);
    CHECK(set("d=1", one));  // too many of one domain
    CHECK(jar.size() == 3U);
    CHECK(jar.cookies_for(one, now).ends_with("; d=1"));
    CHECK((set("x=1", two) && set("y=1", two)));  // too many of all
    CHECK(jar.size() == 4U);
    CHECK(jar.cookies_for(two, now) == "x=1; y=1");
    for (int i = 0; i < 1'000; ++i)
        set("k" + std::to_string(i) + "=" + std::string(20, 'x'), i % 2 == 0 ? one : two);
    CHECK((jar.size() <= 4U));
    CHECK((jar.bytes() <= 100U));

    cookie_jar none{{.max_cookies = 0}};
    CHECK(!none.handle_set_cookie("a=1", one, now));
}

BOOST_AUTO_TEST_CASE(what_expired_makes_way_first_and_then_what_was_not_sent_for_longest)
{
    cookie_jar jar{{.max_cookies = 3}};
    const auto set = [&](std::string_view field, sys_seconds at) {
        CHECK(jar.handle_set_cookie(field, here, at));
    };
    set("brief=1; Max-Age=5", now);
    set("used=1; Path=/u", now);
    set("idle=1; Path=/i", now);
    set("new=1; Path=/n", now + 5s);
    CHECK(jar.size() == 3U);
    CHECK(jar.cookies_for({.host = here.host, .path = "/u"}, now + 6s) == "used=1");
    CHECK(jar.cookies_for({.host = here.host, .path = "/n"}, now + 6s) == "new=1");
    set("newer=1; Path=/n", now + 7s);
    CHECK(jar.cookies_for({.host = here.host, .path = "/i"}, now + 7s) == "");
    CHECK(jar.cookies_for({.host = here.host, .path = "/u"}, now + 7s) == "used=1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cookie_dates)

BOOST_AUTO_TEST_CASE(the_forms_that_servers_use_5_1_1)
{
    const std::string same = "784111777";
    for (const auto* date : {
             "Sun, 06 Nov 1994 08:49:37 GMT",
             "Sunday, 06-Nov-94 08:49:37 GMT",
             "Sun Nov  6 08:49:37 1994",
             "6 nov 1994 8:49:37",
             "1994 6 November 08:49:37 PST",
             "08:49:37abc 06x NOVEMBERFEST 94",
             ";;;08:49:37,,,6---Nov...1994",
         })
        CHECK(date_of(date) == same, date);
    CHECK(date_of("Thu, 01 Jan 1970 00:00:00 GMT") == "0");
    CHECK(date_of("Mon, 01 Jan 1601 00:00:00 GMT") == "-11644473600");
    CHECK(date_of("29 Feb 2024 00:00:00") == "1709164800");
}

BOOST_AUTO_TEST_CASE(years_of_two_digits)
{
    CHECK(date_of("1 Jan 70 00:00:00") == "0");
    CHECK(date_of("1 Jan 99 00:00:00") == "915148800");
    CHECK(date_of("1 Jan 00 00:00:00") == "946684800");
    CHECK(date_of("1 Jan 69 00:00:00") == "3124224000");
    CHECK(date_of("1 Jan 169 00:00:00") == "none");
}

BOOST_AUTO_TEST_CASE(what_is_no_date)
{
    for (const auto* none : {
             "",
             "tomorrow",
             "06 Nov 1994",
             "06 Nov 08:49:37",
             "Nov 1994 08:49:37",
             "06 1994 08:49:37",
             "06 Nov 1994 08:49",
             "06 Nov 1994 24:00:00",
             "06 Nov 1994 08:60:00",
             "06 Nov 1994 08:49:60",
             "06 Nov 1994 008:49:37",
             "0 Nov 1994 08:49:37",
             "32 Nov 1994 08:49:37",
             "31 Nov 1994 08:49:37",
             "30 Feb 2024 00:00:00",
             "29 Feb 2023 00:00:00",
             "06 Nov 1600 08:49:37",
             "06 Nov 19940 08:49:37",
             "06 Nov 5 08:49:37",
             "06 Xyz 1994 08:49:37",
         })
        CHECK(date_of(none) == "none", none);
}

BOOST_AUTO_TEST_CASE(a_date_that_cannot_be_read_is_none_5_2_1)
{
    CHECK(with_date("Sun, 06 Nov 1994 08:49:37 GMT") == "gone");
    CHECK(with_date("Sun, 06 Nov 2034 08:49:37 GMT") == "kept");
    CHECK(with_date("never") == "session");
}

BOOST_AUTO_TEST_SUITE_END()
