// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine_server.hpp>

#include <stdexcept>

namespace cosio {

struct engine_socket::state
{
    engine::peer* peer = nullptr;  // null after the end
    shard* home = nullptr;
    // Shared with a call under way: a handler may put another one in its place.
    template <class... Args>
    using handler = std::shared_ptr<const std::function<void(Args...)>>;

    handler<std::string_view> text;
    handler<binary> bytes;
    handler<> upgrade;
    handler<close_reason> close;
};

namespace {

/// Lifetime: the handle and this share a state, which forgets its functions at the end: they may own the handle.
class session final : public engine::peer_handler
{
public:
    session(
        std::shared_ptr<engine_socket::state> of, const engine_server::connection_handler& connect
    ) noexcept
        : state_{std::move(of)}, connect_{&connect}
    {}

    ~session() override { end(); }

    void on_started(const http_request& request) override
    {
        const auto handler = *connect_;  // it may destroy the server
        if (handler)
            handler(engine_socket{state_}, request);
    }

    void on_message(frame_kind kind, bytes_view payload) override
    {
        if (kind == frame_kind::binary)
            call(state_->bytes, binary{payload});
        else
            call(state_->text, as_text(payload));
    }

    void on_upgrade() override { call(state_->upgrade); }

    void on_close(close_reason reason) override
    {
        const auto handler = std::move(state_->close);
        end();
        call(handler, reason);
    }

    void on_abandon() noexcept override { state_->peer = nullptr; }

private:
    template <class... Params, class... Args>
    static void call(engine_socket::state::handler<Params...> handler, Args... args)
    {
        if (handler && *handler)
            (*handler)(std::move(args)...);
    }

    void end() noexcept
    {
        const auto keep = state_;
        keep->peer = nullptr;
        keep->text = nullptr;
        keep->bytes = nullptr;
        keep->upgrade = nullptr;
        keep->close = nullptr;
    }

    std::shared_ptr<engine_socket::state> state_;
    const engine_server::connection_handler* connect_;  // the server's
};

template <class F>
std::shared_ptr<const F> share(F handler)
{
    return std::make_shared<const F>(std::move(handler));
}

}  // namespace

std::string_view engine_socket::id() const noexcept
{
    return is_open() ? state_->peer->id().view() : std::string_view{};
}

std::string_view engine_socket::transport_name() const noexcept
{
    return is_open() ? engine::to_string(state_->peer->rules().link()) : std::string_view{};
}

bool engine_socket::is_open() const noexcept
{
    return state_->peer != nullptr;
}

shard& engine_socket::home() const noexcept
{
    return *state_->home;
}

send_status engine_socket::send(std::string_view text) const
{
    return is_open() ? state_->peer->send(encode_packet(engine::packet_type::message, text))
                     : send_status::closed;
}

send_status engine_socket::send(const binary& bytes) const
{
    return is_open() ? state_->peer->send(bytes.share()) : send_status::closed;
}

void engine_socket::close() const
{
    if (is_open())
        state_->peer->force_close();
}

const engine_socket& engine_socket::on_text(std::function<void(std::string_view)> handler) const
{
    state_->text = share(std::move(handler));
    return *this;
}

const engine_socket& engine_socket::on_binary(std::function<void(binary)> handler) const
{
    state_->bytes = share(std::move(handler));
    return *this;
}

const engine_socket& engine_socket::on_upgrade(std::function<void()> handler) const
{
    state_->upgrade = share(std::move(handler));
    return *this;
}

const engine_socket& engine_socket::on_close(std::function<void(close_reason)> handler) const
{
    state_->close = share(std::move(handler));
    return *this;
}

engine_options engine_server::default_options()
{
    engine_options options;
    options.path = "/engine.io/";
    return options;
}

engine_server::engine_server(std::span<shard* const> shards, engine_options options)
{
    if (shards.empty())
        throw std::invalid_argument{"a server needs a shard"};
    const auto fired = std::make_shared<limit_counters>();
    std::vector<engine::server*> engines;
    for (shard* const home : shards) {
        auto made = std::make_shared<part>();
        const auto begin = [of = made.get(), home](engine::peer& peer, const http_request&) {
            auto state = std::make_shared<engine_socket::state>();
            state->peer = &peer;
            state->home = home;
            return std::make_unique<session>(std::move(state), of->connect);
        };
        made->engine = std::make_unique<engine::server>(*home, options, begin, fired);
        engines.push_back(made->engine.get());
        parts_.push_back(std::move(made));
    }
    if (engines.size() > 1)
        engine::server::unite(engines);
}

void engine_server::on_connection(const connection_handler& handler)
{
    for (const auto& one : parts_)
        one->connect = handler;
}

/// Calls action(engine::server&) on each shard: at once if the caller may, else posted.
template <class F>
void engine_server::on_shards(F action)
{
    for (const auto& one : parts_) {
        shard& home = one->engine->home();
        if (home.is_reachable())
            action(*one->engine);
        else
            home.post([action, weak = std::weak_ptr{one}] {
                if (const auto alive = weak.lock())
                    action(*alive->engine);
            });
    }
}

void engine_server::close()
{
    on_shards([](engine::server& one) { one.close(close_reason::server_shutting_down); });
}

void engine_server::use_http(const http_middleware& middleware)
{
    on_shards([middleware](engine::server& one) { one.use(middleware); });
}

std::size_t engine_server::connection_count() const noexcept
{
    return parts_.front()->engine->clients_count();
}

}  // namespace cosio
