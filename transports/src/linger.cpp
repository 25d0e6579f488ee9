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

task<> discard(shard* home, std::unique_ptr<byte_stream> stream, duration limit)
{
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

void linger_close(shard& home, std::unique_ptr<byte_stream> stream, duration limit)
{
    stream->shutdown_send();
    asio::co_spawn(home.executor(), discard(&home, std::move(stream), limit), asio::detached);
}

}  // namespace cosio
