// SPDX-License-Identifier: BSL-1.0
#include "tcp_stream.hpp"

#include <cosio/transports/listener.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <cerrno>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace cosio {
namespace {

// Without descriptors or memory accept fails at once and for ever; sessions that end make room again.
constexpr duration accept_pause = std::chrono::milliseconds{100};

// Those that are connected have their turn in between.
constexpr unsigned accepted_at_once = 64;

class pause final : public timer_node
{
public:
    explicit pause(shard& home) : over_{home.executor()} {}

    detail::wakeup over_;

private:
    void on_deadline(time_point) override { over_.notify(); }
};

}  // namespace

struct listener::state
{
    state(
        std::span<shard* const> on, const std::vector<engine_host*>& hosts, listener_options given
    )
        : home{on.front()}, options{std::move(given)}, acceptor{home->executor()}, paused{*home}
    {
        std::vector<http_server*> parts;
        for (shard* const where : on) {
            shards.push_back(where);
            http.push_back(
                std::make_unique<http_server>(*where, hosts_on(*where, hosts), options.http)
            );
            parts.push_back(http.back().get());
        }
        if (parts.size() > 1)
            http_server::unite(parts);
    }

    static std::vector<engine_host*> hosts_on(
        const shard& where, const std::vector<engine_host*>& hosts
    );

    void open();
    void close();
    [[nodiscard]] error_code accept_some();
    void begin(int descriptor);
    static task<> accept(std::shared_ptr<state> self);

    shard* home;
    listener_options options;
    std::vector<shard*> shards;
    // By shard. Gone with the listener, whoever still holds this state.
    std::vector<std::unique_ptr<http_server>> http;
    asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor;
    pause paused;
    std::size_t turn = 0;
    bool closed = false;
};

std::vector<engine_host*> listener::state::hosts_on(
    const shard& where, const std::vector<engine_host*>& hosts
)
{
    std::vector<engine_host*> parts;
    for (engine_host* const host : hosts) {
        engine_host* const part = host->part_on(where.index());
        if (!part)
            throw std::invalid_argument{fmt::format(
                "the host of {} has no part on shard {}", host->options().path, where.index()
            )};
        parts.push_back(part);
    }
    return parts;
}

void listener::state::open()
{
    error_code ec;
    const asio::ip::address address = asio::ip::make_address(options.address, ec);
    if (ec)
        throw std::invalid_argument{
            fmt::format("option address: \"{}\" is no numeric address", options.address)
        };
    const asio::ip::tcp::endpoint where{address, options.port};
    const auto attempt = [&](auto&& step) {
        if (!ec)
            step();
    };
    attempt([&] { acceptor.open(where.protocol(), ec); });
    if (ec && address.is_v6() && address.is_unspecified()) {  // a system without IPv6
        ec = {};
        options.address = "0.0.0.0";
        open();
        return;
    }
    attempt([&] { acceptor.set_option(asio::socket_base::reuse_address{true}, ec); });
    if (address.is_v6() && address.is_unspecified())
        attempt([&] { acceptor.set_option(asio::ip::v6_only{false}, ec); });
    attempt([&] { acceptor.set_option(asio::ip::tcp::no_delay{true}, ec); }
    );  // connections inherit it
    attempt([&] { acceptor.non_blocking(true, ec); });
    attempt([&] { acceptor.bind(where, ec); });
    attempt([&] { acceptor.listen(options.backlog, ec); });
    if (ec)
        throw std::system_error{
            ec, fmt::format("cannot listen on {} port {}", options.address, options.port)
        };
}

/// Accepts what is there, within bounds. Asio's own accept would register each descriptor with its reactor.
/// Errors: those that will not pass at once; a connection that has failed already is none.
error_code listener::state::accept_some()
{
    for (unsigned i = 0; i < accepted_at_once && !closed; ++i) {
        const int descriptor =
            ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0)
            begin(descriptor);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        else if (errno != ECONNABORTED && errno != EINTR)
            return {errno, boost::system::system_category()};
    }
    return {};
}

void listener::state::begin(int descriptor)
{
    const std::size_t next = turn++ % shards.size();
    std::unique_ptr<byte_stream> stream = make_tcp_stream(*shards[next], descriptor);
    if (options.tls)
        stream = options.tls->accept(std::move(stream));
    if (next == 0)
        http[next]->serve(std::move(stream));
    else
        http[next]->serve_later(std::move(stream));
}

task<> listener::state::accept(std::shared_ptr<state> self)
{
    while (!self->closed) {
        const std::tuple<error_code> outcome = co_await self->acceptor.async_wait(
            asio::socket_base::wait_read, asio::as_tuple(asio::deferred)
        );
        const error_code ec = std::get<0>(outcome) ? std::get<0>(outcome) : self->accept_some();
        if (!self->closed && ec) {
            self->options.http.log(log_level::warning, "accept: {}", ec.message());
            self->home->time().arm(self->paused, self->home->now() + accept_pause);
            co_await self->paused.over_.wait();
        }
    }
}

listener::listener(
    std::span<shard* const> shards, std::vector<engine_host*> hosts, listener_options options
)
{
    if (shards.empty())
        throw std::invalid_argument{"a listener needs a shard"};
    state_ = std::make_shared<state>(shards, hosts, std::move(options));
    state_->open();
    asio::co_spawn(shards.front()->executor(), state::accept(state_), asio::detached);
}

listener::~listener()
{
    state_->close();
    state_->http.clear();
}

std::uint16_t listener::port() const noexcept
{
    error_code ec;
    return state_->acceptor.local_endpoint(ec).port();
}

const limit_counters& listener::limits_reached() const noexcept
{
    return state_->http.front()->limits_reached();
}

void listener::state::close()
{
    if (std::exchange(closed, true))
        return;
    error_code ignored;
    acceptor.close(ignored);
    paused.over_.notify();
    for (const auto& part : http)
        part->close();
}

void listener::close() noexcept
{
    if (state_->home->is_reachable())
        state_->close();
    else
        state_->home->post([state = state_] { state->close(); });
}

}  // namespace cosio
