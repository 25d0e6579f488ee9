// SPDX-License-Identifier: BSL-1.0
#include "http_connection.hpp"

#include <algorithm>
#include <stdexcept>

namespace cosio {

void validate(const http_options& options)
{
    const auto require = [](bool holds, std::string_view option, std::string_view rule) {
        if (!holds)
            throw std::invalid_argument{fmt::format("option {}: {}", option, rule)};
    };
    const auto require_time = [require](duration value, std::string_view option) {
        require(value > duration::zero(), option, "must be more than zero");
        require(value <= std::chrono::hours{24 * 365}, option, "must be at most a year");
    };
    require(options.max_header_bytes >= 256, "max_header_bytes", "must be at least 256");
    require(options.max_headers >= 1, "max_headers", "must be at least 1");
    require(options.max_target_bytes >= 64, "max_target_bytes", "must be at least 64");
    require_time(options.header_timeout, "header_timeout");
    require_time(options.keep_alive_timeout, "keep_alive_timeout");
    require_time(options.body_grace, "body_grace");
    require(
        options.min_body_bytes_per_second >= 1 &&
            options.min_body_bytes_per_second <= 1'000'000'000,
        "min_body_bytes_per_second",
        "must be from 1 to 1000000000"
    );
    require_time(options.write_timeout, "write_timeout");
    require_time(options.linger, "linger");
    require(options.max_connections >= 1, "max_connections", "must be at least 1");
    require(options.max_websocket_fragments >= 1, "max_websocket_fragments", "must be at least 1");
}

http_server::http_server(shard& home, std::vector<engine_host*> hosts, http_options options)
    : state_{std::make_shared<state>()}
{
    validate(options);
    state_->home = &home;
    state_->hosts = std::move(hosts);
    state_->options = std::move(options);
    for (const engine_host* const host : state_->hosts)
        state_->max_body_bytes =
            std::max(state_->max_body_bytes, host->options().max_payload_bytes);
    if (state_->max_body_bytes == 0)
        state_->max_body_bytes = engine_options{}.max_payload_bytes;
}

http_server::~http_server()
{
    state_->close();
    // The hosts may go now: connections that are still under way find none any more.
    state_->hosts.clear();
    // One of the hooks may be what destroys the server: they go in a later turn.
    state_->home->post([a = std::exchange(state_->options.handler, nullptr),
                        b = std::exchange(state_->options.before, nullptr),
                        c = std::exchange(state_->options.upgrade_handler, nullptr)] {});
}

shard& http_server::home() noexcept
{
    return *state_->home;
}

void http_server::unite(std::span<http_server* const> parts)
{
    for (http_server* const part : parts) {
        part->state_->connections = parts.front()->state_->connections;
        part->state_->fired = parts.front()->state_->fired;
        for (const http_server* const other : parts)
            part->state_->parts.emplace_back(other->state_);
    }
}

void http_server::state::serve(
    const std::shared_ptr<state>& self, std::unique_ptr<byte_stream> stream, std::string received
)
{
    const bool full = *self->connections >= self->options.max_connections;
    if (full)
        self->fired->count(limit::max_connections);
    if (self->closing || full) {
        stream->close();
        return;
    }
    try {
        http_connection::begin(
            http_connection_ptr{new http_connection{self, std::move(stream)}}, received
        );
    } catch (const std::bad_alloc& error) {  // the stream has been closed
        self->options.log(log_level::error, "no connection: {}", error.what());
    }
}

std::shared_ptr<http_server::state> http_server::state::part_on(const shard& where) const
{
    for (const std::weak_ptr<state>& part : parts)
        if (auto found = part.lock(); found && found->home == &where)
            return found;
    return nullptr;
}

void http_server::serve(std::unique_ptr<byte_stream> stream, std::string received)
{
    state::serve(state_, std::move(stream), std::move(received));
}

void http_server::serve_later(std::unique_ptr<byte_stream> stream, std::string received)
{
    state_->home->post([self = state_, stream = std::move(stream), received = std::move(received)](
                       ) mutable { state::serve(self, std::move(stream), std::move(received)); });
}

void http_server::state::close() noexcept
{
    closing = true;
    for (auto at = open.begin(); at != open.end();) {
        open_connection& connection = *at++;
        connection.close_when_idle();
    }
}

void http_server::close() noexcept
{
    if (state_->home->is_reachable())
        state_->close();
    else
        state_->home->post([self = state_] { self->close(); });
}

const limit_counters& http_server::limits_reached() const noexcept
{
    return *state_->fired;
}

std::size_t http_server::connection_count() const noexcept
{
    return *state_->connections;
}

}  // namespace cosio
