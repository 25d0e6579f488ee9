// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/wakeup.hpp>
#include <cosio/transport.hpp>
#include <cosio/transports/simulation.hpp>

#include <deque>
#include <string>

namespace cosio {

/// One direction of a connection.
struct simulated_pipe final : timer_node
{
    simulated_pipe(simulation& in, shard& reads, shard& writes, std::string called)
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

    [[nodiscard]] std::size_t room(std::size_t capacity) const noexcept
    {
        return capacity - std::min(capacity, under_way + arrived.size());
    }

    [[nodiscard]] std::size_t unread() const noexcept { return has_reader ? arrived.size() : 0; }

    void send(piece what)
    {
        under_way += what.bytes.size();
        if (stalled)
            return world->trace().note_bytes(world->now(), name + " loses", what.bytes);
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
    bool has_reader = true;
    bool paused = false;
    bool stalled = false;
    bool broken = false;
    time_point free_at = {};  // what was written before has left by then

private:
    void await_next()
    {
        if (!pieces.empty() && !paused)
            reader->time().arm(*this, pieces.front().due);
    }
};

}  // namespace cosio
