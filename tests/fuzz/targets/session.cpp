// SPDX-License-Identifier: BSL-1.0
// What one connection says to a whole server: HTTP, long-polling, WebSocket, Engine.IO, Socket.IO, in virtual time.
// Nothing is left of it at the end (I24), and the application sees the same however it is cut (I32). The answers may
// differ with the parts: one that comes before its request has been read whole ends the connection, and then nothing
// follows what the application has seen.
// Bits of the seed: 16: connections are recovered; 32: frames are compressed; 64: MessagePack.
#include "fuzz.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <array>

using namespace cosio;

namespace {

fuzz::milestone compared_to_the_end{"heard alike to the end, and not ended"};
fuzz::milestone compared_until_ended{"heard alike until it was ended"};
fuzz::milestone joined_by_polling{"joins over long-polling"};
fuzz::milestone joined_by_websocket{"joins over a WebSocket"};
fuzz::milestone joined_with_msgpack{"joins with MessagePack"};
fuzz::milestone joined_by_legacy_polling{"joins over long-polling of old"};
fuzz::milestone joined_by_legacy_websocket{"joins over a WebSocket of old"};
fuzz::milestone joined_by_base64{"joins over long-polling of old in Base64"};
fuzz::milestone joined_by_jsonp{"joins over JSONP"};
fuzz::milestone event_by_polling{"an event over long-polling"};
fuzz::milestone event_after_upgrade{"an event after an upgrade"};
fuzz::milestone upgraded{"an upgrade"};
fuzz::milestone upgraded_of_old{"an upgrade of old"};
fuzz::milestone compressed{"permessage-deflate"};
fuzz::milestone recovered{"a recovery"};

server_options small(std::uint8_t seed)
{
    server_options options;
    options.engine.max_payload_bytes = 2'000;
    options.engine.allow_eio3 = true;
    if ((seed & 32) != 0)
        options.engine.websocket.deflate = deflate_options{.threshold_bytes = 1};
    if ((seed & 16) != 0 && (seed & 64) == 0)
        options.recovery.emplace();
    return options;
}

/// What the server has told last: nobody can know it beforehand, so marks of an input stand for it.
class told
{
public:
    void take(std::string_view bytes)
    {
        text_ += bytes;
        learn(sid_, R"(0{"sid":")");
        learn(sid_, R"(0{\"sid\":\")");  // within a script
        learn(pid_, R"("pid":")");
        learn(offset_, R"(42["echo",")");
        if (text_.find("\r\nSec-WebSocket-Extensions: permessage-deflate") != text_.npos)
            compressed.reach();
        text_.erase(0, text_.size() - std::min<std::size_t>(text_.size(), 1'000));
    }

    /// Calls take(bytes) with what is between the marks, and with what they stand for when all before has been said.
    template <class F>
    void replace_in(std::string_view input, F&& take) const
    {
        constexpr std::size_t mark_size = 4;
        while (!input.empty()) {
            std::size_t at = input.find('$');
            while (at != input.npos && !is_mark(input.substr(at, mark_size)))
                at = input.find('$', at + 1);
            take(input.substr(0, at));
            input.remove_prefix(std::min(at, input.size()));
            if (input.empty())
                return;
            const std::string_view mark = input.substr(0, mark_size);
            const std::string meant{mark == "$sid" ? sid_ : mark == "$pid" ? pid_ : offset_};
            take(meant);
            input.remove_prefix(mark_size);
        }
    }

private:
    static bool is_mark(std::string_view text)
    {
        return text == "$sid" || text == "$pid" || text == "$off";
    }

    void learn(std::string& what, std::string_view before)
    {
        std::size_t at = text_.rfind(before);
        while (at != text_.npos && at > 0 && text_[at - 1] == '4')  // 40{"sid" names a socket
            at = text_.rfind(before, at - 1);
        if (at == text_.npos)
            return;
        at += before.size();
        what = text_.substr(at, text_.find_first_of("\\\"", at) - at);
    }

    std::string text_;
    std::string sid_ = "unknown";
    std::string pid_ = "unknown";
    std::string offset_ = "unknown";
};

template <codec Codec>
class conversation
{
public:
    explicit conversation(std::uint8_t seed) : io{world.home(), small(seed)}
    {
        io.on_connection([this](basic_socket<Codec> socket) {
            said += fmt::format("{} comes\n", socket.id());
            note_join(socket);
            socket.on_disconnect([this](close_reason why) { said += to_string(why); });
            socket.conn().on_upgrade([this, socket](std::string_view to) {
                said += fmt::format("moves to {}\n", to);
                (socket.conn().protocol() == 3 ? upgraded_of_old : upgraded).reach();
                has_moved_ = true;
            });
        });
        io.on("echo", [this](basic_socket<Codec> socket, arguments all) {
            said += fmt::format("echo {}\n", boost::json::serialize(all.values));
            if (has_moved_)
                event_after_upgrade.reach();
            else if (socket.conn().transport_name() == "polling")
                event_by_polling.reach();
            socket.emit("echo", all);
        });
        io.on("ask", [this](arguments all, ack<arguments> reply) {
            said += fmt::format("ask {}\n", boost::json::serialize(all.values));
            reply(all);
        });
        auto [server_end, client_end] = make_memory_streams(world.home());
        client = std::move(client_end);
        http.serve(std::move(server_end));
        world.run();
    }

    void send(bytes_view bytes)
    {
        error_code ec;
        while (!bytes.empty() && !ec) {
            const std::size_t written = client->try_write({&bytes, 1}, ec);
            bytes = bytes.subspan(written);
            world.run();
            read();
            if (written == 0)
                return;  // the server reads no more
        }
    }

    void read()
    {
        std::array<std::byte, 4'096> block;
        error_code ec;
        while (const std::size_t count = client->try_read(block, ec))
            heard.take(as_text(bytes_view{block}.first(count)));
        ended = ended || ec;
    }

    std::string said;    ///< by the application
    bool ended = false;  ///< by the server
    told heard;
    simulation world;
    basic_server<Codec> io;
    http_server http{world.home(), {&io.engine()}, {}};
    std::unique_ptr<byte_stream> client;

private:
    static void note_join(const basic_socket<Codec>& socket)
    {
        const bool is_polling = socket.conn().transport_name() == "polling";
        const handshake& shake = socket.shake();
        if (socket.recovered())
            recovered.reach();
        if (std::is_same_v<Codec, msgpack>)
            joined_with_msgpack.reach();
        if (socket.conn().protocol() == 4)
            (is_polling ? joined_by_polling : joined_by_websocket).reach();
        else if (!is_polling)
            joined_by_legacy_websocket.reach();
        else if (shake.query("j"))
            joined_by_jsonp.reach();
        else
            (shake.query("b64") ? joined_by_base64 : joined_by_legacy_polling).reach();
    }

    bool has_moved_ = false;
};

/// What the application has seen when `input` comes in parts as `cut` says.
template <codec Codec>
fuzz::outcome converse(bytes_view input, std::uint8_t seed, std::uint8_t cut)
{
    conversation<Codec> one{seed};
    one.heard.replace_in(as_text(input), [&](std::string_view bytes) {
        fuzz::in_parts(as_bytes(bytes), cut, [&](bytes_view part) { one.send(part); });
    });
    fuzz::outcome made{one.said, one.ended};
    one.client->close();
    one.world.run_for(std::chrono::minutes{3});
    fuzz::require(one.io.clients_count() == 0, "a session is left");
    fuzz::require(one.http.connection_count() == 0, "a connection is left");
    return made;
}

template <codec Codec>
void compare(bytes_view input, std::uint8_t seed)
{
    const fuzz::outcome whole = converse<Codec>(input, seed, 0);
    const fuzz::outcome parts = converse<Codec>(input, seed, seed == 0 ? 1 : seed);
    fuzz::require_same_until_ended(whole, parts);
    if (!whole.said.empty())
        (whole.ended || parts.ended ? compared_until_ended : compared_to_the_end).reach();
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    if ((seed & 64) != 0)
        compare<msgpack>(input, seed);
    else
        compare<json>(input, seed);
}
