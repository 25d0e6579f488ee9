// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/server_url.hpp>

#include <stdexcept>

using namespace cosio;

namespace {

std::string text_of(const server_url& url)
{
    return (url.secure ? "tls " : "tcp ") + url.host + " " + std::to_string(url.port) + " " +
           url.nsp + (url.query.empty() ? "" : " ?" + url.query) +
           (url.unix_path.empty() ? "" : " unix " + url.unix_path);
}

std::string text_of(const proxy_url& url)
{
    return url.host + " " + std::to_string(url.port) +
           (url.user.empty() ? "" : " " + url.user + ":" + url.password);
}

/// What the text means, or what is wrong with it.
template <class Url = server_url>
std::string read(std::string_view text)
{
    try {
        return text_of(Url::parse(text));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

const std::string bad_host = "server url: the host must be a name in ASCII or an address";
const std::string bad_port = "server url: the port must be from 1 to 65535";
const std::string bad_ipv6 = "server url: in brackets there must be an IPv6 address";

}  // namespace

BOOST_AUTO_TEST_SUITE(server_urls)

BOOST_AUTO_TEST_CASE(scheme_host_and_port)
{
    CHECK(read("http://localhost:3000") == "tcp localhost 3000 /");
    CHECK(read("http://a.example") == "tcp a.example 80 /");
    CHECK(read("https://a.example") == "tls a.example 443 /");
    CHECK(read("ws://a.example/") == "tcp a.example 80 /");
    CHECK(read("wss://a.example") == "tls a.example 443 /");
    CHECK(read("HTTPS://A.Example.:8443") == "tls a.example. 8443 /");
    CHECK(read("http://192.0.2.7:1") == "tcp 192.0.2.7 1 /");
    CHECK(read("http://my_host-1:65535") == "tcp my_host-1 65535 /");
}

BOOST_AUTO_TEST_CASE(the_path_is_the_namespace)
{
    CHECK(read("http://h/admin") == "tcp h 80 /admin");
    CHECK(read("http://h/a/b") == "tcp h 80 /a/b");
    CHECK(read("http://h/a%20b") == "tcp h 80 /a%20b");
    CHECK(read("http://h/admin?token=x&y=%20") == "tcp h 80 /admin ?token=x&y=%20");
    CHECK(read("http://h?x=/y:z@w") == "tcp h 80 / ?x=/y:z@w");
    CHECK(read("http://h:81?") == "tcp h 81 /");
}

BOOST_AUTO_TEST_CASE(ipv6_in_brackets)
{
    CHECK(read("http://[::1]:3000") == "tcp ::1 3000 /");
    CHECK(read("https://[2001:DB8::1]/n") == "tls 2001:db8::1 443 /n");
    for (const auto* good :
         {"::",
          "1::",
          "::1",
          "1:2:3:4:5:6:7:8",
          "1:2:3:4:5:6:7::",
          "::ffff:192.0.2.7",
          "1:2:3:4:5:6:192.0.2.7",
          "fe80::1%25eth0"})
        CHECK(!read("http://[" + std::string{good} + "]").starts_with("server url"), good);
    for (const auto* bad :
         {"",
          ":",
          ":::",
          "1",
          "1:2",
          "1:",
          ":1",
          "::1:",
          "1::2::3",
          "12345::",
          "g::",
          "1:2:3:4:5:6:7:8:9",
          "1:2:3:4:5:6:7:8::",
          "a.example",
          "::1.2.3",
          "fe80::1%25",
          "::1%25a%0d%0ab"})
        CHECK(read("http://[" + std::string{bad} + "]") == bad_ipv6, bad);
    CHECK(read("http://[::1") == bad_ipv6);
    CHECK(read("http://[::1]x") == "server url: only a port may follow the host");
    CHECK(read("http://[::1]:") == bad_port);
    CHECK(read("http://::1") == "server url: an IPv6 address must stand in brackets");
    CHECK(read("http://fe80::1:3000") == "server url: an IPv6 address must stand in brackets");
}

BOOST_AUTO_TEST_CASE(unix_sockets)
{
    CHECK(
        read("http+unix://%2Frun%2Fchat.sock/admin?x=1") ==
        "tcp localhost 80 /admin ?x=1 unix /run/chat.sock"
    );
    CHECK(read("ws+unix://chat.sock") == "tcp localhost 80 / unix chat.sock");
    const std::string longest(107, 'x');
    CHECK(read("http+unix://" + longest).ends_with(longest));
    for (const std::string& bad : {std::string{}, longest + "x", std::string{"a%00b"}})
        CHECK(
            read("http+unix://" + bad) ==
                "server url: the path of the Unix socket must have 1 to 107 bytes and stand "
                "percent-encoded in the place of the host",
            bad
        );
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_in_one_line)
{
    const std::string scheme =
        "server url: must begin with http://, https://, ws://, wss:// or http+unix://";
    for (const auto* text :
         {"", "localhost:3000", "//localhost", "ftp://h", "://h", "http:/h", "https+unix://x"})
        CHECK(read(text) == scheme, text);
    CHECK(read("http://") == "server url: the host is missing");
    CHECK(read("http:///admin") == "server url: the host is missing");
    CHECK(read("http://:80") == "server url: the host is missing");
    for (const auto* text : {"a..b", ".a", "a%41", "a,b", "*"})
        CHECK(read("http://" + std::string{text}) == bad_host, text);
    CHECK(read("http://" + std::string(63, 'a') + "." + std::string(63, 'b')).starts_with("tcp"));
    CHECK(read("http://" + std::string(64, 'a')) == bad_host);
    CHECK(read("http://" + std::string(254, 'a')) == bad_host);
    for (const auto* port : {"", "0", "65536", "-1", "+1", "8o", "080000", "99999999999999999999"})
        CHECK(read("http://h:" + std::string{port}) == bad_port, port);
    CHECK(read("http://user:secret@h") == "server url: must not name a user");
    CHECK(read("http://@h") == "server url: must not name a user");
    CHECK(read("http://h/#top") == "server url: must have no fragment");
    const std::string plain =
        "server url: must be ASCII without spaces; other characters are percent-encoded";
    for (const auto* text :
         {"http://h/\xC3\xA9", "http://h /", " http://h", "http://h\r\n", "http://h/\x7f"})
        CHECK(read(text) == plain, text);
    CHECK(read("http://h/" + std::string(8'192, 'x')) == "server url: must be at most 8192 bytes");
    CHECK(read("http://h/" + std::string(8'183, 'x')).starts_with("tcp"));
}

BOOST_AUTO_TEST_CASE(what_requests_say)
{
    const auto host = [](std::string_view text) { return server_url::parse(text).host_field(); };
    CHECK(host("http://a.example") == "a.example");
    CHECK(host("http://a.example:80") == "a.example");
    CHECK(host("http://a.example:443") == "a.example:443");
    CHECK(host("https://a.example:443") == "a.example");
    CHECK(host("http://[::1]") == "[::1]");
    CHECK(host("http://[::1]:3000") == "[::1]:3000");
    CHECK(host("http://[fe80::1%25eth0]:3000") == "[fe80::1]:3000");
    CHECK(host("http+unix://x") == "localhost");
    CHECK(server_url::parse("https://a.example").authority() == "a.example:443");
    CHECK(server_url::parse("http://[::1]").authority() == "[::1]:80");
}

BOOST_AUTO_TEST_CASE(proxies)
{
    CHECK(read<proxy_url>("http://proxy.example:3128") == "proxy.example 3128");
    CHECK(read<proxy_url>("http://proxy.example/") == "proxy.example 80");
    CHECK(read<proxy_url>("http://[::1]:3128") == "::1 3128");
    CHECK(read<proxy_url>("http://me:p%40ss:w@h:1") == "h 1 me:p@ss:w");
    CHECK(read<proxy_url>("http://me@h") == "h 80 me:");
    CHECK(read<proxy_url>("https://h") == "proxy url: must begin with http://");
    CHECK(read<proxy_url>("h:3128") == "proxy url: must begin with http://");
    CHECK(read<proxy_url>("http://h/x") == "proxy url: must end with host and port");
    for (const auto* user : {"", ":p", "a%3Ab:p"})
        CHECK(
            read<proxy_url>("http://" + std::string{user} + "@h") ==
                "proxy url: the user must have a name without ':'",
            user
        );
    CHECK(read<proxy_url>("http://h:0") == "proxy url: the port must be from 1 to 65535");
}

BOOST_AUTO_TEST_SUITE_END()
