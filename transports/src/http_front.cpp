// SPDX-License-Identifier: BSL-1.0
#include "request_text.hpp"

#include <cosio/detail/url.hpp>
#include <cosio/transports/http_front.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace cosio {
namespace {

std::vector<engine_host*> hosts_on(const shard& where, const std::vector<engine_host*>& hosts)
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

}  // namespace

struct http_front::state
{
    state(std::span<shard* const> on, std::vector<engine_host*> given, const http_options& options)
        : hosts{std::move(given)}
    {
        if (on.empty())
            throw std::invalid_argument{"an http_front needs a shard"};
        std::vector<http_server*> all;
        for (shard* const where : on) {
            shards.push_back(where);
            parts.push_back(std::make_unique<http_server>(*where, hosts_on(*where, hosts), options)
            );
            all.push_back(parts.back().get());
        }
        if (all.size() > 1)
            http_server::unite(all);
    }

    [[nodiscard]] http_server& part_on(const shard& where) noexcept
    {
        const auto found = std::ranges::find(shards, &where);
        return *parts[static_cast<std::size_t>(found - shards.begin())];
    }

    std::vector<engine_host*> hosts;
    std::vector<shard*> shards;
    std::vector<std::unique_ptr<http_server>> parts;  // by shard
    std::atomic<std::size_t> turn = 0;
};

http_front::http_front(
    std::span<shard* const> shards, std::vector<engine_host*> hosts, http_options options
)
    : state_{std::make_unique<state>(shards, std::move(hosts), options)}
{}

http_front::~http_front() = default;

bool http_front::serves(std::string_view target) const noexcept
{
    const std::string_view path = target.substr(0, target.find('?'));
    return std::ranges::any_of(state_->hosts, [path](const engine_host* host) {
        return serves_path(host->options(), path);
    });
}

shard& http_front::next_shard() noexcept
{
    return *state_->shards[state_->turn++ % state_->shards.size()];
}

shard* http_front::shard_of(const asio::execution_context& context) noexcept
{
    const auto found = std::ranges::find_if(state_->shards, [&](shard* one) {
        return static_cast<const asio::execution_context*>(&one->context()) == &context;
    });
    return found == state_->shards.end() ? nullptr : *found;
}

void http_front::adopt(shard& where, std::unique_ptr<byte_stream> stream, std::string received)
{
    http_server& part = state_->part_on(where);
    if (where.is_current())
        part.serve(std::move(stream), std::move(received));
    else
        part.serve_later(std::move(stream), std::move(received));
}

void http_front::adopt(
    shard& where,
    std::unique_ptr<byte_stream> stream,
    const http_request& request,
    std::string_view received
)
{
    adopt(where, std::move(stream), request_text(request, body_part::whole).append(received));
}

void http_front::adopt_head(
    shard& where,
    std::unique_ptr<byte_stream> stream,
    const http_request& head,
    std::string_view received
)
{
    adopt(where, std::move(stream), request_text(head, body_part::to_come).append(received));
}

http_ticket http_front::answer(http_request request, std::shared_ptr<http_answer_sink> to)
{
    // A request of a session goes to its shard, any other one to the next: only those take turns.
    const bool names_session = detail::query_value(request.query(), "sid").has_value();
    shard* where = names_session ? state_->shards.front() : &next_shard();
    for (engine_host* const host : state_->hosts) {
        engine_host* const part = host->part_on(where->index());
        if (part && serves_path(host->options(), request.path())) {
            where = &part->place_of(request);
            break;
        }
    }
    return state_->part_on(*where).answer(std::move(request), std::move(to));
}

void http_front::close() noexcept
{
    for (const auto& part : state_->parts)
        part->close();
}

const limit_counters& http_front::limits_reached() const noexcept
{
    return state_->parts.front()->limits_reached();
}

std::size_t http_front::connection_count() const noexcept
{
    return state_->parts.front()->connection_count();
}

}  // namespace cosio
