// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/wakeup.hpp>
#include <cosio/transports/loopback.hpp>

#include <deque>

namespace cosio {
namespace {

/// One direction: what was written and not yet read, and who waits for what.
template <class Contents>
struct channel
{
    channel(shard& reader, shard& writes) : arrived{reader.executor()}, writers_home{&writes} {}

    /// The reader has made room.
    void tell_writer()
    {
        if (auto waiting = std::exchange(writer, nullptr))
            writers_home->post([waiting] { waiting->on_link_writable(); });
    }

    Contents contents;
    detail::wakeup arrived;
    shard* writers_home;
    boost::intrusive_ptr<link_listener> writer;
    bool ended = false;  // by the writer
};

using frame_channel = channel<std::deque<frame_ref>>;
using byte_channel = channel<std::string>;

class loopback_transport final : public transport
{
public:
    loopback_transport(
        std::shared_ptr<frame_channel> in,
        std::shared_ptr<frame_channel> out,
        const loopback_options& options
    )
        : in_{std::move(in)}, out_{std::move(out)}, options_{options}
    {}

    ~loopback_transport() override { close(); }

    engine::transport_kind kind() const noexcept override { return options_.kind; }

    bool try_receive(engine::packet_view& packet) override
    {
        if (closed_ || in_->contents.empty())
            return false;
        current_ = std::move(in_->contents.front());
        in_->contents.pop_front();
        in_->tell_writer();
        if (current_->kind() == frame_kind::binary) {
            packet = {.kind = frame_kind::binary, .data = current_->payload()};
            return true;
        }
        const auto parsed = engine::parse_packet(as_text(current_->payload()), base64_);
        if (parsed)
            packet = *parsed;
        else
            fault_ = parsed.error();
        return parsed.has_value();
    }

    std::optional<error_code> park(parked& who) override
    {
        if (fault_)
            return fault_;
        if (closed_ || (in_->ended && in_->contents.empty()))
            return engine::errc::connection_closed;
        if (!in_->contents.empty())
            return error_code{};
        return in_->arrived.park(who);
    }

    void try_flush(outbox& pending) override
    {
        while (!pending.empty() && writable()) {
            out_->contents.push_back(pending[0]);
            pending.pop(1);
        }
        out_->arrived.notify();
    }

    bool writable() const noexcept override
    {
        return !closed_ && out_->contents.size() < options_.capacity_frames;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        out_->writer = std::move(listener);
    }

    void finish() override { close(); }

    void close() noexcept override
    {
        if (std::exchange(closed_, true))
            return;
        out_->ended = true;
        out_->writer = nullptr;
        out_->arrived.notify();
        in_->writer = nullptr;
        in_->arrived.notify();
    }

private:
    std::shared_ptr<frame_channel> in_;
    std::shared_ptr<frame_channel> out_;
    loopback_options options_;
    frame_ref current_;
    std::vector<std::byte> base64_;
    error_code fault_;
    bool closed_ = false;
};

class memory_stream final : public byte_stream
{
public:
    memory_stream(
        std::shared_ptr<byte_channel> in,
        std::shared_ptr<byte_channel> out,
        const memory_stream_options& options
    )
        : in_{std::move(in)}, out_{std::move(out)}, options_{options}
    {}

    ~memory_stream() override { close(); }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        std::string& bytes = in_->contents;
        if (closed_ || (bytes.empty() && in_->ended)) {
            ec = engine::errc::connection_closed;
            return 0;
        }
        const std::size_t count = std::min({into.size(), bytes.size(), options_.max_read_bytes});
        std::copy_n(std::as_bytes(std::span{bytes}).begin(), count, into.begin());
        bytes.erase(0, count);
        if (count != 0)
            in_->tell_writer();
        return count;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (closed_)
            return engine::errc::connection_closed;
        if (!in_->contents.empty() || in_->ended)
            return error_code{};
        return in_->arrived.park(who);
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        if (closed_ || out_->ended || in_->ended) {
            ec = engine::errc::connection_reset;
            return 0;
        }
        std::size_t room = std::min(
            options_.max_write_bytes,
            options_.capacity_bytes - std::min(options_.capacity_bytes, out_->contents.size())
        );
        std::size_t written = 0;
        for (const bytes_view& view : from) {
            const std::size_t count = std::min(room, view.size());
            out_->contents.append(as_text(view.first(count)));
            written += count;
            room -= count;
        }
        if (written != 0)
            out_->arrived.notify();
        return written;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        out_->writer = std::move(listener);
        if (out_->contents.size() < options_.capacity_bytes)
            out_->tell_writer();
    }

    void interrupt() noexcept override { in_->arrived.notify(); }

    void shutdown_send() noexcept override
    {
        out_->ended = true;
        out_->arrived.notify();
    }

    void close() noexcept override
    {
        if (std::exchange(closed_, true))
            return;
        shutdown_send();
        out_->writer = nullptr;
        in_->arrived.notify();
        in_->tell_writer();
    }

    bool move_to(shard& other) noexcept override
    {
        in_->arrived.notify();  // who waited there is let go
        in_->arrived.move_to(other.executor());
        out_->writers_home = &other;
        return true;
    }

    std::string remote_address() const override { return options_.address; }

private:
    std::shared_ptr<byte_channel> in_;
    std::shared_ptr<byte_channel> out_;
    memory_stream_options options_;
    bool closed_ = false;
};

}  // namespace

std::pair<std::unique_ptr<transport>, std::unique_ptr<transport>> make_loopback_pair(
    shard& first, shard& second, const loopback_options& options
)
{
    const auto up = std::make_shared<frame_channel>(first, second);
    const auto down = std::make_shared<frame_channel>(second, first);
    return {
        std::make_unique<loopback_transport>(up, down, options),
        std::make_unique<loopback_transport>(down, up, options)
    };
}

std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>> make_memory_streams(
    shard& first, shard& second, const memory_stream_options& options
)
{
    const auto up = std::make_shared<byte_channel>(first, second);
    const auto down = std::make_shared<byte_channel>(second, first);
    return {
        std::make_unique<memory_stream>(up, down, options),
        std::make_unique<memory_stream>(down, up, options)
    };
}

}  // namespace cosio
