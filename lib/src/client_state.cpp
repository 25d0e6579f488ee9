// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/client_configs.hpp>
#include <cosio/detail/client_multiplexer.hpp>
#include <cosio/detail/client_state.hpp>
#include <cosio/engine/handshake.hpp>

#include <utility>

namespace cosio::detail {

client_state::client_state(
    shard& home,
    std::unique_ptr<transport> link,
    client_options options,
    const codec_functions& codec
)
    : home_{&home},
      options_{(validate(options), std::move(options))},
      limits_{new multiplexer_limits{codec}},
      decoder_{codec.make_decoder(options_.packet)}
{
    limits_->packet = options_.packet;
    limits_->connection.attachment_timeout = options_.attachment_timeout;
    limits_->ack_timeout = options_.ack_timeout;
    limits_->max_pending_acks = options_.max_pending_acks;
    limits_->handlers_at_once = options_.handlers_at_once;
    limits_->overflow = options_.overflow;
    limits_->on_handler_error = options_.on_handler_error;
    limits_->log = options_.log;
    // Until the server announces its heartbeat, the watchdog waits for the handshake.
    peer_config_.session.ping_interval = options_.handshake_timeout;
    peer_config_.session.ping_timeout = duration::zero();
    peer_config_.session.allow_upgrades = false;
    peer_config_.session.max_send_queue_bytes = options_.max_send_queue_bytes;
    peer_config_.session.max_send_queue_packets = options_.max_send_queue_packets;
    peer_config_.close_timeout = options_.close_timeout;
    peer_ = new engine::peer{home, peer_config_, engine::role::client, session_id{}, nullptr};
    std::unique_ptr<client_multiplexer> handler{
        new client_multiplexer{*peer_, *this, *decoder_, *limits_, options_}
    };
    multiplexer_ = handler.get();
    peer_->set_handler(std::move(handler));
    engine::dialect spoken;
    spoken.supports_binary = !detail::forces_base64(link->kind(), options_);
    peer_->speak(spoken);
    peer_->start(std::move(link), {});
}

client_state::~client_state()
{
    if (multiplexer_)
        multiplexer_->forget_owner();
    limits_->mute();
    peer_->detach();
    // A handler that destroys the client still looks at its packet.
    home_->post([in_use = std::move(decoder_)] {});
}

socket_ptr client_state::socket(std::string_view nsp, boost::json::value auth)
{
    std::string name{nsp};
    if (!name.starts_with('/'))
        name.insert(name.begin(), '/');
    const auto known = sockets_.find(name);
    if (known != sockets_.end())
        return known->second;
    const socket_ptr made{new socket_state{*home_, *limits_, name, nullptr}};
    made->shake = handshake{connection_request_ptr{new connection_request}, std::move(auth)};
    sockets_.emplace(std::move(name), made);
    if (open_)
        multiplexer_->connect(made, made->shake.auth());
    return made;
}

void client_state::close()
{
    if (home_->is_current())
        peer_->close(close_reason::io_client_disconnect);
    else
        home_->post([peer = peer_] { peer->close(close_reason::io_client_disconnect); });
}

void client_state::on_engine_open(std::string_view json)
{
    const auto data = engine::parse_open(json);
    if (!data) {
        peer_->close(close_reason::parse_error);
        return;
    }
    peer_->set_heartbeat(
        std::chrono::milliseconds{data->ping_interval_ms},
        std::chrono::milliseconds{data->ping_timeout_ms}
    );
    open_ = true;
    // A CONNECT can be one packet too many: then everything ends under this loop.
    const auto sockets = sockets_;
    for (const auto& [name, socket] : sockets)
        if (multiplexer_)
            multiplexer_->connect(socket, socket->shake.auth());
}

void client_state::on_ended(close_reason reason, error_code) noexcept
{
    open_ = false;
    multiplexer_ = nullptr;
    // Sockets that were never let in learn of the end too.
    for (const auto& [name, socket] : std::exchange(sockets_, {}))
        socket->end(reason);
}

}  // namespace cosio::detail
