// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/raw_http.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/http_server.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The catalogue of hostile input (docs/hostile-input.md): what a peer sends is data, and so is what must become of
// it.
//
//     BOOST_AUTO_TEST_CASE(H01_bare_line_feeds)
//     {
//         run({.inputs = {{"in the head", {send("GET / HTTP/1.1\nHost: a\n\n"), answer(400), ended()}}}});
//     }
//
// Each input meets a Socket.IO server of its own three times: over memory, over memory byte by byte in both
// directions, and over TCP, all in virtual time. The server has the namespaces `/` and `/custom`. It sends `echo`
// back with its arguments, acknowledges `ack` with them, and asks for an acknowledgement when it hears `call`; what
// it hears of any name is to be told(). After each input the runner checks what stands at `run`.

namespace cosio::test::hostile {

using namespace std::chrono_literals;
using std::string;
using strings = std::vector<string>;

class stage;

/// One thing that the peer does, or that it, or the application, must see.
struct step
{
    std::function<void(stage&)> act;
    std::size_t sends = 0;  ///< bytes
    bool in_memory_only = false;
};

using steps = std::vector<step>;

struct input
{
    string what;
    steps script;
};

struct row
{
    server_options server = {};
    http_options http = {};
    /// Before anybody connects: more namespaces, middlewares, handlers.
    std::function<void(json_server&)> prepare = {};
    /// Set: the server speaks msgpack, and packets in notation are sent and shown so.
    std::function<void(msgpack_server&)> prepare_msgpack = {};
    std::vector<input> inputs;
};

/// Runs each input everywhere and checks after it that
/// - a session that was there before still echoes, and has seen nothing else;
/// - the application was told of nothing that the row does not name, and of each socket's end once;
/// - when the peer has gone and one minute has passed, sessions, connections, sockets, rooms, callbacks of
///   acknowledgements and, over TCP, file descriptors are as many as before, and no timer is armed in the end;
/// - the log has at most one line for each session, no warning, and nowhere the id of the last session.
/// Inputs that send more than 64 KiB are not cut byte by byte.
void run(const row& what);

// Connections. Steps speak of one, at first of "peer"; one that is spoken of for the first time is opened.

[[nodiscard]] step on(string connection);

/// Raw bytes. `$sid` stands for the id of the last session that was opened. What the server no longer takes is lost.
[[nodiscard]] step send(string bytes);

/// FIN: no more bytes from the peer.
[[nodiscard]] step finish();

/// RST.
[[nodiscard]] step reset();

/// Nothing has come that was not taken, and the connection stands.
[[nodiscard]] step silent();

/// The server has ended the connection, and nothing more has come.
[[nodiscard]] step ended();

/// Virtual time passes; whoever behaves well answers its pings. In memory only.
[[nodiscard]] step pass(duration span);

/// Something of the row's own.
[[nodiscard]] step then(std::function<void(stage&)> act);

// HTTP.

/// One whole answer has come, with this body unless it is nullopt.
[[nodiscard]] step answer(int status, std::optional<string> body = std::nullopt);

/// As answer(), and it has the field with that value.
[[nodiscard]] step answer_with(int status, string name, string value);

/// A head and nothing else: 100 Continue, or the answer to a HEAD.
[[nodiscard]] step head(int status);

/// An answer to a handshake over long-polling has come; its id is `$sid` from now on.
[[nodiscard]] step opened();

/// A GET and a POST of the session `$sid`.
[[nodiscard]] string get();
[[nodiscard]] string post(std::string_view body, std::string_view fields = {});

/// The target of requests of the session `$sid`.
[[nodiscard]] string target(std::string_view transport = "polling");

/// A POST of the session `$sid` with this packet, or what a msgpack client sends for it.
[[nodiscard]] step upload(string packet);

/// An answer to a poll has come, with this packet and nothing else.
[[nodiscard]] step polled(string packet);

/// A session in the namespace `/` over long-polling: its GET waits on the connection "get", and steps speak of
/// "post", where its POSTs went.
[[nodiscard]] step polling_session();

/// The session `$sid` has come to no harm: the GET that waits on "get" gets an echo.
[[nodiscard]] step unharmed();

/// There is no session `$sid`: nobody may poll, post or upgrade.
[[nodiscard]] step gone();

// WebSocket.

/// The answer was 101; from here on frames come.
[[nodiscard]] step upgraded();

/// An opening handshake, its 101 and the OPEN packet. `$sid` is its session's.
[[nodiscard]] step websocket_session();

/// As above, in the namespace `/`.
[[nodiscard]] step joined_websocket();

/// A masked text frame of an Engine.IO packet, or what a msgpack client sends for `packet`.
[[nodiscard]] step say(string packet, strings attachments = {});

[[nodiscard]] step frame(cosio::wire::websocket_opcode opcode, string payload);

/// Exactly these messages have come: text as it is, "binary …", "ping …", "pong …", "close 1002"; an OPEN packet is
/// "open", and a CONNECT reply has no sid: "40", "40/custom,".
[[nodiscard]] step hears(strings messages);

// The application.

/// Exactly this has happened there since the last time: "connect", `x [1,"a"]`, "disconnect transport error",
/// "answer [1]", "no answer: …"; of `/custom` with the name in front: "/custom connect".
[[nodiscard]] step told(strings lines);

/// Sessions of the row that live.
[[nodiscard]] step sessions(std::size_t count);

/// The limits that were reached: "max_header_bytes 1", or "" for none.
[[nodiscard]] step limits(string reached);

/// Each of these, sent alone over a new connection, gets this answer and the end, and creates nothing.
[[nodiscard]] std::vector<input> refused(int status, const strings& requests);

}  // namespace cosio::test::hostile
