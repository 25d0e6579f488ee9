// SPDX-License-Identifier: BSL-1.0
// Z11: each callback of a client of ours throws, at its first call or a later one. The error is told, the socket that
// had an event for it ends, and the rest goes on: the other socket of the connection has its answers whatever happens.

#include "real_world.hpp"

#include <cosio/transports/network_connector.hpp>

#include <boost/asio/ip/tcp.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

using kinds = std::vector<engine::transport_kind>;

const kinds over_polling{engine::transport_kind::polling};
const kinds over_websocket{engine::transport_kind::websocket};
const kinds with_upgrade{engine::transport_kind::polling, engine::transport_kind::websocket};

/// Logs the callbacks that are called, one of which throws.
struct trap
{
    void pass(std::string_view name)
    {
        seen.emplace_back(name);
        if (name == armed && --calls_left == 0)
            throw std::runtime_error{"secret"};
    }

    void pass(std::string_view name, std::string_view detail)
    {
        seen.push_back(fmt::format("({})", detail));
        pass(name);
    }

    string armed;
    int calls_left = 0;
    strings seen;
    strings errors;  ///< what the application is told of
};

/// A client with two sockets: that of `/room` has callbacks that may throw, that of `/` shall not notice.
class visitor
{
public:
    visitor(real_world& on, trap& at, const kinds& transports, const string& url)
        : on_{&on}, at_{&at}
    {
        client_options options;
        options.transports = transports;
        options.randomization_factor = 0;
        options.reconnection_attempts = 2;
        options.on_handler_error = [&at](const handler_error& error) {
            CHECK(error.message == "secret");
            const std::string_view space = error.nsp.empty() ? "" : " ";
            at.errors.push_back(fmt::format("{}{}{}", error.nsp, space, error.event));
        };
        options.auto_connect = false;
        client.emplace(on.home(), make_network_connector(on.home(), url, options), options);
        home_ = client->socket();
        home_.on("echo", [this](unsigned number) { heard_ = number; });
        watch_connection();
        watch_room();
    }

    /// Whatever either side has said by now has been heard, over polling too.
    void settle()
    {
        for (int i = 0; i < 3; ++i) {
            home_.emit("echo", ++said_);
            REQUIRE(on_->until([&] { return heard_ == said_; }));
        }
    }

    /// The server ends the connection.
    void be_cut()
    {
        home_.emit("cut");
        REQUIRE(on_->until([&] { return !client->is_open(); }));
    }

    std::optional<json_manager> client;
    json_client_socket room;

private:
    void watch_connection()
    {
        trap& at = *at_;
        client->on_open([&at] { at.pass("open"); });
        client->on_close([&at](close_reason) { at.pass("close"); });
        client->on_error([&at](error_code, std::string_view) { at.pass("error"); });
        client->on_upgrade_error([&at](error_code, std::string_view) { at.pass("upgrade_error"); });
        client->on_reconnect_attempt([&at](std::uint64_t) { at.pass("reconnect_attempt"); });
        client->on_reconnect_error([&at](error_code) { at.pass("reconnect_error"); });
        client->on_reconnect_failed([&at] { at.pass("reconnect_failed"); });
        client->on_reconnect([&at](std::uint64_t) { at.pass("reconnect"); });
    }

    void watch_room()
    {
        trap& at = *at_;
        room = client->socket("/room");
        room.set_auth([&at] {
            at.pass("auth");
            return boost::json::value(nullptr);
        });
        room.on_connect([&at] { at.pass("connect"); });
        room.on_connect_error([&at](const string& why, const boost::json::value&) {
            at.pass("connect_error", why);
        });
        room.on_disconnect([&at](close_reason why) { at.pass("disconnect", to_string(why)); });
        static_cast<void>(room.on_any([&at](std::string_view, const arguments&) { at.pass("any"); })
        );
        static_cast<void>(room.on_any_outgoing([&at](std::string_view, const arguments&) {
            at.pass("any_outgoing");
        }));
        room.on("event", [&at] { at.pass("event"); });
        room.on("coroutine", [this, &at]() -> task<> {
            auto asking = room.emit_with_ack<int>(30s, "number", 2);
            static_cast<void>(co_await std::move(asking));
            at.pass("coroutine");
        });
        room.on("question", [&at](ack<int> answer) {
            answer(7);
            at.pass("question");
        });
    }

    real_world* on_;
    trap* at_;
    json_client_socket home_;
    unsigned said_ = 0;
    unsigned heard_ = 0;
};

void serve(real_world& on)
{
    on.io->on("cut", [](json_socket socket) { socket.close_connection(); });
    auto room = on.io->of("/room");
    room.on("number", [](int number, ack<int> answer) { answer(number); });
    room.on("start", [](json_socket socket) {
        socket.emit("event");
        socket.emit("coroutine");
        socket.emit("question", [](result<int>) {});
    });
}

/// Connects, has events and answers, is thrown out, comes back, and leaves.
void live(real_world& on, trap& at, const kinds& transports)
{
    visitor guest{on, at, transports, on.url()};
    const auto converse = [&] {
        guest.settle();
        guest.room.emit("number", 1, [&at](result<int>) { at.pass("ack"); });
        guest.settle();
        guest.room.emit("start");
        guest.settle();
    };
    guest.client->open();
    converse();
    guest.be_cut();
    on.pass(1s);
    converse();
    guest.room.disconnect();
    guest.settle();
    guest.client->close();
}

[[nodiscard]] string words(const strings& all)
{
    return fmt::format("{}", fmt::join(all, " "));
}

const string talk =
    "any_outgoing ack any_outgoing any event any any_outgoing coroutine any question";
const string first_life = "open auth connect " + talk;
const string cut_and_back =
    " (transport close) disconnect close reconnect_attempt open auth reconnect connect ";
const string farewell = " (io client disconnect) disconnect";
const string whole = first_life + cut_and_back + talk + farewell;
/// What comes after it if the socket of `/room` has ended before: the event that is sent then is never answered.
const string cut_and_back_without = " close reconnect_attempt open reconnect ack";

struct consequence
{
    string callback;
    int call;
    string seen;
    string error;  ///< that the application is told of
};

void compare(const trap& at, const consequence& expected)
{
    CHECK(words(at.seen) == expected.seen, expected.callback << " at call " << expected.call);
    CHECK(words(at.errors) == expected.error, expected.callback << " at call " << expected.call);
}

void check_over_each_transport(const std::vector<consequence>& all)
{
    for (const kinds* transports : {&over_websocket, &over_polling}) {
        real_world on;
        serve(on);
        for (const consequence& one : all) {
            trap at{one.callback, one.call, {}, {}};
            live(on, at, *transports);
            compare(at, one);
        }
        on.check_at_rest();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(throwing_clients)

BOOST_AUTO_TEST_CASE(z11_what_is_only_told_changes_nothing)
{
    check_over_each_transport({
        {"nothing", 1, whole, ""},
        {"open", 1, whole, "manager"},
        {"open", 2, whole, "manager"},
        {"close", 1, whole, "manager"},
        {"reconnect_attempt", 1, whole, "manager"},
        {"reconnect", 1, whole, "manager"},
        {"connect", 1, whole, "/room connect"},
        {"connect", 2, whole, "/room connect"},
        {"disconnect", 1, whole, "/room disconnect"},
        {"disconnect", 2, whole, "/room disconnect"},
    });
}

BOOST_AUTO_TEST_CASE(z11_what_an_event_is_for_ends_its_socket)
{
    const auto at_first = [](const string& callback, const string& seen, const string& error) {
        const string begin = "open auth connect " + seen;
        return consequence{callback, 1, begin + farewell + cut_and_back_without, "/room " + error};
    };
    const auto after_the_cut = [](const string& callback, const string& seen, const string& error) {
        const string begin = first_life + cut_and_back + seen;
        return consequence{callback, 2, begin + farewell, "/room " + error};
    };
    const string event = "any_outgoing ack any_outgoing any event";
    const string coroutine = event + " any any_outgoing coroutine";
    check_over_each_transport({
        at_first("any", "any_outgoing ack any_outgoing any", "event"),
        at_first("any_outgoing", "any_outgoing ack", "number"),
        at_first("event", event, "event"),
        at_first("coroutine", coroutine, "coroutine"),
        at_first("question", talk, "question"),
        at_first("ack", "any_outgoing ack", "acknowledgement"),
        after_the_cut("event", event, "event"),
        after_the_cut("coroutine", coroutine, "coroutine"),
        after_the_cut("question", talk, "question"),
        after_the_cut("ack", "any_outgoing ack", "acknowledgement"),
    });
}

BOOST_AUTO_TEST_CASE(z11_auth_is_a_connect_error_of_this_connection)
{
    // What was sent meanwhile waits, and the next connection asks for it again.
    const string at_first =
        "open auth (secret) connect_error close reconnect_attempt open auth reconnect "
        "any_outgoing any_outgoing connect ack any event any any_outgoing coroutine any question ";
    const string after_the_cut =
        " (transport close) disconnect close reconnect_attempt open auth (secret) connect_error "
        "reconnect ack";
    check_over_each_transport({
        {"auth", 1, at_first + talk + farewell, ""},
        {"auth", 2, first_life + after_the_cut, ""},
    });
}

BOOST_AUTO_TEST_CASE(z11_auth_may_throw_before_its_coroutine_begins)
{
    real_world on;
    serve(on);
    trap at;
    {
        visitor guest{on, at, over_websocket, on.url()};
        guest.room.set_auth([]() -> task<boost::json::value> {
            throw std::runtime_error{"secret"};
        });
        guest.client->open();
        guest.settle();
        CHECK(words(at.seen) == "open (secret) connect_error");
        guest.client->close();
    }
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z11_what_tells_of_a_server_that_is_not_there_changes_nothing)
{
    real_world on;
    // Nobody listens at it, and nobody else gets it.
    const asio::ip::tcp::socket taken{on.world.context(), {asio::ip::address_v4::loopback(), 0}};
    const string where = fmt::format("127.0.0.1:{}", taken.local_endpoint().port());
    const string failure = fmt::format("error ({}: Connection refused) connect_error", where);
    const string expected = fmt::format(
        "{0} reconnect_attempt {0} reconnect_error reconnect_attempt {0} reconnect_error "
        "reconnect_failed",
        failure
    );
    const std::vector<consequence> all{
        {"nothing", 1, expected, ""},
        {"error", 1, expected, "manager"},
        {"error", 2, expected, "manager"},
        {"error", 3, expected, "manager"},
        {"connect_error", 1, expected, "/room connect_error"},
        {"connect_error", 2, expected, "/room connect_error"},
        {"connect_error", 3, expected, "/room connect_error"},
        {"reconnect_attempt", 1, expected, "manager"},
        {"reconnect_attempt", 2, expected, "manager"},
        {"reconnect_error", 1, expected, "manager"},
        {"reconnect_error", 2, expected, "manager"},
        {"reconnect_failed", 1, expected, "manager"},
    };
    for (const consequence& one : all) {
        trap at{one.callback, one.call, {}, {}};
        visitor guest{on, at, over_websocket, "http://" + where};
        guest.client->open();
        for (int attempts = 1; attempts <= 3; ++attempts) {
            REQUIRE(on.until([&] {
                return std::ranges::count(at.seen, "connect_error") == attempts;
            }));
            on.pass(2s);
        }
        compare(at, one);
    }
}

BOOST_AUTO_TEST_CASE(z11_what_tells_of_refusals_changes_nothing)
{
    server_options options;
    options.engine.middlewares = {[](const http_request& request, header_fields&) {
        std::optional<http_response> refusal;
        if (request.headers.find("Upgrade") && request.target.find("sid=") != string::npos)
            refusal.emplace().status = 503;
        return refusal;
    }};
    real_world on{std::move(options)};
    const std::vector<std::pair<string, string>> errors{
        {"nothing", ""}, {"upgrade_error", "manager"}, {"connect_error", "/nowhere connect_error"}
    };
    serve(on);
    for (const auto& [callback, error] : errors) {
        trap at{callback, 1, {}, {}};
        visitor guest{on, at, with_upgrade, on.url()};
        const json_client_socket nowhere = guest.client->socket("/nowhere");
        nowhere.on_connect_error([&at](const string& why, const boost::json::value&) {
            at.pass("connect_error", why);
        });
        guest.client->open();
        REQUIRE(on.until([&] { return std::ranges::count(at.seen, "upgrade_error") == 1; }));
        guest.settle();
        CHECK(std::ranges::count(at.seen, "(Invalid namespace)") == 1);
        CHECK(words(at.errors) == error);
        CHECK(guest.room.connected());
        guest.client->close();
    }
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
