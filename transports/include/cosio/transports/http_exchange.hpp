// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>
#include <cosio/outbox.hpp>
#include <cosio/shard.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

// The neutral seam: requests and WebSocket messages of an HTTP server that is not ours, whatever it is made of.

namespace cosio {

/// The WebSocket of another server, as cosio writes to it.
/// Thread: called on the shard of the session. Lifetime: let go of after the session's end.
class message_sink
{
public:
    virtual ~message_sink() = default;

    /// Sends one message. Text is UTF-8.
    virtual void send(frame_kind kind, bytes_view message) = 0;

    /// False: no message now, for too much waits to be written already. Who says so calls
    /// message_source::writable() later.
    [[nodiscard]] virtual bool takes_more() { return true; }

    /// Closes the WebSocket: what was sent is written first. Nothing follows.
    virtual void close() = 0;
};

/// The other direction of a message_sink. A handle; what comes after the end is dropped. Thread: any.
class message_source
{
public:
    struct state;

    message_source() noexcept = default;

    explicit message_source(std::shared_ptr<state> of) noexcept : state_{std::move(of)} {}

    /// A message has arrived. Its size must have been limited to engine_options::max_payload_bytes before; a
    /// longer one ends the session.
    void receive(frame_kind kind, std::string message) const;

    /// The sink takes messages again.
    void writable() const;

    /// The WebSocket has ended.
    void close() const;

private:
    std::shared_ptr<state> state_;
};

/// Who waits for the answer to a request of another server.
class http_answer_sink
{
public:
    virtual ~http_answer_sink() = default;

    /// Called once, on a shard. Body and fields are complete; Content-Length and Connection are the caller's.
    virtual void respond(http_response response) = 0;

    /// False: no WebSocket can be had here, and respond() says so to a client that asks for one.
    [[nodiscard]] virtual bool takes_websocket() const noexcept { return false; }

    /// Instead of respond(): the handshake is accepted by `answer`, a 101, and `from` is where messages go from now
    /// on. Returns where those of cosio go; null ends the session.
    [[nodiscard]] virtual std::shared_ptr<message_sink> accept(
        http_response answer, message_source from
    )
    {
        static_cast<void>(answer);
        static_cast<void>(from);
        return nullptr;
    }
};

/// A request of another server on its way. A handle.
class http_ticket
{
public:
    struct state;

    http_ticket() noexcept = default;

    explicit http_ticket(std::shared_ptr<state> of) noexcept : state_{std::move(of)} {}

    /// Its client has gone, which ends a long-polling session as a cut connection does. An answer that is under
    /// way already is still told. Thread: any.
    void abandon() const noexcept;

private:
    std::shared_ptr<state> state_;
};

namespace detail {

template <class F>
class answer_function final : public http_answer_sink
{
public:
    explicit answer_function(F to) : to_{std::move(to)} {}

    void respond(http_response response) override { to_(std::move(response)); }

private:
    F to_;
};

}  // namespace detail
}  // namespace cosio
