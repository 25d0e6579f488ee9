// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/byte_stream.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

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
class last_words final : public link_listener
{
public:
    last_words(std::unique_ptr<byte_stream> into, std::vector<std::byte> unsent)
        : stream{std::move(into)}, unsent_{std::move(unsent)}
    {}

    void on_link_writable() override
    {
        error_code ec;
        if (!unsent_.empty()) {
            const bytes_view all{unsent_};
            const std::size_t written = stream->try_write({&all, 1}, ec);
            unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(written));
        }
        if (unsent_.empty() || ec)
            stream->shutdown_send();
        else
            stream->notify_writable(this);
    }

    const std::unique_ptr<byte_stream> stream;

private:
    std::vector<std::byte> unsent_;
};

task<> discard(shard* home, boost::intrusive_ptr<last_words> words, duration limit)
{
    byte_stream* const stream = words->stream.get();
    deadline_cutter cutter{*stream};
    home->time().arm(cutter, home->now() + limit);
    std::size_t discarded = 0;
    error_code ec;
    while (!ec && discarded < max_discarded_bytes) {
        const std::size_t count = stream->try_read(home->scratch(), ec);
        discarded += count;
        if (!ec)
            ec = co_await stream->readable();
    }
    stream->close();
}

}  // namespace

void linger_close(
    shard& home, std::unique_ptr<byte_stream> stream, duration limit, std::vector<std::byte> unsent
)
{
    boost::intrusive_ptr<last_words> words{new last_words{std::move(stream), std::move(unsent)}};
    words->on_link_writable();
    asio::co_spawn(home.executor(), discard(&home, std::move(words), limit), asio::detached);
}

}  // namespace cosio
