// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/connector.hpp>
#include <cosio/detail/client_multiplexer.hpp>
#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/socket_state.hpp>
#include <cosio/engine/peer.hpp>
#include <cosio/engine/transport_choice.hpp>
#include <cosio/protocol/reconnect.hpp>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace cosio::detail {

/// What users hear of a manager.
struct manager_handlers
{
    std::vector<std::function<void()>> open;
    std::vector<std::function<void(error_code, std::string_view)>> error;
    std::vector<std::function<void(close_reason)>> close;
    std::vector<std::function<void(error_code, std::string_view)>> upgrade_error;
    std::vector<std::function<void(std::uint64_t)>> reconnect_attempt;
    std::vector<std::function<void(error_code)>> reconnect_error;
    std::vector<std::function<void()>> reconnect_failed;
    std::vector<std::function<void(std::uint64_t)>> reconnect;
};

/// The driver of a client's connections, one after the other: it dials what the rules of coming back
/// (protocol::reconnect) and of transports (engine::transport_choice) say, and gives the sockets to the
/// multiplexer of each connection. Thread: its shard. Shared with what is under way; shut() ends it.
class manager_state final : public std::enable_shared_from_this<manager_state>,
                            private client_owner,
                            private engine::peer_owner,
                            private timer_node
{
public:
    manager_state(
        shard& home,
        std::unique_ptr<connector> network,
        client_options options,
        const codec_functions& codec
    );
    ~manager_state() override;

    /// The socket of a namespace, which is connected as soon as there is a connection.
    [[nodiscard]] socket_ptr socket(std::string_view nsp, boost::json::value auth);

    /// open() or close() on its own shard, in a later turn if need be. Thread: any.
    void run(void (manager_state::*what)());

    void open();

    /// Ends the connection, and comes back no more before open(); the sockets stay.
    void close();

    /// That socket wants to be connected, if it is not.
    void connect(const socket_ptr& socket);

    /// Whoever owns the manager has gone: everything ends, silently.
    void shut() noexcept;

    void set_transports(std::vector<engine::transport_kind> transports);

    [[nodiscard]] shard& home() const noexcept { return *home_; }

    [[nodiscard]] const protocol::reconnect& rules() const noexcept { return rules_; }

    [[nodiscard]] const limit_counters& limits_reached() const noexcept { return *limits_->fired; }

    manager_handlers handlers;

private:
    /// The clock of a link that is being opened for the upgrade.
    class upgrade_clock final : public timer_node
    {
    public:
        explicit upgrade_clock(manager_state& of) noexcept : of_{&of} {}

    private:
        void on_deadline(time_point) override;

        manager_state* of_;
    };

    void on_engine_open(std::string_view json) override;
    void on_namespace_free(const std::string& nsp, bool entered) override;
    void on_link_upgraded() override;
    void on_link_not_upgraded(error_code why) override;
    void on_ended(close_reason reason, error_code why) noexcept override;
    void on_deadline(time_point now) override;
    void on_handler_threw(engine::peer& from, std::exception_ptr what) noexcept override;
    void on_peer_gone(engine::peer& gone) noexcept override;

    void perform(const protocol::reconnect_actions& list);
    void perform(const protocol::dial& what);
    void perform(const protocol::hang_up& what);
    void perform(const protocol::connected& what);
    void perform(const protocol::connect_failed& what);
    void perform(const protocol::disconnected& what);
    void perform(const protocol::reconnect_attempt& what);
    void perform(const protocol::reconnect_error& what);
    void perform(const protocol::reconnect_failed& what);
    void perform(const protocol::reconnected& what);

    void dial(protocol::link_number link, engine::transport_kind kind);
    void on_link(protocol::link_number link, connector::outcome outcome);
    void begin(protocol::link_number link, std::unique_ptr<transport> made);
    void fail(protocol::link_number link, link_failure failure);
    void probe(engine::transport_kind kind, std::string sid);
    void on_candidate(protocol::link_number link, connector::outcome outcome);
    void fail_upgrade(std::string_view cause);
    void join(const socket_ptr& socket);
    static task<> ask_auth(std::shared_ptr<manager_state> self, socket_ptr socket);
    void join_with(const socket_ptr& socket, const boost::json::value& auth);
    [[nodiscard]] engine::transport_kind link_kind() const noexcept;
    void tell_max_payload();
    void drop_peer() noexcept;
    void rearm();
    template <class Handlers, class... Args>
    void tell(const Handlers& whom, const Args&... args);

    shard* home_;
    client_options options_;
    std::unique_ptr<connector> network_;
    limits_ptr limits_;
    engine::peer_config peer_config_;
    protocol::reconnect_config reconnect_config_;
    engine::transport_choice_config choice_config_;
    std::shared_ptr<const client_outgoing_config> outgoing_config_;
    std::unique_ptr<packet_decoder> decoder_;
    protocol::reconnect rules_;
    engine::transport_choice choice_;
    std::unique_ptr<attempt> dialing_;
    std::unique_ptr<attempt> probing_;
    upgrade_clock upgrade_clock_{*this};
    engine::peer_ptr peer_;
    std::vector<engine::peer_ptr> ending_;  // sessions that still say goodbye
    client_multiplexer* multiplexer_ = nullptr;
    std::map<std::string, socket_ptr, std::less<>> sockets_;
    protocol::link_number link_ = 0;  // of peer_, or of what is dialed
    std::uint64_t max_payload_ = 0;   // of the server
    std::string failure_text_;
    bool engine_open_ = false;
    bool shut_ = false;
};

}  // namespace cosio::detail
