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

#include <stdexcept>
#include <system_error>

namespace cosio {
namespace {

// Without descriptors or memory accept fails at once and for ever; sessions that end make room again.
constexpr duration accept_pause = std::chrono::milliseconds{100};

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
    state(shard& on, std::vector<engine_host*> hosts, listener_options given)
        : home{&on},
          options{std::move(given)},
          http{std::in_place, on, std::move(hosts), options.http},
          acceptor{on.executor()},
          paused{on}
    {}

    void open();
    static task<> accept(std::shared_ptr<state> self);

    shard* home;
    listener_options options;
    std::optional<http_server> http;  // gone with the listener, whoever still holds this state
    asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor;
    pause paused;
    bool closed = false;
};

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
    attempt([&] { acceptor.bind(where, ec); });
    attempt([&] { acceptor.listen(options.backlog, ec); });
    if (ec)
        throw std::system_error{
            ec, fmt::format("cannot listen on {} port {}", options.address, options.port)
        };
}

task<> listener::state::accept(std::shared_ptr<state> self)
{
    while (!self->closed) {
        tcp_socket socket{self->home->executor()};
        const std::tuple<error_code> outcome =
            co_await self->acceptor.async_accept(socket, asio::as_tuple(asio::deferred));
        const error_code ec = std::get<0>(outcome);
        if (self->closed)
            break;
        if (!ec) {
            std::unique_ptr<byte_stream> stream = make_tcp_stream(std::move(socket));
            if (self->options.tls)
                stream = self->options.tls->accept(std::move(stream));
            self->http->serve(std::move(stream));
        } else if (ec != asio::error::connection_aborted) {
            self->options.http.log(log_level::warning, "accept: {}", ec.message());
            self->home->time().arm(self->paused, self->home->now() + accept_pause);
            co_await self->paused.over_.wait();
        }
    }
}

listener::listener(shard& home, std::vector<engine_host*> hosts, listener_options options)
    : state_{std::make_shared<state>(home, std::move(hosts), std::move(options))}
{
    state_->open();
    asio::co_spawn(home.executor(), state::accept(state_), asio::detached);
}

listener::~listener()
{
    close();
    state_->http.reset();
}

std::uint16_t listener::port() const noexcept
{
    error_code ec;
    return state_->acceptor.local_endpoint(ec).port();
}

void listener::close() noexcept
{
    if (state_->closed)
        return;
    state_->closed = true;
    error_code ignored;
    state_->acceptor.close(ignored);
    state_->http->close();
    state_->paused.over_.notify();
}

}  // namespace cosio
