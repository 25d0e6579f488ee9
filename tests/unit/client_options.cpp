// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/client_configs.hpp>

#include <functional>
#include <limits>
#include <stdexcept>

using namespace cosio;
using namespace std::chrono_literals;

// Times and counts that were options of a client before it came back by itself are in options.cpp.

namespace {

/// What validate() says about otherwise right options, or "".
std::string complaint(const std::function<void(client_options&)>& change)
{
    client_options options;
    change(options);
    try {
        validate(options);
        return "";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

std::string header_complaint(std::string name, std::string value)
{
    return complaint([&](client_options& o) { o.extra_headers = {{name, value}}; });
}

std::string query_complaint(std::string key)
{
    return complaint([&](client_options& o) { o.query = {{key, "x"}}; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_option)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_official_client)
{
    const client_options usual;
    CHECK(complaint([](client_options&) {}) == "");
    CHECK((usual.handshake_timeout == 20s));
    CHECK(usual.reconnection);
    CHECK(!usual.reconnection_attempts.has_value());
    CHECK((usual.reconnection_delay == 1s));
    CHECK((usual.reconnection_delay_max == 5s));
    CHECK((usual.randomization_factor == 0.5));
    CHECK(usual.path == "/socket.io/");
    CHECK(usual.upgrade);
    CHECK(!usual.remember_upgrade);
    CHECK(!usual.try_all_transports);
    CHECK(!usual.retries.has_value());
}

BOOST_AUTO_TEST_CASE(delays)
{
    for (const auto& [name, member] : {
             std::pair{"reconnection_delay", &client_options::reconnection_delay},
             std::pair{"reconnection_delay_max", &client_options::reconnection_delay_max},
             std::pair{"reconnection_stable_after", &client_options::reconnection_stable_after},
             std::pair{"max_retry_after", &client_options::max_retry_after},
         }) {
        const auto with = [&option = member](duration value) {
            return complaint([&](client_options& o) {
                o.reconnection_delay = 0s;
                o.reconnection_delay_max = 24h * 365;
                o.*option = value;
            });
        };
        CHECK(with(0s) == "");
        CHECK(with(24h * 365) == "");
        CHECK(with(-1ns) == std::string{"option "} + name + ": must not be negative");
        CHECK(with(24h * 365 + 1ns) == std::string{"option "} + name + ": must be at most a year");
    }
    CHECK(complaint([](client_options& o) {
              o.reconnection_delay = 6s;
          }) == "option reconnection_delay_max: must be at least reconnection_delay");
    CHECK(complaint([](client_options& o) {
              o.upgrade_timeout = 0s;
          }) == "option upgrade_timeout: must be more than zero");
    CHECK(complaint([](client_options& o) {
              o.request_timeout = 0s;
          }) == "option request_timeout: must be more than zero");
    CHECK(complaint([](client_options& o) { o.request_timeout = 1ns; }) == "");
}

BOOST_AUTO_TEST_CASE(jitter)
{
    const auto with = [](double value) {
        return complaint([value](client_options& o) { o.randomization_factor = value; });
    };
    CHECK(with(0) == "");
    CHECK(with(1) == "");
    for (const double bad : {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN()})
        CHECK(with(bad) == "option randomization_factor: must be from 0 to 1", bad);
}

BOOST_AUTO_TEST_CASE(counts)
{
    for (const auto& [name, member] : {
             std::pair{"max_early_bytes", &client_options::max_early_bytes},
             std::pair{"max_early_messages", &client_options::max_early_messages},
             std::pair{"max_packets_per_post", &client_options::max_packets_per_post},
             std::pair{"max_payload_bytes", &client_options::max_payload_bytes},
             std::pair{"max_buffered_bytes", &client_options::max_buffered_bytes},
             std::pair{"max_buffered_packets", &client_options::max_buffered_packets},
         }) {
        const auto with = [&option = member](std::size_t value) {
            return complaint([&](client_options& o) { o.*option = value; });
        };
        CHECK(with(1) == "");
        CHECK(with(0) == std::string{"option "} + name + ": must be at least 1");
    }
    const auto window = [](std::size_t value) {
        return complaint([value](client_options& o) { o.retry_window = value; });
    };
    CHECK(window(1) == "");
    CHECK(window(1'024) == "");
    CHECK(window(0) == "option retry_window: must be from 1 to 1024");
    CHECK(window(1'025) == "option retry_window: must be from 1 to 1024");
    CHECK(complaint([](client_options& o) { o.retries = 0; }) == "");
    CHECK(complaint([](client_options& o) { o.reconnection_attempts = 0; }) == "");
}

BOOST_AUTO_TEST_CASE(transports)
{
    using enum engine::transport_kind;
    const auto with = [](std::vector<engine::transport_kind> list) {
        return complaint([&](client_options& o) { o.transports = list; });
    };
    CHECK(with({websocket}) == "");
    CHECK(with({websocket, polling}) == "");
    const std::string rule = "option transports: must name at least one transport, and none twice";
    CHECK(with({}) == rule);
    CHECK(with({polling, websocket, polling}) == rule);
    CHECK(complaint([](client_options& o) {
              o.websocket.deflate.emplace().level = 0;
          }) == "option websocket.deflate.level: must be from 1 to 9");
}

BOOST_AUTO_TEST_CASE(paths_and_queries)
{
    const auto path = [](std::string value) {
        return complaint([&](client_options& o) { o.path = value; });
    };
    CHECK(path("/") == "");
    for (const auto* bad : {"", "socket.io", "/a b", "/a?b", "/a#b", "/a\r\n"})
        CHECK(path(bad).starts_with("option path: must begin with '/'"), bad);

    CHECK(query_complaint("token") == "");
    CHECK(query_complaint("") == "");
    for (const auto* key : {"EIO", "transport", "sid", "b64", "j", "t"})
        CHECK(query_complaint(key).starts_with("option query: must not name what every"), key);
    const auto stamp = [](std::string value) {
        return complaint([&](client_options& o) { o.timestamp_param = value; });
    };
    CHECK(stamp("ts") == "");
    for (const auto* bad : {"", "sid"})
        CHECK(stamp(bad).starts_with("option timestamp_param: must be a key that"), bad);

    const auto many = [](std::size_t count, std::size_t size) {
        return complaint([&](client_options& o) {
            for (std::size_t i = 0; i < count; ++i)
                o.query.emplace_back("k", std::string(size - 1, 'x'));
        });
    };
    CHECK(many(50, 1) == "");
    CHECK(many(51, 1) == "option query: must be at most 50");
    CHECK(many(1, 4'096) == "");
    CHECK(many(1, 4'097) == "option query: must have at most 4096 bytes in all");
}

BOOST_AUTO_TEST_CASE(headers)
{
    CHECK(header_complaint("Authorization", "Bearer x") == "");
    CHECK(header_complaint("Host", "virtual.example") == "");
    CHECK(header_complaint("X", "") == "");
    CHECK(header_complaint("X", "\xC3\xA9\t") == "");
    for (const auto* bad : {"", "a b", "a:", "a\r\nb"})
        CHECK(header_complaint(bad, "") == "option extra_headers: must have names of HTTP", bad);
    for (const std::string& bad :
         {std::string{"a\r\nb"}, std::string{"a\nb"}, std::string(1, '\0')})
        CHECK(
            header_complaint("X", bad) ==
            "option extra_headers: must have values without control bytes"
        );
    for (const auto* bad :
         {"content-length",
          "Transfer-Encoding",
          "Connection",
          "UPGRADE",
          "Expect",
          "Sec-WebSocket-Key"})
        CHECK(
            header_complaint(bad, "x") ==
                "option extra_headers: must not say how requests are framed and upgraded",
            bad
        );
    CHECK(
        header_complaint("X", std::string(4'096, 'x')) ==
        "option extra_headers: must have at most 4096 bytes in all"
    );
}

BOOST_AUTO_TEST_CASE(options_of_one_transport)
{
    const auto of_websocket = [](auto&& change) {
        return complaint([&](client_options& o) {
            change(o.transport_options[engine::transport_kind::websocket]);
        });
    };
    CHECK(of_websocket([](transport_override&) {}) == "");
    CHECK(
        of_websocket([](transport_override& o) { o.path = "x"; }) ==
        "option transport_options[websocket].path: "
        "must begin with '/' and be plain ASCII, such as \"/socket.io/\""
    );
    CHECK(of_websocket([](transport_override& o) {
              o.extra_headers = {{"a b", ""}};
          }) == "option transport_options[websocket].extra_headers: must have names of HTTP");
    CHECK(
        of_websocket([](transport_override& o) { o.timestamp_param = "sid"; }) ==
        "option transport_options[websocket].timestamp_param: "
        "must be a key that Engine.IO does not use, such as \"t\""
    );
    CHECK(
        of_websocket([](transport_override& o) { o.query = {{"EIO", "3"}}; }) ==
        "option transport_options[websocket].query: "
        "must not name what every request has: EIO, transport, sid, b64, j, timestamp_param"
    );
}

BOOST_AUTO_TEST_CASE(what_is_unset_for_one_transport_is_as_for_all)
{
    client_options options;
    options.path = "/all/";
    options.query = {{"a", "1"}};
    options.extra_headers = {{"X", "1"}};
    options.with_credentials = true;
    options.timestamp_requests = false;
    transport_override& polling = options.transport_options[engine::transport_kind::polling];
    polling.extra_headers = {{"Y", "2"}};
    polling.with_credentials = false;
    polling.timestamp_param = "when";
    polling.add_trailing_slash = false;
    polling.force_base64 = true;
    const client_options polls = detail::options_over(engine::transport_kind::polling, options);
    CHECK(polls.extra_headers == polling.extra_headers);
    CHECK(!polls.with_credentials);
    CHECK(polls.path == "/all/");
    CHECK(polls.query == options.query);
    CHECK((polls.timestamp_requests == false));
    CHECK(polls.timestamp_param == "when");
    CHECK(!polls.add_trailing_slash);
    CHECK(polls.force_base64);
    CHECK(detail::forces_base64(engine::transport_kind::polling, options));
    const client_options others = detail::options_over(engine::transport_kind::websocket, options);
    CHECK(others.extra_headers == options.extra_headers);
    CHECK(others.with_credentials);
    CHECK(others.timestamp_param == "t");
    CHECK(others.add_trailing_slash);
    CHECK(!others.force_base64);
    CHECK(!detail::forces_base64(engine::transport_kind::websocket, options));
}

BOOST_AUTO_TEST_CASE(protocols_and_proxies)
{
    const auto protocols = [](std::vector<std::string> list) {
        return complaint([&](client_options& o) { o.protocols = list; });
    };
    CHECK(protocols({"a", "b"}) == "");
    CHECK(protocols({"a b"}) == "option protocols: must be names of HTTP");
    CHECK(protocols({"a", "a"}) == "option protocols: must be distinct and at most 64");
    const auto proxy = [](std::string url) {
        return complaint([&](client_options& o) { o.proxy = url; });
    };
    CHECK(proxy("http://me:secret@proxy.example:3128") == "");
    CHECK(proxy("socks5://proxy.example") == "proxy url: must begin with http://");
}

BOOST_AUTO_TEST_CASE(what_the_machines_are_told)
{
    client_options options;
    options.handshake_timeout = 7s;
    options.reconnection_attempts = 3;
    options.retries = 2;
    options.max_buffered_packets = 5;
    options.upgrade = false;
    options.path = "/x";
    options.extra_headers = {{"A", "1"}, {"A", "2"}};
    CHECK((detail::reconnect_config_of(options).connect_timeout == 7s));
    CHECK((detail::reconnect_config_of(options).attempts == 3U));
    CHECK((detail::outgoing_config_of(options).retries == 2U));
    CHECK(detail::outgoing_config_of(options).max_buffered_packets == 5U);
    CHECK(!detail::transport_choice_config_of(options).upgrade);
    CHECK(detail::extra_headers_of(options).count("a") == 2U);
}

BOOST_AUTO_TEST_CASE(the_query_of_the_url_unless_there_is_another)
{
    client_options options;
    const auto url = server_url::parse("http://h/?token=a%20b&EIO=3&sid=x&t=1&y");
    using items = std::vector<std::pair<std::string, std::string>>;
    CHECK((detail::target_config_of(options, url).query == items{{"token", "a b"}, {"y", ""}}));
    options.query = {{"z", "1"}};
    CHECK((detail::target_config_of(options, url).query == items{{"z", "1"}}));
}

BOOST_AUTO_TEST_SUITE_END()
