// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/byte_stream.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace cosio::test {

/// Is told what passes the server's end of a connection.
class stream_tap
{
public:
    virtual ~stream_tap() = default;

    virtual void on_read(std::string_view bytes) = 0;
    virtual void on_written(std::string_view bytes) = 0;

    /// The server uses it no more, or the other side has gone.
    virtual void on_end() = 0;
};

/// Passes everything on, and tells a tap.
class tapped_stream final : public byte_stream
{
public:
    tapped_stream(std::unique_ptr<byte_stream> of, std::unique_ptr<stream_tap> to)
        : of_{std::move(of)}, tap_{std::move(to)}
    {}

    ~tapped_stream() override { end(); }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        const std::size_t count = of_->try_read(into, ec);
        if (count != 0)
            tap_->on_read(as_text(bytes_view{into.first(count)}));
        if (ec)
            end();
        return count;
    }

    std::optional<error_code> park(parked& who) override { return of_->park(who); }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        const std::size_t count = of_->try_write(from, ec);
        std::size_t left = count;
        for (const bytes_view& view : from) {
            const std::size_t taken = std::min(left, view.size());
            if (taken != 0)
                tap_->on_written(as_text(view.first(taken)));
            left -= taken;
        }
        return count;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        of_->notify_writable(std::move(listener));
    }

    void interrupt() noexcept override { of_->interrupt(); }

    void shutdown_send() noexcept override { of_->shutdown_send(); }

    void close() noexcept override
    {
        end();
        of_->close();
    }

    std::string remote_address() const override { return of_->remote_address(); }

    bool move_to(shard& other) noexcept override { return of_->move_to(other); }

    bool secure() const noexcept override { return of_->secure(); }

private:
    void end()
    {
        if (!std::exchange(ended_, true))
            tap_->on_end();
    }

    std::unique_ptr<byte_stream> of_;
    std::unique_ptr<stream_tap> tap_;
    bool ended_ = false;
};

}  // namespace cosio::test
