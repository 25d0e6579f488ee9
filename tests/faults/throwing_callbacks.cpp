// SPDX-License-Identifier: BSL-1.0
// Z11: each callback of the application throws once, at its first call or a later one. Who called it is told so, and nobody
// else is.

#include "support/raw_server.hpp"
#include "wire_client.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// The callback that throws, and at which call.
struct trap
{
    void pass(std::string_view name)
    {
        if (name == armed && --calls_left == 0)
            throw std::runtime_error{"secret"};
    }

    std::string_view armed;
    int calls_left = 0;
};

[[nodiscard]] server_options hooks(trap& at, strings& errors)
{
    server_options options;
    options.engine.middlewares = {[&at](const http_request&, header_fields&) {
        at.pass("middleware");
        return std::optional<http_response>{};
    }};
    options.engine.allow_request = [&at](const http_request&) {
        at.pass("allow_request");
        return accept();
    };
    options.engine.generate_id = [&at, made = 0](const http_request&) mutable {
        at.pass("generate_id");
        return result<string>{fmt::format("id{}", ++made)};
    };
    options.engine.initial_headers = [&at](header_fields&, const http_request&) {
        at.pass("initial_headers");
    };
    options.engine.headers = [&at](header_fields&, const http_request&) { at.pass("headers"); };
    options.on_handler_error = [&errors](const handler_error& error) {
        errors.emplace_back(error.event);
    };
    return options;
}

void serve(real_world& on, trap& at)
{
    auto room = on.io->of("/room");
    room.use([&at](json_socket) {
        at.pass("use");
        return accept();
    });
    room.on_connection([&at](json_socket socket) {
        socket.use([&at](std::string_view, const arguments&) {
            at.pass("packet");
            return accept();
        });
        static_cast<void>(socket.on_any([&at](std::string_view, const arguments&) {
            at.pass("any");
        }));
        static_cast<void>(socket.on_any_outgoing([&at](std::string_view event, const arguments&) {
            if (event == "welcome")
                at.pass("any_outgoing");
        }));
        socket.on("event", [&at, socket] {
            at.pass("event");
            socket.emit("question", [&at, socket](result<int> answer) {
                at.pass("ack");
                socket.emit("thanks", answer ? *answer : -1);
            });
        });
        socket.on_disconnecting([&at](close_reason) { at.pass("disconnecting"); });
        socket.on_disconnect([&at](close_reason) { at.pass("disconnect"); });
        at.pass("connection");
        socket.emit("welcome");
    });
}

/// What a client sees that joins, sends an event, answers what it is asked, leaves, and is at home in `/` all the time.
[[nodiscard]] string visit(real_world& on)
{
    wire_client wire{on};
    wire.send(websocket_request("/socket.io/?EIO=4&transport=websocket"));
    const int status = wire.answer().status;
    if (status != 101)
        return fmt::format("{}", status);
    string seen;
    frame_reader frames;
    const auto say = [&](std::string_view packet) {
        wire.send(websocket_frame(cosio::wire::websocket_opcode::text, packet));
        on.rounds();
        wire.pull();
        for (string& message : frames.read(std::exchange(wire.come, {}))) {
            if (message.starts_with("0{") || message.starts_with("40{"))
                continue;
            if (message.starts_with("40/room,{\"sid\""))
                message = "40/room,";
            seen += (seen.empty() ? "" : " ") + message;
        }
    };
    say("40");
    say("40/room,");
    say(R"(42/room,["event"])");
    say("43/room,0[7]");
    say("41/room,");
    say(R"(42["echo",1])");
    return seen;
}

struct consequence
{
    std::string_view callback;
    string seen;    ///< by whom it was called for
    string errors;  ///< that the application is told of
};

}  // namespace

BOOST_AUTO_TEST_SUITE(throwing_callbacks)

BOOST_AUTO_TEST_CASE(z11_each_callback_at_each_of_its_first_calls)
{
    const string whole =
        R"(40/room, 42/room,["welcome"] 42/room,0["question"] 42/room,["thanks",7] 42["echo",1])";
    const std::vector<consequence> all{
        {"middleware", "400", ""},
        {"allow_request", "400", ""},
        {"generate_id", "400", ""},
        {"initial_headers", whole, ""},
        {"headers", whole, ""},
        // Namespaces that a client does not know it is out of end its connection with the next packet.
        {"use", R"(44/room,{"message":"Internal error"} close 1005)", "middleware"},
        {"connection", "40/room, 41/room, close 1005", "connection"},
        {"packet", R"(40/room, 42/room,["welcome"] 42["echo",1])", "event"},
        {"any", R"(40/room, 42/room,["welcome"] 41/room, close 1005)", "event"},
        {"any_outgoing", "40/room, 41/room, close 1005", "welcome"},
        {"event", R"(40/room, 42/room,["welcome"] 41/room, close 1005)", "event"},
        {"ack",
         R"(40/room, 42/room,["welcome"] 42/room,0["question"] 41/room, close 1005)",
         "acknowledgement"},
        {"disconnecting", whole, "disconnecting"},
        {"disconnect", whole, "disconnect"},
    };
    trap at;
    strings errors;
    real_world on{hooks(at, errors)};
    serve(on, at);
    CHECK(visit(on) == whole);
    for (const consequence& one : all)
        for (int call = 1; call <= 3; ++call) {
            errors.clear();
            at = {one.callback, call};
            unsigned harmed = 0;
            // Some are called more than once for a client.
            for (int i = 0; i < 4; ++i) {
                const bool before = at.calls_left > 0;
                const string seen = visit(on);
                const bool mine = before && at.calls_left <= 0;
                harmed += mine ? 1U : 0U;
                CHECK(seen == (mine ? one.seen : whole), one.callback << " at call " << call);
            }
            CHECK(harmed == 1);
            CHECK(
                fmt::format("{}", fmt::join(errors, " ")) == one.errors,
                one.callback << " at call " << call
            );
        }
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z11_before_their_coroutines_begin)
{
    strings errors;
    server_options options;
    options.on_handler_error = [&errors](const handler_error& error) {
        errors.emplace_back(error.event);
    };
    real_world on{std::move(options)};
    on.io->of("/room").on_connection([](json_socket socket) {
        socket.use([](string, arguments) -> task<verdict> { throw std::runtime_error{"secret"}; });
    });
    CHECK(visit(on) == R"(40/room, 42["echo",1])");
    CHECK(errors == strings{"event"});

    static_cast<void>(on.io->of([](string, boost::json::value) -> task<bool> {
        throw std::runtime_error{"secret"};
    }));
    {
        wire_websocket one = wire_websocket::joined(on);
        one.say("40/nowhere,");
        one.say(R"(42["echo",1])");
        REQUIRE(one.wire.hears("echo"));
        const strings come = one.take();
        CHECK(
            come == (strings{R"(44/nowhere,{"message":"Invalid namespace"})", R"(42["echo",1])"})
        );
    }
    CHECK(errors == (strings{"event", "namespace"}));
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
