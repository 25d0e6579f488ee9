// SPDX-License-Identifier: BSL-1.0
#include "opening_request.hpp"
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

/// The opening handshake of one WebSocket.
class websocket_opening final : public opening_request
{
public:
    websocket_opening(
        shard& home,
        requests_to& server,
        const client_options& options,
        const wire::http1_limits& limits,
        connector::connected done
    )
        : opening_request{home, limits},
          server_{&server},
          options_{&options},
          done_{std::move(done)}
    {
        home.random().fill(offer_.nonce);
        offer_.protocols = options.protocols;
        offer_.deflate = options.websocket.deflate;
    }

    [[nodiscard]] std::string request(std::string_view sid) const
    {
        const std::string target = server_->target(engine::transport_kind::websocket, sid);
        return server_->request(target, [&](std::string& out, const wire::client_headers& headers) {
            wire::append_websocket_request(out, target, headers, offer_);
        });
    }

private:
    void on_not_dialed(link_failure why) override { done_(std::move(why)); }

    void on_no_answer(error_code why) override { done_(link_failure{.why = why}); }

    void on_answer(const http_response& come) override
    {
        server_->look_at(come);
        const result<wire::websocket_agreement> agreed = wire::check_websocket_answer(come, offer_);
        if (!agreed) {
            done_(link_failure{
                .why = agreed.error(),
                .text =
                    fmt::format("the server answers {} {}", come.status, come.body.substr(0, 200)),
                .retry_after = wire::retry_after(come, time_of_day(home()))
            });
            return;
        }
        const websocket_options options{
            .max_payload_bytes = options_->max_payload_bytes, .deflate = agreed->deflate
        };
        std::string rest = answer().release();
        done_(make_websocket_transport(
            home(), take_stream(), engine::role::client, options, std::move(rest)
        ));
    }

    requests_to* server_;
    const client_options* options_;
    wire::websocket_offer offer_;
    connector::connected done_;
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
        begun->begin(*dialer_, begun->request(what.sid));
        return std::make_unique<attempt_of<websocket_opening>>(begun);
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
