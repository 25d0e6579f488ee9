// SPDX-License-Identifier: BSL-1.0
#include "tunnel_dialer.hpp"

#include "opening_request.hpp"
#include "wire/http1_client.hpp"

#include <fmt/format.h>

namespace cosio {
namespace {

/// One tunnel on its way: first the stream to the proxy, then its answer.
class tunneling final : public opening_request
{
public:
    tunneling(shard& home, const proxy_url& proxy, stream_dialer::dialed done)
        : opening_request{home, {}}, proxy_{proxy}, done_{std::move(done)}
    {
        answer().expect_heads_only();
    }

private:
    void on_not_dialed(link_failure why) override
    {
        done_(link_failure{.why = why.why, .text = "proxy " + why.text});
    }

    void on_no_answer(error_code why) override { fail(why, why.message()); }

    void on_answer(const http_response& come) override
    {
        if (const error_code why = wire::check_tunnel_answer(come)) {
            fail(why, fmt::format("answers {}: {}", come.status, why.message()));
        } else if (!answer().release().empty()) {
            // Whoever is behind the proxy speaks when spoken to: these bytes are somebody else's.
            fail(wire::http_errc::bad_response, "sends more than its answer");
        } else {
            std::unique_ptr<byte_stream> through = take_stream();
            done_(std::move(through));
        }
    }

    void fail(error_code why, std::string_view text)
    {
        done_(link_failure{
            .why = why, .text = fmt::format("proxy {}:{}: {}", proxy_.host, proxy_.port, text)
        });
    }

    proxy_url proxy_;
    stream_dialer::dialed done_;
};

std::string request_to(const proxy_url& proxy, std::string_view authority)
{
    std::optional<wire::proxy_credentials> credentials;
    if (!proxy.user.empty())
        credentials = {proxy.user, proxy.password};
    std::string request;
    wire::append_tunnel_request(request, authority, credentials);
    return request;
}

class tunnel_dialer final : public stream_dialer
{
public:
    tunnel_dialer(
        shard& home, std::unique_ptr<stream_dialer> below, proxy_url proxy, std::string authority
    )
        : home_{&home},
          below_{std::move(below)},
          proxy_{std::move(proxy)},
          authority_{std::move(authority)}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto under_way = attempt_for(new tunneling{*home_, proxy_, std::move(done)});
        under_way->what().begin(*below_, request_to(proxy_, authority_));
        return under_way;
    }

private:
    shard* home_;
    std::unique_ptr<stream_dialer> below_;
    proxy_url proxy_;
    std::string authority_;
};

}  // namespace

std::unique_ptr<stream_dialer> make_tunnel_dialer(
    shard& home, std::unique_ptr<stream_dialer> below, proxy_url proxy, std::string authority
)
{
    return std::make_unique<tunnel_dialer>(
        home, std::move(below), std::move(proxy), std::move(authority)
    );
}

}  // namespace cosio
