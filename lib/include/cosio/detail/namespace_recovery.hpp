// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/codec_functions.hpp>
#include <cosio/handshake.hpp>
#include <cosio/options.hpp>
#include <cosio/protocol/recovery.hpp>
#include <cosio/protocol/room_history.hpp>
#include <cosio/task.hpp>
#include <cosio/timer_queue.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

namespace cosio::detail {

class namespace_group;
class namespace_state;
class socket_state;

/// What a returning client says about who it was.
struct recovery_claim
{
    protocol::private_id pid;
    std::optional<std::string> offset;

    /// nullopt if `auth` claims nothing.
    [[nodiscard]] static std::optional<recovery_claim> parse(const boost::json::value& auth);
};

/// What connection state recovery knows of one socket.
struct recovery_state
{
    protocol::private_id pid;
    protocol::log_position since;
    std::uint64_t adopted;
    protocol::room_history history;
    std::unique_ptr<protocol::recovery::restored> restored = {};  ///< until the socket is let in
    std::optional<protocol::resent_packets> resent = {};
    bool recovered = false;
};

/// The driver of connection state recovery of one namespace on one shard: its timer, and its way to the
/// same namespace on other shards. Thread: the shard.
class namespace_recovery final : private timer_node
{
public:
    namespace_recovery(
        namespace_state& part,
        const server_options& options,
        std::uint16_t number,
        const protocol::recovery_tag& tag,
        const codec_functions& codec
    );

    /// Gives an event of this shard its offset, and logs it.
    [[nodiscard]] protocol::logged_packet log(
        const protocol::encoded_packet& packet, audience who, protocol::reach how_far
    );

    /// Logs a broadcast of another shard. False: it must not be delivered.
    [[nodiscard]] bool log(const protocol::logged_packet& from_elsewhere, audience who);

    /// Gives a new socket its pid.
    void begin(socket_state& socket);

    /// Gives `socket` what the claim stands for; it is a new one if that is nothing any more.
    /// Cost: no turn if the session lived on this shard. `socket` may have ended meanwhile.
    [[nodiscard]] bool is_here(const recovery_claim& claim) const noexcept;
    void revive_here(socket_state& socket, const recovery_claim& claim);
    static task<> revive(boost::intrusive_ptr<socket_state> socket, recovery_claim claim);

    /// What a restored socket has missed, to be sent before its CONNECT; and its rooms.
    [[nodiscard]] std::vector<protocol::encoded_packet> take_missed(socket_state& socket);
    void rejoin(socket_state& socket, const std::vector<protocol::membership>& rooms);

    /// Room changes of a connected socket.
    void joined(socket_state& socket, std::string_view room);
    void left(socket_state& socket, std::string_view room);

    /// The rooms of a socket that is about to leave them.
    [[nodiscard]] std::vector<protocol::membership> rooms_of(const socket_state& socket) const;

    /// The socket has gone for a reason after which its client may come back.
    void keep(socket_state& socket, std::vector<protocol::membership> rooms);

    /// The socket has gone before it was let in.
    void keep_restored(socket_state& socket);

    [[nodiscard]] bool skips_middlewares() const noexcept { return skips_middlewares_; }

private:
    void adopt(socket_state& socket, protocol::recovery::restored what);
    void refuse(socket_state& socket, protocol::recovery_refusal why);
    void store(protocol::recoverable_session session);
    void rearm();
    void on_deadline(time_point now) override;

    namespace_state* part_;
    const codec_functions* codec_;
    protocol::recovery rules_;
    std::uint16_t number_;  // of this part
    bool skips_middlewares_;
};

}  // namespace cosio::detail
