// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/detail/url.hpp>
#include <cosio/detail/wakeup.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

// features.md HTTP-14, HTTP-16 and 2.6: what the application decides over handshakes, and is told of refusals.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/socket.io/?EIO=4&transport=websocket";

raw_answer ask_for_websocket(raw_server& server, std::string_view target = websocket)
{
    raw_client client = server.client();
    client.send(websocket_request(target));
    return client.answer();
}

string outcome(const raw_answer& answer)
{
    return fmt::format("{} {}", answer.status, answer.body);
}

verdict unless_bad(const http_request& request)
{
    if (request.query().find("bad") != std::string_view::npos)
        return reject("not \"you\"");
    return accept();
}

/// Notes what on_connection_error is told.
struct errors
{
    [[nodiscard]] std::function<void(const connection_error&)> hook()
    {
        return [this](const connection_error& error) {
            seen.push_back(fmt::format(
                "{} {} {}",
                static_cast<int>(error.code),
                error.message,
                boost::json::serialize(error.context)
            ));
        };
    }

    [[nodiscard]] string take() { return joined(std::exchange(seen, {}), '\n'); }

    strings seen;
};

/// A session that has nothing to say.
struct silent_session final : engine::peer_handler
{
    void on_message(frame_kind, bytes_view) override {}

    void on_close(close_reason) override {}
};

/// The hook of the kind `when`, which calls `end` and has no objections.
void hook_with(engine_options& options, std::string_view when, const std::function<void()>& end)
{
    if (when == "middleware")
        options.middlewares.emplace_back([end](const http_request&, header_fields&) {
            end();
            return std::optional<http_response>{};
        });
    else if (when == "middleware that waits")
        options.middlewares.emplace_back(
            [end](const http_request&, header_fields&) -> task<std::optional<http_response>> {
                end();
                std::optional<http_response> none;
                co_return none;
            }
        );
    else if (when == "allow_request")
        options.allow_request = [end](const http_request&) {
            end();
            return accept();
        };
    else if (when == "allow_request that waits")
        options.allow_request = [end](const http_request&) -> task<verdict> {
            end();
            const verdict answer = accept();
            co_return answer;
        };
    else if (when == "generate_id")
        options.generate_id = [end](const http_request&) {
            end();
            return result<std::string>{"mine"};
        };
    else if (when == "generate_id that waits")
        options.generate_id = [end](const http_request&) -> task<result<std::string>> {
            end();
            const result<std::string> id{"mine"};
            co_return id;
        };
    else if (when == "initial_headers")
        options.initial_headers = [end](header_fields&, const http_request&) { end(); };
    else if (when == "headers")
        options.headers = [end](header_fields&, const http_request&) { end(); };
    else if (when == "on_connection_error")
        options.on_connection_error = [end](const connection_error&) { end(); };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_hooks)

BOOST_AUTO_TEST_CASE(allow_request_refuses_handshakes_http_14)
{
    raw_server server{{.allow_request = unless_bad}};
    CHECK(server.ask("GET", handshake).status == 200);
    const raw_answer refused = server.ask("GET", string{handshake} + "&bad");
    CHECK(outcome(refused) == R"(403 {"code":4,"message":"not \"you\""})");
    CHECK(refused["content-type"] == "application/json");

    const raw_answer over_websocket = ask_for_websocket(server, string{websocket} + "&bad");
    CHECK(outcome(over_websocket) == "400 not \"you\"");
    CHECK(over_websocket["connection"] == "close");
    CHECK(server.sessions() == 1);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(allow_request_is_asked_once_for_a_session_http_14)
{
    int asked = 0;
    raw_server server{{.allow_request = [&asked](const http_request&) {
        ++asked;
        return accept();
    }}};
    CHECK(asked == 1);  // for the bystander
    raw_poller session{server};
    CHECK(asked == 2);
    CHECK(session.post("4abc").body == "ok");
    CHECK(session.poll() == "4abc");
    raw_websocket link = session.open_websocket();
    CHECK(server.ask("POST", handshake, "4abc").status == 400);
    CHECK(server.ask("GET", "/socket.io/?EIO=3&transport=polling").status == 400);
    CHECK(server.ask("GET", "/socket.io/?EIO=4&transport=none").status == 400);
    CHECK(asked == 2);
}

BOOST_AUTO_TEST_CASE(a_refusal_without_a_message_is_forbidden_http_14)
{
    raw_server server{{.allow_websocket = false, .allow_request = [](const http_request&) {
                           return reject("");
                       }}};
    CHECK(outcome(server.ask("GET", handshake)) == R"(403 {"code":4,"message":"Forbidden"})");
}

BOOST_AUTO_TEST_CASE(allow_request_that_throws_refuses_and_says_nothing_to_the_client)
{
    strings told;
    errors seen;
    engine_options options{
        .allow_websocket = false,
        .allow_request = [](const http_request&) -> verdict {
            throw std::runtime_error{"db down"};
        },
        .on_connection_error = seen.hook(),
    };
    options.log = {.level = log_level::error, .write = [&](log_level, std::string_view text) {
                       told.emplace_back(text);
                   }};
    raw_server server{options};
    CHECK(outcome(server.ask("GET", handshake)) == R"(403 {"code":4,"message":"Forbidden"})");
    CHECK(told == strings{"GET /socket.io/: a hook threw: db down"});
    CHECK(seen.take() == R"(4 Forbidden {"error":"db down","message":"Forbidden"})");
}

BOOST_AUTO_TEST_CASE(allow_request_may_be_a_coroutine_http_14)
{
    std::unique_ptr<detail::wakeup> gate;
    string seen;
    raw_server server{
        {.allow_websocket = false,
         .allow_request = [&](const http_request& request) -> task<verdict> {
             co_await gate->wait();
             seen = request.target;
             const verdict answer = unless_bad(request);
             co_return answer;
         }}
    };
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    raw_client client = server.client();
    client.send(http_text("GET", handshake));
    CHECK(client.silent());
    CHECK(server.sessions() == 0);
    gate->notify();
    const raw_answer opened = client.answer();
    CHECK(opened.status == 200);
    CHECK(seen == handshake);
    CHECK(server.sessions() == 1);

    // Polls do not wait for it; the connection goes on, and what is pipelined comes in order.
    const string session = fmt::format("{}&sid={}", handshake, sid_of(opened.body));
    CHECK(client.ask("POST", session, "4abc").body == "ok");
    client.send(http_text("GET", string{handshake} + "&bad") + http_text("GET", session));
    CHECK(client.silent());
    gate->notify();
    CHECK(outcome(client.answer()) == R"(403 {"code":4,"message":"not \"you\""})");
    CHECK(outcome(client.answer()) == "200 4abc");
}

BOOST_AUTO_TEST_CASE(a_coroutine_may_let_a_websocket_in_http_14)
{
    std::unique_ptr<detail::wakeup> gate;
    raw_server server{{.allow_request = [&](const http_request& request) -> task<verdict> {
        if (gate)
            co_await gate->wait();
        const verdict answer = unless_bad(request);
        co_return answer;
    }}};
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    raw_client client = server.client();
    client.send(
        websocket_request(websocket) + websocket_frame(wire::websocket_opcode::text, "4early")
    );
    CHECK(client.silent());
    gate->notify();
    const string bytes = client.take();
    CHECK(bytes.starts_with("HTTP/1.1 101 "));
    CHECK(bytes.ends_with("4early"));
    CHECK(server.log().events == strings{"text early"});

    raw_client refused = server.client();
    refused.send(websocket_request(string{websocket} + "&bad"));
    gate->notify();
    CHECK(outcome(refused.answer()) == "400 not \"you\"");
    CHECK(refused.ended());
    gate = nullptr;
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_cancels_the_coroutine)
{
    strings events;
    raw_server server{
        {.allow_websocket = false,
         .allow_request = [&](const http_request&) -> task<verdict> {
             asio::steady_timer far{server.world.home().executor(), 24h};
             try {
                 co_await far.async_wait(asio::use_awaitable_t<asio::io_context::executor_type>{});
             } catch (const boost::system::system_error& error) {
                 events.push_back(
                     error.code() == asio::error::operation_aborted ? "cancelled" : "?"
                 );
                 throw;
             }
             events.push_back("decided");
             co_return accept();
         }}
    };
    raw_client client = server.client();
    client.send(http_text("GET", handshake));
    CHECK(client.silent());
    client.cut();
    CHECK(events == strings{"cancelled"});
    CHECK(server.http.connection_count() == 0);
    CHECK(server.sessions() == 0);
}

BOOST_AUTO_TEST_CASE(hook_timeout_refuses_and_a_late_answer_is_not_looked_at)
{
    std::unique_ptr<detail::wakeup> gate;
    errors seen;
    raw_server server{
        {.allow_websocket = false,
         .hook_timeout = 2s,
         .allow_request = [&](const http_request&) -> task<verdict> {
             co_await gate->wait();
             co_return accept();
         },
         .on_connection_error = seen.hook()}
    };
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    raw_client client = server.client();
    client.send(http_text("GET", handshake));
    server.pass(1999ms);
    CHECK(client.silent());
    server.pass(1ms);
    CHECK(outcome(client.answer()) == R"(403 {"code":4,"message":"Forbidden"})");
    CHECK(seen.take() == R"(4 Forbidden {"error":"hook_timeout","message":"Forbidden"})");
    CHECK(server.http.limits_reached()[limit::hook_timeout] == 1);
    gate->notify();
    CHECK(client.silent());
    CHECK(server.sessions() == 0);
    CHECK(client.ask("GET", "/nobody").status == 404);
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_or_fills_meanwhile_refuses)
{
    std::unique_ptr<detail::wakeup> gate;
    const auto later = [&](const http_request&) -> task<verdict> {
        co_await gate->wait();
        co_return accept();
    };
    raw_server server{{.allow_websocket = false, .allow_request = later}};
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    raw_client client = server.client();
    client.send(http_text("GET", handshake));
    server.engine.close(close_reason::server_shutting_down);
    gate->notify();
    CHECK(client.answer().status == 503);
    CHECK(server.sessions() == 0);
}

BOOST_AUTO_TEST_CASE(generate_id_names_sessions)
{
    int next = 0;
    raw_server server{{.generate_id = [&next](const http_request&) {
        return fmt::format("custom:id:{}:{}", std::string(60, 'x'), ++next);
    }}};
    raw_poller session{server};
    CHECK(session.sid == "custom:id:" + std::string(60, 'x') + ":2");
    CHECK(session.post("4abc").body == "ok");
    CHECK(session.poll() == "4abc");
    CHECK(
        server
            .ask(
                "POST", fmt::format("{}&sid=custom%3Aid%3A{}%3A2", handshake, string(60, 'x')), "4d"
            )
            .status == 200
    );
    raw_websocket link{server.world, server.http, websocket};
    CHECK(sid_of(link.take().at(0)) == "custom:id:" + std::string(60, 'x') + ":3");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(an_id_that_cannot_be_refuses_with_code_3)
{
    errors seen;
    raw_server server{
        {.generate_id = [](const http_request& request) -> task<result<std::string>> {
             const auto asked = detail::query_value(request.query(), "id");
             if (asked == "throw")
                 throw std::runtime_error{"no id"};
             if (asked == "fail") {
                 const result<std::string> failed = make_error_code(errc::timeout);
                 co_return failed;
             }
             const result<std::string> id = asked.value_or("bystander");
             co_return id;
         },
         .on_connection_error = seen.hook()}
    };
    const string target = string{handshake} + "&id=";
    CHECK(sid_of(server.ask("GET", target + "mine").body) == "mine");
    const string unusable =
        R"({"name":"ID_GENERATION_ERROR","error":"generate_id: an id that is in use, or cannot be one"})";
    for (const string id : {"mine", "", "a%20b", "%22", "a%0Ab", "%C3%A9"}) {
        CHECK(outcome(server.ask("GET", target + id)) == "400 " + string{bad_request}, id);
        CHECK(seen.take() == "3 Bad request " + unusable, id);
    }
    CHECK(server.ask("GET", target + string(128, 'a')).status == 200);
    CHECK(server.ask("GET", target + string(129, 'a')).status == 400);
    static_cast<void>(seen.take());
    CHECK(server.ask("GET", target + "throw").status == 400);
    CHECK(seen.take() == R"(3 Bad request {"name":"ID_GENERATION_ERROR","error":"no id"})");
    CHECK(outcome(ask_for_websocket(server, string{websocket} + "&id=fail")) == "400 Bad request");
    CHECK(
        seen.take() == R"(3 Bad request {"name":"ID_GENERATION_ERROR","error":")" +
                           make_error_code(errc::timeout).message() + R"("})"
    );
    CHECK(server.sessions() == 2);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(the_initial_packet_comes_with_the_open_packet)
{
    raw_server server{{.allow_websocket = false, .initial_packet = std::string{"welcome"}}};
    raw_client client = server.client();
    const raw_answer open = client.ask("GET", handshake);
    const strings packets = records(open.body);
    REQUIRE(packets.size() == 2);
    CHECK(packets[0].starts_with(R"(0{"sid":)"));
    CHECK(packets[1] == "4welcome");

    raw_server binary_server{
        {.allow_polling = true, .initial_packet = binary{std::string_view{"\x01\x02"}}}
    };
    CHECK(records(binary_server.ask("GET", handshake).body).at(1) == "bAQI=");
    raw_websocket link{binary_server.world, binary_server.http, websocket};
    const strings frames = link.take();
    REQUIRE(frames.size() == 2);
    CHECK(frames[1] == "binary \x01\x02");
}

BOOST_AUTO_TEST_CASE(connection_error_has_the_codes_and_contexts_of_2_6)
{
    errors seen;
    raw_server server{{.on_connection_error = seen.hook()}};
    raw_poller session{server};
    const auto told =
        [&](std::string_view method, const string& target, std::string_view fields = {}) {
            CHECK(server.ask(method, target, {}, fields).status >= 400);
            return seen.take();
        };
    CHECK(
        told("GET", "/socket.io/?EIO=4&transport=abc") ==
        R"(0 Transport unknown {"transport":"abc"})"
    );
    CHECK(told("GET", "/socket.io/?EIO=4") == "0 Transport unknown {}");
    CHECK(
        told("GET", string{handshake} + "&sid=x%22y") == R"(1 Session ID unknown {"sid":"x\"y"})"
    );
    CHECK(told("PUT", string{handshake}) == R"(2 Bad handshake method {"method":"PUT"})");
    CHECK(told("PUT", session.target()) == R"(2 Bad handshake method {"method":"PUT"})");
    CHECK(
        told("GET", string{websocket}) == R"(3 Bad request {"name":"TRANSPORT_HANDSHAKE_ERROR"})"
    );
    CHECK(
        told("GET", session.target("websocket")) ==
        R"(3 Bad request {"name":"TRANSPORT_MISMATCH","transport":"websocket","previousTransport":"polling"})"
    );
    CHECK(
        told("GET", "/socket.io/?EIO=3&transport=polling&sid=" + session.sid) ==
        R"(3 Bad request {"name":"PROTOCOL_MISMATCH","protocol":3,"previousProtocol":4})"
    );
    CHECK(
        told("GET", "/socket.io/?EIO=3&transport=polling") ==
        R"(5 Unsupported protocol version {"protocol":3})"
    );

    raw_websocket link{server.world, server.http, websocket};
    const string sid = sid_of(link.take().at(0));
    CHECK(
        told("GET", string{handshake} + "&sid=" + sid) ==
        R"(3 Bad request {"name":"TRANSPORT_MISMATCH","transport":"polling","previousTransport":"websocket"})"
    );

    raw_client wrong_key = server.client();
    wrong_key.send(http_text("GET", websocket, {}, "Connection: Upgrade\r\nUpgrade: websocket\r\n")
    );
    CHECK(wrong_key.answer().status == 400);
    CHECK(
        seen.take() ==
        R"(3 Bad request {"name":"TRANSPORT_HANDSHAKE_ERROR","error":"Missing or invalid Sec-WebSocket-Key header"})"
    );
    // An upload that is refused at its head is one refusal.
    raw_client upload = server.client();
    upload.send(http_text("POST", string{handshake} + "&sid=x", {}, "Content-Length: 4\r\n"));
    CHECK(upload.answer().status == 400);
    CHECK(seen.take() == R"(1 Session ID unknown {"sid":"x"})");
    CHECK(server.ask("GET", "/nobody").status == 404);
    CHECK(seen.take() == "");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(connection_error_names_an_origin_that_may_not)
{
    errors seen;
    raw_server server{
        {.allowed_origins = {"https://friend.example"}, .on_connection_error = seen.hook()}
    };
    CHECK(server.ask("GET", handshake, {}, "Origin: https://foe.example\r\n").status == 403);
    CHECK(
        seen.take() ==
        R"(4 Forbidden {"name":"ORIGIN_NOT_ALLOWED","origin":"https://foe.example","message":"Forbidden"})"
    );
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(connection_error_that_throws_harms_nobody)
{
    raw_server server{{.on_connection_error = [](const connection_error&) { throw 1; }}};
    CHECK(server.ask("GET", string{handshake} + "&sid=x").status == 400);
    CHECK(server.ask("GET", handshake).status == 200);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(A32_each_hook_may_destroy_its_server)
{
    const std::array requests{
        strings{http_text("GET", handshake)},
        strings{websocket_request(websocket)},
        strings{
            http_text("POST", string{handshake} + "&sid=x", {}, "Content-Length: 4\r\n"), "4abc"
        },
    };

    struct outcomes
    {
        std::string_view when;
        std::array<string, 3> of;  // a handshake of each transport, an upload to nobody
    };

    for (const outcomes& expected : {
             outcomes{"middleware", {"503", "503", "404"}},
             outcomes{"middleware that waits", {"503", "503", "503"}},
             outcomes{"allow_request", {"503", "503", "not asked"}},
             outcomes{"allow_request that waits", {"503", "503", "not asked"}},
             outcomes{"generate_id", {"503", "503", "not asked"}},
             outcomes{"generate_id that waits", {"503", "503", "not asked"}},
             outcomes{"initial_headers", {"200", "503", "not asked"}},
             outcomes{"headers", {"200", "503", "400"}},
             outcomes{"on_connection_error", {"not asked", "not asked", "400"}},
         })
        for (std::size_t i = 0; i < requests.size(); ++i) {
            simulation world;
            std::optional<engine::server> engine;
            std::optional<http_server> http;
            bool asked = false;
            const auto witness = std::make_shared<string>("kept");
            engine_options options;
            hook_with(options, expected.when, [&, kept = witness] {
                http.reset();
                engine.reset();
                asked = *kept == "kept";
            });
            engine.emplace(
                world.home(),
                std::move(options),
                [](engine::peer&, const http_request&) -> std::unique_ptr<engine::peer_handler> {
                    return std::make_unique<silent_session>();
                }
            );
            http.emplace(world.home(), std::vector<engine_host*>{&*engine}, http_options{});
            {
                raw_client client{world, *http};
                for (const string& part : requests[i])
                    client.send(part);
                CHECK(asked == (expected.of[i] != "not asked"), expected.when << " of " << i);
                if (asked) {
                    CHECK(
                        fmt::format("{}", client.answer().status) == expected.of[i],
                        expected.when << " of " << i
                    );
                    CHECK(client.ended(), expected.when << " of " << i);
                }
            }
            http.reset();
            engine.reset();
            world.run_for(10s);
            CHECK(witness.use_count() == 1, expected.when << " of " << i);
        }
}

BOOST_AUTO_TEST_SUITE_END()
