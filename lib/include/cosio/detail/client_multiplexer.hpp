// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/detail/multiplexer.hpp>
#include <cosio/protocol/early_events.hpp>

#include <set>
#include <string>

namespace cosio::detail {

/// Who has a client_multiplexer, and hears what its server says.
class client_owner
{
public:
    /// `json`: the data of the OPEN packet.
    virtual void on_engine_open(std::string_view json) = 0;

    /// A namespace that was left before it had answered may be asked for again. `entered`: it had let the socket in, which
    /// is taken back by now.
    virtual void on_namespace_free(const std::string& nsp, bool entered)
    {
        static_cast<void>(nsp);
        static_cast<void>(entered);
    }

    virtual void on_link_upgraded() {}

    /// The link that was offered is not used.
    virtual void on_link_not_upgraded(error_code) {}

    /// The session is over, and all of its sockets know.
    virtual void on_ended(close_reason reason, error_code why) noexcept = 0;

protected:
    virtual ~client_owner() = default;
};

/// The multiplexer of a client: it asks for namespaces and learns whether it may enter.
class client_multiplexer final : public multiplexer
{
public:
    client_multiplexer(
        engine::peer& link,
        client_owner& owner,
        packet_decoder& decoder,
        const multiplexer_limits& limits,
        const client_options& options
    )
        : multiplexer{link, decoder, limits, engine::role::client},
          owner_{&owner},
          early_{options.max_early_bytes, options.max_early_messages}
    {}

    void on_upgrade_error(error_code why) override;

    /// Asks for the socket's namespace, with that auth: an object, or null for none.
    void connect(const socket_ptr& socket, const boost::json::value& auth);

    void on_message(frame_kind kind, bytes_view payload) override;

    /// It is going away.
    void forget_owner() noexcept { owner_ = nullptr; }

private:
    void on_open(std::string_view json) override;
    void on_joined(protocol::slot where, const decoded_packet& packet) override;
    void on_refused(protocol::slot where, const decoded_packet& packet) override;
    void on_ended(close_reason reason, error_code why) override;
    void on_moved() override;
    void on_early(protocol::slot where) override;
    void on_unwanted(const std::string& nsp, bool entered) override;
    void on_leaving(protocol::slot where) override;

    client_owner* owner_;
    protocol::early_events early_;
    std::set<std::string> left_;  // namespaces that the server may think it is in
    std::size_t joining_ = 0;     // namespaces that have not answered yet
    bool kept_ = false;           // the packet that has come last
};

}  // namespace cosio::detail
