// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "raw_http.hpp"
#include "src/tls_stream.hpp"

#include <cosio/transports/http_server.hpp>

#include <limits>
#include <string>

// The client's side of TLS, on OpenSSL alone.

namespace cosio::test {

struct raw_tls_options
{
    std::string trusted = {};      ///< PEM; empty: any certificate will do
    std::string certificate = {};  ///< own, PEM
    std::string private_key = {};
    bool tls1_2 = false;  ///< at most
    bool tls1_1 = false;  ///< at most
    std::string protocol = "http/1.1";
    std::string session = {};     ///< a ticket of tls_client::session()
    std::size_t record = 16'384;  ///< bytes at most
    segments cut = {};
    std::size_t capacity = 256 * 1024;
    std::size_t most_bytes =
        std::numeric_limits<std::size_t>::max();  ///< then nothing more is sent
};

/// A connection in the client's role, without BIO.
[[nodiscard]] ssl_ptr make_client_ssl(const raw_tls_options& options = {});

/// The client's end of one TLS connection to `server` over memory.
class tls_client
{
public:
    tls_client(
        simulation& world,
        http_server& server,
        const tls_context& tls,
        const raw_tls_options& options = {}
    );
    ~tls_client();

    /// Lets the handshake go as far as it goes; true if it is over.
    bool shake();

    /// Encrypts and sends.
    void send(std::string_view text);

    /// Ends the handshake, sends and leaves for good, before the server sees any of it.
    void send_and_cut(std::string_view text);

    /// Takes all that has come, decrypted.
    [[nodiscard]] std::string take();

    /// send() and take().
    [[nodiscard]] std::string ask(std::string_view text);

    /// Sends close_notify.
    void say_goodbye();

    /// FIN, and RST, without close_notify.
    void finish();
    void cut();

    /// The server has sent close_notify.
    [[nodiscard]] bool was_told_goodbye();

    /// The server has ended the connection below.
    [[nodiscard]] bool ended();

    /// Why this side gave up, in OpenSSL's words; "" if it did not.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    /// Bytes that the server's certificate consists of, PEM.
    [[nodiscard]] std::string server_certificate() const;

    [[nodiscard]] bool resumed() const;
    [[nodiscard]] std::string protocol() const;
    [[nodiscard]] std::string session() const;

    [[nodiscard]] std::size_t sent_bytes() const noexcept { return sent_; }

    /// What OpenSSL answers; it is asked to renegotiate (TLS 1.2) or for new keys of both (TLS 1.3).
    [[nodiscard]] bool renegotiate();
    [[nodiscard]] bool update_keys();

    /// From now on nothing of what comes is read.
    void stop_reading() { reads_ = false; }

private:
    void exchange();
    bool move_out();
    bool move_in();
    void note_failure(int outcome);

    simulation* world_;
    std::unique_ptr<byte_stream> wire_;
    ssl_ptr ssl_;
    std::string come_;
    std::string outgoing_;
    std::string error_;
    std::size_t sent_ = 0;
    std::size_t most_bytes_;
    bool reads_ = true;
    bool ended_ = false;
};

}  // namespace cosio::test
