// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "packet_peer.hpp"
#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/simulation.hpp>

#include <fmt/format.h>

#include <string>
#include <tuple>

// Cases that hold for every codec: written once, in the notation of the default parser, and run for
// each. `42["x"]` is the text frame `42["x"]` for json and the message {type:2,data:["x"],nsp:"/"} for
// msgpack; what a msgpack server sends is written down in the same way.

namespace cosio::test {

using namespace std::chrono_literals;

using codecs = std::tuple<json, msgpack>;

/// How a packet in notation goes onto a link.
template <class Codec>
struct wire;

template <>
struct wire<json>
{
    static void send(
        packet_peer& over, std::string_view packet, const std::vector<std::string>& attachments
    )
    {
        over.send_text(packet);
        for (const std::string& attachment : attachments)
            over.send_binary(attachment);
    }

    static std::vector<std::string> read(const received_packet& packet)
    {
        return {packet.kind == frame_kind::text ? packet.data : "b" + packet.data};
    }
};

template <>
struct wire<msgpack>
{
    static void send(
        packet_peer& over, std::string_view packet, const std::vector<std::string>& attachments
    )
    {
        if (packet.starts_with('4'))
            over.send_binary(to_msgpack(packet, attachments));
        else
            over.send_text(packet);
    }

    static std::vector<std::string> read(const received_packet& packet)
    {
        if (packet.kind == frame_kind::binary)
            return from_msgpack(packet.data);
        return {packet.data};
    }
};

/// What happened, line by line; reading it empties it.
class journal
{
public:
    template <class... Args>
    void operator()(fmt::format_string<Args...> format, Args&&... args)
    {
        note(fmt::format(format, std::forward<Args>(args)...));
    }

    void note(std::string_view line)
    {
        if (!text_.empty())
            text_ += '\n';
        text_ += line;
    }

    [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

    void clear() { text_.clear(); }

private:
    std::string text_;
};

/// A client that is played by hand, after the engine's handshake.
template <class Codec>
class wire_client
{
public:
    wire_client(simulation& world, basic_server<Codec>& io, unsigned shard = 0)
        : peer_{world, world.connect(io, shard)}
    {
        world.run();
        for (const received_packet& packet : peer_.take())
            open_ = packet.data;
    }

    /// The OPEN packet.
    [[nodiscard]] const std::string& open() const noexcept { return open_; }

    /// Sends packets; nothing happens before heard() or the world runs.
    wire_client& say(std::string_view packet, const std::vector<std::string>& attachments = {})
    {
        wire<Codec>::send(peer_, packet, attachments);
        return *this;
    }

    /// Runs the world and gives what has come, a line per packet; `<end>` is the end of the link.
    /// The random sid of a CONNECT reply is shown as <sid>.
    [[nodiscard]] std::string heard()
    {
        peer_.world().run();
        journal lines;
        for (const received_packet& packet : peer_.take())
            for (std::string& line : wire<Codec>::read(packet))
                lines.note(without_sid(std::move(line)));
        if (peer_.ended())
            lines.note("<end>");
        return lines.take();
    }

    /// Connects to a namespace and expects the reply.
    void join(std::string_view nsp = "/")
    {
        const std::string prefix = nsp == "/" ? "40" : fmt::format("40{},", nsp);
        say(prefix);
        REQUIRE(heard() == prefix + R"({"sid":"<sid>"})");
    }

    /// That of the last CONNECT reply.
    [[nodiscard]] const std::string& sid() const noexcept { return sid_; }

    [[nodiscard]] packet_peer& peer() noexcept { return peer_; }

private:
    std::string without_sid(std::string line)
    {
        constexpr std::string_view mark = R"({"sid":")";
        constexpr std::size_t length = 20;
        const std::size_t at = line.find(mark);
        if (!line.starts_with("40") || at == line.npos)
            return line;
        sid_ = line.substr(at + mark.size(), length);
        return line.replace(at + mark.size(), length, "<sid>");
    }

    packet_peer peer_;
    std::string open_;
    std::string sid_;
};

/// A server in a world of its own, and what its handlers wrote down.
template <class Codec>
struct server_case
{
    explicit server_case(server_options options = {})
        : io{world.home(), with_reports(std::move(options))}
    {}

    [[nodiscard]] wire_client<Codec> client() { return {world, io}; }

    /// A client in the main namespace.
    [[nodiscard]] wire_client<Codec> joined()
    {
        wire_client<Codec> one{world, io};
        one.join();
        return one;
    }

    /// The same, for a server that sends something at once.
    [[nodiscard]] wire_client<Codec> joined_after_events()
    {
        wire_client<Codec> one{world, io};
        REQUIRE(one.say("40").heard().starts_with(R"(40{"sid":"<sid>"})"));
        return one;
    }

    /// Writes down connections and disconnections.
    void watch(std::string_view nsp = "/")
    {
        io.of(nsp).on_connection([this, name = std::string{nsp}](basic_socket<Codec> client) {
            log("connection {}", name);
            client.on_disconnect([this, name](close_reason reason) {
                log("disconnect {} {}", name, to_string(reason));
            });
        });
    }

    server_options with_reports(server_options options)
    {
        options.on_handler_error = [this](const handler_error& error) {
            log("error {} {}: {}", error.nsp, error.event, error.message);
        };
        return options;
    }

    simulation world;
    journal log;
    basic_server<Codec> io;
};

}  // namespace cosio::test
