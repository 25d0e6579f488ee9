// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "real_world.hpp"
#include "support/raw_http.hpp"
#include "support/tls_client.hpp"

#include <string>
#include <string_view>

namespace cosio::test {

/// How a client's socket is made.
struct wire_options
{
    int receive_buffer = 0;    ///< bytes; 0: the system's
    int most_per_segment = 0;  ///< bytes; 0: the system's
    bool tls = false;
    std::uint16_t port = 0;  ///< 0: the server's
};

/// One TCP connection of a client that knows no protocol. It reads when it is asked what has come.
class wire_client
{
public:
    explicit wire_client(real_world& on, const wire_options& options = {});
    wire_client(wire_client&& other) noexcept;
    wire_client& operator=(wire_client&&) = delete;
    ~wire_client();

    /// Fails the test if the server does not take all of it in the end.
    void send(std::string_view bytes);

    /// Reads what has come into `come`, `most` bytes at most.
    void pull(std::size_t most = std::string::npos);

    /// Waits for it, in what was not taken yet.
    [[nodiscard]] bool hears(std::string_view text);

    /// Takes one answer. Fails the test if there is none.
    [[nodiscard]] raw_answer answer();

    /// The server has ended the connection; what it sent before is in `come`.
    [[nodiscard]] bool ended();

    /// The end was a reset.
    [[nodiscard]] bool was_reset() const { return was_reset_; }

    void reset();       ///< RST
    void finish();      ///< FIN, and nobody is here any more
    void half_close();  ///< FIN, and still reading

    string come;

private:
    real_world* on_;
    int descriptor_;
    ssl_ptr ssl_;
    bool ended_ = false;
    bool was_reset_ = false;
};

/// A client of the server of a real_world over WebSocket, which answers nothing by itself.
class wire_websocket
{
public:
    /// Ends with the OPEN packet; `fields` go with the request.
    explicit wire_websocket(
        real_world& on, const wire_options& options = {}, std::string_view fields = {}
    );

    /// The same, and joins `/`.
    static wire_websocket joined(real_world& on, const wire_options& options = {});

    void say(std::string_view packet);

    /// Takes the messages that have come: text as it is, "binary ...", "close 1009".
    [[nodiscard]] strings take();

    wire_client wire;

private:
    cosio::wire::websocket_decoder decoder_;
};

/// What a TLS client says first.
[[nodiscard]] string first_flight();

/// A masked frame that says to be compressed.
[[nodiscard]] string compressed_frame(std::string_view deflated);

}  // namespace cosio::test
