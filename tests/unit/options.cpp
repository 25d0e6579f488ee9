// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/client_options.hpp>
#include <cosio/options.hpp>

#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr duration year = std::chrono::hours{24 * 365};

/// What validate() says about otherwise right options, or "".
template <class Options = server_options>
std::string complaint(const std::type_identity_t<std::function<void(Options&)>>& change)
{
    Options options;
    change(options);
    try {
        validate(options);
        return "";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

/// The same whether they stand alone or in a server's.
std::string engine_complaint(const std::function<void(engine_options&)>& change)
{
    const std::string whole = complaint([&change](server_options& o) { change(o.engine); });
    CHECK(whole == complaint<engine_options>(change));
    return whole;
}

std::string path_complaint(std::string path)
{
    return engine_complaint([path = std::move(path)](engine_options& o) { o.path = path; });
}

const std::string origin_rule = ": must be as browsers send them, such as \"https://a.example\": "
                                "without path, without '/' at the end";

std::string cors_complaint(std::vector<std::string> origins, bool credentials = false)
{
    return engine_complaint([&](engine_options& o) {
        o.cors = {.origins = origins, .credentials = credentials};
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(the_defaults_are_right)
{
    CHECK(complaint([](server_options&) {}) == "");
    CHECK(engine_complaint([](engine_options&) {}) == "");
}

BOOST_AUTO_TEST_CASE(times_from_more_than_zero_to_a_year)
{
    const std::vector<std::pair<std::string, std::function<duration&(server_options&)>>> times{
        {"hook_timeout", [](auto& o) -> duration& { return o.engine.hook_timeout; }},
        {"upgrade_timeout", [](auto& o) -> duration& { return o.engine.upgrade_timeout; }},
        {"close_timeout", [](auto& o) -> duration& { return o.engine.close_timeout; }},
        {"connect_timeout", [](auto& o) -> duration& { return o.connect_timeout; }},
        {"namespace_idle_timeout", [](auto& o) -> duration& { return o.namespace_idle_timeout; }},
        {"attachment_timeout", [](auto& o) -> duration& { return o.attachment_timeout; }},
        {"ack_timeout", [](auto& o) -> duration& { return o.ack_timeout; }},
    };
    for (const auto& [name, option] : times) {
        const auto set = [&pick = option](duration value) {
            return complaint([&](server_options& o) { pick(o) = value; });
        };
        CHECK(set(-1ns) == "option " + name + ": must be more than zero");
        CHECK(set(0ns) == "option " + name + ": must be more than zero");
        CHECK(set(1ns) == "");
        CHECK(set(year) == "");
        CHECK(set(year + 1ns) == "option " + name + ": must be at most a year");
        CHECK(set(duration::max()) == "option " + name + ": must be at most a year");
    }
}

BOOST_AUTO_TEST_CASE(a_heartbeat_that_a_client_can_be_told_X02)
{
    const std::vector<std::pair<std::string, duration engine_options::*>> beats{
        {"ping_interval", &engine_options::ping_interval},
        {"ping_timeout", &engine_options::ping_timeout},
    };
    for (const auto& [name, option] : beats) {
        const auto set = [pick = option](duration value) {
            return engine_complaint([&](engine_options& o) { o.*pick = value; });
        };
        const std::string rule = "option " + name + ": must be from one millisecond to one hour";
        CHECK(set(-1ms) == rule);
        CHECK(set(0ms) == rule);
        CHECK(set(1ms - 1ns) == rule);
        CHECK(set(1ms) == "");
        CHECK(set(1h) == "");
        CHECK(set(1h + 1ns) == rule);
    }
}

BOOST_AUTO_TEST_CASE(counts_of_at_least_one)
{
    const std::vector<std::pair<std::string, std::function<std::size_t&(server_options&)>>> counts{
        {"max_payload_bytes", [](auto& o) -> std::size_t& { return o.engine.max_payload_bytes; }},
        {"max_packets_per_post",
         [](auto& o) -> std::size_t& { return o.engine.max_packets_per_post; }},
        {"max_send_queue_bytes",
         [](auto& o) -> std::size_t& { return o.engine.max_send_queue_bytes; }},
        {"max_send_queue_packets",
         [](auto& o) -> std::size_t& { return o.engine.max_send_queue_packets; }},
        {"max_sessions", [](auto& o) -> std::size_t& { return o.engine.max_sessions; }},
        {"max_namespaces_per_client",
         [](auto& o) -> std::size_t& { return o.max_namespaces_per_client; }},
        {"max_rooms_per_socket", [](auto& o) -> std::size_t& { return o.max_rooms_per_socket; }},
        {"max_child_namespaces", [](auto& o) -> std::size_t& { return o.max_child_namespaces; }},
        {"max_pending_acks", [](auto& o) -> std::size_t& { return o.max_pending_acks; }},
        {"packet.max_args", [](auto& o) -> std::size_t& { return o.packet.max_args; }},
        {"packet.max_depth", [](auto& o) -> std::size_t& { return o.packet.max_depth; }},
        {"packet.max_event_bytes", [](auto& o) -> std::size_t& { return o.packet.max_event_bytes; }
        },
        {"packet.max_namespace_bytes",
         [](auto& o) -> std::size_t& { return o.packet.max_namespace_bytes; }},
    };
    for (const auto& [name, option] : counts) {
        const auto set = [&pick = option](std::size_t value) {
            return complaint([&](server_options& o) { pick(o) = value; });
        };
        CHECK(set(0) == "option " + name + ": must be at least 1");
        CHECK(set(1) == "");
    }
}

BOOST_AUTO_TEST_CASE(from_one_to_ten_thousand_handlers_at_once)
{
    for (const std::uint16_t wrong : std::initializer_list<std::uint16_t>{0, 10'001, 65'535}) {
        const std::string rule = "option handlers_at_once: must be from 1 to 10000";
        CHECK(complaint([wrong](server_options& o) { o.handlers_at_once = wrong; }) == rule);
        CHECK(complaint<client_options>([wrong](client_options& o) {
                  o.handlers_at_once = wrong;
              }) == rule);
    }
    for (const std::uint16_t right : std::initializer_list<std::uint16_t>{1, 10'000})
        CHECK(complaint([right](server_options& o) { o.handlers_at_once = right; }) == "");
}

BOOST_AUTO_TEST_CASE(events_that_are_held_from_one_to_32768)
{
    const auto held = [](std::size_t value) {
        return engine_complaint([value](engine_options& o) { o.max_held_events = value; });
    };
    CHECK(held(0) == "option max_held_events: must be at least 1");
    CHECK(held(1) == "");
    CHECK(held(32'768) == "");
    CHECK(held(32'769) == "option max_held_events: must be at most 32768");
}

BOOST_AUTO_TEST_CASE(a_query_has_room_for_what_stock_clients_send)
{
    const auto keys = [](std::size_t value) {
        return engine_complaint([value](engine_options& o) { o.max_query_keys = value; });
    };
    CHECK(keys(3) == "option max_query_keys: must be at least 4, as stock clients send");
    CHECK(keys(4) == "");
}

BOOST_AUTO_TEST_CASE(a_cookie_expires_in_a_year_that_has_four_digits)
{
    const auto expires = [](std::chrono::sys_seconds when) {
        return engine_complaint([when](engine_options& o) {
            o.cookie.emplace();
            o.cookie->expires = when;
        });
    };
    using std::chrono::sys_days;
    using std::chrono::year;
    const std::string rule = "option cookie.expires: must be in the years 1601 to 9999";
    CHECK(expires(sys_days{year{1601} / 1 / 1} - 1s) == rule);
    CHECK(expires(sys_days{year{1601} / 1 / 1}) == "");
    CHECK(expires(sys_days{year{10000} / 1 / 1} - 1s) == "");
    CHECK(expires(sys_days{year{10000} / 1 / 1}) == rule);
}

BOOST_AUTO_TEST_CASE(at_least_one_handler_may_run)
{
    const auto handlers = [](std::int32_t value) {
        return engine_complaint([value](engine_options& o) { o.max_running_handlers = value; });
    };
    for (const std::int32_t wrong : {0, -1, std::numeric_limits<std::int32_t>::min()})
        CHECK(handlers(wrong) == "option max_running_handlers: must be at least 1");
    CHECK(handlers(1) == "");
    CHECK(handlers(std::numeric_limits<std::int32_t>::max()) == "");
}

BOOST_AUTO_TEST_CASE(counts_with_an_upper_end)
{
    const auto namespaces = [](std::size_t value) {
        return complaint([value](server_options& o) { o.max_namespaces_per_client = value; });
    };
    CHECK(namespaces(10'000) == "");
    CHECK(namespaces(10'001) == "option max_namespaces_per_client: must be at most 10000");

    const auto depth = [](std::size_t value) {
        return complaint([value](server_options& o) { o.packet.max_depth = value; });
    };
    CHECK(depth(256) == "");
    CHECK(depth(257) == "option packet.max_depth: must be at most 256");
}

BOOST_AUTO_TEST_CASE(no_attachments_at_all_is_a_choice)
{
    CHECK(complaint([](server_options& o) { o.packet.max_attachments = 0; }) == "");
    CHECK(complaint([](server_options& o) { o.packet.max_attachment_bytes = 0; }) == "");
}

BOOST_AUTO_TEST_CASE(the_path)
{
    for (const auto* good : {"/socket.io/", "/socket.io", "/", "/a/", "//", "/a/b/c/", "/~x%20y/"})
        CHECK(path_complaint(good) == "");
    using namespace std::string_literals;
    for (const auto& bad :
         {""s,
          "socket.io/"s,
          "/a b/"s,
          "/a?b/"s,
          "/a#b/"s,
          "/a\r\nb/"s,
          "/\0/"s,
          "/\x7F/"s,
          "/\xC3\xA9/"s})
        CHECK(
            path_complaint(bad) ==
            "option path: must begin with '/' and be plain ASCII, such as \"/socket.io/\""
        );
}

BOOST_AUTO_TEST_CASE(at_least_one_transport)
{
    const auto allow = [](bool polling, bool websocket) {
        return engine_complaint([=](engine_options& o) {
            o.allow_polling = polling;
            o.allow_websocket = websocket;
        });
    };
    CHECK(allow(true, false) == "");
    CHECK(allow(false, true) == "");
    CHECK(
        allow(false, false) ==
        "option allow_polling, allow_websocket: at least one transport must be allowed"
    );
}

BOOST_AUTO_TEST_CASE(cross_origin_access_A09)
{
    CHECK(cors_complaint({}) == "");
    CHECK(cors_complaint({}, true) == "");
    CHECK(cors_complaint({"*"}) == "");
    CHECK(cors_complaint({"https://a.example", "null"}, true) == "");
    CHECK(
        cors_complaint({"*"}, true) == "option cors.credentials: needs a list of origins, not \"*\""
    );
    for (const auto& mixed :
         {std::vector<std::string>{"*", "https://a.example"}, {"https://a.example", "*"}, {"*", "*"}
         })
        CHECK(cors_complaint(mixed) == "option cors.origins: \"*\" stands alone");
    for (const auto* good : {"http://localhost:3000", "capacitor://localhost", "file://"})
        CHECK(cors_complaint({good}) == "");
    for (const auto* bad :
         {"",
          "https://a.example\r\nX: y",
          "a b",
          "https://\xC3\xA9.example",
          "a.example",
          "://a.example",
          "https://a.example/",
          "https://a.example/page",
          "https://*.example",
          "https://a.example,https://b.example"}) {
        CHECK(cors_complaint({"null", bad}) == "option cors.origins" + origin_rule, bad);
        CHECK(
            engine_complaint([bad](engine_options& o) { o.allowed_origins = {"null", bad}; }) ==
                "option allowed_origins" + origin_rule,
            bad
        );
    }
    CHECK(engine_complaint([](engine_options& o) {
              o.allowed_origins = {"*"};
          }) == "option allowed_origins" + origin_rule);
    const auto with = [](auto change) {
        return engine_complaint([change](engine_options& o) { change(o.cors); });
    };
    CHECK(with([](cors_options& c) {
              c.origins = {"*"};
              c.reflect_origin = true;
          }) == "option cors.origins: \"*\" stands alone");
    CHECK(with([](cors_options& c) {
              c.methods = {"GET", "A B"};
          }) == "option cors.methods: must be names of HTTP");
    CHECK(with([](cors_options& c) {
              c.allowed_headers = {""};
          }) == "option cors.allowed_headers: must be names of HTTP");
    CHECK(with([](cors_options& c) {
              c.exposed_headers = {"x\r\n"};
          }) == "option cors.exposed_headers: must be names of HTTP");
    CHECK(with([](cors_options& c) { c.exposed_headers = {"*"}; }) == "");
    CHECK(with([](cors_options& c) { c.max_age = -1s; }) == "");
    CHECK(with([](cors_options& c) {
              c.max_age = -2s;
          }) == "option cors.max_age: must be at least -1 seconds");
    for (const unsigned wrong : {199U, 300U})
        CHECK(with([wrong](cors_options& c) {
                  c.preflight_status = wrong;
              }) == "option cors.preflight_status: must be from 200 to 299");
}

BOOST_AUTO_TEST_CASE(A11_a_cookie_that_would_split_its_header)
{
    CHECK(!engine_options{}.cookie.has_value());
    const auto with = [](const cookie_options& cookie) {
        return engine_complaint([&](engine_options& o) { o.cookie = cookie; });
    };
    CHECK(with({}) == "");
    CHECK(with({.path = "", .domain = "a.example", .secure = true, .partitioned = true}) == "");
    for (const char* const bad : {"", "a b", "a=b", "a;"})
        CHECK(with({.name = bad}) == "option cookie.name: must be a name of HTTP, such as \"io\"");
    for (const char* const bad : {"x", "/a;b", "/a b", "/a\r\n"})
        CHECK(
            with({.path = bad}) ==
            "option cookie.path: must begin with '/' and be plain ASCII without ';' and ','"
        );
    CHECK(
        with({.domain = "a; b"}) == "option cookie.domain: must be plain ASCII without ';' and ','"
    );
    for (const char c : {'\r', '\n', ';', ',', '\0', '\x01', '\x1b', '\x7f', '\x80', '\xff'}) {
        const std::string split = {'/', 'a', c, 'b'};
        CHECK(with({.name = split.substr(1)}).starts_with("option cookie.name: "));
        CHECK(with({.path = split}).starts_with("option cookie.path: "));
        CHECK(with({.domain = split.substr(1)}).starts_with("option cookie.domain: "));
    }
    CHECK(
        with({.same_site = cookie_same_site::none}) ==
        "option cookie.same_site: none needs cookie.secure"
    );
    CHECK(with({.secure = true, .same_site = cookie_same_site::none}) == "");
    CHECK(with({.partitioned = true}) == "option cookie.partitioned: needs cookie.secure");
}

BOOST_AUTO_TEST_CASE(compression_of_polls_HTTP_18)
{
    REQUIRE(engine_options{}.http_compression.has_value());
    CHECK(engine_options{}.http_compression->threshold_bytes == 1024);
    const auto with = [](http_compression_options compression) {
        return engine_complaint([&](engine_options& o) { o.http_compression = compression; });
    };
    CHECK(with({.threshold_bytes = 0, .level = 9, .brotli_quality = 11}) == "");
    CHECK(with({.level = 1, .brotli_quality = 0}) == "");
    for (const auto level : {std::uint8_t{0}, std::uint8_t{10}})
        CHECK(with({.level = level}) == "option http_compression.level: must be from 1 to 9");
    CHECK(
        with({.brotli_quality = 12}) ==
        "option http_compression.brotli_quality: must be from 0 to 11"
    );
}

BOOST_AUTO_TEST_CASE(hooks_and_the_initial_packet)
{
    CHECK(engine_complaint([](engine_options& o) {
              o.middlewares.emplace_back();
          }) == "option middlewares: must not be empty functions");
    CHECK(engine_complaint([](engine_options& o) { o.initial_packet = "hi \xC3\xA9"; }) == "");
    CHECK(engine_complaint([](engine_options& o) {
              o.initial_packet = "\xC3";
          }) == "option initial_packet: must be UTF-8");
}

BOOST_AUTO_TEST_CASE(compression_of_websockets)
{
    CHECK(!engine_options{}.websocket.deflate.has_value());
    const auto with = [](deflate_options deflate) {
        return engine_complaint([&](engine_options& o) { o.websocket.deflate = deflate; });
    };
    CHECK(with({}) == "");
    CHECK(with({.threshold_bytes = 0}) == "");
    const std::string option = "option websocket.deflate.";
    for (const auto bits : {std::uint8_t{8}, std::uint8_t{16}}) {
        const std::string range = ": must be from 9 to 15";
        CHECK(with({.server_max_window_bits = bits}) == option + "server_max_window_bits" + range);
        CHECK(with({.client_max_window_bits = bits}) == option + "client_max_window_bits" + range);
    }
    for (const auto level : {std::uint8_t{0}, std::uint8_t{10}}) {
        CHECK(with({.memory_level = level}) == option + "memory_level: must be from 1 to 9");
        CHECK(with({.level = level}) == option + "level: must be from 1 to 9");
    }
}

BOOST_AUTO_TEST_CASE(every_complaint_is_one_line_about_the_first_fault)
{
    const std::string line = complaint([](server_options& o) {
        o.ack_timeout = 0ns;
        o.engine.path = "";
    });
    CHECK(line.starts_with("option path: "));
    CHECK(line.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_clients_times_and_counts)
{
    CHECK(complaint<client_options>([](client_options&) {}) == "");
    const std::string time = ": must be more than zero";
    const std::string count = ": must be at least 1";
    const auto zero = [](duration client_options::* time_of) {
        return complaint<client_options>([time_of](client_options& o) { o.*time_of = 0s; });
    };
    const auto none = [](std::size_t client_options::* count_of) {
        return complaint<client_options>([count_of](client_options& o) { o.*count_of = 0; });
    };
    CHECK(zero(&client_options::handshake_timeout) == "option handshake_timeout" + time);
    CHECK(zero(&client_options::ack_timeout) == "option ack_timeout" + time);
    CHECK(zero(&client_options::attachment_timeout) == "option attachment_timeout" + time);
    CHECK(zero(&client_options::close_timeout) == "option close_timeout" + time);
    CHECK(none(&client_options::max_pending_acks) == "option max_pending_acks" + count);
    CHECK(none(&client_options::max_send_queue_bytes) == "option max_send_queue_bytes" + count);
    CHECK(none(&client_options::max_send_queue_packets) == "option max_send_queue_packets" + count);
    CHECK(complaint<client_options>([](client_options& o) {
              o.packet.max_args = 0;
          }) == "option packet.max_args" + count);
}

BOOST_AUTO_TEST_CASE(recovery_is_off_unless_asked_for)
{
    CHECK(!server_options{}.recovery.has_value());
    CHECK(complaint([](server_options& o) { o.recovery.emplace(); }) == "");
    CHECK((recovery_options{}.max_disconnection_duration == 2min));
    CHECK(recovery_options{}.skip_middlewares);
}

BOOST_AUTO_TEST_CASE(options_of_recovery)
{
    const auto recovery_complaint = [](auto member, auto value) {
        return complaint([=](server_options& o) { o.recovery.emplace().*member = value; });
    };
    const std::string duration_rule =
        "option recovery.max_disconnection_duration: must be from one millisecond to one day";
    constexpr auto away = &recovery_options::max_disconnection_duration;
    CHECK(recovery_complaint(away, 1ms) == "");
    CHECK(recovery_complaint(away, 24h) == "");
    CHECK(recovery_complaint(away, 999us) == duration_rule);
    CHECK(recovery_complaint(away, 24h + 1ns) == duration_rule);
    CHECK(
        recovery_complaint(&recovery_options::max_log_bytes, 0U) ==
        "option recovery.max_log_bytes: must be at least 1"
    );
    CHECK(
        recovery_complaint(&recovery_options::max_log_packets, 0U) ==
        "option recovery.max_log_packets: must be at least 1"
    );
    CHECK(
        recovery_complaint(&recovery_options::max_sessions, 0U) ==
        "option recovery.max_sessions: must be at least 1"
    );
}

BOOST_AUTO_TEST_SUITE_END()
