// SPDX-License-Identifier: BSL-1.0
#include "link_end.hpp"

#include "support/check.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace cosio::test {

std::ostream& operator<<(std::ostream& out, const packet& value)
{
    out << (value.kind == frame_kind::text ? "text " : "binary ") << value.data.size() << " '";
    return out << value.data.substr(0, 40) << "'";
}

frame_ref to_frame(const packet& value)
{
    return make_frame(value.kind, as_bytes(value.data));
}

struct transport_end::state final : public link_listener
{
    state(shard& on, std::unique_ptr<transport> over)
        : home{&on}, link{std::move(over)}, resumed{on.executor()}
    {}

    void flush()
    {
        link->try_flush(pending);
        if (!pending.empty() && !waiting) {
            waiting = true;
            flushing = true;
            link->notify_writable(this);
            flushing = false;
        }
    }

    void spoil_scratch(std::size_t count = shard::scratch_size)
    {
        std::ranges::fill(home->scratch().first(count), std::byte{0xEE});
    }

    void on_link_writable() override
    {
        CHECK(!flushing, "notify_writable() called back inline");
        CHECK(waiting, "notify_writable() called back twice");
        waiting = false;
        flush();
    }

    shard* home;
    std::unique_ptr<transport> link;
    detail::wakeup resumed;
    outbox pending;
    std::vector<packet> packets;
    error_code ended;
    bool reads = true;
    bool one_per_turn = false;
    bool waiting = false;
    bool flushing = false;
};

transport_end::transport_end(shard& home, std::unique_ptr<transport> link)
    : state_{new state{home, std::move(link)}}
{
    asio::co_spawn(home.executor(), read(state_), asio::detached);
}

transport_end::~transport_end()
{
    state_->link->close();
    resume_reading();
}

task<> transport_end::read(boost::intrusive_ptr<state> self)
{
    engine::packet_view view;
    while (!self->ended) {
        if (self->reads && self->link->try_receive(view)) {
            std::string data{view.text()};
            if (view.kind == frame_kind::text)
                data.insert(data.begin(), static_cast<char>('0' + static_cast<int>(view.type)));
            self->packets.push_back({view.kind, std::move(data)});
            if (self->one_per_turn) {
                self->link->retain();
                self->resumed.notify();
                co_await self->resumed.wait();
                self->spoil_scratch();
            }
        } else if (!self->reads) {
            self->link->retain();
            co_await self->resumed.wait();
            self->spoil_scratch();
        } else {
            self->ended = co_await self->link->readable();
            self->spoil_scratch(256);
        }
    }
}

void transport_end::send(const packet& value)
{
    state_->pending.push(to_frame(value));
    if (!state_->waiting)
        state_->flush();
}

bool transport_end::drained() const
{
    return state_->pending.empty();
}

const std::vector<packet>& transport_end::received() const
{
    return state_->packets;
}

void transport_end::stop_reading()
{
    state_->reads = false;
}

void transport_end::resume_reading()
{
    state_->reads = true;
    state_->resumed.notify();
}

void transport_end::finish()
{
    state_->link->finish();
}

void transport_end::close()
{
    state_->link->close();
}

bool transport_end::ended() const
{
    return static_cast<bool>(state_->ended);
}

void transport_end::read_one_per_turn()
{
    state_->one_per_turn = true;
}

}  // namespace cosio::test
