// SPDX-License-Identifier: BSL-1.0
#include "protocol_reconnect_support.hpp"
#include "support/check.hpp"

#include <cosio/detail/url.hpp>
#include <cosio/engine/target.hpp>

using namespace cosio;
using namespace cosio::engine;
using cosio::test::reconnecting::constant_random;
using cosio::test::reconnecting::seeded_random;

namespace {

constexpr auto polling = transport_kind::polling;
constexpr auto websocket = transport_kind::websocket;

std::string target(
    const target_config& config, transport_kind kind = websocket, std::string_view sid = ""
)
{
    constant_random random{0};
    return encode_target(config, kind, sid, random);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_target)

BOOST_AUTO_TEST_CASE(what_the_official_client_asks_for)
{
    CHECK(target({}, polling) == "/socket.io/?EIO=4&transport=polling&t=AAAAAAAA");
    CHECK(target({}, polling, "x-_Y") == "/socket.io/?EIO=4&transport=polling&sid=x-_Y&t=AAAAAAAA");
    CHECK(target({}, websocket) == "/socket.io/?EIO=4&transport=websocket");
    CHECK(target({}, websocket, "x") == "/socket.io/?EIO=4&transport=websocket&sid=x");
}

BOOST_AUTO_TEST_CASE(paths)
{
    CHECK(target({.path = "/socket.io"}) == "/socket.io/?EIO=4&transport=websocket");
    CHECK(
        target({.path = "/socket.io/", .add_trailing_slash = false}) ==
        "/socket.io?EIO=4&transport=websocket"
    );
    CHECK(target({.path = "/", .add_trailing_slash = false}) == "/?EIO=4&transport=websocket");
}

BOOST_AUTO_TEST_CASE(a_query_of_the_application_stands_first_and_is_encoded)
{
    const target_config config{.query = {{"token", "a&b=c"}, {"\xC3\xA9", "x y"}, {"empty", ""}}};
    CHECK(
        target(config) ==
        "/socket.io/?token=a%26b%3Dc&%C3%A9=x%20y&empty=&EIO=4&transport=websocket"
    );
}

BOOST_AUTO_TEST_CASE(an_id_of_a_hostile_server_stays_one_value_X01)
{
    CHECK(
        target({}, websocket, "a&EIO=3 HTTP/1.1\r\nX: y\r\n\r\n#") ==
        "/socket.io/"
        "?EIO=4&transport=websocket&sid=a%26EIO%3D3%20HTTP%2F1.1%0D%0AX%3A%20y%0D%0A%0D%0A%23"
    );
}

BOOST_AUTO_TEST_CASE(timestamps_as_they_are_wanted)
{
    CHECK(target({.timestamp_requests = false}, polling) == "/socket.io/?EIO=4&transport=polling");
    CHECK(
        target({.timestamp_requests = true, .timestamp_param = "ts"}) ==
        "/socket.io/?EIO=4&transport=websocket&ts=AAAAAAAA"
    );
    seeded_random random{1};
    CHECK(encode_target({}, polling, "", random) != encode_target({}, polling, "", random));
}

BOOST_AUTO_TEST_CASE(binary_as_text)
{
    CHECK(
        target({.force_base64 = true}, polling) ==
        "/socket.io/?EIO=4&transport=polling&t=AAAAAAAA&b64=1"
    );
}

BOOST_AUTO_TEST_CASE(keys_that_are_not_the_applications)
{
    for (const auto* key : {"EIO", "transport", "sid", "b64", "j"})
        CHECK(is_engine_key(key), key);
    for (const auto* key : {"eio", "t", "token", ""})
        CHECK(!is_engine_key(key), key);
}

BOOST_AUTO_TEST_CASE(what_is_encoded_a_server_reads)
{
    std::string all;
    for (int c = 1; c < 256; ++c)
        all += static_cast<char>(c);
    const std::string made = target({.query = {{all, all}}}, polling, all);
    const std::string query = made.substr(made.find('?') + 1);
    CHECK(detail::query_value(query, all).value() == all);
    CHECK(detail::query_value(query, "sid").value() == all);
    CHECK(detail::query_value(query, "EIO").value() == "4");
}

BOOST_AUTO_TEST_SUITE_END()
