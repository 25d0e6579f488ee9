// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/wakeup.hpp>
#include <cosio/transport.hpp>
#include <cosio/transports/http_exchange.hpp>

#include <deque>

namespace cosio {

class message_transport;

/// The way from the other server's thread to the link, which may be gone.
struct message_source::state
{
    explicit state(shard& on) noexcept : home{&on} {}

    /// Calls f(message_transport&) on the shard, unless the link is gone.
    template <class F>
    static void tell(const std::shared_ptr<state>& self, F f)
    {
        self->home->post([self, f = std::move(f)]() mutable {
            if (self->link)
                f(*self->link);
        });
    }

    shard* home;
    message_transport* link = nullptr;  // touched on the shard
};

/// A session's link over the WebSocket of another server: messages in, messages out.
class message_transport final : public transport
{
public:
    message_transport(
        shard& home, std::size_t max_payload_bytes, engine::revision protocol = engine::revision::v4
    );
    ~message_transport() override;

    [[nodiscard]] message_source source() const { return message_source{source_}; }

    void set_sink(std::shared_ptr<message_sink> sink) noexcept { sink_ = std::move(sink); }

    engine::transport_kind kind() const noexcept override
    {
        return engine::transport_kind::websocket;
    }

    bool try_receive(engine::packet_view& packet) override;
    std::optional<error_code> park(parked& who) override;
    void try_flush(outbox& pending) override;

    bool writable() const noexcept override { return !ended_ && sink_->takes_more(); }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override;
    void finish() override;
    void close() noexcept override;

    // Told by the other server.
    void on_message(frame_kind kind, std::string message);
    void on_writable();

    void on_end() { end(engine::errc::connection_closed); }

private:
    struct arrival
    {
        frame_kind kind;
        std::string message;
    };

    void end(error_code why) noexcept;
    void say_goodbye() noexcept;

    std::shared_ptr<message_source::state> source_;
    std::shared_ptr<message_sink> sink_;
    std::deque<arrival> arrived_;
    std::size_t arrived_bytes_ = 0;
    std::string current_;
    std::vector<std::byte> base64_;
    detail::wakeup told_;
    boost::intrusive_ptr<link_listener> listener_;
    error_code ended_;
    std::size_t max_payload_bytes_;
    engine::revision protocol_;
    bool said_goodbye_ = false;
};

}  // namespace cosio
