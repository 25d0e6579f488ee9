// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulated_network_state.hpp"

namespace cosio {

/// One end of a connection; that of the host counts as its descriptor.
class simulated_stream final : public byte_stream
{
public:
    using network = simulated_network::state;

    simulated_stream(
        std::shared_ptr<network> on,
        std::shared_ptr<simulated_link> of,
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

    ~simulated_stream() override
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
        all.resize(std::min(all.size(), room()));
        if (!all.empty())
            send(all);
        return all.size();
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        out_->writer = std::move(listener);
        if (room() != 0 || out_->closing || out_->broken)
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
        in_->has_reader = false;
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
    [[nodiscard]] time_point due() const { return left_at() + network_->draw_delay(); }

    /// When what was written so far has left, as the rate allows.
    [[nodiscard]] time_point left_at() const
    {
        return std::max(out_->reader->now(), out_->free_at);
    }

    [[nodiscard]] std::size_t room() const noexcept
    {
        return out_->room(network_->quality().capacity_bytes);
    }

    /// What stands before a planned failure passes, and what stands behind it does not.
    void send(std::string_view all)
    {
        network::host& at = network_->of(host_);
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
            out_->free_at = left_at() + network_->takes(size);
            out_->send({.due = due(), .bytes = std::string{rest.substr(0, size)}});
            rest.remove_prefix(size);
        }
    }

    std::shared_ptr<network> network_;
    std::shared_ptr<simulated_link> of_;
    std::string host_;
    simulated_pipe* in_;
    simulated_pipe* out_;
    link_direction writes_;
    bool closed_ = false;
};

}  // namespace cosio
