// SPDX-License-Identifier: BSL-1.0
#include "stage.hpp"
#include "support/check.hpp"
#include "support/packet_peer.hpp"

#include <cosio/detail/base64.hpp>

#include <fmt/format.h>

#include <sys/socket.h>

namespace cosio::test::hostile {
namespace {

constexpr std::string_view polling_handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket_handshake = "/socket.io/?EIO=4&transport=websocket";
constexpr std::string_view sid_unknown = R"({"code":1,"message":"Session ID unknown"})";

/// The id in an OPEN packet. Fails the test if it is none.
string sid_in(std::string_view packet)
{
    constexpr std::string_view before = R"(0{"sid":")";
    REQUIRE(packet.starts_with(before), packet);
    packet.remove_prefix(before.size());
    return string{packet.substr(0, packet.find('"'))};
}

void send_now(stage& on, const string& bytes)
{
    on.current().wire.send(on.filled_in(bytes));
}

void check_answer(stage& on, int status, const std::optional<string>& body)
{
    const raw_answer got = on.take_answer();
    CHECK(got.status == status, "on " << on.turned_to() << ", body '" << got.body << '\'');
    if (body)
        CHECK(got.body == *body, "on " << on.turned_to());
}

void check_hears(stage& on, const strings& messages)
{
    connection& from = on.current();
    REQUIRE(from.frames.has_value(), on.turned_to() << " is no WebSocket");
    static_cast<void>(on.until([&] {
        on.read_frames();
        return from.messages.size() >= messages.size();
    }));
    CHECK(from.messages == messages, "on " << on.turned_to());
    from.messages.clear();
}

void check_told(stage& on, const strings& lines)
{
    strings& seen = on.application.lines;
    static_cast<void>(on.until([&] { return seen.size() >= lines.size(); }));
    CHECK(seen == lines);
    seen.clear();
}

void begin_frames(stage& on)
{
    CHECK(on.take_answer().status == 101, "on " << on.turned_to());
    on.current().frames.emplace();
}

void open_websocket(stage& on)
{
    send_now(on, websocket_request(websocket_handshake));
    begin_frames(on);
    std::optional<string> open;
    connection& from = on.current();
    REQUIRE(on.until([&] {
        for (string& message : from.frames->read(from.wire.take()))
            open = std::move(message);
        return open.has_value();
    }));
    on.sid = sid_in(*open);
}

/// Turns to another connection for a while.
class excursion
{
public:
    excursion(stage& on, string to) : on_{&on}, back_{on.turned_to()} { on.turn_to(std::move(to)); }

    excursion(const excursion&) = delete;
    excursion& operator=(const excursion&) = delete;

    ~excursion() { on_->turn_to(back_); }

private:
    stage* on_;
    string back_;
};

/// A request on a new connection that is let go of afterwards.
void check_request(stage& on, const string& request, int status, const string& body)
{
    const excursion away{on, "another"};
    send_now(on, request);
    check_answer(on, status, body);
    on.forget("another");
}

string in_notation(const stage& on, const string& packet)
{
    if (!on.speaks_msgpack())
        return packet;
    const string bytes = to_msgpack(packet);
    string text(detail::base64_size(bytes.size()), '\0');
    detail::encode_base64(as_bytes(bytes), text.data());
    return "b" + text;
}

/// The packets of an answer to a poll, a line each.
string in_words(const stage& on, const string& body)
{
    if (!on.speaks_msgpack() || !body.starts_with('b'))
        return body;
    std::vector<std::byte> bytes(body.size());
    const auto size = detail::decode_base64(std::string_view{body}.substr(1), bytes.data());
    REQUIRE(size.has_value(), body);
    return fmt::format(
        "{}", fmt::join(from_msgpack(as_text(bytes_view{bytes}.first(*size))), "\n")
    );
}

void check_polled(stage& on, const string& packet)
{
    const raw_answer got = on.take_answer();
    CHECK(got.status == 200, got.body);
    CHECK(in_words(on, got.body) == packet, "on " << on.turned_to());
}

}  // namespace

step on(string connection)
{
    return {[connection](stage& where) {
        where.turn_to(connection);
        static_cast<void>(where.current());
    }};
}

step send(string bytes)
{
    const std::size_t size = bytes.size();
    return {[bytes = std::move(bytes)](stage& where) { send_now(where, bytes); }, size};
}

step finish()
{
    return {[](stage& where) { where.current().wire.finish(); }};
}

step reset()
{
    return {[](stage& where) {
        const linger at_once{1, 0};
        connection& of = where.current();
        if (of.descriptor >= 0)
            ::setsockopt(of.descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        of.wire.cut();
    }};
}

step silent()
{
    return {[](stage& where) {
        raw_client& wire = where.current().wire;
        CHECK(wire.silent(), "on " << where.turned_to() << ": '" << wire.take() << '\'');
        CHECK(!wire.ended(), where.turned_to() << " has ended");
    }};
}

step ended()
{
    return {[](stage& where) {
        raw_client& wire = where.current().wire;
        CHECK(
            where.until([&] { return wire.ended(); }),
            where.turned_to() << " has not ended: '" << wire.take() << '\''
        );
    }};
}

step pass(duration span)
{
    return {[span](stage& where) { where.pass(span); }, 0, true};
}

step then(std::function<void(stage&)> act)
{
    return {std::move(act)};
}

step answer(int status, std::optional<string> body)
{
    return {[status, body = std::move(body)](stage& where) { check_answer(where, status, body); }};
}

step answer_with(int status, string name, string value)
{
    return {[status, name, value](stage& where) {
        const raw_answer got = where.take_answer();
        CHECK(got.status == status, got.body);
        CHECK(got[name] == value);
    }};
}

step head(int status)
{
    return {[status](stage& where) {
        string come;
        REQUIRE(where.until([&] {
            come += where.current().wire.take();
            return come.ends_with("\r\n\r\n");
        }));
        CHECK(come.starts_with(fmt::format("HTTP/1.1 {} ", status)), come);
        CHECK(come.find("\r\n\r\n") == come.size() - 4, come);
    }};
}

step opened()
{
    return {[](stage& where) {
        const raw_answer got = where.take_answer();
        REQUIRE(got.status == 200, got.body);
        where.sid = sid_in(got.body);
    }};
}

string target(std::string_view transport)
{
    return fmt::format("/socket.io/?EIO=4&transport={}&sid=$sid", transport);
}

string get()
{
    return http_text("GET", target());
}

string post(std::string_view body, std::string_view fields)
{
    return http_text(
        "POST",
        target(),
        body,
        body.empty() ? fmt::format("{}Content-Length: 0\r\n", fields) : string{fields}
    );
}

step upload(string packet)
{
    const std::size_t size = packet.size();
    return {
        [packet = std::move(packet)](stage& where) {
            send_now(where, post(in_notation(where, packet)));
        },
        size
    };
}

step polled(string packet)
{
    return {[packet = std::move(packet)](stage& where) { check_polled(where, packet); }};
}

step polling_session()
{
    return {[](stage& where) {
        where.turn_to("get");
        send_now(where, http_text("GET", polling_handshake));
        where.sid = sid_in(where.take_answer().body);
        where.turn_to("post");
        send_now(where, post(in_notation(where, "40")));
        check_answer(where, 200, "ok");
        where.turn_to("get");
        send_now(where, get());
        check_answer(where, 200, std::nullopt);
        check_told(where, {"connect"});
        send_now(where, get());
        where.turn_to("post");
    }};
}

step unharmed()
{
    return {[](stage& where) {
        const string packet = R"(42["echo","unharmed"])";
        check_request(where, post(in_notation(where, packet)), 200, "ok");
        check_told(where, {R"(echo ["unharmed"])"});
        const excursion to_poll{where, "get"};
        check_polled(where, packet);
    }};
}

step gone()
{
    return {[](stage& where) {
        check_request(where, get(), 400, string{sid_unknown});
        check_request(where, post("40"), 400, string{sid_unknown});
        check_request(where, websocket_request(target("websocket")), 400, "Session ID unknown");
    }};
}

step upgraded()
{
    return {begin_frames};
}

step websocket_session()
{
    return {open_websocket};
}

step joined_websocket()
{
    return {[](stage& where) {
        open_websocket(where);
        say("40").act(where);
        check_hears(where, {"40"});
        check_told(where, {"connect"});
    }};
}

step say(string packet, strings attachments)
{
    const std::size_t size = packet.size();
    return {
        [packet = std::move(packet), attachments = std::move(attachments)](stage& where) {
            using cosio::wire::websocket_opcode;
            const bool binary = where.speaks_msgpack() && packet.starts_with('4');
            string bytes =
                binary ? websocket_frame(websocket_opcode::binary, to_msgpack(packet, attachments))
                       : websocket_frame(websocket_opcode::text, packet);
            if (!binary)
                for (const string& attachment : attachments)
                    bytes += websocket_frame(websocket_opcode::binary, attachment);
            where.current().wire.send(bytes);
        },
        size
    };
}

step frame(cosio::wire::websocket_opcode opcode, string payload)
{
    const string bytes = websocket_frame(opcode, payload);
    return {[bytes](stage& where) { where.current().wire.send(bytes); }, bytes.size()};
}

step hears(strings messages)
{
    return {[messages = std::move(messages)](stage& where) { check_hears(where, messages); }};
}

step told(strings lines)
{
    return {[lines = std::move(lines)](stage& where) { check_told(where, lines); }};
}

step sessions(std::size_t count)
{
    return {[count](stage& where) {
        CHECK(
            where.until([&] { return where.sessions() == count; }), where.sessions() << " sessions"
        );
    }};
}

step limits(string reached)
{
    return {[reached = std::move(reached)](stage& where) { CHECK(where.limits() == reached); }};
}

std::vector<input> refused(int status, const strings& requests)
{
    std::vector<input> all;
    for (const string& request : requests)
        all.push_back(
            {request,
             {send(request), answer_with(status, "connection", "close"), ended(), sessions(0)}}
        );
    return all;
}

}  // namespace cosio::test::hostile
