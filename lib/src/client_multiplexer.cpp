// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/client_multiplexer.hpp>

#include <utility>

namespace cosio::detail {
namespace {

/// The texts that a CONNECT reply may hold.
std::optional<std::string_view> text_in(const boost::json::value& data, std::string_view key)
{
    const boost::json::object* const object = data.if_object();
    const boost::json::value* const found = object ? object->if_contains(key) : nullptr;
    if (!found || !found->is_string())
        return std::nullopt;
    return std::string_view{found->get_string()};
}

/// What CONNECT says beside `auth`, whose own keys win (features.md 2.4).
boost::json::value with_recovery(const client_part& client, const boost::json::value& auth)
{
    if (!client.point.pid() || !(auth.is_null() || auth.is_object()))
        return auth;
    boost::json::object all{{"pid", *client.point.pid()}};
    if (client.point.offset())
        all["offset"] = *client.point.offset();
    if (const boost::json::object* const own = auth.if_object())
        for (const auto& [key, value] : *own)
            all[key] = value;
    return all;
}

}  // namespace

void client_multiplexer::connect(const socket_ptr& socket, const boost::json::value& auth)
{
    const auto where = connection_.connect(socket->nsp_name());
    if (!where)
        return;
    place(*where, socket);
    ++joining_;
    const boost::json::value data = with_recovery(socket->client(), auth);
    send_control(
        protocol::packet_type::connect,
        socket->nsp_name(),
        data.is_null() ? nullptr : &data,
        socket->overflow()
    );
}

void client_multiplexer::on_message(frame_kind kind, bytes_view payload)
{
    if (joining_ == 0) {
        multiplexer::on_message(kind, payload);
        return;
    }
    early_.handle_message(kind, payload);
    kept_ = false;
    multiplexer::on_message(kind, payload);
    if (!is_partial() && !kept_)
        early_.pass();
}

void client_multiplexer::on_early(protocol::slot where)
{
    // The server has perhaps not read yet that the socket has left: the event belongs to its former life (I02).
    if (left_.contains(socket_at(where)->nsp_name()))
        return;
    kept_ = true;
    if (const error_code why = early_.keep(where))
        violate(why);
}

void client_multiplexer::on_leaving(protocol::slot where)
{
    early_.forget(where);
    if (connection_.is_joined(where))
        left_.insert(std::string{connection_.name(where)});
}

void client_multiplexer::on_unwanted(const std::string& nsp, bool entered)
{
    --joining_;
    if (entered) {
        left_.insert(nsp);
        send_control(protocol::packet_type::disconnect, nsp, nullptr, overflow_policy::disconnect);
    }
    if (owner_)
        owner_->on_namespace_free(nsp, entered);
}

void client_multiplexer::on_open(std::string_view json)
{
    if (owner_)
        owner_->on_engine_open(json);
}

void client_multiplexer::on_moved()
{
    if (owner_)
        owner_->on_link_upgraded();
}

void client_multiplexer::on_upgrade_error(error_code why)
{
    if (owner_)
        owner_->on_link_not_upgraded(why);
}

void client_multiplexer::on_joined(protocol::slot where, const decoded_packet& packet)
{
    boost::json::value data;
    static_cast<void>(codec().read_data(packet, data));
    const socket_ptr socket = socket_at(where);
    --joining_;
    early_.pass();
    kept_ = true;
    const auto sid = text_in(data, "sid");
    if (!sid) {  // X05: a server of the second protocol generation
        early_.forget(where);
        socket->run_connect_error_handlers(
            "the server speaks for Socket.IO 2, and this client for 3 and later", nullptr
        );
        disconnect(*socket, close_reason::parse_error);
        return;
    }
    socket->id = socket_id::from_text(*sid);
    socket->client().recovered = socket->client().point.handle_connect(text_in(data, "pid"));
    left_.erase(socket->nsp_name());
    socket->set_connected();
    // What was emitted before comes before what the handlers emit.
    if (socket->keeps_emits())
        socket->client().out->on_connect();
    socket->run_connect_handlers();
    // What was missed comes before what is new (CSR-3).
    while (socket->owner() == this) {
        const auto missed = early_.next(where);
        if (!missed)
            break;
        multiplexer::on_message(missed->kind, as_bytes(missed->bytes));
    }
}

void client_multiplexer::on_refused(protocol::slot where, const decoded_packet& packet)
{
    boost::json::value data;
    static_cast<void>(codec().read_data(packet, data));
    const socket_ptr socket = take(where);
    --joining_;
    early_.forget(where);
    left_.erase(socket->nsp_name());
    std::string message = "the server refused the connection";
    boost::json::value details;
    if (const auto text = text_in(data, "message"))
        message = std::string{*text};
    else if (data.is_string() && !data.get_string().empty())  // from a server in Python
        message = std::string{std::string_view{data.get_string()}};
    if (boost::json::object* const object = data.if_object())
        if (boost::json::value* const more = object->if_contains("data"))
            details = std::move(*more);
    socket->client().active = false;
    socket->run_connect_error_handlers(message, details);
    socket->end(close_reason::io_server_disconnect);
}

void client_multiplexer::on_ended(close_reason reason, error_code why)
{
    if (owner_)
        owner_->on_ended(reason, why);
}

}  // namespace cosio::detail
