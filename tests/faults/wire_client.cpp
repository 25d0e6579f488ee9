// SPDX-License-Identifier: BSL-1.0
#include "wire_client.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cosio::test {

wire_client::wire_client(real_world& on, const wire_options& options)
    : on_{&on}, descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}
{
    REQUIRE(descriptor_ >= 0);
    const int one = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (const int size = options.receive_buffer; size != 0)
        REQUIRE(::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0);
    if (const int size = options.most_per_segment; size != 0)
        REQUIRE(::setsockopt(descriptor_, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size) == 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(options.port != 0 ? options.port : on.port());
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    if (options.tls) {
        ssl_ = make_client_ssl();
        REQUIRE(SSL_set_fd(ssl_.get(), descriptor_) == 1);
    }
}

wire_client::wire_client(wire_client&& other) noexcept
    : come{std::move(other.come)},
      on_{other.on_},
      descriptor_{std::exchange(other.descriptor_, -1)},
      ssl_{std::move(other.ssl_)},
      ended_{other.ended_},
      was_reset_{other.was_reset_}
{}

wire_client::~wire_client()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

void wire_client::send(std::string_view bytes)
{
    const auto sent = [&] {
        if (bytes.empty())
            return true;
        ssize_t count = 0;
        if (ssl_)
            count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        else
            count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count > 0)
            bytes.remove_prefix(static_cast<std::size_t>(count));
        else if (!ssl_ && errno != EAGAIN)
            bytes = {};  // the server has gone: what it does not take is lost
        return bytes.empty();
    };
    REQUIRE(on_->until(sent));
}

void wire_client::pull(std::size_t most)
{
    std::array<char, 16 * 1024> block;
    while (most != 0 && descriptor_ >= 0) {
        const std::size_t wanted = std::min(most, block.size());
        ssize_t count = 0;
        if (ssl_)
            count = SSL_read(ssl_.get(), block.data(), static_cast<int>(wanted));
        else
            count = ::recv(descriptor_, block.data(), wanted, 0);
        if (count > 0) {
            come.append(block.data(), static_cast<std::size_t>(count));
            most -= std::min(most, static_cast<std::size_t>(count));
            continue;
        }
        if (!ssl_ && count < 0 && errno == EINTR)
            continue;
        if (ssl_) {
            const int why = SSL_get_error(ssl_.get(), static_cast<int>(count));
            ended_ = ended_ || (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE);
        } else {
            ended_ = ended_ || count == 0 || errno != EAGAIN;
            was_reset_ = was_reset_ || (count < 0 && errno == ECONNRESET);
        }
        break;
    }
}

bool wire_client::hears(std::string_view text)
{
    return on_->until([&] {
        pull();
        return come.find(text) != string::npos || ended_;
    }) && come.find(text) != string::npos;
}

raw_answer wire_client::answer()
{
    std::optional<raw_answer> found;
    REQUIRE(on_->until([&] {
        pull();
        found = take_answer(come);
        return found || ended_;
    }));
    REQUIRE(found);
    return std::move(*found);
}

bool wire_client::ended()
{
    pull();
    return ended_;
}

void wire_client::reset()
{
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    finish();
}

void wire_client::finish()
{
    ::close(std::exchange(descriptor_, -1));
}

void wire_client::half_close()
{
    ::shutdown(descriptor_, SHUT_WR);
}

wire_websocket::wire_websocket(real_world& on, const wire_options& options, std::string_view fields)
    : wire{on, options}, decoder_{cosio::wire::websocket_role::client, {}}
{
    wire.send(websocket_request("/socket.io/?EIO=4&transport=websocket", fields));
    BOOST_REQUIRE_EQUAL(wire.answer().status, 101);
    REQUIRE(wire.hears("0{\"sid\""));
    static_cast<void>(take());
}

wire_websocket wire_websocket::joined(real_world& on, const wire_options& options)
{
    wire_websocket made{on, options};
    made.say("40");
    REQUIRE(made.wire.hears("40{"));
    static_cast<void>(made.take());
    return made;
}

void wire_websocket::say(std::string_view packet)
{
    wire.send(websocket_frame(cosio::wire::websocket_opcode::text, packet));
}

strings wire_websocket::take()
{
    strings all;
    wire.pull();
    string bytes = std::exchange(wire.come, {});
    decoder_.feed(std::as_writable_bytes(std::span{bytes}));
    while (true) {
        const auto next = decoder_.next();
        REQUIRE(next);
        if (!*next)
            return all;
        const cosio::wire::websocket_message& message = **next;
        if (message.opcode == cosio::wire::websocket_opcode::close)
            all.push_back(fmt::format("close {}", message.close_code));
        else if (message.opcode == cosio::wire::websocket_opcode::binary)
            all.push_back(fmt::format("binary {}", message.text()));
        else
            all.emplace_back(message.text());
    }
}

string first_flight()
{
    const ssl_ptr ssl = make_client_ssl();
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_do_handshake(ssl.get());
    string flight(4'096, '\0');
    const int size =
        BIO_read(SSL_get_wbio(ssl.get()), flight.data(), static_cast<int>(flight.size()));
    REQUIRE(size > 0);
    flight.resize(static_cast<std::size_t>(size));
    return flight;
}

string compressed_frame(std::string_view deflated)
{
    constexpr std::array mask{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
    std::vector<std::byte> bytes;
    cosio::wire::append_websocket_frame(
        bytes, cosio::wire::websocket_opcode::text, as_bytes(deflated), &mask, true
    );
    return string{as_text(bytes)};
}

}  // namespace cosio::test
