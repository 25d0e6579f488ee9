// SPDX-License-Identifier: BSL-1.0
#include "tunnel_dialer.hpp"

#include "wire/http1_client.hpp"

#include <cosio/detail/driver.hpp>

#include <fmt/format.h>

namespace cosio {
namespace {

constexpr wire::http1_limits tunnel_limits{};

/// One tunnel on its way: first the stream to the proxy, then its answer.
class tunneling final : public link_listener
{
public:
    tunneling(
        shard& home, const proxy_url& proxy, std::string_view authority, stream_dialer::dialed done
    )
        : home_{&home}, proxy_{proxy}, done_{std::move(done)}
    {
        std::optional<wire::proxy_credentials> credentials;
        if (!proxy.user.empty())
            credentials = {proxy.user, proxy.password};
        wire::append_tunnel_request(outgoing_, authority, credentials);
        answer_.expect_heads_only();
    }

    void begin(stream_dialer& below)
    {
        dialing_ = below.dial([self = boost::intrusive_ptr{this}](stream_dialer::outcome made) {
            self->on_dialed(std::move(made));
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
    void on_dialed(stream_dialer::outcome made)
    {
        if (!done_)
            return;
        if (!made) {
            complete(link_failure{.why = made.error().why, .text = "proxy " + made.error().text});
            return;
        }
        stream_ = std::move(*made);
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

    static detail::driver read(boost::intrusive_ptr<tunneling> self)
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
            if (ec)
                fail(ec, ec.message());
            else if (count == 0)
                return;
            else
                look_at(scratch.first(count));
        }
    }

    void look_at(std::span<std::byte> come)
    {
        answer_.feed(come);
        const result<http_response*> next = answer_.next();
        if (!next) {
            fail(next.error(), next.error().message());
            return;
        }
        if (!*next)
            return;
        const unsigned status = (*next)->status;
        if (const error_code why = wire::check_tunnel_answer(**next)) {
            fail(why, fmt::format("answers {}: {}", status, why.message()));
        } else if (!answer_.release().empty()) {
            // Whoever is behind the proxy speaks when spoken to: these bytes are somebody else's.
            fail(wire::http_errc::bad_response, "sends more than its answer");
        } else {
            std::unique_ptr<byte_stream> through = std::move(stream_);
            complete(std::move(through));
        }
    }

    void fail(error_code why, std::string_view text)
    {
        stream_.reset();
        complete(link_failure{
            .why = why, .text = fmt::format("proxy {}:{}: {}", proxy_.host, proxy_.port, text)
        });
    }

    /// The last thing in a call.
    void complete(stream_dialer::outcome what) { std::exchange(done_, nullptr)(std::move(what)); }

    shard* home_;
    proxy_url proxy_;
    stream_dialer::dialed done_;
    std::unique_ptr<attempt> dialing_;
    std::unique_ptr<byte_stream> stream_;  // to the proxy
    wire::http1_response_decoder answer_{tunnel_limits};
    std::string outgoing_;
};

class tunneling_attempt final : public attempt
{
public:
    explicit tunneling_attempt(boost::intrusive_ptr<tunneling> what) noexcept
        : what_{std::move(what)}
    {}

    ~tunneling_attempt() override { what_->give_up(); }

private:
    boost::intrusive_ptr<tunneling> what_;
};

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
        const boost::intrusive_ptr begun{new tunneling{*home_, proxy_, authority_, std::move(done)}
        };
        begun->begin(*below_);
        return std::make_unique<tunneling_attempt>(begun);
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
