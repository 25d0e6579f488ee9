// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/answer_collector.hpp>
#include <cosio/detail/ask_part.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/server_state.hpp>

#include <boost/asio/this_coro.hpp>

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
        parts_.push_back(std::make_shared<server_shard>(*home, *this, options_, limits_));
        engines.push_back(&parts_.back()->engine());
    }
    if (engines.size() > 1)
        engine::server::unite(engines);
    if (options_.recovery && !codec.append_text)
        throw std::invalid_argument{
            fmt::format("option recovery: the codec \"{}\" has no append_text", codec.name)
        };
    if (options_.recovery)
        recovery_tags_.emplace(shards_.front()->random());
    main_ = &of("/");
}

server_state::~server_state()
{
    limits_->mute();
    for (const auto& [name, nsp] : namespaces_)
        nsp->close();
    for (const parent_ptr& parent : parents_)
        parent->close();
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
    boost::intrusive_ptr<namespace_group> made;
    {
        const std::lock_guard lock{naming_};
        const auto found = namespaces_.find(full);
        if (found != namespaces_.end() && !found->second->is_over())
            return *found->second;
        made = make(std::move(full));
    }
    for (std::size_t i = 0; i < parts_.size(); ++i)
        on_shard(i, [made, i](server_shard& part) { part.add(*made->parts()[i]); });
    announce(*made);
    return *made;
}

/// Precondition: naming_ is locked.
boost::intrusive_ptr<namespace_group> server_state::make(std::string name)
{
    boost::intrusive_ptr<namespace_group> made{new namespace_group{shards_, *limits_, name}};
    if (options_.recovery)
        made->recover(options_, recovery_tags_->next(), *limits_->codec);
    namespaces_.insert_or_assign(std::move(name), made);
    return made;
}

void server_state::announce(namespace_group& made)
{
    std::vector<std::shared_ptr<const std::function<void(namespace_group&)>>> handlers;
    {
        const std::lock_guard lock{naming_};
        handlers = new_namespace_;
    }
    // One of them may destroy the server.
    const limits_ptr limits = limits_;
    const std::weak_ptr<server_shard> alive = parts_.front();
    for (const auto& handler : handlers) {
        if (alive.expired())
            return;
        try {
            (*handler)(made);
        } catch (...) {
            report_exception(made.name(), "new_namespace", *limits, std::current_exception());
        }
    }
}

void server_state::add_new_namespace(std::function<void(namespace_group&)> handler)
{
    const std::lock_guard lock{naming_};
    new_namespace_.push_back(
        std::make_shared<const std::function<void(namespace_group&)>>(std::move(handler))
    );
}

parent_ptr server_state::add_parent(parent_namespace::predicate fits)
{
    parent_ptr made{new parent_namespace{std::move(fits)}};
    const std::lock_guard lock{naming_};
    parents_.push_back(made);
    return made;
}

std::vector<parent_ptr> server_state::parents()
{
    const std::lock_guard lock{naming_};
    return parents_;
}

boost::intrusive_ptr<namespace_group> server_state::child(
    const parent_ptr& parent, std::string_view name
)
{
    boost::intrusive_ptr<namespace_group> child;
    bool is_new = false;
    {
        const std::lock_guard lock{naming_};
        const auto found = namespaces_.find(name);
        if (found != namespaces_.end() && !found->second->is_over() &&
            !COSIO_MUTANT(dynamic_namespace_made_twice))
            child = found->second;
        if (!child) {
            if (child_count_ >= options_.max_child_namespaces) {
                limits_->fired->count(limit::max_child_namespaces);
                return nullptr;
            }
            ++child_count_;
            is_new = true;
            child = make(std::string{name});
            child->make_child(
                options_.cleanup_empty_child_namespaces
                    ? [this, parent](namespace_group& over) { forget(parent, over); }
                    : std::function<void(namespace_group&)>{}
            );
            child->set_setups(parent->adopt(child));
        }
    }
    // Whoever comes first on a shard makes the child ready there.
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (is_new || parts_[i]->home().is_current())
            on_shard(i, [child, i](server_shard& part) {
                namespace_state& there = *child->parts()[i];
                if (child->is_over())
                    return;
                there.prepare_once([&] {
                    for (const auto& setup : child->setups())
                        setup(there);
                });
                part.add(there);
            });
    if (is_new)
        announce(*child);
    return child;
}

void server_state::forget(const parent_ptr& parent, namespace_group& child)
{
    const boost::intrusive_ptr<namespace_group> over{&child};
    {
        const std::lock_guard lock{naming_};
        --child_count_;
        const auto found = namespaces_.find(over->name());
        if (found != namespaces_.end() && found->second == over)
            namespaces_.erase(found);
        if (COSIO_MUTANT(namespace_deleted_under_lock))
            over->close();
    }
    over->end();
    parent->forget(*over);
    for (std::size_t i = 0; i < parts_.size(); ++i)
        on_shard(i, [over, i](server_shard& part) {
            part.remove(*over->parts()[i]);
            over->parts()[i]->close();
        });
}

namespace {

using drain_collector = answer_collector<std::size_t, std::size_t>;
using drain_source = answer_source<std::size_t, std::size_t>;

/// Reports one shard when it goes: the server may be destroyed before it is drained.
struct drained_part
{
    explicit drained_part(boost::intrusive_ptr<drain_source> whole) : to{std::move(whole)} {}

    drained_part(const drained_part&) = delete;
    drained_part& operator=(const drained_part&) = delete;

    ~drained_part()
    {
        to->add_part(1);
        to->add_answer({}, std::tuple{sessions, cut_off});
    }

    boost::intrusive_ptr<drain_source> to;
    std::size_t sessions = 0;
    std::size_t cut_off = 0;
};

}  // namespace

void server_state::begin_drain(
    const drain_options& options, const boost::intrusive_ptr<drain_source>& to
)
{
    for (std::size_t i = 0; i < parts_.size(); ++i)
        on_shard(i, [part = std::make_shared<drained_part>(to), options](server_shard& on) {
            part->sessions = on.engine().session_count();
            on.drain(options, [part](std::size_t cut_off) { part->cut_off = cut_off; });
        });
}

task<drain_report> server_state::drain(server_state& self, drain_options options)
{
    const auto executor = co_await asio::this_coro::executor;
    const boost::intrusive_ptr all{new drain_collector{executor, self.parts_.size()}};
    self.begin_drain(options, new drain_source{all});
    while (!all->is_complete())
        co_await all->changed.wait();
    drain_report report;
    for (const auto& [nobody, part] : all->answers) {
        report.sessions += std::get<0>(*part);
        report.cut_off += std::get<1>(*part);
    }
    co_return report;
}

task<std::vector<std::string>> server_state::client_ids(part_ptrs parts)
{
    std::vector<std::string> all;
    for (const auto& part : parts) {
        auto asking = ask_part<std::vector<std::string>>(*part, [](server_shard& at) {
            std::vector<std::string> ids;
            for (const engine::peer_ptr& session : at.engine().sessions())
                ids.push_back(session->id().str());
            return ids;
        });
        const std::vector<std::string> found = co_await std::move(asking);
        all.insert(all.end(), found.begin(), found.end());
    }
    co_return all;
}

void server_state::use_http(const http_middleware& middleware)
{
    for (std::size_t i = 0; i < parts_.size(); ++i)
        on_shard(i, [middleware](server_shard& part) { part.engine().use(middleware); });
}

void server_state::close()
{
    for (std::size_t i = 0; i < parts_.size(); ++i)
        on_shard(i, [](server_shard& part) {
            part.engine().close(close_reason::server_shutting_down);
        });
}

}  // namespace cosio::detail
