// SPDX-License-Identifier: BSL-1.0
// Z14: each allocation of a client fails once. It comes back, or whoever uses it has been told; others do not notice.
#include "support/check.hpp"
#include "support/poor_memory.hpp"

#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/server.hpp>
#include <cosio/transports/http_connector.hpp>

#include <boost/asio/co_spawn.hpp>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using engine::transport_kind;

namespace {

/// A client on a shard of its own, whose allocations fail, and a server on another one, which has what it needs.
struct poor_client
{
    explicit poor_client(client_options with)
        : options{std::move(with)}, io{world.home(), recovering()}, client{client_over(options)}
    {
        io.of("/child").on("double", [](int n, ack<int> reply) { reply(2 * n); });
        io.on("double", [](int n, ack<int> reply) { reply(2 * n); });
        io.on("name", [](ack<std::string> reply) {
            reply("a name that no string keeps in itself");
        });
        io.on("bytes", [](json_socket socket, binary bytes) { socket.emit("bytes", bytes); });
        io.on("ask", [](json_socket socket) {
            socket.emit("double", 4, binary{std::string_view{"an attachment"}}, [](result<int>) {});
        });
        io.on("leave", [](json_socket socket, int n, ack<int> reply) {
            reply(n);
            socket.disconnect();
        });
        io.on_connection([](json_socket socket) { static_cast<void>(socket.join("room")); });
    }

    static server_options recovering()
    {
        server_options options;
        options.recovery.emplace();
        options.engine.ping_interval = 5s;
        options.engine.ping_timeout = 5s;
        return options;
    }

    std::unique_ptr<json_manager> client_over(client_options with)
    {
        with.auto_connect = false;
        with.ack_timeout = 5s;
        with.on_handler_error = [this](const handler_error&) { ++told; };
        auto network = make_http_connector(
            theirs,
            server_url::parse("http://chat"),
            std::make_unique<shard_dialer>(theirs, http, world.home(), ends),
            with
        );
        return std::make_unique<json_manager>(theirs, std::move(network), with);
    }

    /// A call of the API in a handler: one that throws has been told, and asks again.
    template <class Call>
    void call(Call what)
    {
        theirs.post([&] {
            try {
                what();
            } catch (const std::bad_alloc&) {
                ++told;
                what();
            }
        });
        world.run();
    }

    /// An event whose answer is awaited, once for each time that it was taken.
    void ask(const json_client_socket& whom, std::string_view what = "double")
    {
        call([&] {
            whom.emit(what, 21, [this, kept = witness](result<int>) { ++answers; });
            ++questions;
        });
    }

    void begin()
    {
        call([&] { chat = client->socket(); });
        call([&] { child = client->socket("/child", boost::json::value({{"token", "of a user"}})); }
        );
        call([&] {
            chat.off("double");
            chat.on("double", [kept = witness](int n, binary, ack<int> reply) { reply(2 * n); });
        });
        call([&] { chat.on("bytes", [kept = witness](binary) {}); });
        call([&] { chat.on("said", [kept = witness](std::string, std::string) {}); });
        call([&] { chat.on_connect([this, kept = witness] { is_connected = true; }); });
        call([&] {
            chat.on_disconnect([this, kept = witness](close_reason) { is_connected = false; });
        });
        call([&] {
            child.on_connect_error([this](const std::string&, const boost::json::value&) {
                child_refused = true;
            });
        });
        call([&] { client->open(); });
        world.run_for(1s);
    }

    /// All that the API offers within one connection, then another one, which brings what was missed.
    void talk()
    {
        ask(chat);
        call([&] {
            chat.emit("bytes", binary{std::string_view{"bytes of some length, in an attachment"}});
        });
        call([&] { chat.emit("ask"); });
        ask(child);
        call([&] {
            chat.emit("name", [this, kept = witness](result<std::string>) { ++answers; });
            ++questions;
        });
        world.run_for(6s);  // a heartbeat
        ask(chat, "unanswered");
        for (kernel_stream& one : ends)
            one.close();
        io.in("room").emit("said", "while it was away", "a text that no string keeps in itself");
        world.run();
        if (chat.connected())
            wrong = "it does not notice that it was cut off";
        ask(chat);
        world.run_for(20s);
        ask(chat, "leave");
        world.run_for(1s);
        call([&] { chat.connect(); });
        world.run_for(1s);
        call([&] { client->close(); });
        world.run_for(1s);
        call([&] { client->open(); });
        world.run_for(1s);
    }

    /// Empty, or what does not hold after a failure.
    std::string what_is_wrong()
    {
        world.run_for(1min);
        if (!wrong.empty())
            return wrong;
        if (is_connected != chat.connected())
            return fmt::format("it was told {}, not {}", is_connected, chat.connected());
        if (!chat.connected()) {
            if (told == 0 || chat.active())
                return "it does not come back, and nobody was told";
            client->open();
            chat.connect();
            world.run_for(10s);
        }
        if (!chat.connected())
            return "it cannot be connected any more";
        if (child_refused && !child.connected()) {
            child.connect();
            world.run_for(1s);
        }
        if (child.active() && !child.connected())
            return "its other socket does not come back";
        if (!is_served(*client))
            return "it is not served";
        const auto late = client_over({});
        late->open();
        if (!is_served(*late))
            return "another client is not served";
        if (answers != questions)
            return fmt::format("{} answers to {} questions", answers, questions);
        late->close();
        client->close();
        world.run_for(1min);
        if (http.connection_count() != 0 || io.clients_count() != 0)
            return fmt::format("{} sessions are left", io.clients_count());
        client.reset();
        chat = {};
        child = {};
        world.run();
        if (witness.use_count() != 1)
            return fmt::format("{} handlers are left", witness.use_count() - 1);
        return "";
    }

    bool is_served(json_manager& who)
    {
        int twice = 0;
        who.socket().emit("double", 21, [&](result<int> answer) { twice = answer ? *answer : -1; });
        world.run_until([&] { return twice != 0; }, 10s);
        return twice == 42;
    }

    kernel_streams ends;
    std::shared_ptr<int> witness = std::make_shared<int>(0);
    int told = 0;
    int questions = 0;
    int answers = 0;
    bool is_connected = false;
    bool child_refused = false;
    std::string wrong = {};
    client_options options;
    simulation world{1, 2};
    shard& theirs = *world.shards()[1];
    json_server io;
    http_server http{world.home(), {&io.engine()}, {}};
    std::unique_ptr<json_manager> client;
    json_client_socket chat;
    json_client_socket child;
};

void use_coroutines(poor_client& on)
{
    on.call([&] {
        on.child.set_auth([kept = on.witness]() -> task<boost::json::value> {
            co_return boost::json::value({{"token", "of a user, as it is now"}});
        });
    });
    on.call([&] { on.chat.on("bytes", [kept = on.witness](binary) -> task<> { co_return; }); });
}

/// A coroutine that is no handler, and waits for all that can be waited for.
task<> ask_and_listen(json_client_socket chat)
{
    auto asking = chat.emit_with_ack<std::string>(5s, "name");
    static_cast<void>(co_await std::move(asking));
    chat.emit("ask");
    auto hearing = chat.next<binary>(1s, "bytes");
    static_cast<void>(co_await std::move(hearing));
    auto writing = chat.conn().drained();
    static_cast<void>(co_await std::move(writing));
    auto nothing = chat.emit_with_ack<int>(1h, "unanswered");
    static_cast<void>(co_await std::move(nothing));
}

void wait_in_a_coroutine(poor_client& on)
{
    on.call([&] {
        const auto ended = [&on, kept = on.witness](const std::exception_ptr& thrown) {
            ++on.answers;
            on.told += thrown ? 1 : 0;
        };
        asio::co_spawn(on.theirs.executor(), ask_and_listen(on.chat), ended);
        ++on.questions;
    });
    on.world.run_for(1s);
}

std::string fail_a_conversation(
    std::uint64_t least,
    const client_options& options,
    const std::function<void(poor_client&)>& besides = {}
)
{
    return harm_of_allocations(least, [&](allocation_failure& at) -> std::string {
        poor_client on{options};
        const emptied_cache nothing_is_kept;
        at.arm([&] { return on.theirs.is_current(); });
        try {
            on.begin();
            if (besides)
                besides(on);
            on.talk();
        } catch (const std::bad_alloc&) {
            return "it ended the thread of the client";
        }
        at.disarm();
        return on.what_is_wrong();
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_allocation_failures)

BOOST_AUTO_TEST_CASE(Z14_at_each_allocation_of_a_client)
{
    for (const transport_list& transports : all_ways) {
        client_options options;
        options.transports = transports;
        const std::string harm = fail_a_conversation(250, options);
        CHECK(harm == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(Z14_of_a_client_that_sends_until_it_is_answered)
{
    client_options options;
    options.retries = 1;
    options.retry_window = 4;
    CHECK(fail_a_conversation(400, options) == "");
}

BOOST_AUTO_TEST_CASE(Z14_of_a_client_that_is_destroyed_while_it_waits_for_answers)
{
    const std::string harm = harm_of_allocations(1, [](allocation_failure& at) -> std::string {
        poor_client on{{}};
        on.begin();
        on.ask(on.chat, "unanswered");
        on.ask(on.chat, "unanswered");
        const emptied_cache nothing_is_kept;
        at.arm([&] { return on.theirs.is_current(); });
        on.call([&] { on.client.reset(); });
        at.disarm();
        on.client = on.client_over({});
        on.begin();
        return on.what_is_wrong();
    });
    CHECK(harm == "");
}

BOOST_AUTO_TEST_CASE(Z14_of_a_client_whose_auth_and_handlers_are_coroutines)
{
    client_options options;
    options.transports = {transport_kind::websocket};
    CHECK(fail_a_conversation(250, options, use_coroutines) == "");
}

BOOST_AUTO_TEST_CASE(Z14_of_a_client_whose_coroutines_wait)
{
    for (const transport_list& transports : all_ways) {
        client_options options;
        options.transports = transports;
        const std::string harm = fail_a_conversation(250, options, wait_in_a_coroutine);
        CHECK(harm == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_SUITE_END()
