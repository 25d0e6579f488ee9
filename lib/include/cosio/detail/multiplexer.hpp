// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/socket_state.hpp>
#include <cosio/engine/peer.hpp>

#include <boost/container/small_vector.hpp>

namespace cosio::detail {

/// The driver of Socket.IO over one engine peer: it moves packets between the rules
/// (protocol::connection), the codec and the sockets of each joined namespace.
class multiplexer : public engine::peer_handler
{
public:
    multiplexer(
        engine::peer& link,
        packet_decoder& decoder,
        const multiplexer_limits& limits,
        engine::role side
    );
    ~multiplexer() override;

    [[nodiscard]] engine::peer& link() const noexcept { return *link_; }

    [[nodiscard]] const codec_functions& codec() const noexcept { return *limits_->codec; }

    /// The shard's: between two messages nobody looks at its packet.
    [[nodiscard]] packet_decoder& decoder() const noexcept { return *decoder_; }

    /// `when_full`: what becomes of an event; other packets are never dropped.
    send_status send(
        const protocol::encoded_packet& packet, emit_flags flags, overflow_policy when_full
    );

    /// Our side leaves a namespace: DISCONNECT is sent, the socket ends with `reason`.
    void disconnect(socket_state& socket, close_reason reason);

    /// Leaves all namespaces and ends the session.
    void disconnect_all(close_reason reason);

    /// A socket waits for an answer until some deadline.
    void deadline_changed() { link_->deadline_changed(); }

    void on_message(frame_kind kind, bytes_view payload) override;
    void on_upgrade() final;
    void on_drain() final;

    void on_close(close_reason reason) final { on_end(reason, {}); }

    void on_end(close_reason reason, error_code why) final;
    void on_abandon() noexcept final;
    [[nodiscard]] std::optional<time_point> deadline() const noexcept final;
    void on_deadline(time_point now) final;
    [[nodiscard]] bool awaits_answer() const noexcept final;

protected:
    /// `packet` is null if no CONNECT was needed (V3-7).
    virtual void on_join(protocol::slot where, const decoded_packet* packet);
    virtual void on_joined(protocol::slot where, const decoded_packet& packet);
    virtual void on_refused(protocol::slot where, const decoded_packet& packet);

    /// The last call: the session is over and all sockets have ended.
    virtual void on_ended(close_reason, error_code) {}

    /// The session has moved to another transport; the sockets' handlers hear of it next.
    virtual void on_moved() {}

    /// Client: an event has come for a namespace that has not let us in yet.
    virtual void on_early(protocol::slot where) { static_cast<void>(where); }

    /// Client: a CONNECT that was taken back was answered; the server believes that we are in, if `entered`.
    virtual void on_unwanted(const std::string& nsp, bool entered);

    /// The socket there is leaving by itself: the other side does not know yet.
    virtual void on_leaving(protocol::slot where) { static_cast<void>(where); }

    /// True while a packet has come in part.
    [[nodiscard]] bool is_partial() const noexcept { return partial_ != nullptr; }

    void violate(error_code why);

    void send_control(
        protocol::packet_type type,
        std::string_view nsp,
        const boost::json::value* data,
        overflow_policy when_full
    );
    void place(protocol::slot where, socket_ptr socket);

    [[nodiscard]] const socket_ptr& socket_at(protocol::slot where) const noexcept
    {
        return sockets_[where];
    }

    [[nodiscard]] socket_ptr take(protocol::slot where) noexcept;

    /// The other end is a client of Socket.IO 1 or 2.
    [[nodiscard]] bool is_legacy() const noexcept
    {
        return link_->rules().protocol() == engine::revision::v3;
    }

    /// `whole`: the message that is the packet, or null if it took several.
    void perform(
        const protocol::actions& list, const decoded_packet* packet, const raw_message* whole
    );

    protocol::connection connection_;

private:
    [[nodiscard]] protocol::packet_header header_of(const decoded_packet& packet) const;
    engine::peer* link_;
    packet_decoder* decoder_;
    boost::intrusive_ptr<const multiplexer_limits> limits_;
    std::unique_ptr<partial_packet> partial_;
    boost::container::small_vector<socket_ptr, 1> sockets_;  // by slot
};

}  // namespace cosio::detail
