// SPDX-License-Identifier: BSL-1.0
#include "echo_endpoint.hpp"

#include <cosio/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace cosio::test {

struct echo_endpoint::state final : public link_listener
{
    explicit state(std::unique_ptr<transport> over) : link{std::move(over)} {}

    void send_back(const engine::packet_view& packet)
    {
        if (packet.kind == frame_kind::text)
            pending.push(engine::encode_packet(packet.type, packet.text()));
        else
            pending.push(make_frame(packet.kind, packet.data));
        if (!waiting)
            flush();
    }

    void flush()
    {
        link->try_flush(pending);
        if (!pending.empty() && !waiting) {
            waiting = true;
            link->notify_writable(this);
        }
    }

    void on_link_writable() override
    {
        waiting = false;
        flush();
    }

    std::unique_ptr<transport> link;
    outbox pending;
    error_code ended;
    bool waiting = false;
};

echo_endpoint::echo_endpoint(
    shard& home,
    std::unique_ptr<byte_stream> stream,
    engine::role side,
    const websocket_options& options
)
    : state_{new state{make_websocket_transport(home, std::move(stream), side, options)}}
{
    asio::co_spawn(home.executor(), echo(state_), asio::detached);
}

echo_endpoint::~echo_endpoint()
{
    state_->link->close();
}

bool echo_endpoint::ended() const noexcept
{
    return static_cast<bool>(state_->ended);
}

task<> echo_endpoint::echo(boost::intrusive_ptr<state> self)
{
    engine::packet_view packet;
    while (!self->ended) {
        if (self->link->try_receive(packet))
            self->send_back(packet);
        else
            self->ended = co_await self->link->readable();
    }
}

}  // namespace cosio::test
