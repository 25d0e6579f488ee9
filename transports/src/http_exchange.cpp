// SPDX-License-Identifier: BSL-1.0
#include "http_connection.hpp"
#include "message_link.hpp"
#include "request_text.hpp"
#include "waiting_room.hpp"

#include <cosio/transports/http_exchange.hpp>

namespace cosio {
namespace {

/// Where a request of another server has come from: nothing more comes, and nothing is written.
class no_stream final : public byte_stream, private waiting_guest
{
public:
    no_stream(shard& home, std::string address, bool secure)
        : home_{&home}, address_{std::move(address)}, secure_{secure}
    {}

    ~no_stream() { close(); }

    std::size_t try_read(std::span<std::byte>, error_code&) noexcept override { return 0; }

    std::optional<error_code> park(parked& who) override
    {
        if (closed_ || !waiting_room::of(home_->context()).enter(*this))
            return engine::errc::connection_closed;
        reader_ = std::move(who);
        return std::nullopt;
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code&) noexcept override
    {
        std::size_t count = 0;
        for (const bytes_view& view : from)
            count += view.size();
        return count;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        home_->post([listener = std::move(listener)] { listener->on_link_writable(); });
    }

    void interrupt() noexcept override
    {
        unlink();
        if (reader_)
            home_->post([who = std::move(reader_)]() mutable { who.resume(); });
    }

    void shutdown_send() noexcept override {}

    void close() noexcept override
    {
        closed_ = true;
        interrupt();
    }

    std::string remote_address() const override { return address_; }

    bool secure() const noexcept override { return secure_; }

private:
    void on_shutdown() noexcept override { const parked gone = std::move(reader_); }

    shard* home_;
    parked reader_;
    std::string address_;
    bool secure_;
    bool closed_ = false;
};

http_response no_websocket()
{
    http_response response;
    response.status = 400;
    response.headers.append("Content-Type", "text/html");
    response.body = "No WebSocket here";
    return response;
}

/// What the other server throws is a line for the operator: its client has no answer.
void tell(http_answer_sink& to, http_response response, const logger& log)
{
    try {
        to.respond(std::move(response));
    } catch (const std::exception& error) {
        log(log_level::error, "respond threw: {}", error.what());
    } catch (...) {
        log(log_level::error, "respond threw");
    }
}

}  // namespace

class exchange_connection;

struct http_ticket::state
{
    explicit state(shard& on) noexcept : home{&on} {}

    shard* home;
    // Touched on the shard.
    exchange_connection* of = nullptr;
    bool abandoned = false;
};

/// A connection of one request, whose answer goes to another server.
class exchange_connection final : public http_connection
{
public:
    exchange_connection(
        std::shared_ptr<http_server::state> server,
        std::unique_ptr<byte_stream> stream,
        std::shared_ptr<http_answer_sink> to,
        std::shared_ptr<http_ticket::state> ticket
    )
        : http_connection{std::move(server), std::move(stream)},
          to_{std::move(to)},
          ticket_{std::move(ticket)}
    {
        ticket_->of = this;
    }

    ~exchange_connection() override { ticket_->of = nullptr; }

    void hang_up() noexcept override
    {
        http_connection::hang_up();
        try {
            http_response none;
            none.status = 500;
            send(std::move(none), false, 11, true);
        } catch (...) {  // then it is not even told
        }
    }

    void abandon()
    {
        to_ = nullptr;
        if (is_open())
            stream_ended();
    }

    std::unique_ptr<transport> become_websocket(
        http_response answer, const websocket_options& options
    ) override
    {
        shard& home = *server().home;
        std::string received;
        std::string unsent;
        const std::unique_ptr<byte_stream> over = upgrade({}, received, unsent);
        const std::shared_ptr<http_answer_sink> to = std::move(to_);
        answer.headers.erase("Sec-WebSocket-Extensions");  // whoever frames messages agrees on them
        auto link =
            std::make_unique<message_transport>(home, options.max_payload_bytes, options.protocol);
        std::shared_ptr<message_sink> sink;
        try {
            sink = to ? to->accept(std::move(answer), link->source()) : nullptr;
        } catch (const std::exception& error) {
            server().options.log(log_level::error, "accept threw: {}", error.what());
        } catch (...) {
            server().options.log(log_level::error, "accept threw");
        }
        if (!sink)
            return nullptr;
        link->set_sink(std::move(sink));
        return link;
    }

private:
    void send(http_response response, bool, unsigned, bool with_body) override
    {
        if (!with_body)
            response.body.clear();
        // In a later turn: a session may be in the middle of its own business.
        if (auto to = std::exchange(to_, nullptr))
            server().home->post(
                [to = std::move(to), response = std::move(response), log = server().options.log](
                ) mutable { tell(*to, std::move(response), log); }
            );
        close_stream(false);
    }

    bool has_stream() const noexcept override { return false; }

    std::shared_ptr<http_answer_sink> to_;
    std::shared_ptr<http_ticket::state> ticket_;
};

void http_ticket::abandon() const noexcept
{
    if (state_)
        state_->home->post([state = state_] {
            state->abandoned = true;
            if (state->of)
                boost::intrusive_ptr
                {
                    state->of
                } -> abandon();
        });
}

http_ticket http_server::answer(http_request request, std::shared_ptr<http_answer_sink> to)
{
    auto ticket = std::make_shared<http_ticket::state>(home());
    home().post([self = state_, request = std::move(request), to = std::move(to), ticket] {
        const bool full = *self->connections >= self->options.max_connections;
        if (full)
            self->fired->count(limit::max_connections);
        if (ticket->abandoned)
            return;
        if (self->closing || full) {
            http_response busy;
            busy.status = 503;
            tell(*to, std::move(busy), self->options.log);
        } else if (request.wants_websocket() && !to->takes_websocket()) {
            tell(*to, no_websocket(), self->options.log);
        } else {
            auto stream =
                std::make_unique<no_stream>(*self->home, request.remote_address, request.secure);
            const http_connection_ptr made{
                new exchange_connection{self, std::move(stream), to, ticket}
            };
            http_connection::begin(made, request_text(request, body_part::whole));
        }
    });
    return http_ticket{std::move(ticket)};
}

}  // namespace cosio
