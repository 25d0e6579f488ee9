// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/json.hpp>

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.3 (WS-2, 8..14), reliability.md 3.3: the opening handshake over HTTP/1.1.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view plain = "/socket.io/?EIO=4&transport=websocket";

constexpr std::string_view key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view version = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

struct fixture
{
    ~fixture() { server.check_bystander(); }

    // "101", or status and body of a refusal; a refusal ends the connection and creates nothing.
    string outcome(const string& request)
    {
        server.world.run();  // what earlier clients left ends
        const std::size_t before = server.sessions();
        raw_client client = server.client();
        client.send(request);
        const raw_answer answer = client.answer();
        if (answer.status == 101)
            return "101";
        CHECK(answer["connection"] == "close");
        CHECK(client.ended());
        CHECK(server.sessions() == before);
        return fmt::format("{} {}", answer.status, answer.body);
    }

    string with(std::string_view fields, std::string_view target = plain)
    {
        return outcome(http_text("GET", target, {}, fields));
    }

    raw_server server;
};

string all(std::string_view a, std::string_view b, std::string_view c)
{
    return fmt::format("{}{}{}", a, b, c);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_handshake)

BOOST_DATA_TEST_CASE(the_answer_byte_for_byte_and_the_open_packet_ws_2, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_client client = server.client();
    client.send("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                "Host: x\r\n"
                "Connection: Upgrade\r\n"
                "Upgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const string answer = client.take();
    const std::string_view head = "HTTP/1.1 101 Switching Protocols\r\n"
                                  "Upgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    REQUIRE(answer.starts_with(head));
    const string frame = answer.substr(head.size());
    const string sid = sid_of(frame.substr(2));
    const string open = fmt::format(
        R"(0{{"sid":"{}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}})",
        sid
    );
    REQUIRE(open.size() < 126);
    CHECK(frame == fmt::format("\x81{}{}", static_cast<char>(open.size()), open));
    CHECK(server.sessions() == 1);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(refusals_are_plain_text_ws_8, fixture)
{
    const auto refused = [&](std::string_view target) {
        return outcome(websocket_request(target));
    };
    CHECK(refused("/socket.io/?EIO=4") == "400 Transport unknown");
    CHECK(refused("/socket.io/?EIO=4&transport=abc") == "400 Transport unknown");
    CHECK(refused("/socket.io/?transport=websocket") == "400 Unsupported protocol version");
    CHECK(  // WS-9, H42: before 101
        refused("/socket.io/?EIO=3&transport=websocket") == "400 Unsupported protocol version"
    );
    CHECK(refused("/socket.io/?EIO=4&transport=polling") == "400 Bad request");  // WS-10, W10
    CHECK(refused(string{plain} + "&sid=unknown") == "400 Session ID unknown");  // WS-12, W09

    raw_client client = server.client();
    client.send(websocket_request("/socket.io/?EIO=4&transport=abc"));
    CHECK(client.answer()["content-type"] == "text/html");
}

BOOST_FIXTURE_TEST_CASE(polling_with_an_upgrade_does_not_harm_a_session_ws_10_w10, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    CHECK(outcome(websocket_request(session.target())) == "400 Bad request");
    CHECK(session.post("4a").body == "ok");
    CHECK(session.end_poll() == "4a");
}

BOOST_FIXTURE_TEST_CASE(a_path_nobody_serves_is_404_w11, fixture)
{
    CHECK(outcome(websocket_request("/nobody")) == "404 Not Found\n");
}

BOOST_FIXTURE_TEST_CASE(the_key_is_16_bytes_of_base64_ws_13_w01, fixture)
{
    const string fault = "400 Missing or invalid Sec-WebSocket-Key header";
    CHECK(with(all(upgrade, version, "")) == fault);
    CHECK(with(all(upgrade, version, all(key, key, ""))) == fault);
    for (const string bad :
         {"",
          "dGhlIHNhbXBsZSBub25jZQ",
          "dGhlIHNhbXBsZSBub25jZQ=!",
          "AAAA",
          "dGhlIHNhbXBsZSBub25jZSBhbmQ=",
          "dGhlIHNhbXBsZSBub25jZQ==, x"})
        CHECK(with(all(upgrade, version, "Sec-WebSocket-Key: " + bad + "\r\n")) == fault, bad);
}

BOOST_FIXTURE_TEST_CASE(the_version_is_13_ws_13_w02, fixture)
{
    const string fault = "400 Missing or invalid Sec-WebSocket-Version header";
    CHECK(with(all(upgrade, key, "")) == fault);
    for (const string bad : {"12", "14", "13, 8", "8", "013", ""}) {
        const string fields = all(upgrade, key, "Sec-WebSocket-Version: " + bad + "\r\n");
        CHECK(with(fields) == fault, bad);
        CHECK(server.ask("GET", plain, {}, fields)["sec-websocket-version"] == "13");
    }
}

BOOST_FIXTURE_TEST_CASE(a_handshake_is_a_get_without_body_w03, fixture)
{
    const string fields = all(upgrade, version, key);
    CHECK(outcome(http_text("POST", plain, {}, fields)) == "400 Bad handshake method");
    raw_poller session{server};
    CHECK(outcome(http_text("POST", session.target("websocket"), {}, fields)) == "400 Bad request");
    const string frame = websocket_frame(wire::websocket_opcode::text, "4smuggled");
    CHECK(outcome(http_text("GET", plain, frame, fields)) == "400 A handshake has no body");
    CHECK(
        outcome(
            http_text("GET", plain, {}, fields + "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"
        ) == "400 A handshake has no body"
    );
    CHECK(with(fields + "Content-Length: 0\r\n") == "101");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_upgrade_gets_400_w04, fixture)
{
    const string rest = all(version, key, "");
    // A plain GET then, and WebSocket needs an upgrade.
    raw_client client = server.client();
    const raw_answer foo =
        client.ask("GET", plain, {}, rest + "Connection: Upgrade\r\nUpgrade: foo\r\n");
    CHECK(foo.status == 400);
    CHECK(foo.body == bad_request);

    CHECK(with(rest + "Upgrade: websocket\r\n") == "400 Missing Connection: Upgrade header");
    CHECK(
        with(rest + "Upgrade: websocket\r\nConnection: keep-alive\r\n") ==
        "400 Missing Connection: Upgrade header"
    );
    CHECK(
        outcome(fmt::format("GET {} HTTP/1.0\r\n{}{}\r\n", plain, upgrade, rest)) ==
        "400 WebSocket needs HTTP/1.1"
    );
}

BOOST_FIXTURE_TEST_CASE(names_are_read_without_case_in_lists_w05, fixture)
{
    const string rest = all(version, key, "");
    for (const string fields :
         {"connection: upgrade\r\nUPGRADE: WebSocket\r\n",
          "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
          "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
          "Connection: Upgrade\r\nUpgrade: foo, websocket\r\n",
          "Connection: Upgrade\r\nUpgrade: foo\r\nUpgrade: websocket\r\n"})
        CHECK(with(fields + rest) == "101", fields);
}

BOOST_FIXTURE_TEST_CASE(the_first_subprotocol_and_no_extension_is_chosen_w07, fixture)
{
    raw_client client = server.client();
    client.send(websocket_request(
        plain,
        "Sec-WebSocket-Protocol: chat, news\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
    ));
    const raw_answer answer = client.answer();
    CHECK(answer.status == 101);
    CHECK(answer["sec-websocket-protocol"] == "chat");
    CHECK(answer["sec-websocket-extensions"] == "(none)");
}

BOOST_FIXTURE_TEST_CASE(without_an_offer_no_subprotocol_is_chosen_w07, fixture)
{
    raw_client client = server.client();
    client.send(websocket_request(plain));
    CHECK(client.answer()["sec-websocket-protocol"] == "(none)");
}

BOOST_FIXTURE_TEST_CASE(malformed_offers_get_400_w06_w08, fixture)
{
    for (const string bad : {"a,,b", "a,", ",a", "a b", "", "a, a"}) {
        const string field = "Sec-WebSocket-Protocol: " + bad + "\r\n";
        CHECK(
            outcome(websocket_request(plain, field)) == "400 Invalid Sec-WebSocket-Protocol header",
            bad
        );
    }
    for (const string bad : {";;=,\"", "a;", "a;b=", "a,,b", "a;b=\"x", ""}) {
        const string field = "Sec-WebSocket-Extensions: " + bad + "\r\n";
        CHECK(
            outcome(websocket_request(plain, field)) ==
                "400 Invalid Sec-WebSocket-Extensions header",
            bad
        );
    }
    for (const string good :
         {"permessage-deflate; client_max_window_bits; server_max_window_bits=10, x;y=\"1\"", "a,b"
         })
        CHECK(
            outcome(websocket_request(plain, "Sec-WebSocket-Extensions: " + good + "\r\n")) ==
                "101",
            good
        );
}

BOOST_AUTO_TEST_CASE(A22_extensions_that_are_called_like_something_else_are_not_chosen)
{
    for (const std::optional<deflate_options>& deflate :
         {std::optional<deflate_options>{}, std::optional<deflate_options>{deflate_options{}}}) {
        engine_options options;
        options.websocket.deflate = deflate;
        raw_server server{options};
        for (const std::string_view name :
             {"constructor", "__proto__", "toString", "hasOwnProperty", "constructor; prototype=1"
             }) {
            raw_client client = server.client();
            client.send(
                websocket_request(plain, fmt::format("Sec-WebSocket-Extensions: {}\r\n", name))
            );
            const raw_answer answer = client.answer();
            CHECK(answer.status == 101, name);
            CHECK(answer["sec-websocket-extensions"] == "(none)", name);
        }
        server.check_bystander();
    }
}

BOOST_FIXTURE_TEST_CASE(A23_long_lists_of_subprotocols_are_read_once_or_refused, fixture)
{
    constexpr std::size_t long_value = 15'000;
    const auto offering = [&](const string& protocols) {
        return outcome(
            websocket_request(plain, fmt::format("Sec-WebSocket-Protocol: {}\r\n", protocols))
        );
    };
    const string refused = "400 Invalid Sec-WebSocket-Protocol header";
    const string spaces(long_value, ' ');
    string tokens = "t0";
    for (int i = 1; tokens.size() < long_value; ++i)
        tokens += fmt::format(", t{}", i);
    CHECK(offering(tokens) == refused);
    CHECK(offering(string(long_value, ',')) == refused);
    CHECK(offering("a" + spaces + "b") == refused);
    CHECK(offering("a" + spaces + ",") == refused);
    CHECK(offering("a" + spaces + ", b") == "101");
    CHECK(offering(string(long_value, 'a')) == "101");
    string most = "t0";
    for (int i = 1; i < 64; ++i)
        most += fmt::format(", t{}", i);
    CHECK(offering(most) == "101");
    CHECK(offering(most + ", t64") == refused);
}

// A parser that counted on what it no longer saw would take half of a handshake for one.
BOOST_FIXTURE_TEST_CASE(A24_a_field_too_many_is_431_wherever_the_handshakes_own_stand, fixture)
{
    const strings own{
        "Host: a\r\n",
        "Connection: Upgrade\r\n",
        "Upgrade: websocket\r\n",
        "Sec-WebSocket-Version: 13\r\n",
        string{key}
    };
    const std::size_t most = http_options{}.max_headers;
    const auto request = [&](std::size_t fields, const string& moved, std::size_t place) {
        string text = fmt::format("GET {} HTTP/1.1\r\n", plain);
        std::size_t filled = 0;
        const auto fill_to = [&](std::size_t count) {
            for (; filled < count; ++filled)
                text += fmt::format("X-{}: 1\r\n", filled);
        };
        for (const string& field : own)
            if (field != moved)
                text += field;
        fill_to(place);
        text += moved;
        fill_to(fields - own.size());
        return text + "\r\n";
    };
    for (const string& moved : own) {
        const std::size_t others = most - own.size();
        for (const std::size_t place : {std::size_t{0}, others / 2, others})
            CHECK(outcome(request(most, moved, place)) == "101", moved << " at " << place);
        for (const std::size_t place : {std::size_t{0}, others / 2, others, others + 1})
            CHECK(
                outcome(request(most + 1, moved, place)).starts_with("431"),
                moved << " at " << place
            );
    }
}

BOOST_FIXTURE_TEST_CASE(an_illegal_origin_is_refused_w15, fixture)
{
    for (const string bad : {"http://x\x01", "http://x\x7f"})
        CHECK(
            with(all(upgrade, version, all(key, "Origin: " + bad + "\r\n", ""))).starts_with("400")
        );
}

BOOST_DATA_TEST_CASE(frames_in_the_segment_of_the_handshake_count_ws_14_w12, all_segments())
{
    raw_server server{{}, {}, sample};
    const string early = websocket_frame(wire::websocket_opcode::text, "4first") +
                         websocket_frame(wire::websocket_opcode::binary, "\1\2") +
                         websocket_frame(wire::websocket_opcode::text, "4third");
    raw_websocket session{server.world, server.http, plain, sample, early};
    const strings come = session.take();
    BOOST_REQUIRE_EQUAL(come.size(), 4);
    CHECK(come[0].starts_with("0{"));
    CHECK(come[1] == "4first");
    CHECK(come[2] == "binary \1\2");
    CHECK(come[3] == "4third");
    CHECK((server.log().events == strings{"text first", "binary \1\2", "text third"}));
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(half_a_frame_in_the_segment_of_the_handshake_counts_ws_14, fixture)
{
    const string frame = websocket_frame(wire::websocket_opcode::text, "4hello");
    for (std::size_t at = 0; at <= frame.size(); ++at) {
        raw_websocket session{server.world, server.http, plain, {}, frame.substr(0, at)};
        session.wire().send(frame.substr(at));
        CHECK(session.take().back() == "4hello");
        session.goodbye();
    }
    CHECK(server.sessions() == 0);
}

BOOST_AUTO_TEST_CASE(the_end_at_each_byte_of_the_answer_leaks_nothing_w13)
{
    strings told;
    const logger log{log_level::info, [&](log_level, std::string_view line) {
                         told.emplace_back(line);
                     }};
    raw_server server{{.log = log}, {.log = log}};
    for (const bool reset : {true, false}) {
        for (std::size_t room = 1; room < 160; ++room) {
            // The client takes `room` bytes of 101 and goes.
            auto [server_end, client_end] =
                make_memory_streams(server.world.home(), {.capacity_bytes = room});
            server.http.serve(std::move(server_end));
            string request = websocket_request(plain);
            error_code ec;
            while (!request.empty() && !ec) {
                const bytes_view rest = as_bytes(request);
                request.erase(0, client_end->try_write({&rest, 1}, ec));
                server.world.run();
            }
            if (reset)
                client_end->close();
            else
                client_end->shutdown_send();
            server.pass(reset ? 1s : 5s);
            REQUIRE(server.sessions() == 0);
            REQUIRE(server.http.connection_count() == 0);
        }
    }
    server.check_bystander();
    CHECK(told == strings{});  // nobody fills the log of a server by going
}

BOOST_AUTO_TEST_CASE(who_never_connects_to_a_namespace_is_closed_w14)
{
    simulation world;
    json_server io{world.home()};
    http_server http{world.home(), {&io.engine()}, {}};
    raw_websocket session{world, http, plain};
    CHECK(session.take().size() == 1);
    world.run_for(25s);
    CHECK(session.take() == strings{"2"});
    session.text("3");
    world.run_for(19999ms);
    CHECK(session.take().empty());
    world.run_for(1ms);
    CHECK(session.take() == strings{"close 1005"});
}

// Who reads the answer slowly makes the server find the handshake behind it while it waits for more bytes.
BOOST_AUTO_TEST_CASE(a_handshake_pipelined_behind_an_answer_that_is_read_slowly)
{
    raw_server server{{}, {}, {.capacity = 50}};
    raw_client client = server.client();
    client.send(http_text("GET", "/nobody") + websocket_request(plain));
    CHECK(server.sessions() == 0);
    CHECK(client.answer().status == 404);
    CHECK(client.answer().status == 101);
    CHECK(server.sessions() == 1);
    static_cast<void>(client.take());
    client.send(websocket_frame(wire::websocket_opcode::text, "4hello"));
    CHECK(
        client.take() == "\x81\x06"
                         "4hello"
    );
    CHECK(server.http.connection_count() == 0);
    server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
