// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/server_shard.hpp>

namespace cosio::detail {

server_shard::server_shard(
    shard& home, server_state& server, const server_options& options, limits_ptr limits
)
    : home_{&home},
      server_{&server},
      limits_{std::move(limits)},
      decoder_{limits_->codec->make_decoder(options.packet)},
      engine_{
          home,
          options.engine,
          [this](engine::peer& session, const http_request& request) {
              return make_multiplexer(session, request);
          },
          limits_->fired
      }
{}

server_shard::~server_shard()
{
    // A handler that destroys the server still looks at its packet.
    home_->post([in_use = std::move(decoder_)] {});
}

std::unique_ptr<engine::peer_handler> server_shard::make_multiplexer(
    engine::peer& session, const http_request& request
)
{
    const boost::intrusive_ptr kept{new connection_request};
    kept->headers = request.headers;
    kept->url = request.target;
    kept->address = request.remote_address;
    kept->secure = request.secure;
    kept->issued_ms = home_->time().wall_clock_ms();
    return make_server_multiplexer(session, *this, kept);
}

void server_shard::drain(const drain_options& options, std::function<void(std::size_t)> done)
{
    drainer_ = std::make_unique<engine::drainer>(
        engine_, std::min(options.stagger, options.deadline), options.deadline, std::move(done)
    );
    drainer_->begin();
}

void server_shard::add(namespace_state& nsp)
{
    remove(nsp);
    if (const auto old = namespaces_.find(nsp.name()); old != namespaces_.end())
        namespaces_.erase(old);  // over, but the news has not come yet
    namespaces_.emplace(nsp.name(), &nsp);
}

void server_shard::remove(namespace_state& nsp) noexcept
{
    const auto found = namespaces_.find(nsp.name());
    if (found != namespaces_.end() && found->second.get() == &nsp)
        namespaces_.erase(found);
}

namespace_state* server_shard::find(std::string_view name) noexcept
{
    const auto found = namespaces_.find(name);
    return found == namespaces_.end() ? nullptr : found->second.get();
}

}  // namespace cosio::detail
