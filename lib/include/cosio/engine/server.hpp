// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine_host.hpp>

#include <atomic>
#include <functional>
#include <span>
#include <unordered_map>

namespace cosio::engine {

/// Gives each new session the handler that receives its messages.
/// `request` is the handshake's, empty for a link that came without HTTP. Lifetime: during the call.
using session_factory =
    std::function<std::unique_ptr<peer_handler>(peer& session, const http_request& request)>;

/// An Engine.IO server (v4, and v3 if the options say so): handshakes, session ids, upgrades; what the messages mean is the factory's
/// business. Socket.IO stands on it; it can be used alone for raw text and binary messages.
/// Thread: the shard it lives on. Several shards: one server on each, which are told of each other.
class server final : public engine_host, private peer_owner
{
public:
    /// Throws std::invalid_argument if an option is wrong.
    server(
        shard& home,
        engine_options options,
        session_factory factory,
        std::shared_ptr<limit_counters> fired = std::make_shared<limit_counters>()
    );
    ~server() override;

    [[nodiscard]] const engine_options& options() const noexcept override { return options_; }

    [[nodiscard]] shard& home() noexcept override { return *home_; }

    /// Makes `parts`, each on a shard of its own, one server: their session ids name the shard, and
    /// `max_sessions` counts for all. Precondition: none is in use yet.
    static void unite(std::span<server* const> parts);

    [[nodiscard]] engine_host* part_on(unsigned index) noexcept override;

    [[nodiscard]] shard& place_of(const http_request& request) noexcept override;

    [[nodiscard]] admission admit(const http_request& request) override;

    [[nodiscard]] std::optional<session_id> name_session(std::string_view wanted) override;

    peer_ptr open(const http_request& request, std::unique_ptr<transport> link, session_id id = {})
        override;

    /// Adds a middleware of HTTP behind those of the options. Each part of a server has its own.
    void use(http_middleware middleware) { options_.middlewares.push_back(std::move(middleware)); }

    /// Refuses handshakes from now on; sessions live on.
    void refuse_new() noexcept { closed_ = true; }

    /// Those on this shard.
    [[nodiscard]] std::vector<peer_ptr> sessions() const;

    /// Calls `told` once, when there is no session any more: at once, or in a later turn.
    void when_empty(std::function<void()> told);

    /// Ends what is left without another word.
    void cut_off() noexcept;

    /// Ends every session with `reason` and refuses new ones.
    void close(close_reason reason);

    /// How often each limit of sessions and of what is above them was reached. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept
    {
        return *peer_config_.fired;
    }

    /// Sessions on this shard.
    [[nodiscard]] std::size_t session_count() const noexcept { return sessions_.size(); }

    /// Sessions of all parts. Thread: any.
    [[nodiscard]] std::size_t clients_count() const noexcept { return *total_; }

    [[nodiscard]] bool is_closed() const noexcept { return closed_; }

private:
    struct id_hash
    {
        using is_transparent = void;

        std::size_t operator()(std::string_view id) const noexcept
        {
            return std::hash<std::string_view>{}(id);
        }
    };

    struct id_equal
    {
        using is_transparent = void;

        bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
    };

    void on_handler_threw(peer& from, std::exception_ptr what) noexcept override;
    void on_peer_gone(peer& gone) noexcept override;
    [[nodiscard]] admission admit_existing(
        const http_request& request,
        std::string_view sid,
        transport_kind asked,
        std::optional<revision> protocol
    );

    shard* home_;
    engine_options options_;
    peer_config peer_config_;
    session_factory factory_;
    frame_ref first_message_;  // of each session, or null
    std::unordered_map<std::string_view, peer_ptr, id_hash, id_equal>
        sessions_;  // keys live in the peers
    std::vector<server*>
        parts_;  // of one server, by index of their shards; empty if this is all of it
    std::shared_ptr<std::atomic<std::size_t>> total_ =
        std::make_shared<std::atomic<std::size_t>>(0);  // sessions of all parts
    std::function<void()> when_empty_;
    bool closed_ = false;
};

}  // namespace cosio::engine
