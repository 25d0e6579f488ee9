// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/server_state.hpp>

#include <stdexcept>

namespace cosio::detail {
namespace {

server_options complete(server_options options)
{
    validate(options);
    if (!options.packet.max_attachment_bytes)
        options.packet.max_attachment_bytes = options.engine.max_payload_bytes;
    return options;
}

}  // namespace

server_state::server_state(
    std::span<shard* const> shards, server_options options, const codec_functions& codec
)
    : options_{complete(std::move(options))},
      limits_{new multiplexer_limits{codec, options_}},
      shards_{shards.begin(), shards.end()}
{
    if (shards_.empty())
        throw std::invalid_argument{"a server needs a shard"};
    std::vector<engine::server*> engines;
    for (shard* const home : shards_) {
        parts_.push_back(std::make_shared<server_shard>(*home, options_, limits_));
        engines.push_back(&parts_.back()->engine());
    }
    if (engines.size() > 1)
        engine::server::unite(engines);
    if (options_.recovery && !codec.append_text)
        throw std::invalid_argument{
            fmt::format("option recovery: the codec \"{}\" has no append_text", codec.name)
        };
    if (options_.recovery)
        tag_ = protocol::make_recovery_tag(shards_.front()->random());
    main_ = &of("/");
}

server_state::~server_state()
{
    limits_->mute();
    for (const auto& [name, nsp] : namespaces_)
        nsp->close();
}

/// Calls action(server_shard&) on a shard: at once if the caller may, else posted.
template <class F>
void server_state::on_shard(std::size_t number, F action)
{
    const std::shared_ptr<server_shard>& part = parts_[number];
    if (part->home().is_reachable())
        action(*part);
    else
        part->home().post([action, waiting = std::weak_ptr{part}] {
            if (const auto alive = waiting.lock())
                action(*alive);
        });
}

namespace_group& server_state::of(std::string_view name)
{
    std::string full{name};
    if (!full.starts_with('/'))
        full.insert(full.begin(), '/');
    if (full.find(',') != std::string::npos || full.size() > options_.packet.max_namespace_bytes)
        throw std::invalid_argument{fmt::format(
            "namespace \"{}\": must not contain ',' nor be longer than {} bytes",
            full,
            options_.packet.max_namespace_bytes
        )};
    const std::lock_guard lock{naming_};
    boost::intrusive_ptr<namespace_group>& found = namespaces_[full];
    if (!found) {
        found = new namespace_group{shards_, *limits_, full};
        if (options_.recovery)
            found->recover(options_, tag_, *limits_->codec);
        for (std::size_t i = 0; i < parts_.size(); ++i)
            on_shard(i, [nsp = found, i](server_shard& part) { part.add(*nsp->parts()[i]); });
    }
    return *found;
}

void server_state::close()
{
    for (std::size_t i = 0; i < parts_.size(); ++i)
        on_shard(i, [](server_shard& part) {
            part.engine().close(close_reason::server_shutting_down);
        });
}

}  // namespace cosio::detail
