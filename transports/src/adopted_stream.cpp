// SPDX-License-Identifier: BSL-1.0
#include "waiting_room.hpp"

#include <cosio/transports/adopted_stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <algorithm>
#include <optional>
#include <string_view>

namespace cosio::detail {
namespace {

constexpr std::size_t kept_write_bytes = 4 * 1024;

/// An end without close_notify is one too: HTTP and WebSocket say themselves where a message ends.
error_code meaning_of(error_code ec)
{
    const bool truncated = std::string_view{ec.category().name()} == "asio.ssl.stream";
    return ec == asio::error::eof || truncated ? engine::errc::connection_closed
                                               : engine::errc::connection_reset;
}

}  // namespace

/// The half that lives on a shard.
class adopted_stream final : public byte_stream, private waiting_guest
{
public:
    adopted_stream(shard& home, std::shared_ptr<foreign_stream> of)
        : home_{&home}, foreign_{std::move(of)}
    {
        foreign_->home_ = home_;
        foreign_->stream_ = this;
    }

    ~adopted_stream() { close(); }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        const bytes_view ready = bytes_view{foreign_->incoming_}.subspan(taken_, come_ - taken_);
        const std::size_t count = std::min(ready.size(), into.size());
        std::ranges::copy(ready.first(count), into.begin());
        taken_ += count;
        if (count == 0 && ended_)
            ec = ended_;
        return count;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (closed_)
            return engine::errc::connection_closed;
        if (taken_ != come_ || ended_)
            return error_code{};
        if (!await())
            return engine::errc::connection_closed;
        reader_ = std::move(who);
        if (!std::exchange(reading_, true))
            foreign_->start_read();
        return std::nullopt;
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        if (closed_ || shut_ || write_failed_) {
            ec = engine::errc::connection_reset;
            return 0;
        }
        if (writing_)
            return 0;
        std::vector<std::byte>& into = foreign_->outgoing_;
        into.clear();
        try {
            for (const bytes_view& view : from) {
                const std::size_t room = foreign_stream::write_bytes - into.size();
                const bytes_view part = view.first(std::min(view.size(), room));
                into.insert(into.end(), part.begin(), part.end());
            }
        } catch (...) {  // no memory: what fitted goes
        }
        if (into.empty())
            return 0;
        const std::size_t count = into.size();
        writing_ = true;
        foreign_->start_write();
        return count;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        if (closed_)
            return;
        if (!writing_) {
            home_->post([listener = std::move(listener)] { listener->on_link_writable(); });
        } else if (await()) {
            writer_ = std::move(listener);
        }
    }

    void interrupt() noexcept override
    {
        if (reader_)
            resume_later();
    }

    void shutdown_send() noexcept override
    {
        if (!std::exchange(shut_, true) && !writing_ && !closed_)
            foreign_->start_shutdown();
    }

    void close() noexcept override
    {
        if (std::exchange(closed_, true))
            return;
        foreign_->stream_ = nullptr;
        foreign_->start_close();
        leave();
    }

    bool move_to(shard& other) noexcept override
    {
        leave();
        home_ = &other;
        foreign_->home_ = home_;
        return true;
    }

    std::string remote_address() const override { return foreign_->remote_address; }

    bool secure() const noexcept override { return foreign_->secure; }

    void on_read(error_code ec, std::size_t count)
    {
        reading_ = false;
        taken_ = 0;
        come_ = count;
        if (ec)
            ended_ = meaning_of(ec);
        if (reader_) {
            parked who = std::move(reader_);
            rest();
            who.resume();
        }
    }

    void on_written(error_code ec)
    {
        writing_ = false;
        if (foreign_->outgoing_.capacity() > kept_write_bytes)
            foreign_->outgoing_ = {};
        write_failed_ = write_failed_ || ec;
        if (shut_ && !write_failed_)
            foreign_->start_shutdown();
        if (const auto listener = std::exchange(writer_, nullptr)) {
            rest();
            listener->on_link_writable();
        }
    }

private:
    using work_guard = asio::executor_work_guard<asio::io_context::executor_type>;

    /// Somebody begins to wait here: the context has work, and lets go of them at its end.
    [[nodiscard]] bool await()
    {
        if (!waiting_room::of(home_->context()).enter(*this))
            return false;
        if (!work_)
            work_.emplace(home_->executor());
        return true;
    }

    /// Somebody waits no more.
    void rest() noexcept
    {
        if (reader_ || writer_)
            return;
        work_.reset();
        unlink();
    }

    void leave() noexcept
    {
        writer_ = nullptr;
        interrupt();
        rest();
    }

    void resume_later() noexcept
    {
        home_->post([who = std::move(reader_)]() mutable { who.resume(); });
        rest();
    }

    void on_shutdown() noexcept override
    {
        work_.reset();
        // Either may own this.
        const boost::intrusive_ptr<link_listener> untold = std::move(writer_);
        const parked gone = std::move(reader_);
    }

    shard* home_;
    std::shared_ptr<foreign_stream> foreign_;
    parked reader_;
    boost::intrusive_ptr<link_listener> writer_;
    std::optional<work_guard> work_;
    std::size_t come_ = 0;  // bytes in foreign_->incoming_
    std::size_t taken_ = 0;
    error_code ended_;
    bool reading_ = false;
    bool writing_ = false;
    bool write_failed_ = false;
    bool shut_ = false;
    bool closed_ = false;
};

/// Calls told(adopted_stream&) on the shard where the stream is by then; now, if that is here.
template <class F>
void foreign_stream::tell(F told)
{
    shard* const home = home_;
    const auto run = [told](foreign_stream& self, shard* here) {
        if (self.home_ != here)
            self.tell(told);
        else if (self.stream_)
            told(*self.stream_);
    };
    if (home->is_current())
        run(*this, home);
    else
        home->post([run, home, self = shared_from_this()] { run(*self, home); });
}

void foreign_stream::read_done(error_code ec, std::size_t count)
{
    tell([ec, count](adopted_stream& stream) { stream.on_read(ec, count); });
}

void foreign_stream::write_done(error_code ec)
{
    tell([ec](adopted_stream& stream) { stream.on_written(ec); });
}

std::unique_ptr<byte_stream> make_adopted_stream(shard& home, std::shared_ptr<foreign_stream> of)
{
    return std::make_unique<adopted_stream>(home, std::move(of));
}

}  // namespace cosio::detail
