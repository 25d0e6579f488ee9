// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/driver.hpp>
#include <cosio/detail/wakeup.hpp>
#include <cosio/engine/session.hpp>
#include <cosio/ids.hpp>
#include <cosio/limit.hpp>
#include <cosio/outbox.hpp>
#include <cosio/shard.hpp>
#include <cosio/transport.hpp>

#include <exception>
#include <memory>
#include <string>

namespace cosio {

struct http_request;

}  // namespace cosio

namespace cosio::engine {

class peer;
using peer_ptr = boost::intrusive_ptr<peer>;

/// The layer above one peer: Socket.IO, or an application of bare Engine.IO.
/// Thread: called on the peer's shard. Lifetime: owned by the peer until on_close() has returned.
class peer_handler
{
public:
    virtual ~peer_handler() = default;

    /// The session is open. Client role: `json` is the data of the OPEN packet; server role: empty.
    virtual void on_open(std::string_view json) { static_cast<void>(json); }

    /// Server role: the session is open, and what is sent now follows the OPEN packet. `request` is the handshake's.
    virtual void on_started(const http_request& request) { static_cast<void>(request); }

    /// Lifetime: `payload` is valid during the call.
    virtual void on_message(frame_kind kind, bytes_view payload) = 0;

    /// The session has moved to another transport, before the first packet from it (UP-9).
    virtual void on_upgrade() {}

    /// Client role: the link that was offered is not used, and the session goes on without it (UP-16).
    virtual void on_upgrade_error(error_code why) { static_cast<void>(why); }

    /// All that waited to be sent has been written; only after watch_drain().
    virtual void on_drain() {}

    /// Called exactly once; nothing follows it.
    virtual void on_close(close_reason reason) = 0;

    /// The same, with what the link or the layer above had to say, if that is known.
    virtual void on_end(close_reason reason, error_code why)
    {
        static_cast<void>(why);
        on_close(reason);
    }

    /// Called instead of on_close() when everything ends silently, perhaps from inside another call of
    /// this handler, which is destroyed in a later turn.
    virtual void on_abandon() noexcept {}

    /// When on_deadline() must next be called; the peer's one timer serves both layers.
    [[nodiscard]] virtual std::optional<time_point> deadline() const noexcept
    {
        return std::nullopt;
    }

    virtual void on_deadline(time_point now) { static_cast<void>(now); }

    /// True while something waits for an answer of the other side: then reading goes on for longer.
    [[nodiscard]] virtual bool awaits_answer() const noexcept { return false; }
};

/// What has gone over a session, upgrade included: Engine.IO packets, and the bytes of their payloads.
struct traffic
{
    std::uint64_t packets_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_out = 0;

    bool operator==(const traffic&) const noexcept = default;
};

/// Who keeps the peers.
class peer_owner
{
public:
    /// The layer above threw; its peer is closed. For the operator: nothing else hears of it.
    virtual void on_handler_threw(peer& from, std::exception_ptr what) noexcept = 0;

    /// The session has ended and its link is gone. It may call back no more.
    virtual void on_peer_gone(peer& gone) noexcept = 0;

protected:
    ~peer_owner() = default;
};

struct peer_config
{
    session_config session;
    std::shared_ptr<limit_counters> fired = std::make_shared<limit_counters>();
    duration close_timeout = std::chrono::seconds{5};  ///< for the last flush and the goodbye
    /// Coroutine handlers and middlewares of one peer, and what waits for them, before reading pauses.
    std::int32_t max_running_handlers = 256;
    std::size_t max_held_events = 1'024;  ///< before it pauses even if an answer is awaited
    bool count_traffic = false;
};

/// The driver of one Engine.IO session: it moves packets between the session's rules and its current
/// link, and does what the rules answer. It decides nothing itself.
class peer final : public link_listener, private flushable, private timer_node
{
public:
    /// Lifetime: `home`, `config` and `owner` outlive the peer (owner may be null, or let go by detach()).
    peer(shard& home, const peer_config& config, role side, session_id id, peer_owner* owner);
    ~peer() override;

    /// Binds the layer above. Precondition: called once, before start().
    void set_handler(std::unique_ptr<peer_handler> handler) noexcept;

    /// How the client speaks, which in the client role is this one. Precondition: start() was not called.
    void speak(const dialect& spoken) noexcept;

    /// Begins to drive `link`. `first` (may be null) is sent before anything else.
    void start(std::unique_ptr<transport> link, frame_ref first);

    /// Server role: tells the layer above that it may begin to send.
    void announce(const http_request& request);

    /// Tries `candidate` as the next link, by the rules of the upgrade (features.md 3.4). `supports_binary`: of that link;
    /// Engine.IO asks for base64 link by link.
    void offer(std::unique_ptr<transport> candidate, bool supports_binary = true);

    /// Sends one message. Cost: no allocation, no system call; the write comes at the end of the turn.
    /// `has_reserve`: twice as much may wait before the session ends.
    send_status send(frame_ref message, bool has_reserve = false);

    /// Sends messages that belong together, or drops all of them if too much would wait.
    send_status send_or_drop(const frame_ref& head, std::span<const frame_ref> rest);

    /// Sends messages in the place of those that wait with an equal key. False: nothing has happened.
    [[nodiscard]] bool replace_latest(const frame_ref& head, std::span<const frame_ref> rest);

    /// True if a message sent now would leave at once: what decides over volatile messages (VOL-1).
    [[nodiscard]] bool writable() const noexcept;

    /// Ends the session; what is queued is flushed first. Idempotent.
    void close(close_reason reason);

    /// As close(), on demand of the layer above, which may say why.
    void force_close(error_code why = {});

    /// Ends everything now, silently: no handler is called any more.
    void detach() noexcept;

    /// A deadline of the handler may have come nearer, or it awaits an answer from now on.
    void deadline_changed();

    /// A coroutine handler has started or ended; reading pauses at `max_running_handlers`.
    void handler_started() noexcept { ++running_handlers_; }

    void handler_ended() noexcept;

    /// Events wait for handlers, or no longer do: they count as handlers that run. While the layer above awaits
    /// an answer, which comes behind them, reading goes on until `max_held_events`.
    void events_held(std::size_t weight) noexcept
    {
        held_events_ = static_cast<std::uint16_t>(held_events_ + weight);
    }

    void events_released(std::size_t weight) noexcept;

    /// From now on the handler is told when nothing waits any more.
    void watch_drain() noexcept { tells_drain_ = true; }

    /// Null unless the configuration has it counted.
    [[nodiscard]] const traffic* counted() const noexcept { return traffic_.get(); }

    /// Client role: the server's OPEN packet said so.
    void set_heartbeat(duration interval, duration timeout);

    [[nodiscard]] bool is_open() const noexcept { return session_.is_open() && handler_; }

    [[nodiscard]] const session_id& id() const noexcept { return id_; }

    [[nodiscard]] shard& home() noexcept { return *home_; }

    /// The time for all packets that arrived together: to ask for each costs as much as to frame it.
    [[nodiscard]] time_point turn_began() const noexcept { return turn_began_; }

    /// The link in use, or null after its end.
    [[nodiscard]] transport* link() noexcept { return link_; }

    [[nodiscard]] const session& rules() const noexcept { return session_; }

    [[nodiscard]] const outbox& pending() const noexcept { return outbox_; }

private:
    static detail::driver serve(peer_ptr self, std::unique_ptr<transport> link);
    static detail::driver probe(peer_ptr self, std::unique_ptr<transport> link);

    class arrival;
    struct idle_wait;
    void take_packets(transport& link);
    void link_ended(transport& link, error_code why);

    void perform(const actions& list, error_code why = {});
    void perform(const transmit& what);
    void perform(const deliver& what);
    void perform(const opened& what);
    void perform(const send_probe& what);
    void perform(const answer_probe& what);
    void perform(const release_poll& what);
    void perform(const pause_link& what);
    void perform(const adopt_candidate& what);
    void perform(const drop_candidate& what, error_code why);
    void perform(const discard_output& what);
    void perform(const shut_down& what, error_code why);

    void begin(std::unique_ptr<transport> link);
    void drive(std::unique_ptr<transport> link);
    void lose_candidate(error_code why = {});
    [[nodiscard]] bool rewrites(const frame& message) const noexcept;
    [[nodiscard]] frame_ref as_spoken(frame_ref message) const;
    void queue(frame_ref frame);
    void recode_pending();
    [[nodiscard]] send_status leave_later();
    void flush() override;
    void on_deadline(time_point now) override;
    void on_link_writable() override;
    void send_on_candidate(packet_type type, std::string_view data);
    template <class Call>
    void tell_handler(Call&& call);
    template <class Step>
    void guarded(Step&& step) noexcept;
    void take_turn(transport& link, error_code ec);
    void write_out();
    void drop(transport& dropped) noexcept;
    void tell_candidate() noexcept;
    void look_if_held(transport& link);
    void lose_link() noexcept;
    void rearm();

    [[nodiscard]] bool drives(const transport& link) const noexcept
    {
        return link_ == &link && !session_.is_closed();
    }

    [[nodiscard]] bool paused() const noexcept;
    void resume_reading() noexcept;

    shard* home_;
    const peer_config* config_;
    peer_owner* owner_;
    std::unique_ptr<peer_handler> handler_;
    transport* link_ = nullptr;
    transport* candidate_ = nullptr;
    session session_;
    outbox outbox_;
    detail::wakeup resumed_;
    std::unique_ptr<traffic> traffic_;     // null: not counted
    detail::wakeup* link_idle_ = nullptr;  // of the candidate's coroutine, if there is one
    time_point turn_began_{};
    std::int32_t running_handlers_ = 0;  // below zero while others than handlers wait for the peer
    std::uint16_t held_events_ = 0;
    bool reading_pauses_ : 1 = false;
    bool tells_drain_ : 1 = false;
    bool encodes_binary_ : 1 = false;  // in base64: the client reads and writes nothing else
    bool candidate_supports_binary_ : 1 = true;
    bool waiting_writable_ = false;
    bool finishing_ = false;
    session_id id_;
};

}  // namespace cosio::engine
