// SPDX-License-Identifier: BSL-1.0
#include "tcp_stream.hpp"
#include "wire/http1_client.hpp"

#include <cosio/detail/driver.hpp>
#include <cosio/transports/network_dialer.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace cosio {
namespace {

using unix_socket =
    asio::basic_stream_socket<asio::local::stream_protocol, asio::io_context::executor_type>;
using tcp_resolver = asio::ip::basic_resolver<asio::ip::tcp, asio::io_context::executor_type>;

constexpr wire::http1_limits tunnel_limits{};

/// One stream on its way. Everything that is begun here holds it; give_up() ends it.
class dialing final : public link_listener
{
public:
    dialing(
        shard& home,
        const server_url& where,
        const network_options& options,
        stream_dialer::dialed done
    )
        : home_{&home},
          where_{where},
          options_{options},
          done_{std::move(done)},
          resolver_{home.executor()},
          tcp_{home.executor()},
          local_{home.executor()}
    {}

    void begin()
    {
        if (!where_.unix_path.empty()) {
            const asio::local::stream_protocol::endpoint at{where_.unix_path};
            local_.async_connect(at, [self = boost::intrusive_ptr{this}](error_code ec) {
                self->on_local(ec);
            });
            return;
        }
        const auto& [host, port] = options_.proxy
                                       ? std::pair{options_.proxy->host, options_.proxy->port}
                                       : std::pair{where_.host, where_.port};
        resolver_.async_resolve(
            host,
            fmt::format_int{port}.str(),
            asio::ip::resolver_base::numeric_service,
            [self = boost::intrusive_ptr{this}](error_code ec, const auto& found) {
                self->on_resolved(ec, found);
            }
        );
    }

    void give_up() noexcept
    {
        done_ = nullptr;
        resolver_.cancel();
        error_code ignored;
        tcp_.close(ignored);
        local_.close(ignored);
        stream_.reset();
    }

    void on_link_writable() override { write(); }

private:
    void on_local(error_code ec)
    {
        if (!done_)
            return;
        if (!ec)
            local_.non_blocking(true, ec);
        if (ec)
            fail(ec);
        else
            complete(make_tcp_stream(*home_, local_.release()));
    }

    void on_resolved(error_code ec, const tcp_resolver::results_type& found)
    {
        if (!done_)
            return;
        if (ec) {
            fail(ec);
            return;
        }
        asio::async_connect(
            tcp_,
            found,
            [self = boost::intrusive_ptr{this}](error_code why, const auto&) {
                self->on_connected(why);
            }
        );
    }

    void on_connected(error_code ec)
    {
        if (!done_)
            return;
        if (ec) {
            fail(ec);
            return;
        }
        stream_ = make_tcp_stream(std::move(tcp_));
        if (options_.proxy)
            tunnel();
        else
            complete(std::move(stream_));
    }

    void tunnel()
    {
        std::optional<wire::proxy_credentials> credentials;
        if (!options_.proxy->user.empty())
            credentials = {options_.proxy->user, options_.proxy->password};
        wire::append_tunnel_request(outgoing_, where_.authority(), credentials);
        answer_.expect_heads_only();
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

    static detail::driver read(boost::intrusive_ptr<dialing> self)
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
                stream_.reset();
                fail(ec);
                return;
            }
            if (count == 0)
                return;
            answer_.feed(scratch.first(count));
            const result<http_response*> next = answer_.next();
            const error_code why = !next   ? next.error()
                                   : *next ? wire::check_tunnel_answer(**next)
                                           : error_code{};
            if (why) {
                stream_.reset();
                fail(why);
            } else if (*next) {
                // Whoever is behind the proxy speaks when spoken to.
                std::unique_ptr<byte_stream> through = std::move(stream_);
                complete(std::move(through));
            }
        }
    }

    void fail(error_code why) { complete(why); }

    void complete(result<std::unique_ptr<byte_stream>> outcome)
    {
        std::exchange(done_, nullptr)(std::move(outcome));
    }

    shard* home_;
    server_url where_;
    network_options options_;
    stream_dialer::dialed done_;
    tcp_resolver resolver_;
    tcp_socket tcp_;
    unix_socket local_;
    std::unique_ptr<byte_stream> stream_;  // to the proxy
    wire::http1_response_decoder answer_{tunnel_limits};
    std::string outgoing_;
};

class dialing_attempt final : public attempt
{
public:
    explicit dialing_attempt(boost::intrusive_ptr<dialing> what) noexcept : what_{std::move(what)}
    {}

    ~dialing_attempt() override { what_->give_up(); }

private:
    boost::intrusive_ptr<dialing> what_;
};

class network_dialer final : public stream_dialer
{
public:
    network_dialer(shard& home, server_url where, network_options options)
        : home_{&home}, where_{std::move(where)}, options_{std::move(options)}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        const boost::intrusive_ptr begun{new dialing{*home_, where_, options_, std::move(done)}};
        begun->begin();
        return std::make_unique<dialing_attempt>(begun);
    }

private:
    shard* home_;
    server_url where_;
    network_options options_;
};

}  // namespace

std::unique_ptr<stream_dialer> make_network_dialer(
    shard& home, server_url where, network_options options
)
{
    if (where.secure)
        throw std::invalid_argument{"https is not spoken by clients yet"};
    return std::make_unique<network_dialer>(home, std::move(where), std::move(options));
}

}  // namespace cosio
