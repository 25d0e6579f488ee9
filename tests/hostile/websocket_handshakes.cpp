// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.3, rows W: opening handshakes of WebSocket.
#include "runner.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;
using namespace std::string_literals;

namespace {

constexpr std::string_view opening = "/socket.io/?EIO=4&transport=websocket";

const string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const string version = "Sec-WebSocket-Version: 13\r\n";
const string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

string with(const string& fields)
{
    return http_text("GET", opening, {}, fields);
}

/// Each of these fields gets 400 with this body, and the end of the connection.
std::vector<input> refused_with(const string& body, const strings& fields)
{
    std::vector<input> all;
    for (const string& some : fields)
        all.push_back({some, {send(with(some)), answer(400, body), ended(), sessions(0)}});
    return all;
}

/// Each of these opens a session that echoes.
std::vector<input> welcome(const strings& requests)
{
    std::vector<input> all;
    for (const string& request : requests)
        all.push_back(
            {request,
             {send(request),
              upgraded(),
              hears({"open"}),
              say("40"),
              hears({"40"}),
              say("42[\"echo\",1]"),
              hears({"42[\"echo\",1]"}),
              told({"connect", "echo [1]"}),
              reset(),
              told({"disconnect transport close"}),
              sessions(0)}}
        );
    return all;
}

input refused_beside_a_session(const string& what, const string& request, const string& body)
{
    return {
        what,
        {polling_session(), on("websocket"), send(request), answer(400, body), ended(), unharmed()}
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_websocket_handshakes)

BOOST_AUTO_TEST_CASE(W01_keys)
{
    strings fields{upgrade + version, upgrade + version + key + key};
    for (const string bad :
         {"",
          "dGhlIHNhbXBsZSBub25jZQ",
          "dGhlIHNhbXBsZSBub25jZQ=!",
          "AAAA",
          "dGhlIHNhbXBsZSBub25jZSBhbmQ=",
          "dGhlIHNhbXBsZSBub25jZQ==, x"})
        fields.push_back(upgrade + version + "Sec-WebSocket-Key: " + bad + "\r\n");
    run({.inputs = refused_with("Missing or invalid Sec-WebSocket-Key header", fields)});
}

BOOST_AUTO_TEST_CASE(W02_versions)
{
    // 400, as the official server has it; what counts is the field that names the version.
    std::vector<input> inputs{
        {"none",
         {send(with(upgrade + key)),
          answer_with(400, "sec-websocket-version", "13"),
          ended(),
          sessions(0)}}
    };
    for (const string bad : {"12", "14", "13, 8", "8", "013", ""})
        inputs.push_back(
            {bad,
             {send(with(upgrade + key + "Sec-WebSocket-Version: " + bad + "\r\n")),
              answer_with(400, "sec-websocket-version", "13"),
              ended(),
              sessions(0)}}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(W03_methods_and_bodies)
{
    const string fields = upgrade + version + key;
    const string hidden = websocket_frame(cosio::wire::websocket_opcode::text, "40");
    run(
        {.inputs =
             {
                 {"POST",
                  {send(http_text("POST", opening, {}, fields)),
                   answer(400, "Bad handshake method"),
                   ended(),
                   sessions(0)}},
                 {"a body",
                  {send(http_text("GET", opening, hidden, fields)),
                   answer(400, "A handshake has no body"),
                   ended(),
                   sessions(0)}},
                 {"a body in chunks",
                  {send(
                       http_text("GET", opening, {}, fields + "Transfer-Encoding: chunked\r\n") +
                       "0\r\n\r\n"
                   ),
                   answer(400, "A handshake has no body"),
                   ended(),
                   sessions(0)}},
                 refused_beside_a_session(
                     "POST of a session",
                     http_text("POST", target("websocket"), {}, fields),
                     "Bad request"
                 ),
             }}
    );
    run({.inputs = welcome({with(fields + "Content-Length: 0\r\n")})});
}

BOOST_AUTO_TEST_CASE(W04_what_is_no_upgrade)
{
    const string rest = version + key;
    run(
        {.inputs =
             {
                 {"to something else",
                  {send(with(rest + "Connection: Upgrade\r\nUpgrade: foo\r\n")),
                   answer(400, R"({"code":3,"message":"Bad request"})"),
                   silent(),
                   sessions(0)}},
                 {"HTTP/1.0",
                  {send(fmt::format("GET {} HTTP/1.0\r\n{}{}\r\n", opening, upgrade, rest)),
                   answer(400, "WebSocket needs HTTP/1.1"),
                   ended(),
                   sessions(0)}},
             }}
    );
    run(
        {.inputs = refused_with(
             "Missing Connection: Upgrade header",
             {rest + "Upgrade: websocket\r\n",
              rest + "Upgrade: websocket\r\nConnection: keep-alive\r\n"}
         )}
    );
}

BOOST_AUTO_TEST_CASE(W05_names_in_lists_and_without_case)
{
    strings requests;
    for (const string fields :
         {"connection: upgrade\r\nUPGRADE: WebSocket\r\n",
          "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
          "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
          "Connection: Upgrade\r\nUpgrade: foo, websocket\r\n",
          "Connection: Upgrade\r\nUpgrade: foo\r\nUpgrade: websocket\r\n"})
        requests.push_back(with(fields + version + key));
    run({.inputs = welcome(requests)});
}

BOOST_AUTO_TEST_CASE(W06_malformed_subprotocols)
{
    strings fields;
    for (const string& bad :
         {"a,,b"s, "a,"s, ",a"s, "a b"s, ""s, "a, a"s, "a" + string(14'000, ' ') + "b"})
        fields.push_back(upgrade + version + key + "Sec-WebSocket-Protocol: " + bad + "\r\n");
    run({.inputs = refused_with("Invalid Sec-WebSocket-Protocol header", fields)});
}

BOOST_AUTO_TEST_CASE(W07_subprotocols)
{
    // A browser that has offered some fails unless one is chosen: the first, as the official server does.
    run(
        {.inputs =
             {
                 {"two",
                  {send(websocket_request(opening, "Sec-WebSocket-Protocol: chat, news\r\n")),
                   answer_with(101, "sec-websocket-protocol", "chat")}},
                 {"none",
                  {send(websocket_request(opening)),
                   answer_with(101, "sec-websocket-protocol", "(none)")}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(W08_malformed_extensions)
{
    strings bad_ones;
    for (const string bad : {";;=,\"", "a;", "a;b=", "a,,b", "a;b=\"x", ""})
        bad_ones.push_back(upgrade + version + key + "Sec-WebSocket-Extensions: " + bad + "\r\n");
    run({.inputs = refused_with("Invalid Sec-WebSocket-Extensions header", bad_ones)});
    strings good_ones;
    for (const string good :
         {"constructor",
          "__proto__; a=b",
          "permessage-deflate; client_max_window_bits; server_max_window_bits=10, x;y=\"1\""})
        good_ones.push_back(websocket_request(opening, "Sec-WebSocket-Extensions: " + good + "\r\n")
        );
    run({.inputs = welcome(good_ones)});
}

BOOST_AUTO_TEST_CASE(W09_unknown_sessions)
{
    std::vector<input> inputs;
    for (const string& sid : {"unknown"s, "__proto__"s, "constructor"s, string(6'000, 'a')})
        inputs.push_back(
            {sid,
             {send(websocket_request(fmt::format("{}&sid={}", opening, sid))),
              answer(400, "Session ID unknown"),
              ended(),
              sessions(0)}}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(W10_long_polling_with_an_upgrade)
{
    run(
        {.inputs =
             {
                 {"a handshake",
                  {send(websocket_request("/socket.io/?EIO=4&transport=polling")),
                   answer(400, "Bad request"),
                   ended(),
                   sessions(0)}},
                 refused_beside_a_session(
                     "of a session", websocket_request(target()), "Bad request"
                 ),
             }}
    );
}

BOOST_AUTO_TEST_CASE(W11_a_path_that_nobody_serves)
{
    run(
        {.inputs =
             {{"WebSocket",
               {send(websocket_request("/nobody")), answer(404, "Not Found\n"), ended(), sessions(0)
               }}}}
    );
}

BOOST_AUTO_TEST_CASE(W12_frames_behind_the_handshake)
{
    using cosio::wire::websocket_opcode;
    const string early =
        websocket_frame(websocket_opcode::text, "40") +
        websocket_frame(websocket_opcode::text, "42[\"echo\",1]") +
        websocket_frame(websocket_opcode::text, R"(451-["echo",{"_placeholder":true,"num":0}])") +
        websocket_frame(websocket_opcode::binary, "\1\2");
    const strings come{
        "open",
        "40",
        "42[\"echo\",1]",
        R"(451-["echo",{"_placeholder":true,"num":0}])",
        "binary \1\2"
    };
    const strings heard{"connect", "echo [1]", R"(echo [{"_placeholder":true,"num":0}])"};
    std::vector<input> inputs;
    for (std::size_t at = 0; at <= early.size(); ++at)
        inputs.push_back(
            {fmt::format("{} bytes of them", at),
             {send(websocket_request(opening) + early.substr(0, at)),
              send(early.substr(at)),
              upgraded(),
              hears(come),
              told(heard),
              reset(),
              told({"disconnect transport close"}),
              sessions(0)}}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(W13_handshakes_that_are_cut)
{
    const string request = websocket_request(opening);
    for (const auto& cut : {finish, reset}) {
        steps script;
        for (std::size_t size = 0; size <= request.size(); ++size)
            for (const step& next :
                 {on(fmt::format("{}", size)), send(request.substr(0, size)), cut()})
                script.push_back(next);
        script.push_back(sessions(0));
        run({.inputs = {{"at each byte", script}}});
    }
}

BOOST_AUTO_TEST_CASE(W14_nobody_joins_a_namespace)
{
    run(
        {.inputs =
             {
                 {"silence",
                  {websocket_session(),
                   pass(25s),
                   hears({"2"}),
                   say("3"),
                   pass(19999ms),
                   silent(),
                   pass(1ms),
                   hears({"close 1005"}),
                   limits("connect_timeout 1"),
                   pass(5s),
                   ended(),
                   sessions(0)}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(W15_origins_with_control_characters)
{
    std::vector<input> inputs;
    for (const string bad : {"http://x\x01", "http://x\x7f", "http://x\r"})
        inputs.push_back(
            {bad,
             {send(websocket_request(opening, "Origin: " + bad + "\r\n")),
              answer(400),
              ended(),
              sessions(0)}}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_SUITE_END()
