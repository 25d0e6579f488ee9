// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/client_state.hpp>
#include <cosio/detail/multiplexer.hpp>
#include <cosio/engine/handshake.hpp>

#include <utility>

namespace cosio::detail {

/// The multiplexer of a client: it asks for namespaces and learns whether it may enter.
class client_multiplexer final : public multiplexer
{
public:
    client_multiplexer(
        engine::peer& link,
        client_state& client,
        packet_decoder& decoder,
        const multiplexer_limits& limits
    )
        : multiplexer{link, decoder, limits, engine::role::client}, client_{&client}
    {}

    void connect(const socket_ptr& socket)
    {
        const auto where = connection_.connect(socket->nsp_name());
        if (!where)
            return;
        place(*where, socket);
        const boost::json::value& auth = socket->shake.auth();
        send_control(
            protocol::packet_type::connect,
            socket->nsp_name(),
            auth.is_null() ? nullptr : &auth,
            socket->overflow()
        );
    }

    void forget_client() noexcept { client_ = nullptr; }

private:
    void on_open(std::string_view json) override
    {
        if (client_)
            client_->on_engine_open(json);
    }

    void on_joined(protocol::slot where, const decoded_packet& packet) override
    {
        boost::json::value data;
        static_cast<void>(codec().read_data(packet, data));
        const boost::json::object* const object = data.if_object();
        const boost::json::value* const sid = object ? object->if_contains("sid") : nullptr;
        const socket_ptr socket = socket_at(where);
        if (!sid || !sid->is_string()) {  // X05: a server of the second protocol generation
            disconnect(*socket, close_reason::parse_error);
            return;
        }
        socket->id = socket_id::from_text(std::string_view{sid->get_string()});
        socket->set_connected();
        socket->run_connect_handlers();
    }

    void on_refused(protocol::slot where, const decoded_packet& packet) override
    {
        boost::json::value data;
        static_cast<void>(codec().read_data(packet, data));
        const socket_ptr socket = take(where);
        std::string message = "the server refused the connection";
        boost::json::value details;
        if (boost::json::object* const object = data.if_object()) {
            if (const boost::json::value* const text = object->if_contains("message"))
                if (text->is_string())
                    message = std::string{text->get_string()};
            if (boost::json::value* const more = object->if_contains("data"))
                details = std::move(*more);
        }
        socket->run_connect_error_handlers(message, details);
        socket->end(close_reason::io_server_disconnect);
    }

    void on_ended(close_reason reason) override
    {
        if (client_)
            client_->on_ended(reason);
    }

    client_state* client_;
};

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
    auto handler = std::make_unique<client_multiplexer>(*peer_, *this, *decoder_, *limits_);
    multiplexer_ = handler.get();
    peer_->set_handler(std::move(handler));
    peer_->start(std::move(link), {});
}

client_state::~client_state()
{
    if (multiplexer_)
        multiplexer_->forget_client();
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
        multiplexer_->connect(made);
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
            multiplexer_->connect(socket);
}

void client_state::on_ended(close_reason reason) noexcept
{
    open_ = false;
    multiplexer_ = nullptr;
    // Sockets that were never let in learn of the end too.
    for (const auto& [name, socket] : std::exchange(sockets_, {}))
        socket->end(reason);
}

}  // namespace cosio::detail
