// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/server_shard.hpp>
#include <cosio/detail/server_state.hpp>
#include <cosio/protocol/legacy.hpp>

#include <boost/asio/co_spawn.hpp>

namespace cosio::detail {
namespace {

/// Whoever knows a pid may take the socket over, so the application is not shown it (I31): handshakes end up in logs.
void hide_claim(boost::json::value& auth)
{
    for (const char* const name : {"pid", "offset"})
        auth.get_object().erase(name);
}

/// The multiplexer of one client of a server: it lets sockets into namespaces.
class server_multiplexer final : public multiplexer
{
public:
    server_multiplexer(engine::peer& link, server_shard& server, connection_request_ptr request)
        : multiplexer{link, server.decoder(), server.limits(), engine::role::server},
          server_{&server},
          request_{std::move(request)}
    {}

private:
    void on_open(std::string_view) override
    {
        if (is_legacy())
            perform(connection_.handle_implied_connect(link().turn_began()), nullptr, nullptr);
    }

    void on_join(protocol::slot where, const decoded_packet* packet) override
    {
        boost::json::value auth;
        if (is_legacy())
            auth = protocol::legacy_auth(packet ? packet->header().nsp : std::string_view{});
        else if (packet)
            static_cast<void>(codec().read_data(*packet, auth));
        namespace_state* const nsp = server_->find(connection_.name(where));
        if (nsp && nsp->all().entered())
            enter(where, *nsp, std::move(auth));
        else
            ask_parents(where, std::move(auth));
    }

    /// Somebody may know of a namespace that is not there yet.
    void ask_parents(protocol::slot where, boost::json::value auth)
    {
        const std::string name{connection_.name(where)};
        const std::vector<parent_ptr> parents = server_->server().parents();
        for (std::size_t i = 0; i < parents.size(); ++i) {
            if (parents[i]->fits().later) {
                ask_parents_later(where, name, std::move(auth), i);
                return;
            }
            const bool fits = fits_now(*parents[i], name, auth);
            if (!link().is_open())
                return;  // the application has ended it, or has destroyed the server
            if (fits) {
                enter_child(where, parents[i], std::move(auth));
                return;
            }
        }
        refuse(where, reject("Invalid namespace"));
    }

    [[nodiscard]] bool fits_now(
        const parent_namespace& parent, const std::string& name, const boost::json::value& auth
    )
    {
        const boost::intrusive_ptr limits{&server_->limits()};  // it may destroy the server
        try {
            return parent.fits().now(name, auth);
        } catch (...) {
            report_exception(name, "namespace", *limits, std::current_exception());
            return false;
        }
    }

    /// What the application is asked counts as a handler: else a client could ask for a namespace, and take that
    /// back, without end while the first answer is still awaited.
    [[nodiscard]] engine::peer_ptr begin_asking() noexcept
    {
        link().handler_started();
        return engine::peer_ptr{&link()};
    }

    void ask_parents_later(
        protocol::slot where, std::string name, boost::json::value auth, std::size_t from
    )
    {
        // Stands for the client meanwhile: it tells whether the client is still there.
        socket_ptr waiting{new socket_state{link().home(), server_->limits(), name, nullptr}};
        place(where, waiting);
        asio::co_spawn(
            link().home().executor(),
            ask_rest(this, std::move(waiting), std::move(auth), from),
            end_of_asking{begin_asking()}
        );
    }

    /// Whether or not it has thrown, which it does for want of memory: then its client was told nothing, and goes.
    struct end_of_asking
    {
        void operator()(const std::exception_ptr& thrown) const
        {
            if (thrown)
                link->close(close_reason::forced_close);
            link->handler_ended();
        }

        engine::peer_ptr link;
    };

    /// `self` is valid while `waiting` has an owner, and end_of_asking keeps both alive.
    static task<> ask_rest(
        server_multiplexer* self, socket_ptr waiting, boost::json::value auth, std::size_t from
    )
    {
        const std::string name = waiting->nsp_name();
        const std::vector<parent_ptr> parents = self->server_->server().parents();
        parent_ptr found;
        for (std::size_t i = from; i < parents.size() && !found && waiting->owner(); ++i) {
            bool fits = false;
            if (parents[i]->fits().later) {
                try {
                    auto asked = parents[i]->fits().later(name, auth);
                    fits = co_await std::move(asked);
                } catch (...) {
                    report_exception(
                        name, "namespace", waiting->limits(), std::current_exception()
                    );
                }
            } else {
                fits = self->fits_now(*parents[i], name, auth);
            }
            if (fits)
                found = parents[i];
        }
        if (!waiting->owner())
            co_return;
        const protocol::slot where = waiting->where();
        if (const socket_ptr stood = self->take(where))
            stood->abandon();
        if (found)
            self->enter_child(where, found, std::move(auth));
        else
            self->refuse(where, reject("Invalid namespace"));
    }

    void enter_child(protocol::slot where, const parent_ptr& parent, boost::json::value auth)
    {
        const std::string name{connection_.name(where)};
        for (;;) {
            const auto child = server_->server().child(parent, name);
            if (!child) {
                refuse(where, reject("Invalid namespace"));
                return;
            }
            if (!link().is_open(
                )) {  // who was told of it has ended this, or has destroyed the server
                if (child->entered())
                    child->left();
                return;
            }
            namespace_state* const nsp = server_->find(name);
            if (nsp && nsp->all().entered()) {  // else it has ended just now, elsewhere
                enter(where, *nsp, std::move(auth));
                return;
            }
        }
    }

    void enter(protocol::slot where, namespace_state& joined, boost::json::value auth)
    {
        namespace_state* const nsp = &joined;
        std::optional<recovery_claim> claim;
        socket_ptr socket;
        try {
            if (nsp->recovery && !is_legacy())
                claim = recovery_claim::parse(auth);
            if (claim)
                hide_claim(auth);
            socket.reset(new socket_state{link().home(), nsp->limits(), nsp->name(), nsp});
            socket->shake = handshake{request_, std::move(auth)};
            place(where, socket);
        } catch (...) {
            nsp->all().left();  // as it would itself
            throw;
        }
        if (is_legacy()) {
            socket->id =
                socket_id::from_text(protocol::legacy_socket_id(nsp->name(), link().id().view()));
            admit(std::move(socket));  // it knows nothing of recovery
            return;
        }
        socket->id = socket_id::make(link().home().random());
        if (claim && !nsp->recovery->is_here(*claim)) {
            asio::co_spawn(
                link().home().executor(),
                revive(this, std::move(socket), *claim),
                end_of_asking{begin_asking()}
            );
            return;
        }
        if (claim)
            nsp->recovery->revive_here(*socket, *claim);
        else if (nsp->recovery)
            nsp->recovery->begin(*socket);
        admit(std::move(socket));
    }

    /// `self` is valid while `socket` has an owner, and end_of_asking keeps both alive.
    static task<> revive(server_multiplexer* self, socket_ptr socket, recovery_claim claim)
    {
        auto reviving = namespace_recovery::revive(socket, std::move(claim));
        co_await std::move(reviving);
        if (socket->owner())
            self->admit(std::move(socket));
    }

    void admit(socket_ptr socket)
    {
        const namespace_state& nsp = *socket->nsp();
        if (socket->recovery && socket->recovery->recovered && nsp.recovery &&
            nsp.recovery->skips_middlewares()) {
            decide(socket, accept());
            return;
        }
        const bool waits = std::ranges::any_of(nsp.middlewares, [](const auto& one) {
            return static_cast<bool>(one.later);
        });
        if (waits) {
            asio::co_spawn(
                link().home().executor(),
                ask_later(this, std::move(socket)),
                end_of_asking{begin_asking()}
            );
        } else {
            decide(socket, ask_now(socket));
        }
    }

    static verdict ask_now(const socket_ptr& socket)
    {
        const std::size_t count = socket->nsp()->middlewares.size();
        for (std::size_t i = 0; i < count && socket->owner(); ++i) {
            const namespace_state::middleware one = socket->nsp()->middlewares[i];
            try {
                verdict answer = one.now(socket);
                if (!answer.accepted)
                    return answer;
            } catch (...) {
                report_exception(*socket, "middleware", std::current_exception());
                return reject("Internal error");
            }
        }
        return accept();
    }

    /// `self` is valid while `socket` has an owner, and end_of_asking keeps both alive.
    static task<> ask_later(server_multiplexer* self, socket_ptr socket)
    {
        verdict answer;
        const std::size_t count = socket->nsp()->middlewares.size();
        for (std::size_t i = 0; i < count && answer.accepted && socket->owner(); ++i) {
            const namespace_state::middleware one = socket->nsp()->middlewares[i];
            try {
                if (one.now)
                    answer = one.now(socket);
                else
                    answer = co_await one.later(socket);
            } catch (...) {
                report_exception(*socket, "middleware", std::current_exception());
                answer = reject("Internal error");
            }
        }
        // The client may have gone meanwhile: then nobody is told anything (SIO-15).
        if (socket->owner())
            self->decide(socket, std::move(answer));
    }

    void decide(const socket_ptr& socket, verdict answer)
    {
        const protocol::slot where = socket->where();
        if (!socket->owner())
            return;
        if (!answer.accepted) {
            if (const socket_ptr taken = take(where))
                taken->end(close_reason::server_namespace_disconnect);
            refuse(where, std::move(answer));
            return;
        }
        connection_.accept(where);
        namespace_recovery* const recovery =
            socket->recovery ? socket->nsp()->recovery.get() : nullptr;
        boost::json::object answer_data{{"sid", boost::json::string_view{socket->id.view()}}};
        if (recovery)
            answer_data["pid"] = socket->recovery->pid.str();
        if (recovery && socket->recovery->restored)
            for (const protocol::encoded_packet& missed : recovery->take_missed(*socket))
                static_cast<void>(send(missed, {}, socket->overflow())
                );  // before the CONNECT (CSR-3)
        const boost::json::value data = std::move(answer_data);
        send_control(
            protocol::packet_type::connect,
            connection_.name(where),
            is_legacy() ? nullptr : &data,
            socket->overflow()
        );
        if (!socket->owner())
            return;  // the reply was one too many for a client that does not read
        socket->set_connected();
        socket->nsp()->add(socket);
        if (!socket->owner())
            return;  // a listener of room events has ended it, or has destroyed the server
        if (recovery && socket->recovery->restored) {
            const auto back = std::move(socket->recovery->restored);
            recovery->rejoin(*socket, back->session.rooms);
        }
        socket->nsp()->run_connection_handlers(socket);
    }

    void refuse(protocol::slot where, verdict answer)
    {
        const boost::json::value data =
            is_legacy() ? protocol::legacy_error(answer.message, std::move(answer.data))
                        : error_of(std::move(answer));
        send_control(
            protocol::packet_type::connect_error,
            connection_.name(where),
            &data,
            server_->limits().overflow
        );
        connection_.reject(where, link().home().now());
    }

    static boost::json::value error_of(verdict answer)
    {
        boost::json::object error;
        error["message"] = answer.message;
        if (answer.data)
            error["data"] = std::move(*answer.data);
        return error;
    }

    server_shard* server_;
    connection_request_ptr request_;
};

}  // namespace

std::unique_ptr<engine::peer_handler> make_server_multiplexer(
    engine::peer& link, server_shard& server, connection_request_ptr request
)
{
    return std::make_unique<server_multiplexer>(link, server, std::move(request));
}

}  // namespace cosio::detail
