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

#include <map>

namespace cosio {
namespace {

/// What is the same in all requests over one transport.
struct request_form
{
    request_form(const server_url& where, const client_options& options)
        : target{detail::target_config_of(options, where)},
          extra{detail::extra_headers_of(options)},
          keeps_cookies{options.with_credentials}
    {}

    engine::target_config target;
    header_fields extra;
    bool keeps_cookies;
};

/// The requests to one server.
class requests_to
{
public:
    requests_to(shard& home, const server_url& where, const client_options& options)
        : home_{&home},
          where_{where},
          host_{where.host_field()},
          of_all_{where, options},
          jar_{options.cookies}
    {
        for (const auto& [transport, other] : options.transport_options)
            of_one_.try_emplace(transport, where, detail::options_over(transport, options));
    }

    /// Calls make(bytes, target, headers): the latter are views of what is kept here.
    template <class F>
    [[nodiscard]] std::string request(
        engine::transport_kind transport, std::string_view sid, F&& make
    )
    {
        const request_form& form = form_of(transport);
        const std::string target =
            engine::encode_target(form.target, transport, sid, home_->random());
        const std::string cookies = form.keeps_cookies
                                        ? jar_.cookies_for(place(target), time_of_day(*home_))
                                        : std::string{};
        const wire::client_headers headers{.host = host_, .extra = &form.extra, .cookies = cookies};
        std::string bytes;
        make(bytes, target, headers);
        return bytes;
    }

    void look_at(engine::transport_kind transport, const http_response& answer)
    {
        const request_form& form = form_of(transport);
        if (form.keeps_cookies)
            jar_.handle_response(answer.headers, place(form.target.path), time_of_day(*home_));
    }

private:
    [[nodiscard]] const request_form& form_of(engine::transport_kind transport) const
    {
        const auto own = of_one_.find(transport);
        return own == of_one_.end() ? of_all_ : own->second;
    }

    [[nodiscard]] cookie_place place(std::string_view target) const
    {
        return {
            .host = where_.host, .path = target.substr(0, target.find('?')), .secure = where_.secure
        };
    }

    shard* home_;
    server_url where_;
    std::string host_;
    request_form of_all_;
    std::map<engine::transport_kind, request_form> of_one_;
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

    void look_at(const http_response& answer) override
    {
        server_->look_at(engine::transport_kind::polling, answer);
    }

private:
    [[nodiscard]] std::string make(std::string_view sid, std::optional<std::string_view> body)
    {
        return server_->request(
            engine::transport_kind::polling,
            sid,
            [body](std::string& out, std::string_view target, const wire::client_headers& headers) {
                wire::append_poll_request(out, target, headers, body);
            }
        );
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
        return server_->request(
            engine::transport_kind::websocket,
            sid,
            [this](std::string& out, std::string_view target, const wire::client_headers& headers) {
                wire::append_websocket_request(out, target, headers, offer_);
            }
        );
    }

private:
    void on_not_dialed(link_failure why) override { done_(std::move(why)); }

    void on_no_answer(error_code why) override { done_(link_failure{.why = why}); }

    void on_answer(const http_response& come) override
    {
        server_->look_at(engine::transport_kind::websocket, come);
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
        const client_options& options,
        transport_dialers of_one
    )
        : home_{&home},
          options_{options},
          dialer_{std::move(dialer)},
          dialers_of_one_{std::move(of_one)},
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
                *home_,
                dialer_of(what.kind),
                std::make_unique<polls_to>(server_),
                polling_,
                std::move(done)
            );
        const boost::intrusive_ptr begun{
            new websocket_opening{*home_, server_, options_, limits_, std::move(done)}
        };
        auto under_way = std::make_unique<attempt_of<websocket_opening>>(begun);
        begun->begin(dialer_of(what.kind), begun->request(what.sid));
        return under_way;
    }

private:
    [[nodiscard]] stream_dialer& dialer_of(engine::transport_kind transport) const
    {
        const auto own = dialers_of_one_.find(transport);
        return own == dialers_of_one_.end() ? *dialer_ : *own->second;
    }

    shard* home_;
    client_options options_;
    std::unique_ptr<stream_dialer> dialer_;
    transport_dialers dialers_of_one_;
    requests_to server_;
    wire::http1_limits limits_;
    polling_client_config polling_;
};

}  // namespace

std::unique_ptr<connector> make_http_connector(
    shard& home,
    const server_url& where,
    std::unique_ptr<stream_dialer> dialer,
    const client_options& options,
    transport_dialers of_one
)
{
    return std::make_unique<http_connector>(
        home, where, std::move(dialer), options, std::move(of_one)
    );
}

}  // namespace cosio
