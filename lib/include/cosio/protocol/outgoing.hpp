// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/fifo.hpp>
#include <cosio/engine/action.hpp>
#include <cosio/protocol/acks.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace cosio::protocol {

/// What becomes of events that are emitted while there is no connection.
enum class offline_policy : std::uint8_t
{
    refuse_new,   ///< kept; when the buffer is full, the new one fails
    drop_oldest,  ///< kept; when the buffer is full, the oldest make way
    disabled,     ///< not kept: they fail
};

struct outgoing_config
{
    offline_policy offline = offline_policy::refuse_new;
    std::size_t max_buffered_bytes =
        4 * 1024 * 1024;  ///< of all that waits to be sent or sent again
    std::size_t max_buffered_packets = 4'096;
    /// If set, each event that is not volatile is sent until it is acknowledged, so often more at most.
    std::optional<std::uint32_t> retries = {};
    std::size_t retry_window = 1;  ///< so many of them may wait for their answers at one time
    duration ack_timeout = std::chrono::seconds{30};  ///< of one try
    std::size_t max_pending_acks = 4'096;
};

/// One event on its way out.
struct emission
{
    encoded_packet packet;
    std::optional<std::uint64_t> id = {};         ///< of the packet, from outgoing::id_for()
    std::unique_ptr<ack_receiver> receiver = {};  ///< who waits for the answer; needs `id`
    std::optional<duration> timeout = {};         ///< for an answer; else `ack_timeout`
    bool is_volatile = false;
    error_code refused = {};  ///< why, if it was
};

enum class emit_outcome : std::uint8_t
{
    send,     ///< now; the packet is still in the emission
    kept,     ///< next() gives it when its time has come
    dropped,  ///< volatile, and there is no connection
    refused,
};

/// What a client's socket does with its events, connected or not: the offline buffer, and delivery at least once.
/// Every receiver that emit() has taken is given back exactly once: by handle_ack(), cancel() or take_ended().
/// A machine. After each call a driver sends what next() gives, and completes what take_ended() gives.
///
/// Without retries an event is sent once. One that waits for an answer ends with the connection, or `timeout`
/// after emit(); one that is still in the buffer outlives the connection.
///
/// With retries all events stand in one queue, and the first `retry_window` of it are under way: so first sends
/// keep their order, and with a window of 1, as in the official client, all do. A try ends with its answer, its
/// timeout or the connection; the event is sent again at once, or when the connection is back. After its last
/// try it has failed. The server may get an event more than once, with the same id.
class outgoing
{
public:
    struct ended
    {
        std::unique_ptr<ack_receiver> receiver;
        error_code why;
    };

    /// Lifetime: `config` outlives the machine.
    explicit outgoing(const outgoing_config& config) noexcept : config_{&config} {}

    /// The id to encode an event with; nullopt: without.
    [[nodiscard]] std::optional<std::uint64_t> id_for(bool wants_answer, bool is_volatile) noexcept;

    /// Takes the packet unless the outcome is `send`, and the receiver in any case. An event with a key that is kept
    /// replaces the one with an equal key that is kept and was never sent.
    /// Refusals: too_many_queued, too_many_acks, disconnected, message_too_large; take_ended() has the receiver.
    [[nodiscard]] emit_outcome emit(emission& what, time_point now);

    /// The socket is in its namespace.
    void handle_connect() noexcept { connected_ = true; }

    /// What the server takes at once, over what: when the session opens, and when it is upgraded. Events that can
    /// never fit end with message_too_large instead of being sent, for they would end the session.
    void handle_max_payload(std::uint64_t bytes, engine::transport_kind link) noexcept
    {
        max_payload_ = bytes;
        link_ = link;
    }

    /// It is not any more. What waits for answers ends with disconnected, or will be sent again.
    void handle_disconnect();

    /// An ACK packet has come. Who waits for it; null if nobody does.
    [[nodiscard]] std::unique_ptr<ack_receiver> handle_ack(std::uint64_t id);

    /// Early or repeated calls do nothing.
    void handle_deadline(time_point now);

    /// Nobody wants that event's answer any more; if it was not sent yet, it never will be. Null: it has ended.
    [[nodiscard]] std::unique_ptr<ack_receiver> cancel(std::uint64_t id);

    /// Forgets all events; there will be no connection for them. Their receivers end with `why`.
    void clear(error_code why);

    /// A packet to be sent now, in order, or nullopt. Call until nullopt.
    [[nodiscard]] std::optional<encoded_packet> next(time_point now);

    /// A receiver whose wait has ended without an answer, oldest first, or nullopt. Call until nullopt.
    [[nodiscard]] std::optional<ended> take_ended();

    /// May be earlier than the first true deadline, never later.
    [[nodiscard]] std::optional<time_point> deadline() const noexcept;

    /// Somebody waits for an answer to what was sent.
    [[nodiscard]] bool awaits_answer() const noexcept
    {
        return sent_.size() != 0 || (config_->retries && connected_ && !queue_.empty());
    }

    [[nodiscard]] std::size_t buffered_packets() const noexcept { return queue_.size(); }

    [[nodiscard]] std::size_t buffered_bytes() const noexcept { return bytes_; }

private:
    struct entry
    {
        encoded_packet packet;
        std::unique_ptr<ack_receiver> receiver;
        std::optional<std::uint64_t> id;
        std::optional<time_point> deadline;
        duration timeout{};
        std::size_t bytes = 0;
        std::uint64_t sends = 0;
        bool under_way = false;
    };

    emit_outcome send(emission& what, time_point now);
    emit_outcome keep(emission& what, time_point now);
    emit_outcome refuse(emission& what, error_code why);
    [[nodiscard]] bool fits(const encoded_packet& packet) const noexcept;
    [[nodiscard]] bool replace_kept(encoded_packet& packet);
    [[nodiscard]] bool make_room(std::size_t bytes);
    [[nodiscard]] bool acks_are_full() const noexcept;
    [[nodiscard]] bool has_used_all_tries(const entry& one) const noexcept;
    [[nodiscard]] std::size_t window() const noexcept;
    [[nodiscard]] std::optional<encoded_packet> next_of_buffer();
    [[nodiscard]] std::optional<encoded_packet> next_try(time_point now);
    entry take(std::size_t index);
    void end(std::unique_ptr<ack_receiver> receiver, error_code why);
    void note(std::optional<time_point> deadline) noexcept;

    const outgoing_config* config_;
    detail::fifo<entry> queue_;  // what waits to be sent; with retries also what is under way
    acks sent_;                  // without retries: what waits for answers
    detail::fifo<ended> ended_;
    std::optional<time_point> earliest_;  // of the queue
    std::size_t bytes_ = 0;               // of the queue
    std::size_t receivers_ = 0;           // in the queue
    std::uint64_t next_id_ = 0;
    std::uint64_t max_payload_ = 0;
    engine::transport_kind link_ = engine::transport_kind::polling;
    bool connected_ = false;
};

}  // namespace cosio::protocol
