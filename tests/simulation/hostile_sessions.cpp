// SPDX-License-Identifier: BSL-1.0
#include "support/alloc_counter.hpp"
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/detail/wakeup.hpp>

#include <fmt/format.h>

// reliability.md 1 and 3.6: sessions that are asked for, begun or ended in ways that have hurt other servers.

using namespace cosio;
using namespace cosio::test;

namespace {

using wire::websocket_opcode;

constexpr std::string_view polling = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/socket.io/?EIO=4&transport=websocket";

struct fixture
{
    ~fixture() { server.check_bystander(); }

    /// Status and body of what answers an upgrade.
    [[nodiscard]] string upgrade(std::string_view target)
    {
        raw_client client = server.client();
        client.send(websocket_request(target));
        const raw_answer answer = client.answer();
        return fmt::format("{} {}", answer.status, answer.body);
    }

    [[nodiscard]] string get(std::string_view target)
    {
        const raw_answer answer = server.ask("GET", target);
        return fmt::format("{} {}", answer.status, answer.body);
    }

    raw_server server;
};

const string reserved_bits[] = {
    {"\xa1\x80\0\0\0\0", 6}, {"\x91\x80\0\0\0\0", 6}, {"\xb1\x80\0\0\0\0", 6}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_sessions)

BOOST_AUTO_TEST_CASE(A01_of_a_body_beyond_the_limit_not_much_more_is_held_than_the_limit)
{
    // The second limit is just above a power of two.
    for (const std::size_t limit : {std::size_t{1'000'000}, std::size_t{1'100'000}})
        for (const bool in_chunks : {false, true}) {
            raw_server server{{.max_payload_bytes = limit}};
            raw_poller session{server};
            raw_client client = server.client();
            const string framing = in_chunks ? string{"Transfer-Encoding: chunked\r\n"}
                                             : fmt::format("Content-Length: {}\r\n", limit + 1);
            const std::size_t before = heap().live_bytes;
            client.send(http_text("POST", session.target(), {}, framing));
            const string part =
                in_chunks ? "1000\r\n" + string(0x1000, '4') + "\r\n" : string(0x1000, '4');
            reset_heap_peak();
            std::optional<raw_answer> answer;
            std::size_t sent = 0;
            for (; !answer && sent < 2 * limit; answer = client.poll_answer()) {
                client.send(part);
                sent += 0x1000;
            }
            REQUIRE(answer.has_value());
            CHECK(answer->status == 413);
            CHECK(sent <= limit + 0x1000);
            for (sent = 0; sent < 10 * limit;
                 sent += 0x1000)  // who has not read the answer goes on
                client.send(part);
            // Chunks make the body grow as they come, of which one half is copied then; a length is refused at once.
            CHECK(heap().peak_bytes - before < (in_chunks ? limit + limit / 2 : 0) + 100'000);
            CHECK(session.post("4alive").body == "ok");
            CHECK(session.poll() == "4alive");
            CHECK(session.post("1").body == "ok");
            server.check_bystander();
        }
}

BOOST_FIXTURE_TEST_CASE(A02_a_broken_frame_in_the_segment_of_the_handshake, fixture)
{
    for (const string& frame : reserved_bits) {
        raw_client client = server.client();
        client.send(websocket_request(websocket) + frame);
        const string come = client.take();
        CHECK(come.starts_with("HTTP/1.1 101 "));
        CHECK(come.ends_with("\x88\x02\x03\xea"));  // Close, 1002
        client.send(websocket_frame(websocket_opcode::close, "\x03\xea"));
        CHECK(client.ended());
        CHECK(server.sessions() == 0);
    }
}

BOOST_FIXTURE_TEST_CASE(A02_a_broken_frame_while_allow_request_decides, fixture)
{
    std::unique_ptr<detail::wakeup> gate;
    raw_server slow{{.allow_request = [&](const http_request&) -> task<verdict> {
        if (gate)
            co_await gate->wait();
        co_return accept();
    }}};
    gate = std::make_unique<detail::wakeup>(slow.world.home().executor());
    for (const string& frame : reserved_bits) {
        raw_client client = slow.client();
        client.send(websocket_request(websocket) + frame);
        CHECK(client.silent());
        gate->notify();
        CHECK(client.take().ends_with("\x88\x02\x03\xea"));
        client.send(websocket_frame(websocket_opcode::close, "\x03\xea"));
        CHECK(client.ended());
        CHECK(slow.sessions() == 0);
    }
    gate = nullptr;
    slow.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(A02_a_broken_frame_before_the_probe, fixture)
{
    for (const string& frame : reserved_bits) {
        raw_poller session{server};
        raw_websocket candidate{server.world, server.http, session.target("websocket"), {}, frame};
        CHECK(candidate.take() == strings{"close 1002"});
        candidate.goodbye(1002);
        CHECK(candidate.wire().ended());
        CHECK(session.post("4alive").body == "ok");
        CHECK(session.poll() == "4alive");
        CHECK(session.post("1").body == "ok");
    }
}

BOOST_FIXTURE_TEST_CASE(A03_a_refused_upgrade_is_cut_at_each_byte_of_its_answer, fixture)
{
    const raw_poller session{server};
    server.pass(6s);  // its connection is not kept for longer
    for (const string& target :
         {string{websocket} + "&sid=unknown",
          string{"/nobody"},
          string{"/socket.io/?EIO=4&transport=abc"},
          session.target("websocket") + "&EIO=3"})
        for (const bool reset : {true, false}) {
            for (std::size_t room = 1; room < 200; ++room) {
                auto [server_end, client_end] =
                    make_memory_streams(server.world.home(), {.capacity_bytes = room});
                server.http.serve(std::move(server_end));
                raw_client client{server.world, std::move(client_end)};
                for (string request = websocket_request(target); !request.empty();) {
                    client.send(request.substr(0, room));
                    request.erase(0, room);
                }
                if (reset)
                    client.cut();
                else
                    client.finish();
                server.world.run();
            }
            server.pass(reset ? 1s : 5s);  // who has said FIN may still take the rest of his answer
            CHECK(server.http.connection_count() == 0);
        }
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(A04_transports_that_are_none, fixture)
{
    raw_poller session{server};
    for (const string name :
         {"",
          "&transport=",
          "&transport=abc",
          "&transport=constructor",
          "&transport=__proto__",
          "&transport=toString",
          "&transport=webtransport"})
        for (const string& sid : {string{}, "&sid=" + session.sid}) {
            const string target = "/socket.io/?EIO=4" + name + sid;
            CHECK(get(target) == R"(400 {"code":0,"message":"Transport unknown"})", target);
            CHECK(upgrade(target) == "400 Transport unknown", target);
        }
    CHECK(session.post("4alive").body == "ok");
    CHECK(session.poll() == "4alive");
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(A05_ten_thousand_binary_bodies_on_as_many_sessions_are_answered, fixture)
{
    constexpr std::size_t many = 10'000;
    const auto refuse = [&](std::size_t count) {
        std::deque<raw_poller> all;
        while (all.size() < count)
            all.emplace_back(server).begin_poll();
        CHECK(server.sessions() == count);
        const duration begin = server.world.now();
        std::size_t refused = 0;
        std::size_t told = 0;
        for (raw_poller& one : all) {
            const std::string_view type = "Content-Type: application/octet-stream\r\n";
            refused += one.post("4abc", type).status == 400 ? 1U : 0U;
            told += one.end_poll() == "1" ? 1U : 0U;
        }
        CHECK(refused == count);
        CHECK(told == count);
        CHECK(server.world.now() == begin);
        CHECK(server.sessions() == 0);
        all.clear();
        server.world.run();
        CHECK(server.http.connection_count() == 0);
    };
    refuse(100);
    const std::size_t before = heap().live_bytes;
    refuse(many);
    // The log that this test keeps of each session; a session itself needs ten times as much.
    CHECK(heap().live_bytes < before + many * 200);
}

BOOST_FIXTURE_TEST_CASE(A06_ids_that_were_not_given_by_the_server, fixture)
{
    raw_poller session{server};
    string other_case = session.sid;
    for (char& c : other_case)
        c = static_cast<char>(std::isupper(c) ? std::tolower(c) : std::toupper(c));
    for (const string& sid :
         {string{"__proto__"},
          string{"constructor"},
          other_case,
          session.sid.substr(0, session.sid.size() - 1),
          session.sid.substr(0, session.sid.size() - 1) + "%20",
          session.sid + "x",
          session.sid + "%00",
          string(6'000, 'a')}) {
        const string id = "&sid=" + sid;
        CHECK(get(string{polling} + id) == "400 " + string{sid_unknown}, sid);
        CHECK(upgrade(string{websocket} + id) == "400 Session ID unknown", sid);
        const raw_answer posted = server.ask("POST", string{polling} + id, "4abc");
        CHECK(posted.status == 400, sid);
        CHECK(posted.body == sid_unknown, sid);
    }
    // One that is a megabyte long is not read to its end.
    const string endless = "&sid=" + string(1'000'000, 'a');
    CHECK(server.ask("GET", string{polling} + endless).status == 414);
    CHECK(server.ask("POST", string{polling} + endless, "4abc").status == 414);
    CHECK(upgrade(string{websocket} + endless).starts_with("414 "));
    CHECK(server.sessions() == 1);
    CHECK(session.post("4alive").body == "ok");
}

BOOST_AUTO_TEST_CASE(A07_each_hook_runs_once_for_a_handshake_over_any_transport)
{
    strings calls;
    raw_server server{
        {.cors = {.origins = {"https://friend.example"}},
         .middlewares = {[&](const http_request&, header_fields&) {
             calls.push_back("middleware");
             return std::optional<http_response>{};
         }},
         .allow_request =
             [&](const http_request& request) {
                 calls.push_back("allow_request");
                 return request.query().find("bad") == std::string_view::npos ? accept()
                                                                              : reject("no");
             },
         .initial_headers = [&](header_fields&,
                                const http_request&) { calls.push_back("initial"); },
         .headers = [&](header_fields&, const http_request&) { calls.push_back("headers"); }}
    };
    const strings all{"middleware", "allow_request", "initial", "headers"};
    const strings refused{"middleware", "allow_request", "headers"};
    const string origin = "Origin: https://friend.example\r\n";
    CHECK(calls == all);  // the bystander's
    const auto told = [&](const string& request) {
        calls.clear();
        raw_client client = server.client();
        client.send(request);
        const raw_answer answer = client.answer();
        return fmt::format("{} {}", answer.status, answer["access-control-allow-origin"]);
    };
    for (int i = 0; i < 100; ++i) {
        CHECK(
            told(http_text("GET", string{polling} + "&bad", {}, origin)) ==
            "403 https://friend.example"
        );
        CHECK(calls == refused);
        CHECK(
            told(websocket_request(string{websocket} + "&bad", origin)) ==
            "400 https://friend.example"
        );
        CHECK(calls == refused);
    }
    server.world.run();
    CHECK(server.sessions() == 0);
    CHECK(server.http.connection_count() == 0);

    CHECK(told(http_text("GET", polling, {}, origin)) == "200 https://friend.example");
    CHECK(calls == all);
    CHECK(told(websocket_request(websocket, origin)) == "101 https://friend.example");
    CHECK(calls == all);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(A09_C01_by_default_no_other_origin_may_read_an_answer, fixture)
{
    for (const string origin : {"https://foe.example", "null", "http://x", ""}) {
        const string field = "Origin: " + origin + "\r\n";
        raw_poller session{server};
        raw_client client = server.client();
        client.send(websocket_request(websocket, field));
        std::vector<int> statuses;
        for (const raw_answer& answer :
             {server.ask("GET", polling, {}, field),
              session.post("4a", field),
              server.ask("GET", session.target(), {}, field),
              server.ask("GET", string{polling} + "&sid=x", {}, field),
              client.answer()}) {
            statuses.push_back(answer.status);
            CHECK(answer.head.find("Access-Control-") == string::npos);
            CHECK(answer["vary"] == "(none)");
        }
        CHECK(statuses == (std::vector{200, 200, 200, 400, 101}), origin);
        const raw_answer preflight =
            server.ask("OPTIONS", polling, {}, field + "Access-Control-Request-Method: POST\r\n");
        CHECK(preflight.status == 400);
        CHECK(preflight.body == R"({"code":2,"message":"Bad handshake method"})");
        CHECK(preflight.head.find("Access-Control-") == string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(A36_requests_of_next_to_nothing, fixture)
{
    for (const string target : {"", "/", "*", "?", "#", "//", "/?", "a", "http:", "\x7f"}) {
        raw_client client = server.client();
        client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const int status = client.answer().status;
        CHECK((status == 400 || status == 404), target << " got " << status);
    }
    for (const string line : {":", "X:", ": x", " ", "X", "\t: x"}) {
        raw_client client = server.client();
        client.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n", polling, line));
        CHECK(client.answer().status == (line == "X:" ? 200 : 400), line);
    }
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(A41_A48_thousands_of_refused_handshakes_leave_nothing, fixture)
{
    for (int i = 0; i < 10'000; ++i) {
        raw_client client = server.client();
        if (i % 2 == 0)
            client.send(http_text("GET", "/socket.io/?EIO=3&transport=polling"));
        else
            client.send(websocket_request("/socket.io/?EIO=3&transport=websocket"));
        REQUIRE(client.answer().status == 400);
    }
    server.world.run();
    CHECK(server.sessions() == 0);
    CHECK(server.http.connection_count() == 0);
    // No heartbeat either: nobody is told of a session that ends.
    server.pass(60s);
    CHECK(server.engine.limits_reached()[limit::ping_timeout] == 0);
}

BOOST_AUTO_TEST_CASE(A41_A48_handshakes_that_fail_in_each_way_leave_no_timer)
{
    raw_server server{
        {.allow_request =
             [](const http_request& request) {
                 return request.query().find("bad") == std::string_view::npos ? accept()
                                                                              : reject("no");
             },
         .generate_id =
             [made = 0](const http_request& request) mutable {
                 const bool again = request.query().find("again") != std::string_view::npos;
                 return result<std::string>{again ? "id1" : fmt::format("id{}", ++made)};
             }}
    };  // the bystander is id1
    const string wrong_key = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n";
    const string refused[] = {
        http_text("GET", "/socket.io/?EIO=3&transport=polling"),
        websocket_request("/socket.io/?EIO=3&transport=websocket"),
        http_text("GET", string{polling} + "&bad"),
        websocket_request(string{websocket} + "&bad"),
        http_text("GET", string{polling} + "&again"),
        websocket_request(string{websocket} + "&again"),
        http_text("GET", websocket, {}, wrong_key),
    };
    for (int i = 0; i < 1'000; ++i) {
        for (const string& request : refused) {
            raw_client client = server.client();
            client.send(request);
            const int status = client.answer().status;
            REQUIRE((status == 400 || status == 403));
        }
        raw_client accepted = server.client();
        accepted.send(websocket_request(websocket));
        REQUIRE(accepted.answer().status == 101);
        accepted.cut();
    }
    server.pass(10s);
    CHECK(server.sessions() == 0);
    CHECK(server.http.connection_count() == 0);

    raw_websocket session{server.world, server.http, websocket};
    for (int i = 0; i < 100'000; ++i)
        session.text("3");
    CHECK(session.take().size() == 1);
    CHECK(server.sessions() == 1);
    server.check_bystander();
    // The heartbeats of those two, and nothing else, whenever it would be due.
    std::size_t armed = 0;
    server.world.home().post([&] {
        const time_point end = server.world.home().now() + 24h;
        armed = server.world.home().time().timers().advance(end);
    });
    server.world.run();
    CHECK(armed == 2);
}

BOOST_FIXTURE_TEST_CASE(A42_the_same_limit_over_each_transport, fixture)
{
    const std::size_t limit = server.engine.options().max_payload_bytes;
    const string largest = "4" + string(limit - 1, 'x');
    server.echo = false;

    raw_poller poller{server};
    CHECK(poller.post(largest).body == "ok");
    CHECK(poller.post(largest + "x").status == 413);

    raw_websocket socket{server.world, server.http, websocket};
    static_cast<void>(socket.take());
    socket.text(largest);
    CHECK(socket.take().empty());
    socket.binary(string(limit, 'x'));
    CHECK(socket.take().empty());
    const std::size_t events = server.log(1).events.size();
    CHECK(events == 2);
    socket.text(largest + "x");
    CHECK(socket.take() == strings{"close 1009"});
    CHECK(server.log(1).events.back() == "close transport error");
}

BOOST_AUTO_TEST_CASE(E13_a_hook_for_headers_that_throws_leaves_a_whole_session)
{
    raw_server server{
        {.initial_headers = [](header_fields&, const http_request&) { throw 1; },
         .headers = [](header_fields&, const http_request&) { throw 1; },
         .cookie = cookie_options{},
         .initial_packet = std::string{"welcome"}}
    };
    raw_client client = server.client();
    const raw_answer open = client.ask("GET", polling);
    CHECK(open.status == 200);
    CHECK(records(open.body).back() == "4welcome");
    CHECK(server.sessions() == 1);
}

BOOST_AUTO_TEST_CASE(E13_a_middleware_that_throws_leaves_no_session)
{
    bool throws = false;
    raw_server server{
        {.middlewares = {[&](const http_request&, header_fields&) -> std::optional<http_response> {
             if (throws)
                 throw std::runtime_error{"secret"};
             return std::nullopt;
         }}}
    };
    throws = true;
    const raw_answer refused = server.ask("GET", polling);
    CHECK(refused.status == 400);
    CHECK(refused.body == bad_request);
    raw_client client = server.client();
    client.send(websocket_request(websocket));
    CHECK(client.answer().status == 400);
    CHECK(server.sessions() == 0);
    throws = false;
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(E14_an_id_that_is_in_use_leaves_its_session_alone)
{
    string id = "bystander";
    raw_server server{{.generate_id = [&](const http_request&) { return id; }}};
    id = "mine";
    raw_poller session{server};
    REQUIRE(session.sid == "mine");
    CHECK(server.ask("GET", polling).body == bad_request);
    raw_client client = server.client();
    client.send(websocket_request(websocket));
    CHECK(client.answer().status == 400);
    CHECK(server.sessions() == 1);
    CHECK(session.post("4mine").body == "ok");
    CHECK(session.poll() == "4mine");
    id = "";
    CHECK(server.ask("GET", polling).body == bad_request);
    id = "bystander";
    CHECK(server.ask("GET", polling).body == bad_request);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(E15_a_client_that_goes_while_its_id_is_made)
{
    std::unique_ptr<detail::wakeup> gate;
    int made = 0;
    raw_server server{{.generate_id = [&](const http_request&) -> task<result<std::string>> {
        if (gate)
            co_await gate->wait();
        const result<std::string> id = fmt::format("id{}", ++made);
        co_return id;
    }}};
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    for (const string& request : {http_text("GET", polling), websocket_request(websocket)}) {
        raw_client client = server.client();
        client.send(request);
        CHECK(client.silent());
        client.cut();
        gate->notify();
        server.world.run();
        CHECK(server.sessions() == 0);
    }
    gate = nullptr;
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(U07_a_candidate_is_cut_while_the_session_is_told_much, fixture)
{
    raw_poller session{server};
    server.echo = false;
    unsigned sent = 0;
    for (const string& said : {string{}, string{"2probe"}}) {
        raw_websocket candidate = session.open_websocket();
        if (!said.empty())
            candidate.text(said);
        for (int i = 0; i < 100; ++i)
            server.log().peer->send(make_text_frame(fmt::format("4{}", ++sent)));
        candidate.wire().cut();
        server.world.run();
    }
    strings got = records(session.poll());
    CHECK(got == numbered("4", 200));
}

BOOST_AUTO_TEST_CASE(U16_ten_thousand_clients_upgrade_at_the_same_moment)
{
    constexpr std::size_t many = 10'000;
    raw_server server;
    std::deque<raw_poller> sessions;
    std::deque<raw_websocket> candidates;
    while (sessions.size() < many)
        sessions.emplace_back(server).begin_poll();
    const duration begin = server.world.now();
    for (raw_poller& session : sessions)
        candidates.push_back(session.open_websocket());
    for (raw_websocket& candidate : candidates)
        candidate.text("2probe");
    for (raw_poller& session : sessions)
        REQUIRE(session.end_poll() == "6");
    for (raw_websocket& candidate : candidates) {
        candidate.text("5");
        candidate.text("4moved");
    }
    for (raw_websocket& candidate : candidates)
        REQUIRE(candidate.take() == (strings{"3probe", "4moved"}));
    CHECK(server.world.now() == begin);  // nobody waited, for a timer or for others
    CHECK(server.sessions() == many);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(C09_cookies_of_all_kinds_are_left_alone)
{
    strings seen;
    raw_server server{{.headers = [&](header_fields&, const http_request& request) {
        request.headers.for_each([&](std::string_view name, std::string_view value) {
            if (name == "Cookie")
                seen.emplace_back(value);
        });
    }}};
    string crowd = "a=0";
    for (int i = 1; i < 100; ++i)
        crowd += fmt::format("; a={}", i);
    for (const strings& cookies :
         {strings{"io=x; io=y; ;;="},
          strings{"="},
          strings{"\"; sid=a; \x80\xff"},
          strings{"sid=unknown", "io=unknown"},
          strings{crowd}}) {
        seen.clear();
        string fields;
        for (const string& cookie : cookies)
            fields += "Cookie: " + cookie + "\r\n";
        CHECK(server.ask("GET", polling, {}, fields).status == 200, fields);
        CHECK(seen == cookies);
    }
    CHECK(server.sessions() == 5);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(C10_no_answer_about_a_session_is_kept_in_a_cache)
{
    raw_server server;
    raw_poller session{server};
    CHECK(session.handshake["cache-control"] == "no-store");
    CHECK(session.post("4a")["cache-control"] == "no-store");
    session.polling.emplace(server.client());
    CHECK(session.polling->ask("GET", session.target())["cache-control"] == "no-store");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(C10_no_line_of_the_log_has_the_id_of_a_session)
{
    strings lines;
    const logger log{log_level::debug, [&](log_level, std::string_view line) {
                         lines.emplace_back(line);
                     }};
    std::string_view who;
    const auto fails = [&](std::string_view hook) {
        if (hook == who)
            throw std::runtime_error{"oops"};
    };
    engine_options engine;
    engine.log = log;
    engine.middlewares = {[&](const http_request&, header_fields&) {
        fails("middleware");
        return std::optional<http_response>{};
    }};
    engine.headers = [&](header_fields&, const http_request&) { fails("headers"); };
    http_options http;
    http.log = log;
    http.before = [&](const http_request&) {
        fails("before");
        return std::optional<http_response>{};
    };
    raw_server server{engine, http};
    for (const std::string_view hook : {"before", "middleware", "headers"}) {
        raw_poller session{server};
        who = hook;
        lines.clear();
        for (const string& request :
             {http_text("GET", session.target()),
              http_text("POST", session.target(), "4a"),
              websocket_request(session.target("websocket"))}) {
            raw_client client = server.client();
            client.send(request);
        }
        who = {};
        CHECK(!lines.empty(), hook);
        for (const string& line : lines)
            CHECK(line.find(session.sid) == string::npos, line);
    }
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(C17_who_says_where_he_comes_from_is_not_believed)
{
    strings addresses;
    bool secure = false;
    raw_server server{{.allow_request = [&](const http_request& request) {
        addresses.push_back(request.remote_address);
        secure = secure || request.secure;
        return accept();
    }}};
    const string forged = "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4;proto=https\r\n"
                          "X-Real-IP: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n";
    CHECK(server.ask("GET", polling, {}, forged).status == 200);
    CHECK(server.ask("GET", polling).status == 200);
    REQUIRE(addresses.size() == 3);
    CHECK(addresses[1] == addresses[2]);
    CHECK(!secure);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(C18_markup_in_an_answer_is_data)
{
    const string markup = R"(<script>alert("1")</script>)";
    raw_server server{{.allow_request = [&](const http_request& request) {
        return request.query().find("refuse") == std::string_view::npos ? accept() : reject(markup);
    }}};
    const string of_no_transport = "/socket.io/?EIO=4&transport=%3Cscript%3Ealert(1)%3C/script%3E";
    const raw_answer unknown = server.ask("GET", of_no_transport);
    CHECK(unknown.status == 400);
    CHECK(unknown["content-type"] == "application/json");
    CHECK(unknown.body == R"({"code":0,"message":"Transport unknown"})");
    const raw_answer refused = server.ask("GET", string{polling} + "&refuse");
    CHECK(refused.status == 403);
    CHECK(refused["content-type"] == "application/json");
    CHECK(refused.body == R"({"code":4,"message":"<script>alert(\"1\")</script>"})");
    raw_client client = server.client();
    client.send(websocket_request(string{websocket} + "&refuse"));
    const raw_answer closed = client.answer();
    CHECK(closed.status == 400);
    CHECK(closed["content-type"] == "text/html");  // as the official server has it
    CHECK(closed.body == markup);
    server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
