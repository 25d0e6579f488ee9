// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tls_client.hpp"

#include <cosio/frame.hpp>

#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace cosio::load {

class event_loop;

/// Where a server is and how it is spoken to.
struct endpoint
{
    sockaddr_storage address{};
    socklen_t size = 0;
    std::shared_ptr<const tls_client> tls;  ///< null: plain TCP

    [[nodiscard]] bool is_loopback_v4() const noexcept;
};

/// One TCP connection, non-blocking, with TLS or without. What is sent while one event is handled goes out
/// in one write.
class stream
{
public:
    /// Told about the stream. Any of these may close the stream or open it again.
    class owner
    {
    public:
        virtual void handle_open() = 0;
        virtual void handle_bytes(std::span<std::byte> bytes, std::int64_t now) = 0;

        /// The stream is closed already. Not called after the owner's own close().
        virtual void handle_end(std::string_view why) = 0;

    protected:
        ~owner() = default;
    };

    stream(event_loop& loop, owner& told) noexcept : loop_{loop}, owner_{told} {}

    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    ~stream() { close(); }

    /// Starts to connect. `source` chooses 127.0.0.(1 + source) as the own address if the server is on
    /// the loopback, where one pair of addresses has about 28,000 ports; 0 leaves it to the system.
    void open(const endpoint& server, unsigned source);

    void send(bytes_view bytes);
    void close() noexcept;

    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

private:
    friend class event_loop;

    void handle_events(std::uint32_t events, std::int64_t now);
    void finish_connecting();
    void receive(bool ended, std::int64_t now);
    void deliver(std::span<std::byte> bytes, std::int64_t now);
    [[nodiscard]] std::vector<std::byte>& to_network();

    [[nodiscard]] bool has_unsent() const noexcept
    {
        return !unsent_.empty() || (tls_ && !tls_->outgoing().empty());
    }

    void flush_soon();
    void flush();
    void fail(std::string_view why);

    event_loop& loop_;
    owner& owner_;
    std::vector<std::byte> unsent_;  // with TLS: not encrypted yet
    std::unique_ptr<tls_session> tls_;
    int fd_ = -1;
    std::uint32_t epoch_ = 0;  // how often it was closed: tells whether an owner did so
    bool connecting_ = false;
    bool dirty_ = false;
};

}  // namespace cosio::load
