// SPDX-License-Identifier: BSL-1.0
// Z13: each coroutine of the public API is cancelled at each of its suspensions.
#include "support/all_ways.hpp"
#include "support/codec_cases.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/cancellation_search.hpp>
#include <cosio/transports/simulated_host.hpp>

using namespace cosio;
using namespace cosio::test;
using engine::transport_kind;

namespace {

/// A server, a calm client that is there all the time, and one that a scenario opens: `near`, of which `far` is the
/// server's end.
struct conversation
{
    explicit conversation(const transport_list& transports, unsigned shards = 1)
        : world{1, shards},
          calm{client_over({transport_kind::websocket})},
          near{client_over(transports)}
    {
        calm_socket.on("double", [kept = witness](int n, ack<int> reply) { reply(2 * n); });
        calm_socket.on_disconnect([this](close_reason) { calm_was_disturbed = true; });
        near_socket.on("double", [kept = witness](int n, ack<int> reply) { reply(2 * n); });
        near_socket.on_disconnect([this](close_reason) { near_was_told = true; });
        near_socket.on_connect_error([this](const std::string&, const boost::json::value&) {
            near_was_told = true;
        });
        calm->open();
        world.run_for(1s);
        REQUIRE(calm_socket.connected());
        calm_far = everybody.front();
    }

    /// Lets the other one in; what begins then begins with all that follows from a connection behind it.
    void join()
    {
        near->open();
        world.run_for(1s);
        REQUIRE(near_socket.connected());
        far = everybody.back();
    }

    std::unique_ptr<json_manager> client_over(transport_list transports)
    {
        client_options options;
        options.transports = std::move(transports);
        options.auto_connect = false;
        options.ack_timeout = 5s;
        options.on_handler_error = [](const handler_error&) {};  // one was cancelled
        return std::make_unique<json_manager>(
            world.home(), network.connect_to("http://chat", options), options
        );
    }

    /// What a scenario must come to, wherever its coroutine was cancelled; empty: all is well.
    std::string what_is_wrong(const cancellation_point& at)
    {
        if (!at.has_ended())
            return "the coroutine goes on for ever";
        if (calm_was_disturbed)
            return "another socket was disconnected";
        if (twice_of(calm_socket, 4) != 8)
            return "another socket is not answered";
        if (near_socket.connected() ? twice_of(near_socket, 2) != 4 : !near_was_told)
            return "its own socket hears nothing more";
        const auto late = client_over({transport_kind::polling, transport_kind::websocket});
        if (twice_of(late->socket(), 21, late.get()) != 42)
            return "who comes now is not served";
        late->close();
        return what_is_left();
    }

    std::string what_is_left()
    {
        near->close();
        calm->close();
        world.run_for(1min);
        if (network.streams() != 0)
            return fmt::format("{} streams are left", network.streams());
        if (io().clients_count() != 0 || io().main().socket_count() != 0)
            return "sessions are left";
        if (server.connection_count() != 0)
            return "connections are left";
        for (shard* const one : world.shards())
            if (!one->time().timers().empty())
                return "timers are left";
        near.reset();
        calm.reset();
        near_socket = {};
        calm_socket = {};
        far = {};
        calm_far = {};
        everybody.clear();
        server.crash();
        world.run();
        return witness.use_count() == 1 ? "" : "handlers are left";
    }

    /// What the server says of a number; 0 without an answer.
    int twice_of(const json_client_socket& asker, int number, json_manager* opened_first = nullptr)
    {
        if (opened_first)
            opened_first->open();
        int twice = 0;
        asker.emit("double", number, [&](result<int> answer) { twice = answer ? *answer : -1; });
        world.run_until([&] { return twice != 0; }, 10s);
        return twice;
    }

    [[nodiscard]] json_server& io() { return server.server(); }

    /// A wait of a server's coroutine: it asks the calm client.
    task<int> ask_calm_client()
    {
        auto asking = calm_far.emit_with_ack<int>(5s, "double", 1);
        const result<int> twice = co_await std::move(asking);
        co_return twice.value();
    }

    std::shared_ptr<int> witness = std::make_shared<int>(0);
    std::vector<json_socket> everybody;
    simulation world;
    simulated_network network{world};
    simulated_host<json> server{world, network, "chat", {}, [this](json_server& made) {
                                    made.on("double", [kept = witness](int n, ack<int> reply) {
                                        reply(2 * n);
                                    });
                                    made.on_connection([this](const json_socket& socket) {
                                        everybody.push_back(socket);
                                    });
                                }};
    std::unique_ptr<json_manager> calm;
    std::unique_ptr<json_manager> near;
    json_client_socket calm_socket = calm->socket();
    json_client_socket near_socket = near->socket();
    json_socket calm_far;
    json_socket far;
    bool calm_was_disturbed = false;
    bool near_was_told = false;  // that it is not connected
};

using scenario = std::function<void(conversation& on, cancellation_point& at)>;

std::string cancel_over(const transport_list& transports, unsigned shards, const scenario& what)
{
    std::size_t runs = 0;
    const auto found = find_failing_cancellation([&](cancellation_point& at) {
        ++runs;
        conversation on{transports, shards};
        what(on, at);
        on.world.run_for(20s);
        return on.what_is_wrong(at);
    });
    if (found)
        return fmt::format(
            "{} transports, turn {}: {}", transports.size(), found->turn, found->why
        );
    return runs > 3 ? "" : "it was hardly ever cancelled";
}

/// Empty, or what went wrong where.
std::string cancel_everywhere(const scenario& what)
{
    std::string wrong;
    for (const transport_list& transports : all_ways)
        if (wrong.empty())
            wrong = cancel_over(transports, 1, what);
    return wrong;
}

task<> ask_the_server_twice(conversation& on)
{
    for (int i = 1; i <= 2; ++i) {
        auto asking = on.near_socket.emit_with_ack<int>(5s, "double", i);
        static_cast<void>(co_await std::move(asking));
    }
}

task<> hear_news(conversation& on)
{
    for (int i = 0; i < 3; ++i) {
        auto next = on.near_socket.next<std::string>(3s, "news");
        static_cast<void>(co_await std::move(next));
    }
}

task<> drain_the_client(conversation& on)
{
    on.near_socket.emit("double", 1, [](result<int>) {});
    auto drained = on.near_socket.conn().drained();
    static_cast<void>(co_await std::move(drained));
}

task<boost::json::value> make_auth(conversation& on)
{
    auto asking = on.calm_socket.emit_with_ack<int>(5s, "double", 50);
    const result<int> answer = co_await std::move(asking);
    co_return boost::json::object{{"token", answer.value()}};
}

task<> ask_the_client_twice(conversation& on)
{
    for (int i = 1; i <= 2; ++i) {
        auto asking = on.far.emit_with_ack<int>(5s, "double", i);
        static_cast<void>(co_await std::move(asking));
    }
}

task<> ask_everybody(conversation& on)
{
    auto asking = on.io().all().timeout(5s).emit_with_ack<int>("double", 1);
    static_cast<void>(co_await std::move(asking));
}

task<> ask_everybody_one_by_one(conversation& on)
{
    auto answers = on.io().all().timeout(5s).emit_with_ack_stream<int>("double", 1);
    for (bool more = true; more;) {
        auto next = answers.next();
        const auto one = co_await std::move(next);
        more = one.has_value();
    }
}

task<> ask_where_everybody_is(conversation& on)
{
    auto sockets = on.io().fetch_sockets();
    static_cast<void>(co_await std::move(sockets));
    auto ids = on.io().all_sockets();
    static_cast<void>(co_await std::move(ids));
    auto count = on.io().all().count();
    static_cast<void>(co_await std::move(count));
    auto rooms = on.io().main().all_rooms();
    static_cast<void>(co_await std::move(rooms));
    auto sessions = on.io().client_ids();
    static_cast<void>(co_await std::move(sessions));
}

task<> ask_other_shards(conversation& on)
{
    auto asking = on.io().main().server_side_emit_with_ack<int>(5s, "load");
    static_cast<void>(co_await std::move(asking));
}

task<> hear_questions(conversation& on)
{
    for (int i = 0; i < 2; ++i) {
        auto next = on.far.next<int, ack<int>>(3s, "question");
        const auto question = co_await std::move(next);
        if (question)
            std::get<1> (*question)(std::get<0>(*question));
    }
}

task<> drain_the_socket(conversation& on)
{
    on.far.emit("news", "one");
    auto drained = on.far.conn().drained();
    static_cast<void>(co_await std::move(drained));
}

task<> wait_for_an_answer(conversation& on, std::string& outcome)
{
    auto asking = on.far.emit_with_ack<int>(1h, "nobody answers");
    const result<int> answer = co_await std::move(asking);
    outcome = answer.error().message();
}

task<> wait_until_all_is_written(conversation& on, std::string& outcome)
{
    auto drained = on.far.conn().drained();
    const error_code why = co_await std::move(drained);
    outcome = why.message();
}

task<> drain_the_server(conversation& on)
{
    auto draining = on.io().drain({.deadline = 5s, .stagger = 1s});
    static_cast<void>(co_await std::move(draining));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cancellation)

BOOST_AUTO_TEST_CASE(Z13_a_client_that_asks_from_before_it_is_connected)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        at.spawn(on.world, ask_the_server_twice(on));
        on.near->open();
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_client_that_reads_a_stream_of_events)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, hear_news(on));
        for (const char* text : {"one", "two"}) {
            on.far.emit("news", text);
            on.world.run_for(10ms);
        }
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_client_that_waits_until_all_is_written)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, drain_the_client(on));
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_clients_auth_provider)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.near_socket.set_auth([&on, &at]() { return at.run(on.world, make_auth(on)); });
        on.near->open();
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_clients_handler)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        on.near_socket.on("work", [&on, &at](ack<> done) -> task<> {
            co_await at.run(on.world, ask_the_server_twice(on));
            done();
        });
        on.far.emit("work", [](result<void>) {});
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_server_that_asks_a_client)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, ask_the_client_twice(on));
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_server_that_asks_everybody)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, ask_everybody(on));
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_server_that_takes_answers_one_by_one)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, ask_everybody_one_by_one(on));
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_questions_to_several_shards)
{
    for (const auto& ask :
         {&ask_everybody, &ask_everybody_one_by_one, &ask_where_everybody_is, &ask_other_shards}) {
        const scenario what = [ask](conversation& on, cancellation_point& at) {
            on.io().main().on_server_side("load", [](ack<int> reply) { reply(1); });
            on.join();
            at.spawn(on.world, ask(on));
        };
        CHECK(cancel_over({transport_kind::websocket}, 3, what) == "");
    }
}

BOOST_AUTO_TEST_CASE(Z13_a_server_that_reads_a_stream_of_events)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, hear_questions(on));
        on.near_socket.emit("question", 1, [](result<int>) {});
        on.world.run_for(10ms);
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_server_that_waits_until_all_is_written)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        at.spawn(on.world, drain_the_socket(on));
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_servers_handler)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        on.far.on("work", [&on, &at](ack<> done) -> task<> {
            co_await at.run(on.world, ask_the_client_twice(on));
            done();
        });
        on.near_socket.emit("work", [](result<void>) {});
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_middleware_of_connections)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.io().use([&on, &at](json_socket) -> task<verdict> {
            static_cast<void>(co_await at.run(on.world, on.ask_calm_client()));
            co_return accept();
        });
        on.near->open();
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_middleware_of_events)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.join();
        on.far.use([&on, &at](std::string, arguments) -> task<verdict> {
            static_cast<void>(co_await at.run(on.world, on.ask_calm_client()));
            co_return accept();
        });
        on.near_socket.emit("double", 1, [](result<int>) {});
        on.near_socket.emit("double", 2, [](result<int>) {});
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_rule_of_dynamic_namespaces)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.io().of([&on, &at](std::string, boost::json::value) -> task<bool> {
            static_cast<void>(co_await at.run(on.world, on.ask_calm_client()));
            co_return true;
        });
        on.near->open();
        const json_client_socket child = on.near->socket("/child");
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_a_middleware_of_HTTP)
{
    const std::string wrong = cancel_everywhere([](conversation& on, cancellation_point& at) {
        on.io().use_http(
            [&on, &at](const http_request&, header_fields&) -> task<std::optional<http_response>> {
                static_cast<void>(co_await at.run(on.world, on.ask_calm_client()));
                co_return std::nullopt;
            }
        );
        on.near->open();
    });
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z13_the_end_of_a_server_goes_on_though_nobody_waits_for_it)
{
    for (const transport_list& transports : all_ways) {
        const auto found = find_failing_cancellation([&](cancellation_point& at) -> std::string {
            conversation on{transports};
            on.join();
            at.spawn(on.world, drain_the_server(on));
            on.world.run_for(10s);
            if (!at.has_ended())
                return "the coroutine goes on for ever";
            return on.io().clients_count() == 0 ? on.what_is_left() : "it has not come to an end";
        });
        CHECK((found ? found->why : "") == "", transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(a_wait_for_an_answer_ends_with_its_cancellation)
{
    cancellation_point at{0};
    conversation on{{transport_kind::websocket}};
    on.join();
    std::string outcome;
    at.spawn(on.world, wait_for_an_answer(on, outcome));
    on.world.run();
    CHECK(outcome == "the operation was cancelled");
    CHECK(on.what_is_wrong(at) == "");
}

BOOST_AUTO_TEST_CASE(a_wait_until_all_is_written_ends_with_its_cancellation)
{
    cancellation_point at{0};
    conversation on{{transport_kind::polling}};
    on.join();
    on.network.cut("chat");
    for (int i = 0; i < 2; ++i) {
        on.far.emit("news", "what nobody polls for");
        on.world.run();
    }
    std::string outcome;
    at.spawn(on.world, wait_until_all_is_written(on, outcome));
    on.world.run();
    CHECK(outcome == "the operation was cancelled");
    on.network.heal("chat");
    on.world.run_for(10s);
    CHECK(on.what_is_wrong(at) == "");
}

BOOST_AUTO_TEST_CASE(Z13_coroutines_that_want_other_kinds_of_cancellation)
{
    for (const auto how : {asio::cancellation_type::partial, asio::cancellation_type::total}) {
        std::size_t aborted = 0;
        const auto found = find_failing_cancellation(
            [&](cancellation_point& at) {
                conversation on{{transport_kind::websocket}};
                on.join();
                on.far.emit("news", "one");
                at.spawn(on.world, [](conversation& of) -> task<> {
                    co_await asio::this_coro::reset_cancellation_state(
                        asio::enable_total_cancellation()
                    );
                    co_await hear_news(of);
                }(on));
                on.world.run_for(20s);
                aborted += at.thrown() ? 1 : 0;
                return on.what_is_wrong(at);
            },
            how
        );
        CHECK((found ? found->why : "") == "");
        CHECK(aborted > 0U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
