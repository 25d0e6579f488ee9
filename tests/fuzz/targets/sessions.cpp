// SPDX-License-Identifier: BSL-1.0
// Several connections that belong to the same sessions: handshakes, polls, posts, upgrades, frames and any bytes, whose
// parts interleave. Every answer can be read (I30), no event comes twice (I02, I04), nothing is left at the end (I24),
// and where each connection's bytes are not torn apart by those of another, it makes no difference how they are
// cut (I32).
#include "fuzz.hpp"
#include "program.hpp"
#include "wire/http1.hpp"
#include "wire/websocket.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation.hpp>

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>

using namespace cosio;

namespace {

constexpr std::size_t connection_count = 4;
constexpr std::size_t max_steps = 100;
constexpr std::uint32_t first_mark = 1'000'001;

server_options small()
{
    server_options options;
    options.engine.max_payload_bytes = 2'000;
    return options;
}

/// A client's end, and what it has made of the answers.
struct connection
{
    std::unique_ptr<byte_stream> stream;
    std::string pending;
    wire::http1_response_decoder answers{wire::http1_limits{}};
    std::optional<wire::websocket_decoder> frames;
    std::size_t requests = 0;  ///< that were asked in the regular way
    bool regular = true;       ///< only such were asked: the answers can be told apart
};

/// How the bytes of a connection are handed over.
enum class delivery : std::uint8_t
{
    whole,
    byte_by_byte,
    as_told,
};

class conversation
{
public:
    explicit conversation(delivery how) : how_{how}
    {
        io_.on_connection([this](json_socket socket) {
            said_ += fmt::format("{} comes\n", socket.id());
            socket.on_disconnect([this, socket](close_reason why) {
                said_ += fmt::format("{} goes: {}\n", socket.id(), to_string(why));
            });
        });
        io_.on("mark", [this](json_socket socket, std::uint32_t number) {
            said_ += fmt::format("{} marks {}\n", socket.id(), number);
            fuzz::require(++marks_[number] == 1, "an event that comes twice");
            socket.emit("mark", number);
        });
        io_.on("ask", [](arguments all, ack<arguments> reply) { reply(all); });
        io_.on("flood", [](json_socket socket) {
            for (int i = 0; i < 20; ++i)
                socket.emit("flood", std::string(100, 'x'));
        });
        for (auto& one : all_)
            open(one);
    }

    void step(fuzz::program& from)
    {
        std::optional<connection>& slot = all_[from.choice(connection_count)];
        connection& on = *slot;
        switch (from.choice(16)) {
        case 0: request(on, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n"); break;
        case 1:
        case 2: request(on, fmt::format("GET {} HTTP/1.1\r\n", polling(from))); break;
        case 3: post(on, polling(from), words(from)); break;
        case 4:
        case 5: post(on, polling(from), packet(from)); break;
        case 6: upgrade(on, from); break;
        case 7: frame(on, from.choice(2) == 0, words(from)); break;
        case 8:
        case 9: frame(on, true, packet(from)); break;
        case 10: raw(on, words(from)); break;
        case 11:
        case 12: deliver(on, 1 + from.byte()); break;
        case 13: end(slot); break;
        case 14: world_.run_for(std::chrono::milliseconds{100 * from.byte()}); break;
        case 15: on.stream->shutdown_send(); break;
        }
        if (how_ != delivery::as_told)
            deliver(on, on.pending.size());
        look();
    }

    void finish()
    {
        for (auto& one : all_)
            deliver(*one, one->pending.size());
        look();
        for (auto& one : all_)
            one->stream->close();
        world_.run_for(std::chrono::minutes{3});
        fuzz::require(io_.clients_count() == 0, "a session is left");
        fuzz::require(http_.connection_count() == 0, "a connection is left");
        for (const auto& [number, count] : received_)
            fuzz::require(count == 1 && marks_.contains(number), "a reply that comes twice");
    }

    /// What the application has seen.
    [[nodiscard]] const std::string& said() const noexcept { return said_; }

    /// The server has ended a connection: it may have answered before a request was read whole.
    [[nodiscard]] bool was_ended() const noexcept { return was_ended_; }

private:
    void open(std::optional<connection>& one)
    {
        auto [server_end, client_end] = make_memory_streams(world_.home());
        one.emplace().stream = std::move(client_end);
        http_.serve(std::move(server_end));
        world_.run();
    }

    void end(std::optional<connection>& one)
    {
        look();
        one->stream->close();
        world_.run();
        open(one);
    }

    [[nodiscard]] std::string sid(fuzz::program& from) const
    {
        return sids_.empty() ? "unknown" : sids_[from.choice(sids_.size())];
    }

    [[nodiscard]] std::string polling(fuzz::program& from) const
    {
        return fmt::format("/socket.io/?EIO=4&transport=polling&sid={}", sid(from));
    }

    /// Anything but a mark: each of those is one of a kind.
    static std::string_view words(fuzz::program& from)
    {
        const std::string_view text = from.text();
        return text.find("mark") == text.npos ? text : std::string_view{};
    }

    /// What clients send, more or less.
    std::string packet(fuzz::program& from)
    {
        constexpr std::string_view packets[] = {
            "40",
            "41",
            "2probe",
            "5",
            "3",
            "1",
            R"(421["ask",{"a":[null]}])",
            R"(42["flood"])",
            R"(451-["ask",{"_placeholder":true,"num":0}])",
            "bAQID",
            "2",
            "40/x,",
            R"(42["none"])",
            "6"
        };
        const std::size_t which = from.choice(2 * std::size(packets));
        if (which < std::size(packets))
            return std::string{packets[which]};
        return fmt::format(R"(42["mark",{}])", next_mark_++);
    }

    void request(connection& on, std::string_view line, std::string_view rest = "\r\n")
    {
        on.pending += fmt::format("{}Host: x\r\n{}", line, rest);
        on.regular = on.regular && !on.frames;
        ++on.requests;
    }

    void post(connection& on, std::string_view target, std::string_view body)
    {
        request(
            on,
            fmt::format("POST {} HTTP/1.1\r\n", target),
            fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body)
        );
    }

    void upgrade(connection& on, fuzz::program& from)
    {
        const std::string session = from.choice(4) == 0 ? "" : fmt::format("&sid={}", sid(from));
        request(
            on,
            fmt::format("GET /socket.io/?EIO=4&transport=websocket{} HTTP/1.1\r\n", session),
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
    }

    void frame(connection& on, bool is_text, std::string_view payload)
    {
        constexpr std::array mask{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}};
        std::vector<std::byte> bytes;
        const auto opcode = is_text ? wire::websocket_opcode::text : wire::websocket_opcode::binary;
        append_websocket_frame(bytes, opcode, as_bytes(payload), &mask);
        on.pending += as_text(bytes);
        on.regular = on.regular && on.frames;
    }

    void raw(connection& on, std::string_view bytes)
    {
        on.pending += bytes;
        on.regular = false;
    }

    void deliver(connection& on, std::size_t count)
    {
        count = std::min(count, on.pending.size());
        const std::size_t step = how_ == delivery::byte_by_byte ? 1 : count;
        std::string_view rest = std::string_view{on.pending}.substr(0, count);
        error_code ec;
        while (!rest.empty() && !ec) {
            const bytes_view part = as_bytes(rest.substr(0, step));
            const std::size_t written = on.stream->try_write({&part, 1}, ec);
            world_.run();
            look();
            if (written == 0)
                break;  // the server reads no more
            rest.remove_prefix(written);
        }
        on.pending.erase(0, count);
    }

    /// Reads what has come on all connections.
    void look()
    {
        world_.run();
        for (auto& one : all_) {
            std::array<std::byte, 4'096> block;
            error_code ec;
            while (const std::size_t size = one->stream->try_read(block, ec))
                take(*one, std::span{block}.first(size));
            was_ended_ = was_ended_ || ec;
        }
    }

    void take(connection& one, std::span<std::byte> bytes)
    {
        if (one.frames)
            take_frames(one, bytes);
        else if (one.regular)
            take_answers(one, bytes);
    }

    void take_answers(connection& one, bytes_view bytes)
    {
        one.answers.feed(bytes);
        for (;;) {
            const result<http_response*> next = one.answers.next();
            fuzz::require(next.has_value(), "an answer that is no HTTP");
            if (!*next)
                return;
            // Who asks nothing for long is told that, too.
            const bool waited = (*next)->status == 408;
            fuzz::require(one.requests > 0 || waited, "an answer to nothing");
            one.requests -= waited ? 0 : 1;
            if ((*next)->status == 101) {
                one.frames.emplace(wire::websocket_role::client, wire::websocket_limits{});
                std::string rest = one.answers.release();
                take_frames(one, std::as_writable_bytes(std::span{rest}));
                return;
            }
            fuzz::require((*next)->status < 500, "a failure of the server");
            take_text((*next)->body);
        }
    }

    void take_frames(connection& one, std::span<std::byte> bytes)
    {
        one.frames->feed(bytes);
        for (;;) {
            const auto next = one.frames->next();
            fuzz::require(next.has_value(), "an answer that is no WebSocket");
            if (!*next)
                break;
            if ((*next)->opcode == wire::websocket_opcode::text)
                take_text((*next)->text());
        }
        one.frames->retain();
    }

    void take_text(std::string_view text)
    {
        constexpr std::string_view sid_key = R"("sid":")";
        if (text.starts_with("0{")) {
            text.remove_prefix(text.find(sid_key) + sid_key.size());
            sids_.emplace_back(text.substr(0, text.find('"')));
            return;
        }
        constexpr std::string_view mark = R"(42["mark",)";
        for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos; at += mark.size()) {
            std::uint32_t number = 0;
            for (const char digit : text.substr(at + mark.size(), 7))
                number = 10 * number + static_cast<std::uint32_t>(digit - '0');
            ++received_[number];
        }
    }

    delivery how_;
    std::vector<std::string> sids_;
    std::string said_;
    std::uint32_t next_mark_ = first_mark;
    std::map<std::uint32_t, unsigned> marks_;     ///< that the application has seen
    std::map<std::uint32_t, unsigned> received_;  ///< that clients were sent back
    bool was_ended_ = false;
    simulation world_;
    json_server io_{world_.home(), small()};
    http_server http_{world_.home(), {&io_.engine()}, {}};
    std::array<std::optional<connection>, connection_count> all_;
};

struct outcome
{
    std::string said;
    bool was_ended;
};

outcome converse(bytes_view input, delivery how)
{
    conversation one{how};
    fuzz::program from{input};
    for (std::size_t steps = 0; !from.done() && steps < max_steps; ++steps)
        one.step(from);
    const bool ended = one.was_ended();
    one.finish();
    return {one.said(), ended};
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    if (seed % 2 == 1) {
        static_cast<void>(converse(input, delivery::as_told));
        return;
    }
    const outcome whole = converse(input, delivery::whole);
    const outcome parts = converse(input, delivery::byte_by_byte);
    if (!whole.was_ended && !parts.was_ended)
        require(whole.said == parts.said, "another outcome when it comes byte by byte");
}
