// SPDX-License-Identifier: BSL-1.0
#include "seeded_random.hpp"

#include <cosio/detail/wakeup.hpp>
#include <cosio/server_url.hpp>
#include <cosio/transports/http_connector.hpp>
#include <cosio/transports/simulated_network.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace cosio {
namespace {

constexpr std::size_t capacity_bytes = 64 * 1024;

/// One direction of a connection.
struct pipe final : timer_node
{
    pipe(simulation& in, shard& reads, shard& writes, std::string called)
        : world{&in},
          reader{&reads},
          writers_home{&writes},
          name{std::move(called)},
          arrival{reads.executor()}
    {}

    struct piece
    {
        time_point due;
        std::string bytes;
        bool is_end = false;
    };

    [[nodiscard]] std::size_t room() const noexcept
    {
        return capacity_bytes - std::min(capacity_bytes, under_way + arrived.size());
    }

    void send(piece what)
    {
        under_way += what.bytes.size();
        if (stalled)
            return;
        if (!pieces.empty())
            what.due = std::max(what.due, pieces.back().due);
        const bool now = pieces.empty() && what.due <= reader->now();
        pieces.push_back(std::move(what));
        if (now)
            on_deadline(reader->now());
        else
            await_next();
    }

    void on_deadline(time_point now) override
    {
        if (paused)
            return;
        while (!pieces.empty() && pieces.front().due <= now) {
            piece& next = pieces.front();
            world->trace().note_bytes(world->now(), name, next.bytes);
            under_way -= next.bytes.size();
            arrived += next.bytes;
            ended |= next.is_end;
            pieces.pop_front();
        }
        await_next();
        arrival.notify();
    }

    void pause() noexcept { paused = true; }

    void go_on()
    {
        paused = false;
        if (!pieces.empty())
            reader->time().arm(*this, std::max(pieces.front().due, reader->now()));
    }

    void stall() noexcept
    {
        stalled = true;
        pieces.clear();
        reader->time().disarm(*this);
    }

    void reset()
    {
        broken = true;
        arrived.clear();
        stall();
        arrival.notify();
        tell_writer();
    }

    void end(time_point due)
    {
        if (!std::exchange(closing, true))
            send({.due = due, .bytes = {}, .is_end = true});
    }

    void tell_writer()
    {
        if (auto waiting = std::exchange(writer, nullptr))
            writers_home->post([waiting] { waiting->on_link_writable(); });
    }

    /// Who reads lives on another shard from now on.
    void move_reader(shard& to)
    {
        arrival.notify();  // who waited there is let go
        arrival.move_to(to.executor());
        reader->time().disarm(*this);
        reader = &to;
        await_next();
    }

    simulation* world;
    shard* reader;
    shard* writers_home;
    std::string name;
    detail::wakeup arrival;
    boost::intrusive_ptr<link_listener> writer;
    std::deque<piece> pieces;
    std::string arrived;
    std::size_t under_way = 0;  // what a stalled pipe has swallowed too
    bool ended = false;
    bool closing = false;  // the end is under way, or there is nobody who reads
    bool paused = false;
    bool stalled = false;
    bool broken = false;

private:
    void await_next()
    {
        if (!pieces.empty() && !paused)
            reader->time().arm(*this, pieces.front().due);
    }
};

struct connection
{
    connection(simulation& world, shard& far, const std::string& name)
        : up{world, far, world.home(), name + " up"}, down{world, world.home(), far, name + " down"}
    {}

    [[nodiscard]] pipe& heading(link_direction which) noexcept
    {
        return which == link_direction::up ? up : down;
    }

    void fail(link_direction which, link_fault how)
    {
        for (pipe* const one : {&up, &down})
            switch (how) {
            case link_fault::reset: one->reset(); break;
            case link_fault::close:
                one->end(one->reader->now());
                one->tell_writer();
                break;
            case link_fault::stall: one->stall(); break;
            case link_fault::deaf:
                if (one == &heading(which))
                    one->stall();
                break;
            }
    }

    void pause(bool now)
    {
        for (pipe* const one : {&up, &down})
            if (now)
                one->pause();
            else
                one->go_on();
    }

    pipe up;
    pipe down;
};

struct planned_failure
{
    link_direction which;
    std::uint64_t byte;
    link_fault how;
};

/// A name that can be dialed.
struct host
{
    simulated_network::acceptor accept;
    std::size_t connections = 0;  // that were made, ever
    std::size_t open = 0;
    std::size_t max_open = std::numeric_limits<std::size_t>::max();
    std::deque<std::pair<std::unique_ptr<byte_stream>, shard*>> waiting;  // for a descriptor
    std::deque<std::pair<std::unique_ptr<byte_stream>, shard*>>
        arriving;  // for a turn of their shard
    std::vector<std::weak_ptr<connection>> links;
    std::array<std::uint64_t, 2> bytes = {};  // written, by direction
    std::optional<planned_failure> failure;
    bool cut = false;
    bool loses_dials = false;
};

}  // namespace

struct simulated_network::state : std::enable_shared_from_this<state>
{
    state(simulation& in, simulated_network& of) : world{&in}, random{in.seed()}, network{&of} {}

    [[nodiscard]] duration draw_delay()
    {
        const link_quality& links = quality();
        if (links.jitter <= duration::zero())
            return links.latency;
        const auto most = static_cast<std::uint64_t>(links.jitter.count());
        return links.latency + duration{static_cast<duration::rep>(random.below(most + 1))};
    }

    [[nodiscard]] std::size_t draw_piece(std::size_t most)
    {
        const std::size_t max_piece = quality().max_piece;
        return max_piece >= most ? most : 1 + random.below(max_piece);
    }

    /// Perfect, after the end of the network.
    [[nodiscard]] const link_quality& quality() const noexcept
    {
        static constexpr link_quality perfect;
        return network ? network->quality : perfect;
    }

    [[nodiscard]] host& of(std::string_view name)
    {
        const auto found = hosts.find(name);
        return found != hosts.end() ? found->second
                                    : hosts.emplace(std::string{name}, host{}).first->second;
    }

    void note(std::string_view who, std::string_view what) { world->note(who, what); }

    void count_step()
    {
        if (network && network->steps++ == event_step && event)
            world->home().post(std::exchange(event, nullptr));
    }

    void fail(host& at, link_fault how)
    {
        for (const auto& one : std::exchange(at.links, {}))
            if (const auto open = one.lock()) {
                ++network->failures;
                open->fail(random.below(2) == 0 ? link_direction::up : link_direction::down, how);
            }
    }

    [[nodiscard]] std::unique_ptr<byte_stream> connect(std::string_view name);
    void accept_later(const std::string& name, std::unique_ptr<byte_stream> far, shard& on);
    void accept(const std::string& name, shard& on);
    void accept_waiting(const std::string& name);
    void release(const std::string& name);

    simulation* world;
    seeded_random random;
    simulated_network* network;  // null after its end: streams may live on
    std::map<std::string, host, std::less<>> hosts;
    std::size_t streams = 0;
    std::uint64_t event_step = 0;
    std::function<void()> event;
};

namespace {

/// One end of a connection; that of the host counts as its descriptor.
class stream final : public byte_stream
{
public:
    using network = simulated_network::state;

    stream(
        std::shared_ptr<network> on,
        std::shared_ptr<connection> of,
        link_direction writes,
        std::string of_host
    )
        : network_{std::move(on)},
          of_{std::move(of)},
          host_{std::move(of_host)},
          in_{&of_->heading(
              writes == link_direction::up ? link_direction::down : link_direction::up
          )},
          out_{&of_->heading(writes)},
          writes_{writes}
    {
        ++network_->streams;
    }

    ~stream() override
    {
        close();
        --network_->streams;
        if (writes_ == link_direction::down)
            network_->release(host_);
    }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        if (in_->broken)
            ec = engine::errc::connection_reset;
        else if (closed_ || (in_->arrived.empty() && in_->ended))
            ec = engine::errc::connection_closed;
        if (ec)
            return 0;
        const std::size_t count = std::min(into.size(), in_->arrived.size());
        std::copy_n(std::as_bytes(std::span{in_->arrived}).begin(), count, into.begin());
        in_->arrived.erase(0, count);
        if (count != 0) {
            in_->tell_writer();
            network_->count_step();
        }
        return count;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (closed_)
            return engine::errc::connection_closed;
        if (!in_->arrived.empty() || in_->ended || in_->broken)
            return error_code{};
        return in_->arrival.park(who);
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        if (closed_ || out_->closing || out_->broken) {
            ec = engine::errc::connection_reset;
            return 0;
        }
        std::string all;
        for (const bytes_view& view : from)
            all += as_text(view);
        all.resize(std::min(all.size(), out_->room()));
        if (!all.empty())
            send(all);
        return all.size();
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        out_->writer = std::move(listener);
        if (out_->room() != 0 || out_->closing || out_->broken)
            out_->tell_writer();
    }

    void interrupt() noexcept override { in_->arrival.notify(); }

    void shutdown_send() noexcept override { out_->end(due()); }

    void close() noexcept override
    {
        if (std::exchange(closed_, true))
            return;
        shutdown_send();
        out_->writer = nullptr;
        in_->closing = true;
        in_->arrival.notify();
        if (!in_->stalled)
            in_->tell_writer();
    }

    bool move_to(shard& other) noexcept override
    {
        in_->move_reader(other);
        out_->writers_home = &other;
        return true;
    }

    std::string remote_address() const override { return "127.0.0.1"; }

private:
    [[nodiscard]] time_point due() const { return out_->reader->now() + network_->draw_delay(); }

    /// What stands before a planned failure passes, and what stands behind it does not.
    void send(std::string_view all)
    {
        host& at = network_->of(host_);
        std::uint64_t& sent = at.bytes[static_cast<std::size_t>(writes_)];
        const auto planned = at.failure;
        const bool fails =
            planned && planned->which == writes_ && planned->byte < sent + all.size();
        const std::string_view passes =
            fails ? all.substr(0, static_cast<std::size_t>(planned->byte - sent)) : all;
        sent += all.size();
        cut_in_pieces(passes);
        if (fails) {
            at.failure.reset();
            if (network_->network)
                ++network_->network->failures;
            network_->note(host_, to_string(planned->how));
            of_->fail(writes_, planned->how);
        }
        network_->count_step();
    }

    void cut_in_pieces(std::string_view rest)
    {
        while (!rest.empty()) {
            const std::size_t size = network_->draw_piece(rest.size());
            out_->send({.due = due(), .bytes = std::string{rest.substr(0, size)}});
            rest.remove_prefix(size);
        }
    }

    std::shared_ptr<network> network_;
    std::shared_ptr<connection> of_;
    std::string host_;
    pipe* in_;
    pipe* out_;
    link_direction writes_;
    bool closed_ = false;
};

class dialer_of final : public stream_dialer
{
public:
    dialer_of(std::shared_ptr<simulated_network::state> on, std::string_view name)
        : on_{std::move(on)}, name_{name}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto begun = std::make_unique<dialing>(on_, name_, std::move(done));
        shard& home = on_->world->home();
        home.time().arm(*begun, home.now() + on_->draw_delay());
        return begun;
    }

private:
    struct dialing final : attempt, timer_node
    {
        dialing(std::shared_ptr<simulated_network::state> to, std::string what, dialed done)
            : on{std::move(to)}, name{std::move(what)}, told{std::move(done)}
        {}

        void on_deadline(time_point) override
        {
            if (const host& at = on->of(name); at.cut || at.loses_dials)
                return;
            const dialed tell = std::exchange(told, nullptr);  // it may destroy this
            if (auto made = on->connect(name))
                tell(std::move(made));
            else
                tell(link_failure{.why = engine::errc::connection_reset});
        }

        std::shared_ptr<simulated_network::state> on;
        std::string name;
        dialed told;
    };

    std::shared_ptr<simulated_network::state> on_;
    std::string name_;
};

}  // namespace

/// Null: refused.
std::unique_ptr<byte_stream> simulated_network::state::connect(std::string_view name)
{
    host& at = of(name);
    if (!at.accept) {
        note(name, "refuses");
        return nullptr;
    }
    std::erase_if(at.links, [](const auto& one) { return one.expired(); });
    shard& far = *world->shards()[at.connections % world->shards().size()];
    const std::string called = fmt::format("{}#{}", name, ++at.connections);
    const auto made = std::make_shared<connection>(*world, far, called);
    at.links.push_back(made);
    note(called, "is dialed");
    auto near =
        std::make_unique<stream>(shared_from_this(), made, link_direction::up, std::string{name});
    const bool has_descriptor = at.open < at.max_open;
    ++at.open;
    auto end =
        std::make_unique<stream>(shared_from_this(), made, link_direction::down, std::string{name});
    if (has_descriptor)
        accept_later(std::string{name}, std::move(end), far);
    else
        at.waiting.emplace_back(std::move(end), &far);
    return near;
}

void simulated_network::state::accept_later(
    const std::string& name, std::unique_ptr<byte_stream> far, shard& on
)
{
    of(name).arriving.emplace_back(std::move(far), &on);
    on.post([weak = weak_from_this(), name, &on] {
        if (const auto self = weak.lock())
            self->accept(name, on);
    });
}

void simulated_network::state::accept(const std::string& name, shard& on)
{
    host& at = of(name);
    const auto next =
        std::ranges::find(at.arriving, &on, [](const auto& one) { return one.second; });
    std::unique_ptr<byte_stream> end = std::move(next->first);
    at.arriving.erase(next);
    if (at.accept)
        at.accept(std::move(end), on);
}

/// One that held a descriptor is over, or there are more.
void simulated_network::state::accept_waiting(const std::string& name)
{
    host& at = of(name);
    while (!at.waiting.empty() && at.open - at.waiting.size() < at.max_open) {
        auto [end, on] = std::move(at.waiting.front());
        at.waiting.pop_front();
        accept_later(name, std::move(end), *on);
    }
}

void simulated_network::state::release(const std::string& name)
{
    --of(name).open;
    accept_waiting(name);
}

std::string_view to_string(link_fault what) noexcept
{
    switch (what) {
    case link_fault::reset: return "reset";
    case link_fault::close: return "close";
    case link_fault::stall: return "stall";
    case link_fault::deaf: return "deaf";
    }
    return "";
}

simulated_network::simulated_network(simulation& world)
    : state_{std::make_shared<state>(world, *this)}
{}

simulated_network::~simulated_network()
{
    state_->network = nullptr;
    state_->event = nullptr;
    for (auto& [name, at] : state_->hosts) {
        at.accept = nullptr;
        std::exchange(at.waiting, {}).clear();
        std::exchange(at.arriving, {}).clear();
    }
}

void simulated_network::listen(std::string_view host, acceptor to)
{
    state_->of(host).accept = std::move(to);
}

void simulated_network::stop_listening(std::string_view host)
{
    state_->of(host).accept = nullptr;
    std::exchange(state_->of(host).waiting, {}).clear();
}

std::unique_ptr<stream_dialer> simulated_network::dialer(std::string_view host)
{
    return std::make_unique<dialer_of>(state_, host);
}

std::unique_ptr<connector> simulated_network::connect_to(
    std::string_view url, const client_options& options
)
{
    const server_url where = server_url::parse(url);
    return make_http_connector(state_->world->home(), where, dialer(where.host), options);
}

void simulated_network::fail_all(link_fault how)
{
    state_->note("network", to_string(how));
    for (auto& [name, at] : state_->hosts)
        state_->fail(at, how);
}

void simulated_network::fail(std::string_view host, link_fault how)
{
    state_->note(host, to_string(how));
    state_->fail(state_->of(host), how);
}

void simulated_network::fail_at_byte(
    std::string_view host, link_direction which, std::uint64_t byte, link_fault how
)
{
    state_->of(host).failure = {which, byte, how};
}

std::uint64_t simulated_network::bytes(std::string_view host, link_direction which) const
{
    return state_->of(host).bytes[static_cast<std::size_t>(which)];
}

void simulated_network::at_step(std::uint64_t step, std::function<void()> what)
{
    state_->event_step = step;
    state_->event = std::move(what);
}

void simulated_network::cut(std::string_view host)
{
    state_->note(host, "is cut off");
    state_->of(host).cut = true;
    for (const auto& one : state_->of(host).links)
        if (const auto open = one.lock())
            open->pause(true);
}

void simulated_network::heal(std::string_view host)
{
    state_->note(host, "is back");
    state_->of(host).cut = false;
    for (const auto& one : state_->of(host).links)
        if (const auto open = one.lock())
            open->pause(false);
}

bool simulated_network::is_cut(std::string_view host) const
{
    return state_->of(host).cut;
}

void simulated_network::cut_dials(std::string_view host, bool are_lost)
{
    state_->of(host).loses_dials = are_lost;
}

void simulated_network::limit_descriptors(std::string_view host, std::size_t most)
{
    state_->of(host).max_open = most;
    state_->accept_waiting(std::string{host});
}

std::size_t simulated_network::streams() const noexcept
{
    return state_->streams;
}

std::size_t simulated_network::waiting(std::string_view host) const
{
    return state_->of(host).waiting.size();
}

}  // namespace cosio
