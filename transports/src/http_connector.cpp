// SPDX-License-Identifier: BSL-1.0
#include "polling_client.hpp"
#include "wire/websocket_client.hpp"

#include <cosio/detail/client_configs.hpp>
#include <cosio/detail/driver.hpp>
#include <cosio/engine/target.hpp>
#include <cosio/transports/http_connector.hpp>
#include <cosio/transports/websocket.hpp>

#include <fmt/format.h>

namespace cosio {
namespace {

/// What all requests to one server have in common.
class requests_to
{
public:
    requests_to(shard& home, const server_url& where, const client_options& options)
        : home_{&home},
          where_{where},
          host_{where.host_field()},
          target_{detail::target_config_of(options, where)},
          extra_{detail::extra_headers_of(options)},
          keeps_cookies_{options.with_credentials},
          jar_{options.cookies}
    {}

    [[nodiscard]] std::string target(engine::transport_kind kind, std::string_view sid)
    {
        return engine::encode_target(target_, kind, sid, home_->random());
    }

    /// Calls make(headers): they are views of what is kept here.
    template <class F>
    [[nodiscard]] std::string request(std::string_view to, F&& make)
    {
        const std::string cookies =
            keeps_cookies_ ? jar_.cookies_for(place(to), time_of_day(*home_)) : std::string{};
        std::string bytes;
        make(bytes, wire::client_headers{.host = host_, .extra = &extra_, .cookies = cookies});
        return bytes;
    }

    void look_at(const http_response& answer)
    {
        if (keeps_cookies_)
            jar_.handle_response(answer.headers, place(target_.path), time_of_day(*home_));
    }

private:
    [[nodiscard]] cookie_place place(std::string_view target) const
    {
        return {
            .host = where_.host, .path = target.substr(0, target.find('?')), .secure = where_.secure
        };
    }

    shard* home_;
    server_url where_;
    std::string host_;
    engine::target_config target_;
    header_fields extra_;
    bool keeps_cookies_;
    cookie_jar jar_;
};

class polls_to final : public polling_requests
{
public:
    explicit polls_to(requests_to& server) noexcept : server_{&server} {}

    std::string get(std::string_view sid) override { return make(sid, std::nullopt); }

    std::string post(std::string_view sid, std::string_view body) override
    {
        return make(sid, body);
    }

    void look_at(const http_response& answer) override { server_->look_at(answer); }

private:
    [[nodiscard]] std::string make(std::string_view sid, std::optional<std::string_view> body)
    {
        const std::string target = server_->target(engine::transport_kind::polling, sid);
        return server_->request(target, [&](std::string& out, const wire::client_headers& headers) {
            wire::append_poll_request(out, target, headers, body);
        });
    }

    requests_to* server_;
};

link_failure failure_of(error_code why)
{
    return {.why = why};
}

/// The opening handshake of one WebSocket.
class websocket_opening final : public link_listener
{
public:
    websocket_opening(
        shard& home,
        requests_to& server,
        const client_options& options,
        const wire::http1_limits& limits,
        connector::connected done
    )
        : home_{&home},
          server_{&server},
          options_{&options},
          answer_{limits},
          done_{std::move(done)}
    {
        home.random().fill(offer_.nonce);
        offer_.protocols = options.protocols;
        offer_.deflate = options.websocket.deflate;
    }

    void begin(stream_dialer& dialer, std::string_view sid)
    {
        const std::string target = server_->target(engine::transport_kind::websocket, sid);
        outgoing_ =
            server_->request(target, [&](std::string& out, const wire::client_headers& headers) {
                wire::append_websocket_request(out, target, headers, offer_);
            });
        dialing_ = dialer.dial([self = boost::intrusive_ptr{this}](auto outcome) {
            self->on_dialed(std::move(outcome));
        });
    }

    void give_up() noexcept
    {
        done_ = nullptr;
        dialing_.reset();
        stream_.reset();
    }

    void on_link_writable() override { write(); }

private:
    void on_dialed(stream_dialer::outcome outcome)
    {
        if (!done_)
            return;
        if (!outcome) {
            complete(outcome.error());
            return;
        }
        stream_ = std::move(*outcome);
        write();
        read(this);
    }

    void write()
    {
        if (!stream_ || outgoing_.empty())
            return;
        const bytes_view rest = as_bytes(outgoing_);
        error_code ec;
        outgoing_.erase(0, stream_->try_write({&rest, 1}, ec));
        if (!ec && !outgoing_.empty())
            stream_->notify_writable(this);
    }

    static detail::driver read(boost::intrusive_ptr<websocket_opening> self)
    {
        while (self->stream_) {
            const error_code ec = co_await self->stream_->readable();
            self->take(ec);
        }
    }

    void take(error_code ec)
    {
        const std::span<std::byte> scratch = home_->scratch();
        while (stream_) {
            const std::size_t count = ec ? 0 : stream_->try_read(scratch, ec);
            if (ec) {
                complete(failure_of(ec));
                return;
            }
            if (count == 0)
                return;
            answer_.feed(scratch.first(count));
            const result<http_response*> next = answer_.next();
            if (!next)
                complete(failure_of(next.error()));
            else if (*next)
                finish(**next);
        }
    }

    void finish(const http_response& answer)
    {
        server_->look_at(answer);
        const result<wire::websocket_agreement> agreed =
            wire::check_websocket_answer(answer, offer_);
        if (!agreed) {
            complete(link_failure{
                .why = agreed.error(),
                .text = fmt::format(
                    "the server answers {} {}", answer.status, answer.body.substr(0, 200)
                ),
                .retry_after = wire::retry_after(answer, time_of_day(*home_))
            });
            return;
        }
        const websocket_options options{
            .max_payload_bytes = options_->max_payload_bytes, .deflate = agreed->deflate
        };
        std::unique_ptr<byte_stream> stream = std::move(stream_);
        complete(make_websocket_transport(
            *home_, std::move(stream), engine::role::client, options, answer_.release()
        ));
    }

    /// The last thing in a call.
    void complete(connector::outcome outcome)
    {
        stream_.reset();
        const connector::connected told = std::exchange(done_, nullptr);
        told(std::move(outcome));
    }

    shard* home_;
    requests_to* server_;
    const client_options* options_;
    wire::websocket_offer offer_;
    wire::http1_response_decoder answer_;
    connector::connected done_;
    std::unique_ptr<attempt> dialing_;
    std::unique_ptr<byte_stream> stream_;
    std::string outgoing_;
};

class websocket_attempt final : public attempt
{
public:
    explicit websocket_attempt(boost::intrusive_ptr<websocket_opening> what) noexcept
        : what_{std::move(what)}
    {}

    ~websocket_attempt() override { what_->give_up(); }

private:
    boost::intrusive_ptr<websocket_opening> what_;
};

class http_connector final : public connector
{
public:
    http_connector(
        shard& home,
        const server_url& where,
        std::unique_ptr<stream_dialer> dialer,
        const client_options& options
    )
        : home_{&home},
          options_{options},
          dialer_{std::move(dialer)},
          server_{home, where, options},
          limits_{.max_body_bytes = options.max_payload_bytes},
          polling_{
              .answers = limits_,
              .max_packets_per_post = options.max_packets_per_post,
              .request_timeout = options.request_timeout
          }
    {}

    std::unique_ptr<attempt> connect(const link_request& what, connected done) override
    {
        if (what.kind == engine::transport_kind::polling)
            return open_polling(
                *home_, *dialer_, std::make_unique<polls_to>(server_), polling_, std::move(done)
            );
        const boost::intrusive_ptr begun{
            new websocket_opening{*home_, server_, options_, limits_, std::move(done)}
        };
        begun->begin(*dialer_, what.sid);
        return std::make_unique<websocket_attempt>(begun);
    }

private:
    shard* home_;
    client_options options_;
    std::unique_ptr<stream_dialer> dialer_;
    requests_to server_;
    wire::http1_limits limits_;
    polling_client_config polling_;
};

}  // namespace

std::unique_ptr<connector> make_http_connector(
    shard& home,
    const server_url& where,
    std::unique_ptr<stream_dialer> dialer,
    const client_options& options
)
{
    return std::make_unique<http_connector>(home, where, std::move(dialer), options);
}

}  // namespace cosio
