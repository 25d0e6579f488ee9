// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/byte_stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Connections that somebody else has accepted, as streams of ours: descriptors, sockets of Asio and Beast, and
// whatever else has their asynchronous operations, TLS first of all.

namespace cosio {

/// A connected TCP or Unix socket, which the stream owns from now on.
[[nodiscard]] std::unique_ptr<byte_stream> make_socket_stream(shard& home, int descriptor);

namespace detail {

class adopted_stream;

/// What of an adopted stream lives with its own executor. The other half lives on a shard, perhaps on another
/// thread; each has its own members, and the buffers go from one to the other and back.
class foreign_stream : public std::enable_shared_from_this<foreign_stream>
{
public:
    virtual ~foreign_stream() = default;

    // Begin an operation, from any thread. One of each kind at a time.
    virtual void start_read() = 0;
    virtual void start_write() = 0;
    virtual void start_shutdown() = 0;
    virtual void start_close() = 0;

    static constexpr std::size_t read_bytes = 8 * 1024;
    static constexpr std::size_t write_bytes = 64 * 1024;

    std::string remote_address;
    bool secure = false;

protected:
    foreign_stream() = default;

    /// On the stream's executor, when an operation is over.
    void read_done(error_code ec, std::size_t count);
    void write_done(error_code ec);

    std::array<std::byte, read_bytes> incoming_;  // while no read is under way, the shard's
    std::vector<std::byte> outgoing_;             // while no write is under way, the shard's

private:
    friend adopted_stream;

    template <class F>
    void tell(F told);

    std::atomic<shard*> home_ = nullptr;
    adopted_stream* stream_ = nullptr;  // the other half; touched on its shard
};

[[nodiscard]] std::unique_ptr<byte_stream> make_adopted_stream(
    shard& home, std::shared_ptr<foreign_stream> of
);

/// The socket below all layers. A timeout of Beast's would end what waits for long.
template <class Stream>
[[nodiscard]] auto& lowest_socket(Stream& stream)
{
    if constexpr (requires { stream.expires_never(); })
        stream.expires_never();
    if constexpr (requires { stream.next_layer(); })
        return lowest_socket(stream.next_layer());
    else if constexpr (requires { stream.socket(); })
        return stream.socket();
    else
        return stream;
}

template <class Stream>
class foreign_stream_of final : public foreign_stream
{
public:
    explicit foreign_stream_of(Stream stream) : stream_{std::move(stream)}
    {
        error_code ec;
        auto& socket = lowest_socket(stream_);
        if constexpr (requires { socket.remote_endpoint(ec).address(); })
            remote_address = socket.remote_endpoint(ec).address().to_string(ec);
        secure = has_shutdown;
    }

    void start_read() override
    {
        run([](foreign_stream_of& self, auto keep) {
            self.stream_.async_read_some(
                asio::buffer(self.incoming_),
                [keep](const error_code& ec, std::size_t count) { keep->read_done(ec, count); }
            );
        });
    }

    void start_write() override
    {
        run([](foreign_stream_of& self, auto keep) {
            asio::async_write(
                self.stream_,
                asio::buffer(self.outgoing_),
                [keep](const error_code& ec, std::size_t) { keep->write_done(ec); }
            );
        });
    }

    void start_shutdown() override
    {
        run([](foreign_stream_of& self, auto keep) {
            error_code ignored;
            if constexpr (has_shutdown)
                self.stream_.async_shutdown([keep](const error_code&) {
                    error_code none;
                    static_cast<void>(lowest_socket(keep->stream_)
                                          .shutdown(asio::socket_base::shutdown_send, none));
                });
            else
                static_cast<void>(
                    lowest_socket(self.stream_).shutdown(asio::socket_base::shutdown_send, ignored)
                );
        });
    }

    void start_close() override
    {
        run([](foreign_stream_of& self, auto) {
            error_code ignored;
            static_cast<void>(lowest_socket(self.stream_).close(ignored));
        });
    }

private:
    // Only TLS has one.
    static constexpr bool has_shutdown =
        requires(Stream& stream) { stream.async_shutdown([](const error_code&) {}); };

    template <class F>
    void run(F begin)
    {
        auto self = std::static_pointer_cast<foreign_stream_of>(shared_from_this());
        const auto executor = stream_.get_executor();
        asio::dispatch(executor, [self = std::move(self), begin] { begin(*self, self); });
    }

    Stream stream_;
};

}  // namespace detail

/// A stream of Asio's or Beast's as one of ours, which owns it. Called where the stream may be used: on the thread of
/// its executor, or strand, with no operation under way.
/// A plain socket leaves its executor and is served as if we had accepted it. Any other one, such as
/// asio::ssl::stream or beast::ssl_stream after its handshake, keeps its executor: its operations run there, and
/// what they bring comes to `home`; that costs a hop each way if it is another thread. Its context is destroyed after
/// the shard and does not run any more by then; if several threads run it, the executor is a strand.
/// Cost: a plain socket none; another one 8 KiB, an allocation for each read and write, and a copy.
template <class Stream>
[[nodiscard]] std::unique_ptr<byte_stream> adopt_stream(shard& home, Stream stream)
{
    if constexpr (requires { stream.release_socket(); }) {
        return adopt_stream(home, stream.release_socket());
    } else if constexpr (requires(error_code& ec) {
                             { stream.release(ec) } -> std::same_as<int>;
                         }) {
        error_code ec;
        const int descriptor = stream.release(ec);
        return make_socket_stream(home, ec ? -1 : descriptor);
    } else {
        return detail::make_adopted_stream(
            home, std::make_shared<detail::foreign_stream_of<Stream>>(std::move(stream))
        );
    }
}

}  // namespace cosio
