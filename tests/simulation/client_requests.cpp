// SPDX-License-Identifier: BSL-1.0
// features.md 2.4, 3.2: what a client's requests over HTTP are like, and what it makes of answers that do not come.
#include "socketio_http.hpp"
#include "support/memory_dialer.hpp"
#include "wire/http1.hpp"
#include "wire/websocket.hpp"

#include <cosio/transports/http_connector.hpp>

#include <fmt/chrono.h>

#include <algorithm>
#include <deque>

using namespace cosio;
using namespace cosio::test;

namespace {

using engine::transport_kind;

/// What has gone over one connection of a client.
struct traffic_of
{
    std::string sent;
    std::string got;
    bool stopped = false;  ///< nothing comes through to the client any more
};

/// A stream that writes down what goes through it.
class tapped_stream final : public byte_stream
{
public:
    tapped_stream(std::unique_ptr<byte_stream> below, traffic_of& log) noexcept
        : below_{std::move(below)}, log_{&log}
    {}

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        std::size_t count = below_->try_read(into, ec);
        while (log_->stopped && count != 0)
            count = below_->try_read(into, ec);
        log_->got += as_text(into.first(count));
        return count;
    }

    std::optional<error_code> park(parked& who) override { return below_->park(who); }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        const std::size_t count = below_->try_write(from, ec);
        std::size_t left = count;
        for (const bytes_view part : from) {
            const std::size_t taken = std::min(left, part.size());
            log_->sent += as_text(part.first(taken));
            left -= taken;
        }
        return count;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        below_->notify_writable(std::move(listener));
    }

    void interrupt() noexcept override { below_->interrupt(); }

    void shutdown_send() noexcept override { below_->shutdown_send(); }

    void close() noexcept override { below_->close(); }

    std::string remote_address() const override { return below_->remote_address(); }

private:
    std::unique_ptr<byte_stream> below_;
    traffic_of* log_;
};

class tapped_dialer final : public stream_dialer
{
public:
    tapped_dialer(memory_network& network, std::deque<traffic_of>& log) noexcept
        : network_{network}, log_{&log}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        return network_.dial([log = log_, done = std::move(done)](auto opened) {
            if (opened)
                done(std::make_unique<tapped_stream>(std::move(*opened), log->emplace_back()));
            else
                done(opened.error());
        });
    }

private:
    memory_dialer network_;
    std::deque<traffic_of>* log_;
};

bool is_websocket(const traffic_of& connection)
{
    return connection.sent.find("Upgrade: websocket") != std::string::npos;
}

/// The messages after the handshake, each as it came: text, or "binary" and bytes.
std::vector<std::string> messages_in(std::string bytes, cosio::wire::websocket_role reader)
{
    constexpr std::string_view end_of_head = "\r\n\r\n";
    bytes.erase(0, bytes.find(end_of_head) + end_of_head.size());
    cosio::wire::websocket_decoder decoder{reader, {}};
    decoder.feed(std::as_writable_bytes(std::span{bytes}));
    std::vector<std::string> all;
    for (auto next = decoder.next(); next && *next; next = decoder.next()) {
        const bool is_text = (*next)->opcode == cosio::wire::websocket_opcode::text;
        all.push_back((is_text ? "" : "binary ") + std::string{(*next)->text()});
    }
    return all;
}

void append_packets(std::vector<std::string>& all, std::string_view body)
{
    while (true) {
        const std::size_t end = body.find('\x1e');
        all.emplace_back(body.substr(0, end));
        if (end == body.npos)
            return;
        body.remove_prefix(end + 1);
    }
}

client_options options_over(std::vector<transport_kind> transports)
{
    client_options options;
    options.transports = std::move(transports);
    options.randomization_factor = 0;
    return options;
}

/// A server, a client, and what has gone between them.
struct request_case : http_case<json>
{
    explicit request_case(server_options options = {}) : http_case{std::move(options)}
    {
        watch();
        io.on("n", [this](int number) { numbers.push_back(number); });
        io.on("echo", [](basic_socket<json> socket, binary bytes) { socket.emit("echo", bytes); });
    }

    json_client_socket connect(const client_options& options)
    {
        client.emplace(
            world.home(),
            make_http_connector(
                world.home(),
                server_url::parse("http://chat.example"),
                std::make_unique<tapped_dialer>(network, connections),
                options
            ),
            options
        );
        json_client_socket socket = client->socket();
        socket.on_connect_error([this](const std::string& message, const boost::json::value&) {
            said("connect_error {}", message);
        });
        socket.on_disconnect([this](close_reason reason, error_code why) {
            said("disconnect {}{}{}", to_string(reason), why ? ": " : "", why ? why.message() : "");
        });
        socket.on("echo", [this](binary bytes) { said("echo {}", as_text(bytes.bytes())); });
        return socket;
    }

    /// All requests over HTTP so far, connection by connection.
    [[nodiscard]] std::vector<http_request> requests() const
    {
        std::vector<http_request> all;
        for (const traffic_of& one : connections) {
            cosio::wire::http1_request_decoder decoder{{}};
            decoder.feed(as_bytes(one.sent));
            for (auto next = decoder.next(); next && *next; next = decoder.next()) {
                all.push_back(**next);
                if (all.back().wants_websocket())
                    break;
            }
        }
        return all;
    }

    /// The bodies of all POSTs.
    [[nodiscard]] std::vector<std::string> posts() const
    {
        std::vector<std::string> bodies;
        for (const http_request& one : requests())
            if (one.method == "POST")
                bodies.push_back(one.body);
        return bodies;
    }

    /// The packets that the server got.
    [[nodiscard]] std::vector<std::string> heard_by_server() const
    {
        std::vector<std::string> all;
        for (const std::string& body : posts())
            append_packets(all, body);
        for (const traffic_of& one : connections)
            if (is_websocket(one))
                std::ranges::copy(
                    messages_in(one.sent, cosio::wire::websocket_role::server),
                    std::back_inserter(all)
                );
        return all;
    }

    [[nodiscard]] std::vector<std::string> heard_by_client() const
    {
        std::vector<std::string> all;
        for (const traffic_of& one : connections) {
            if (is_websocket(one)) {
                std::ranges::copy(
                    messages_in(one.got, cosio::wire::websocket_role::client),
                    std::back_inserter(all)
                );
                continue;
            }
            cosio::wire::http1_response_decoder decoder{{}};
            decoder.feed(as_bytes(one.got));
            for (auto next = decoder.next(); next && *next; next = decoder.next())
                append_packets(all, (*next)->body);
        }
        return all;
    }

    memory_network network{&world.home(), &http};
    std::deque<traffic_of> connections;
    std::optional<json_manager> client;
    std::vector<int> numbers;
    journal said;
};

std::size_t packets_in(std::string_view body)
{
    return 1U + static_cast<std::size_t>(std::ranges::count(body, '\x1e'));
}

std::vector<int> first_numbers(int count)
{
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i)
        numbers.push_back(i);
    return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_requests)

BOOST_AUTO_TEST_CASE(POLL_20_no_more_packets_in_a_POST_than_the_server_takes)
{
    server_options server;
    server.engine.max_packets_per_post = 5;
    request_case on{server};
    client_options options = options_over({transport_kind::polling});
    options.max_packets_per_post = 5;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    on.act([&] {
        for (int i = 0; i < 100; ++i)
            socket.emit("n", i);
    });
    CHECK(on.numbers == first_numbers(100));
    CHECK(socket.connected());
    std::vector<std::string> bodies = on.posts();
    REQUIRE(!bodies.empty());
    CHECK(bodies.front() == "40");
    bodies.erase(bodies.begin());
    CHECK(bodies.size() == 20U);
    for (const std::string& body : bodies)
        CHECK(packets_in(body) == 5U, body);
    CHECK(on.io.limits_reached()[limit::max_packets_per_post] == 0U);
}

BOOST_AUTO_TEST_CASE(POLL_17_no_larger_POST_than_the_server_announces)
{
    server_options server;
    server.engine.max_payload_bytes = 60;
    request_case on{server};
    client_options options = options_over({transport_kind::polling});
    options.max_packets_per_post = 100;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    on.act([&] {
        for (int i = 0; i < 100; ++i)
            socket.emit("n", i);
    });
    CHECK(on.numbers == first_numbers(100));
    CHECK(socket.connected());
    std::size_t largest = 0;
    for (const std::string& body : on.posts())
        largest = std::max(largest, body.size());
    CHECK(largest <= 60U);
    CHECK(largest > 50U);  // five events and what stands between them
}

BOOST_AUTO_TEST_CASE(POLL_20_a_client_that_posts_more_is_told_what_the_server_answered)
{
    server_options server;
    server.engine.max_packets_per_post = 5;
    request_case on{server};
    client_options options = options_over({transport_kind::polling});
    options.max_packets_per_post = 6;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    on.act([&] {
        for (int i = 0; i < 100; ++i)
            socket.emit("n", i);
    });
    CHECK(on.numbers == first_numbers(5));
    CHECK(on.said.take() == "disconnect transport error: the server answers 400");
    CHECK(on.io.limits_reached()[limit::max_packets_per_post] == 1U);
}

BOOST_AUTO_TEST_CASE(WS_6_binary_as_text_over_every_transport)
{
    const std::vector<std::vector<transport_kind>> each_way{
        {transport_kind::polling},
        {transport_kind::websocket},
        {transport_kind::polling, transport_kind::websocket}
    };
    for (const auto& transports : each_way)
        for (const bool forced : {true, false}) {
            request_case on;
            client_options options = options_over(transports);
            options.force_base64 = forced;
            const json_client_socket socket = on.connect(options);
            on.world.run();
            on.act([&] { socket.emit("echo", binary{"four"}); });
            CHECK(on.said.take() == "echo four");
            CHECK(socket.conn().transport_name() == engine::to_string(transports.back()));
            for (const http_request& one : on.requests())
                CHECK((one.target.find("&b64=1") != one.target.npos) == forced, one.target);
            const bool is_text = forced || transports.back() == transport_kind::polling;
            const std::string expected = is_text ? "bZm91cg==" : "binary four";
            CHECK(std::ranges::count(on.heard_by_server(), expected) == 1);
            CHECK(std::ranges::count(on.heard_by_client(), expected) == 1);
        }
}

BOOST_AUTO_TEST_CASE(transportOptions_one_transport_has_headers_and_a_query_of_its_own)
{
    request_case on;
    client_options options = options_over({transport_kind::polling, transport_kind::websocket});
    options.extra_headers = {{"X-Token", "of all"}};
    options.query = {{"room", "blue"}};
    transport_override& websocket = options.transport_options[transport_kind::websocket];
    websocket.extra_headers = {{"X-Token", "of one"}};
    websocket.query = {{"room", "red"}};
    websocket.timestamp_requests = true;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    CHECK(socket.conn().transport_name() == "websocket");
    const auto has = [](const http_request& one, std::string_view text) {
        return one.target.find(text) != one.target.npos;
    };
    std::size_t polls = 0;
    for (const http_request& one : on.requests()) {
        const bool is_poll = has(one, "transport=polling");
        polls += is_poll;
        CHECK(one.headers.find("x-token") == (is_poll ? "of all" : "of one"), one.target);
        CHECK(has(one, "room=blue") == is_poll, one.target);
        CHECK(has(one, "room=red") == !is_poll, one.target);
        CHECK(has(one, "&t="), one.target);
    }
    CHECK(polls >= 2U);
    CHECK(on.requests().size() == polls + 1);
}

BOOST_AUTO_TEST_CASE(transportOptions_a_path_of_one_transport)
{
    request_case on;
    client_options options = options_over({transport_kind::polling, transport_kind::websocket});
    options.path = "/elsewhere/";
    options.try_all_transports = true;
    options.transport_options[transport_kind::websocket].path = "/socket.io/";
    const json_client_socket socket = on.connect(options);
    on.world.run();
    CHECK(socket.conn().transport_name() == "websocket");
    CHECK(on.requests().front().target.starts_with("/elsewhere/?"));
    CHECK(on.requests().back().target.starts_with("/socket.io/?"));
}

BOOST_AUTO_TEST_CASE(transportOptions_binary_as_text_over_one_transport)
{
    for (const bool forced : {true, false}) {
        request_case on;
        client_options options = options_over({transport_kind::polling, transport_kind::websocket});
        options.force_base64 = !forced;
        options.transport_options[transport_kind::websocket].force_base64 = forced;
        const json_client_socket socket = on.connect(options);
        on.world.run();
        on.act([&] { socket.emit("echo", binary{"four"}); });
        CHECK(on.said.take() == "echo four");
        for (const http_request& one : on.requests())
            CHECK(
                (one.target.find("&b64=1") != one.target.npos) == (one.wants_websocket() == forced),
                one.target
            );
        const std::string expected = forced ? "bZm91cg==" : "binary four";
        CHECK(std::ranges::count(on.heard_by_server(), expected) == 1);
        CHECK(std::ranges::count(on.heard_by_client(), expected) == 1);
    }
}

BOOST_AUTO_TEST_CASE(transportOptions_timestamps_and_the_slash_of_one_transport)
{
    server_options server;
    server.engine.add_trailing_slash = false;
    request_case on{server};
    client_options options = options_over({transport_kind::polling, transport_kind::websocket});
    options.path = "/socket.io";
    options.add_trailing_slash = false;
    options.timestamp_requests = true;
    transport_override& websocket = options.transport_options[transport_kind::websocket];
    websocket.add_trailing_slash = true;
    websocket.timestamp_param = "when";
    const json_client_socket socket = on.connect(options);
    on.world.run();
    CHECK(socket.conn().transport_name() == "websocket");
    for (const http_request& one : on.requests()) {
        const bool is_poll = !one.wants_websocket();
        CHECK(one.target.starts_with("/socket.io?") == is_poll, one.target);
        CHECK(one.target.starts_with("/socket.io/?") == !is_poll, one.target);
        CHECK((one.target.find("&t=") != one.target.npos) == is_poll, one.target);
        CHECK((one.target.find("&when=") != one.target.npos) == !is_poll, one.target);
    }
}

BOOST_AUTO_TEST_CASE(transportOptions_cookies_of_one_transport)
{
    server_options server;
    server.engine.cookie.emplace();
    request_case on{server};
    client_options options = options_over({transport_kind::polling, transport_kind::websocket});
    options.with_credentials = true;
    options.transport_options[transport_kind::websocket].with_credentials = false;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    CHECK(socket.conn().transport_name() == "websocket");
    const std::vector<http_request> requests = on.requests();
    for (const http_request& one : requests) {
        const bool knows_it = &one != &requests.front() && !one.wants_websocket();
        CHECK(one.headers.find("cookie").has_value() == knows_it, one.target);
    }
}

BOOST_AUTO_TEST_CASE(WS_15_an_event_that_must_not_be_compressed)
{
    server_options server;
    server.engine.websocket.deflate.emplace();
    request_case on{server};
    client_options options = options_over({transport_kind::websocket});
    options.websocket.deflate.emplace();
    const json_client_socket socket = on.connect(options);
    on.world.run();
    const std::string text(5'000, 'x');
    const auto bytes_of = [&](bool compressed) {
        const std::size_t before = on.connections.back().sent.size();
        on.act([&] { socket.compress(compressed).emit("text", text); });
        return on.connections.back().sent.size() - before;
    };
    CHECK(bytes_of(true) < 500U);
    CHECK(bytes_of(false) > 5'000U);
}

BOOST_AUTO_TEST_CASE(R03_a_date_until_which_a_server_wants_to_be_left_alone)
{
    bool busy = true;
    server_options server;
    simulation* clock = nullptr;
    server.engine.middlewares = {[&](const http_request&, header_fields&) {
        std::optional<http_response> answer;
        if (busy) {
            const std::chrono::sys_seconds until{
                std::chrono::seconds{clock->home().time().wall_clock_ms() / 1'000 + 30}
            };
            answer.emplace();
            answer->status = 503;
            answer->headers.append(
                "Retry-After", fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", until)
            );
            answer->body = "busy";
        }
        return answer;
    }};
    for (const transport_kind kind : {transport_kind::polling, transport_kind::websocket})
        for (const duration limit : std::initializer_list<duration>{60s, 10s}) {
            busy = true;
            request_case on{server};
            clock = &on.world;
            client_options options = options_over({kind});
            options.reconnection_delay = 0s;
            options.max_retry_after = limit;
            const json_client_socket socket = on.connect(options);
            on.world.run();
            CHECK(on.said.take() == "connect_error the server answers 503 busy");
            busy = false;
            on.world.run_for(std::min<duration>(limit, 30s) - 1ms);
            CHECK(on.network.dialed == 1U);
            on.world.run_for(1ms);
            CHECK(on.network.dialed >= 2U);
            CHECK(socket.connected());
        }
}

BOOST_AUTO_TEST_CASE(a_poll_may_last_longer_than_request_timeout)
{
    request_case on;
    client_options options = options_over({transport_kind::polling});
    options.request_timeout = 1s;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    for (int i = 0; i < 10; ++i) {
        on.world.run_for(20s);
        on.act([&] { socket.emit("n", i); });
    }
    CHECK(on.numbers == first_numbers(10));
    CHECK(on.said.take() == "");
    CHECK(socket.connected());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_not_answered_in_request_timeout)
{
    request_case on;
    on.network.silent = true;
    client_options options = options_over({transport_kind::polling, transport_kind::websocket});
    options.request_timeout = 2s;
    options.try_all_transports = true;
    const json_client_socket socket = on.connect(options);
    on.world.run_for(2s - 1ms);
    CHECK(on.network.dialed == 1U);
    on.network.silent = false;
    on.world.run_for(1ms);
    CHECK(on.network.dialed == 2U);
    CHECK(socket.conn().transport_name() == "websocket");
}

BOOST_AUTO_TEST_CASE(a_POST_that_is_not_answered_in_request_timeout)
{
    request_case on;
    client_options options = options_over({transport_kind::polling});
    options.request_timeout = 2s;
    const json_client_socket socket = on.connect(options);
    on.world.run();
    for (traffic_of& one : on.connections)
        one.stopped = one.sent.starts_with("POST ");
    on.act([&] { socket.emit("n", 1); });
    on.world.run_for(2s - 1ms);
    CHECK(on.said.take() == "");
    on.world.run_for(1ms);
    CHECK(on.said.take() == "disconnect transport error: operation has timed out");
}

BOOST_AUTO_TEST_CASE(no_server_in_handshake_timeout)
{
    request_case on;
    on.network.silent = true;
    client_options options = options_over({transport_kind::polling});
    options.handshake_timeout = 20s;
    const json_client_socket socket = on.connect(options);
    on.world.run_for(20s);
    CHECK(on.said.take() == "connect_error timeout");  // Node's client says so, too
}

BOOST_AUTO_TEST_CASE(a_disconnect_has_no_error_but_the_heartbeats_silence)
{
    request_case on;
    const json_client_socket socket = on.connect(options_over({transport_kind::websocket}));
    on.world.run();
    for (traffic_of& one : on.connections)
        one.stopped = true;
    on.world.run_for(46s);
    CHECK(on.said.take() == "disconnect ping timeout");
}

BOOST_AUTO_TEST_SUITE_END()
