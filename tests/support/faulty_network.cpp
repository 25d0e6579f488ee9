// SPDX-License-Identifier: BSL-1.0
#include "faulty_network.hpp"

#include <cosio/detail/wakeup.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace cosio::test {
namespace {

constexpr std::size_t capacity_bytes = 64 * 1024;

}  // namespace

std::string_view to_string(fault what) noexcept
{
    switch (what) {
    case fault::reset: return "reset";
    case fault::close: return "close";
    case fault::stall: return "stall";
    case fault::deaf: return "deaf";
    }
    return "";
}

/// One direction of a connection.
struct faulty_network::pipe final : timer_node
{
    pipe(shard& on, heading to) : home{&on}, which{to}, arrival{on.executor()} {}

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
        const bool now = pieces.empty() && what.due <= home->now();
        pieces.push_back(std::move(what));
        if (now)
            on_deadline(home->now());
        else
            home->time().arm(*this, pieces.front().due);
    }

    void on_deadline(time_point now) override
    {
        while (!pieces.empty() && pieces.front().due <= now) {
            under_way -= pieces.front().bytes.size();
            arrived += pieces.front().bytes;
            ended |= pieces.front().is_end;
            pieces.pop_front();
        }
        if (!pieces.empty())
            home->time().arm(*this, pieces.front().due);
        arrival.notify();
    }

    void stall()
    {
        stalled = true;
        pieces.clear();
        home->time().disarm(*this);
    }

    void reset()
    {
        broken = true;
        arrived.clear();
        stall();
        arrival.notify();
        tell_writer();
    }

    void tell_writer()
    {
        if (auto waiting = std::exchange(writer, nullptr))
            home->post([waiting] { waiting->on_link_writable(); });
    }

    shard* home;
    heading which;
    detail::wakeup arrival;
    boost::intrusive_ptr<link_listener> writer;
    std::deque<piece> pieces;
    std::string arrived;
    std::size_t under_way = 0;  // what a stalled pipe has swallowed too
    bool ended = false;
    bool closing = false;  // the end is under way, or there is nobody who reads
    bool stalled = false;
    bool broken = false;
};

struct faulty_network::connection
{
    explicit connection(shard& home) : up{home, heading::up}, down{home, heading::down} {}

    void fail(heading which, fault how)
    {
        for (pipe* const one : {&up, &down})
            if (how == fault::reset)
                one->reset();
            else if (how == fault::close)
                end(*one);
            else if (how == fault::stall || one->which == which)
                one->stall();
    }

    static void end(pipe& one)
    {
        if (std::exchange(one.closing, true))
            return;
        one.send({.due = one.home->now(), .bytes = {}, .is_end = true});
        one.tell_writer();
    }

    pipe up;
    pipe down;
};

class faulty_network::stream final : public byte_stream
{
public:
    stream(faulty_network& network, std::shared_ptr<connection> on, heading writes)
        : network_{&network},
          on_{std::move(on)},
          in_{writes == heading::up ? &on_->down : &on_->up},
          out_{writes == heading::up ? &on_->up : &on_->down}
    {
        ++network_->streams_;
    }

    ~stream() override
    {
        close();
        --network_->streams_;
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

    void shutdown_send() noexcept override
    {
        if (std::exchange(out_->closing, true))
            return;
        out_->send({.due = due(), .bytes = {}, .is_end = true});
    }

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

    std::string remote_address() const override { return "127.0.0.1"; }

private:
    [[nodiscard]] time_point due() const { return out_->home->now() + network_->draw_delay(); }

    /// What stands before a planned failure passes, and what stands behind it does not.
    void send(std::string_view all)
    {
        std::uint64_t& sent = network_->bytes[static_cast<std::size_t>(out_->which)];
        const auto planned = network_->failure_;
        const bool fails =
            planned && planned->which == out_->which && planned->byte < sent + all.size();
        const std::string_view passes =
            fails ? all.substr(0, static_cast<std::size_t>(planned->byte - sent)) : all;
        sent += all.size();
        cut_in_pieces(passes);
        if (fails) {
            network_->failure_.reset();
            ++network_->failures;
            on_->fail(out_->which, planned->how);
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

    faulty_network* network_;
    std::shared_ptr<connection> on_;
    pipe* in_;
    pipe* out_;
    bool closed_ = false;
};

class faulty_network::dialer_to final : public stream_dialer
{
public:
    explicit dialer_to(faulty_network& network) noexcept : network_{&network} {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto begun = std::make_unique<dialing>(*network_, std::move(done));
        network_->world_->home().time().arm(
            *begun, network_->world_->home().now() + network_->draw_delay()
        );
        return begun;
    }

private:
    struct dialing final : attempt, timer_node
    {
        dialing(faulty_network& network, dialed done) : on{&network}, told{std::move(done)} {}

        void on_deadline(time_point) override
        {
            if (on->black_hole)
                return;
            const dialed tell = std::exchange(told, nullptr);  // it may destroy this
            if (auto made = on->connect())
                tell(std::move(made));
            else
                tell(link_failure{.why = engine::errc::connection_reset});
        }

        faulty_network* on;
        dialed told;
    };

    faulty_network* network_;
};

faulty_network::faulty_network(simulation& world, std::uint64_t seed)
    : world_{&world}, random_{seed}
{}

faulty_network::~faulty_network() = default;

std::unique_ptr<stream_dialer> faulty_network::dialer()
{
    return std::make_unique<dialer_to>(*this);
}

std::unique_ptr<byte_stream> faulty_network::connect()
{
    if (!serve)
        return nullptr;
    std::erase_if(connections_, [](const auto& one) { return one.expired(); });
    const auto made = std::make_shared<connection>(world_->home());
    connections_.push_back(made);
    auto near = std::make_unique<stream>(*this, made, heading::up);
    serve(std::make_unique<stream>(*this, made, heading::down));
    return near;
}

void faulty_network::fail_all(fault how)
{
    for (const auto& one : std::exchange(connections_, {}))
        if (const auto open = one.lock()) {
            ++failures;
            open->fail(random_() % 2 == 0 ? heading::up : heading::down, how);
        }
}

void faulty_network::fail_at_byte(heading which, std::uint64_t byte, fault how)
{
    failure_ = {which, byte, how};
}

void faulty_network::at_step(std::uint64_t step, std::function<void()> what)
{
    event_step_ = step;
    event_ = std::move(what);
}

void faulty_network::count_step()
{
    if (steps++ == event_step_ && event_)
        world_->home().post(std::exchange(event_, nullptr));
}

std::size_t faulty_network::draw_piece(std::size_t most)
{
    if (quality.max_piece >= most)
        return most;
    return std::uniform_int_distribution<std::size_t>{1, quality.max_piece}(random_);
}

duration faulty_network::draw_delay()
{
    if (quality.jitter <= duration::zero())
        return quality.latency;
    return quality.latency +
           duration{std::uniform_int_distribution<duration::rep>{0, quality.jitter.count()}(random_)
           };
}

}  // namespace cosio::test
