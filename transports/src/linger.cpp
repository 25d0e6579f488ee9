// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/driver.hpp>
#include <cosio/transports/byte_stream.hpp>

namespace cosio {
namespace {

// A peer that keeps sending after our goodbye is cut, however fast it is.
constexpr std::size_t max_discarded_bytes = 8 * 1024 * 1024;

class deadline_cutter final : public timer_node
{
public:
    explicit deadline_cutter(byte_stream& stream) noexcept : stream_{&stream} {}

private:
    void on_deadline(time_point) override { stream_->close(); }

    byte_stream* stream_;
};

/// Writes the last bytes of a stream, and then tells the other end that they were the last.
/// Lifetime: the stream keeps it while it waits, and not the other way round.
class last_words final : public link_listener
{
public:
    last_words(byte_stream& stream, std::vector<std::byte> unsent) noexcept
        : stream_{&stream}, unsent_{std::move(unsent)}
    {}

    void on_link_writable() override
    {
        if (!stream_)
            return;
        error_code ec;
        if (!unsent_.empty()) {
            const bytes_view all{unsent_};
            const std::size_t written = stream_->try_write({&all, 1}, ec);
            unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(written));
        }
        if (unsent_.empty() || ec)
            stream_->shutdown_send();
        else
            stream_->notify_writable(this);
    }

    void forget_stream() noexcept { stream_ = nullptr; }

private:
    byte_stream* stream_;
    std::vector<std::byte> unsent_;
};

/// What goes at the end of the coroutine, also when it never comes to its end.
struct lingering
{
    lingering(std::unique_ptr<byte_stream> into, std::vector<std::byte> unsent)
        : stream{std::move(into)}, words{new last_words{*stream, std::move(unsent)}}
    {}

    lingering(lingering&&) = default;

    ~lingering()
    {
        if (words)
            words->forget_stream();
    }

    std::unique_ptr<byte_stream> stream;
    boost::intrusive_ptr<last_words> words;
    std::shared_ptr<void> keep = {};
};

detail::driver discard(shard* home, lingering on, duration limit)
{
    byte_stream* const stream = on.stream.get();
    deadline_cutter cutter{*stream};
    home->time().arm(cutter, home->now() + limit);
    std::size_t discarded = 0;
    error_code ec;
    // First the wait: this begins inside the turn of somebody who may still look at the scratch.
    while (!ec && discarded < max_discarded_bytes) {
        ec = co_await stream->readable();
        if (!ec)
            discarded += stream->try_read(home->scratch(), ec);
    }
    home->time().disarm(cutter);
    stream->close();
}

}  // namespace

void linger_close(
    shard& home,
    std::unique_ptr<byte_stream> stream,
    duration limit,
    std::vector<std::byte> unsent,
    std::shared_ptr<void> keep
) noexcept
{
    try {
        lingering on{std::move(stream), std::move(unsent)};
        on.keep = std::move(keep);
        on.words->on_link_writable();
        discard(&home, std::move(on), limit);
    } catch (const std::bad_alloc&) {  // so it is closed at once
    }
}

}  // namespace cosio
