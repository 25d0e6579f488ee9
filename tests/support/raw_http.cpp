// SPDX-License-Identifier: BSL-1.0
#include "raw_http.hpp"

#include "support/check.hpp"

#include <cosio/detail/ascii.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace cosio::test {
namespace {

constexpr std::array mask{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};

constexpr std::string_view handshake_fields =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string describe(const wire::websocket_message& message)
{
    switch (message.opcode) {
    case wire::websocket_opcode::text: return std::string{message.text()};
    case wire::websocket_opcode::binary: return fmt::format("binary {}", message.text());
    case wire::websocket_opcode::ping: return fmt::format("ping {}", message.text());
    case wire::websocket_opcode::pong: return fmt::format("pong {}", message.text());
    case wire::websocket_opcode::close: return fmt::format("close {}", message.close_code);
    case wire::websocket_opcode::continuation: break;
    }
    return "continuation";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const segments& value)
{
    const auto print = [&](std::string_view what, std::size_t limit) {
        out << what;
        if (limit == std::numeric_limits<std::size_t>::max())
            out << " whole";
        else
            out << ' ' << limit;
    };
    print("read", value.read);
    print(", write", value.write);
    return out;
}

const std::vector<segments>& all_segments()
{
    static const std::vector<segments> all{
        {},
        {.read = 1},
        {.write = 1},
        {.read = 1, .write = 1},
        {.read = 7, .write = 5},
    };
    return all;
}

std::string raw_answer::operator[](std::string_view name) const
{
    std::string_view rest = head;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 2);
        const std::size_t colon = line.find(": ");
        if (colon != std::string_view::npos &&
            detail::equal_without_case(line.substr(0, colon), name))
            return std::string{line.substr(colon + 2)};
    }
    return "(none)";
}

std::optional<raw_answer> take_answer(std::string& come)
{
    const std::size_t end = come.find("\r\n\r\n");
    if (end == std::string::npos)
        return std::nullopt;
    raw_answer answer;
    answer.head = come.substr(0, end + 2);
    std::from_chars(come.data() + 9, come.data() + 12, answer.status);
    std::size_t size = 0;
    if (const std::string length = answer["content-length"]; length != "(none)")
        std::from_chars(length.data(), length.data() + length.size(), size);
    if (come.size() < end + 4 + size)
        return std::nullopt;
    answer.body = come.substr(end + 4, size);
    come.erase(0, end + 4 + size);
    return answer;
}

std::string http_text(
    std::string_view method, std::string_view target, std::string_view body, std::string_view fields
)
{
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n{}", method, target, fields);
    if (!body.empty())
        text += fmt::format("Content-Length: {}\r\n", body.size());
    return text.append("\r\n").append(body);
}

raw_client::raw_client(simulation& world, http_server& server, const segments& cut) : world_{&world}
{
    auto [server_end, client_end] = make_memory_streams(server.home(), world.home(), cut.options());
    stream_ = std::move(client_end);
    server.serve(std::move(server_end));
    world.run();
}

void raw_client::send(std::string_view bytes)
{
    using namespace std::chrono_literals;
    constexpr int patience = 1'000;
    error_code ec;
    for (int stuck = 0; !bytes.empty() && !ec;) {
        const bytes_view all = as_bytes(bytes);
        const std::size_t written = stream_->try_write({&all, 1}, ec);
        bytes.remove_prefix(written);
        if (written != 0) {
            stuck = 0;
            continue;
        }
        if (++stuck == patience && !ec) {
            BOOST_FAIL("the server does not read");
            return;
        }
        world_->run();
        if (stuck > 1)  // over a network the other end may need a moment
            world_->home().context().run_one_for(10ms);
    }
    world_->run();
}

void raw_client::pull()
{
    std::array<std::byte, 4096> block;
    world_->run();
    for (bool more = true; more;) {
        error_code ec;
        const std::size_t count = stream_->try_read(block, ec);
        come_ += as_text(bytes_view{block}.first(count));
        ended_ = ec.failed();
        more = count != 0;
        if (more)
            world_->run();
    }
}

std::string raw_client::take()
{
    pull();
    return std::exchange(come_, {});
}

std::optional<raw_answer> raw_client::poll_answer()
{
    pull();
    return take_answer(come_);
}

raw_answer raw_client::answer()
{
    auto answer = poll_answer();
    if (!answer)
        BOOST_FAIL("no answer, but: '" + come_ + "'");
    return std::move(*answer);
}

raw_answer raw_client::ask(
    std::string_view method, std::string_view target, std::string_view body, std::string_view fields
)
{
    send(http_text(method, target, body, fields));
    return answer();
}

bool raw_client::silent()
{
    pull();
    return come_.empty();
}

bool raw_client::ended()
{
    pull();
    return ended_ && come_.empty();
}

void raw_client::finish()
{
    stream_->shutdown_send();
    world_->run();
}

void raw_client::cut()
{
    stream_->close();
    world_->run();
}

std::string websocket_request(std::string_view target, std::string_view fields)
{
    return http_text("GET", target, {}, fmt::format("{}{}", handshake_fields, fields));
}

std::string websocket_frame(wire::websocket_opcode opcode, std::string_view payload)
{
    std::vector<std::byte> bytes;
    wire::append_websocket_frame(bytes, opcode, as_bytes(payload), &mask);
    return std::string{as_text(bytes)};
}

std::vector<std::string> frame_reader::read(std::string bytes)
{
    std::vector<std::string> all;
    decoder_.feed(std::as_writable_bytes(std::span{bytes}));
    while (true) {
        const auto next = decoder_.next();
        if (!next) {
            all.push_back("broken frame: " + next.error().message());
            break;
        }
        if (!*next)
            break;
        all.push_back(describe(**next));
    }
    return all;
}

raw_websocket::raw_websocket(
    simulation& world,
    http_server& server,
    std::string_view target,
    const segments& cut,
    std::string_view early
)
    : client_{world, server, cut}
{
    client_.send(websocket_request(target).append(early));
    handshake_ = client_.answer();
    BOOST_REQUIRE_EQUAL(handshake_.status, 101);
}

void raw_websocket::frame(wire::websocket_opcode opcode, std::string_view payload)
{
    client_.send(websocket_frame(opcode, payload));
}

void raw_websocket::goodbye(std::uint16_t code)
{
    frame(wire::websocket_opcode::close, as_text(wire::encode_close_payload(code, {})));
}

}  // namespace cosio::test
