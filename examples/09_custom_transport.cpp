// SPDX-License-Identifier: BSL-1.0
// A transport of one's own: Engine.IO packets as lines over a Unix socket, for a server and a client.
// Try it: run it; both ends are in this program, and it ends by itself.
#include <cosio/json.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <iostream>

namespace sio = cosio;
namespace asio = boost::asio;

using line_socket =
    asio::basic_stream_socket<asio::local::stream_protocol, asio::io_context::executor_type>;

/// Each packet is one line: JSON has no raw line breaks, and binary data goes in base64 as in polling.
class line_link final : public sio::transport
{
public:
    explicit line_link(line_socket socket) : socket_{std::move(socket)}
    {
        socket_.non_blocking(true);
    }

    sio::engine::transport_kind kind() const noexcept override
    {
        return sio::engine::transport_kind::loopback;
    }

    /// What has arrived, without waiting. The packet is a view of `received_` or `bytes_`.
    bool try_receive(sio::engine::packet_view& packet) override
    {
        received_.erase(0, std::exchange(taken_, 0));
        std::size_t length = received_.find('\n');
        for (; length == std::string::npos && read_more(); length = received_.find('\n')) {
        }
        if (length == std::string::npos)
            return false;
        taken_ = length + 1;
        const auto parsed = sio::engine::parse_packet({received_.data(), length}, bytes_);
        if (parsed)
            packet = *parsed;
        else
            fault_ = parsed.error();
        return parsed.has_value();
    }

    std::optional<sio::error_code> park(sio::parked& who) override
    {
        if (fault_)
            return fault_;
        socket_.async_wait(line_socket::wait_read, [who = std::move(who)](auto...) mutable {
            who.resume();  // the link may be closed by now; the next call says so
        });
        return std::nullopt;
    }

    /// Pops what was written whole; the rest of a line that was cut waits in front.
    void try_flush(sio::outbox& pending) override
    {
        for (sio::error_code ec; !ec && !pending.empty();) {
            const std::string line = std::string{sio::as_text(pending[0]->polling())} + '\n';
            written_ += socket_.write_some(asio::buffer(line) + written_, ec);
            if (written_ == line.size()) {
                pending.pop(1);
                written_ = 0;
            }
        }
    }

    bool writable() const noexcept override { return !fault_ && written_ == 0; }

    void notify_writable(boost::intrusive_ptr<sio::link_listener> listener) override
    {
        socket_.async_wait(line_socket::wait_write, [listener](sio::error_code ec) {
            if (!ec)
                listener->on_link_writable();
        });
    }

    void finish() override { close(); }

    void close() noexcept override
    {
        sio::error_code ignored;
        socket_.close(ignored);
        fault_ = sio::engine::errc::connection_closed;
    }

private:
    bool read_more()
    {
        std::array<char, 4096> chunk;
        sio::error_code ec;
        const std::size_t count = socket_.read_some(asio::buffer(chunk), ec);
        received_.append(chunk.data(), count);
        if (received_.size() > max_line)
            ec = sio::engine::errc::parse_error;
        if (ec && ec != asio::error::would_block)
            fault_ = sio::engine::errc::connection_closed;
        return !ec;
    }

    static constexpr std::size_t max_line = 1'000'000;

    line_socket socket_;
    std::string received_;
    std::vector<std::byte> bytes_;
    std::size_t taken_ = 0;    // of received_, by the packet that was given last
    std::size_t written_ = 0;  // of the line in front
    sio::error_code fault_;
};

int main()
try {
    sio::runtime runtime;
    line_socket near{runtime.context().get_executor()};
    line_socket far{runtime.context().get_executor()};
    asio::local::connect_pair(near, far);

    sio::json_server io{runtime.home()};
    io.on("describe", [](std::string name, sio::binary data, sio::ack<std::string> reply) {
        reply(name + " has " + std::to_string(data.size()) + " bytes");
    });
    // No listener: the server is given the link itself, and what a handshake would have said.
    static_cast<void>(
        io.engine().open(sio::http_request{}, std::make_unique<line_link>(std::move(near)))
    );

    sio::json_client client{runtime.home(), std::make_unique<line_link>(std::move(far))};
    const sio::json_client_socket socket = client.socket();
    int status = 1;
    socket.on_connect([&] {
        socket
            .emit("describe", "a.bin", sio::binary{"12\n45"}, [&](sio::result<std::string> answer) {
                std::cout << (answer ? *answer : answer.error().message()) << std::endl;
                status = answer ? 0 : 1;
                runtime.stop();
            });
    });
    runtime.on_signal();
    runtime.run();
    return status;
} catch (const std::exception& error) {
    std::cerr << "09_custom_transport: " << error.what() << '\n';
    return 1;
}
