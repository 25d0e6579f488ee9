// SPDX-License-Identifier: BSL-1.0
#include "listening_socket.hpp"
#include "tcp_stream.hpp"

#include <cosio/detail/mutant.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cerrno>
#include <stdexcept>
#include <sys/socket.h>

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
        : home{on.front()},
          options{std::move(given)},
          front{std::make_unique<http_front>(on, hosts, options.http)},
          socket{options},
          acceptor{home->executor(), socket.release()},
          paused{*home}
    {}

    void close();
    [[nodiscard]] error_code accept_some();
    bool begin(int descriptor);
    static task<> accept(std::shared_ptr<state> self);

    shard* home;
    listener_options options;
    std::unique_ptr<http_front> front;  // gone with the listener, whoever still holds this state
    listening_socket socket;
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> acceptor;
    pause paused;
    bool closed = false;
};

/// Accepts what is there, within bounds. Asio's own accept would register each descriptor with its reactor.
/// Errors: those that will not pass at once; a connection that has failed already is none.
error_code listener::state::accept_some()
{
    for (unsigned i = 0; i < accepted_at_once && !closed; ++i) {
        const int descriptor =
            ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            if (!begin(descriptor))
                return {ENOMEM, boost::system::system_category()};
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return {errno, boost::system::system_category()};
        }
    }
    return {};
}

/// False: there is no memory for it now, and it was closed.
bool listener::state::begin(int descriptor)
try {
    shard& where = front->next_shard();
    std::unique_ptr<byte_stream> stream = make_tcp_stream(where, descriptor);
    if (options.tls)
        stream = options.tls->accept(std::move(stream));
    front->adopt(where, std::move(stream));
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

task<> listener::state::accept(std::shared_ptr<state> self)
{
    while (!self->closed) {
        const std::tuple<error_code> outcome = co_await self->acceptor.async_wait(
            asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::deferred)
        );
        const error_code ec = std::get<0>(outcome) ? std::get<0>(outcome) : self->accept_some();
        if (!self->closed && ec) {
            self->options.http.log(log_level::warning, "accept: {}", ec.message());
            self->home->time().arm(self->paused, self->home->now() + accept_pause);
            if (COSIO_MUTANT(accept_stops_without_descriptors))
                co_return;
            if (COSIO_MUTANT(accept_spins_without_descriptors))
                continue;
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
    asio::co_spawn(shards.front()->executor(), state::accept(state_), asio::detached);
}

listener::~listener()
{
    state_->close();
    state_->front.reset();
}

std::uint16_t listener::port() const noexcept
{
    return state_->socket.port();
}

const limit_counters& listener::limits_reached() const noexcept
{
    return state_->front->limits_reached();
}

void listener::state::close()
{
    if (std::exchange(closed, true))
        return;
    error_code ignored;
    acceptor.close(ignored);
    socket.close();
    paused.over_.notify();
    front->close();
}

void listener::close() noexcept
{
    if (state_->home->is_reachable())
        state_->close();
    else
        state_->home->post([state = state_] { state->close(); });
}

}  // namespace cosio
