// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "wire/websocket.hpp"

#include <cosio/transports/simulation.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

// A client that knows no protocol: bytes go out as the test wrote them, bytes come back as they came.

namespace cosio::test {

/// How a connection cuts what passes through it.
struct segments
{
    std::size_t read = std::numeric_limits<std::size_t>::max();
    std::size_t write = std::numeric_limits<std::size_t>::max();
    std::size_t capacity = memory_stream_options{}.capacity_bytes;  ///< in flight per direction

    [[nodiscard]] memory_stream_options options() const
    {
        return {.capacity_bytes = capacity, .max_read_bytes = read, .max_write_bytes = write};
    }
};

std::ostream& operator<<(std::ostream& out, const segments& value);

/// Whole, one byte at a time in each direction, and something odd.
[[nodiscard]] const std::vector<segments>& all_segments();

/// One HTTP answer.
struct raw_answer
{
    int status = 0;
    std::string head;  ///< status line and fields with their line ends, without the empty line
    std::string body;

    /// Value of the first field of that name, or "(none)".
    [[nodiscard]] std::string operator[](std::string_view name) const;
};

/// Takes one whole answer from the front of `come`, if it is there.
[[nodiscard]] std::optional<raw_answer> take_answer(std::string& come);

/// A request as text; adds Host, and Content-Length if there is a body.
[[nodiscard]] std::string http_text(
    std::string_view method,
    std::string_view target,
    std::string_view body = {},
    std::string_view fields = {}
);

/// The client's end of one connection.
class raw_client
{
public:
    raw_client(simulation& world, http_server& server, const segments& cut = {});

    /// Of a connection that somebody serves already.
    raw_client(simulation& world, std::unique_ptr<byte_stream> end)
        : world_{&world}, stream_{std::move(end)}
    {}

    /// Writes `bytes` and lets happen what follows without time passing. What the other end no longer
    /// takes is lost, as it is with TCP.
    void send(std::string_view bytes);

    /// Takes all bytes that have come.
    [[nodiscard]] std::string take();

    /// Takes one whole answer, if it has come.
    [[nodiscard]] std::optional<raw_answer> poll_answer();

    /// Takes one answer. Fails the test if there is none.
    [[nodiscard]] raw_answer answer();

    /// One request and its answer.
    [[nodiscard]] raw_answer ask(
        std::string_view method,
        std::string_view target,
        std::string_view body = {},
        std::string_view fields = {}
    );

    /// True if nothing has come that was not taken.
    [[nodiscard]] bool silent();

    /// True if the server has ended the connection, and all it sent before was taken.
    [[nodiscard]] bool ended();

    /// No more bytes from this side: FIN.
    void finish();

    /// Ends both directions: RST.
    void cut();

    [[nodiscard]] simulation& world() noexcept { return *world_; }

private:
    void pull();

    simulation* world_;
    std::unique_ptr<byte_stream> stream_;
    std::string come_;
    bool ended_ = false;
};

/// What a server sends after 101, in words.
class frame_reader
{
public:
    /// What is whole by now: text as it is, "binary ...", "ping ...", "pong ...", "close 1005".
    [[nodiscard]] std::vector<std::string> read(std::string bytes);

private:
    cosio::wire::websocket_decoder decoder_{cosio::wire::websocket_role::client, {}};
};

/// The client's end of one WebSocket connection.
class raw_websocket
{
public:
    /// Sends the opening handshake, with `early` in the same segment. Fails the test if it is refused.
    raw_websocket(
        simulation& world,
        http_server& server,
        std::string_view target,
        const segments& cut = {},
        std::string_view early = {}
    );

    void text(std::string_view payload) { frame(cosio::wire::websocket_opcode::text, payload); }

    void binary(std::string_view payload) { frame(cosio::wire::websocket_opcode::binary, payload); }

    void frame(cosio::wire::websocket_opcode opcode, std::string_view payload);

    /// Takes what has come.
    [[nodiscard]] std::vector<std::string> take() { return frames_.read(client_.take()); }

    /// Close frame from this side, with a status.
    void goodbye(std::uint16_t code = 1000);

    [[nodiscard]] raw_client& wire() noexcept { return client_; }

    [[nodiscard]] const raw_answer& handshake() const noexcept { return handshake_; }

private:
    raw_client client_;
    raw_answer handshake_;
    frame_reader frames_;
};

/// An opening handshake, without body.
[[nodiscard]] std::string websocket_request(std::string_view target, std::string_view fields = {});

/// A masked frame, as clients send it.
[[nodiscard]] std::string websocket_frame(
    cosio::wire::websocket_opcode opcode, std::string_view payload
);

}  // namespace cosio::test
