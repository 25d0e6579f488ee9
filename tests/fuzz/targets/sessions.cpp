// SPDX-License-Identifier: BSL-1.0
// Several connections that belong to the same sessions: handshakes, polls, posts, upgrades, frames and any bytes, whose
// parts interleave. Every answer can be read (I30), no event comes twice (I02, I04), nothing is left at the end (I24),
// and it makes no difference how a request or a frame is cut (I32). How many of them come at a time does, where several
// connections ask for one session: what waits on another one comes between them, or does not.
// Bits of the seed: 1: parts of several connections come by turns; 2: connections are recovered; 4: frames are
// compressed; 8: MessagePack; 16: with 1, a part may hold several requests, and no other run is compared with it.
#include "fuzz.hpp"
#include "program.hpp"
#include "wire/deflate.hpp"
#include "wire/http1.hpp"
#include "wire/websocket.hpp"

#include <cosio/detail/base64.hpp>
#include <cosio/detail/codec_functions.hpp>
#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation.hpp>

#include <fmt/format.h>

#include <array>
#include <deque>
#include <limits>
#include <map>
#include <optional>

using namespace cosio;

namespace {

constexpr std::size_t connection_count = 4;
constexpr std::size_t max_steps = 100;
constexpr std::uint32_t first_mark = 1'000'001;

fuzz::milestone compared_to_the_end{"heard alike to the end"};
fuzz::milestone compared_in_turn{"heard alike, and parts come by turns"};
fuzz::milestone several_joined{"several join"};
fuzz::milestone marked{"a mark"};
fuzz::milestone marked_with_msgpack{"a mark with MessagePack"};
fuzz::milestone upgraded{"an upgrade"};
fuzz::milestone recovered{"a recovery"};
fuzz::milestone compressed{"a frame where permessage-deflate was agreed on"};

struct traits
{
    bool in_turn;
    bool joins;
    bool recovers;
    bool compresses;
    bool is_msgpack;
};

traits traits_of(std::uint8_t seed)
{
    return {
        .in_turn = (seed & 1) != 0,
        .joins = (seed & 17) == 17,
        .recovers = (seed & 10) == 2,
        .compresses = (seed & 4) != 0,
        .is_msgpack = (seed & 8) != 0
    };
}

server_options small(const traits& all)
{
    server_options options;
    options.engine.max_payload_bytes = 2'000;
    if (all.recovers)
        options.recovery.emplace();
    if (all.compresses)
        options.engine.websocket.deflate = deflate_options{.threshold_bytes = 1};
    return options;
}

/// A packet as it is sent: text with the digit of Engine.IO, or bytes.
struct message
{
    frame_kind kind = frame_kind::text;
    std::string bytes;
};

/// The same packet of Socket.IO in another codec; nullopt: it is none, or it is not complete.
template <codec From, codec To>
std::optional<message> translated(frame_kind kind, bytes_view bytes)
{
    const auto decoder = From::make_decoder({});
    std::unique_ptr<partial_packet> partial;
    const auto read = decoder->feed(partial, kind, bytes);
    if (!read || !*read)
        return std::nullopt;
    const protocol::packet_header& header = (*read)->header();
    result<protocol::encoded_packet> made = errc::closed;
    if (header.type == protocol::packet_type::event) {
        arguments all;
        if (detail::read_arguments<From>(**read, all))
            return std::nullopt;
        made = detail::encode_event<To>(header, {}, (*read)->event(), all);
    } else {
        boost::json::value data;
        if (detail::read_data<From>(**read, data))
            return std::nullopt;
        made = detail::encode_control<To>(
            header.type, header.nsp, data.is_null() ? nullptr : &data, {}
        );
    }
    if (!made || !made->attachments.empty())
        return std::nullopt;
    return message{made->head->kind(), std::string{as_text(made->head->payload())}};
}

/// A client's end, and what it has made of the answers.
struct connection
{
    std::unique_ptr<byte_stream> stream;
    std::deque<std::string>
        pending;  ///< requests, frames and other bytes that were not handed over yet
    wire::http1_response_decoder answers{wire::http1_limits{}};
    std::optional<wire::inflater> inflater;
    std::optional<wire::websocket_decoder> frames;
    std::size_t requests = 0;  ///< that were asked in the regular way
    bool regular = true;       ///< only such were asked: the answers can be told apart
    bool ended = false;        ///< by the server
};

/// How the bytes of a connection are handed over.
enum class delivery : std::uint8_t
{
    whole,
    byte_by_byte,
};

template <codec Codec>
class conversation
{
public:
    conversation(const traits& of, delivery how)
        : traits_{of}, how_{how}, io_{world_.home(), small(of)}
    {
        io_.on_connection([this](basic_socket<Codec> socket) {
            said_ += fmt::format("{} comes\n", socket.id());
            note_join(socket);
            socket.on_disconnect([this, socket](close_reason why) {
                said_ += fmt::format("{} goes: {}\n", socket.id(), to_string(why));
            });
        });
        io_.on("mark", [this](basic_socket<Codec> socket, std::uint32_t number) {
            said_ += fmt::format("{} marks {}\n", socket.id(), number);
            fuzz::require(++marks_[number] == 1, "an event that comes twice");
            (traits_.is_msgpack ? marked_with_msgpack : marked).reach();
            socket.emit("mark", number);
        });
        io_.on("ask", [](arguments all, ack<arguments> reply) { reply(all); });
        io_.on("flood", [](basic_socket<Codec> socket) {
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
        case 3: {
            const std::string target = polling(from);
            post(on, target, {frame_kind::text, std::string{words(from)}});
            break;
        }
        case 4:
        case 5: {
            const std::string target = polling(from);
            post(on, target, packet(from));
            break;
        }
        case 6: upgrade(on, from); break;
        case 7: {
            const frame_kind kind = from.choice(2) == 0 ? frame_kind::text : frame_kind::binary;
            frame(on, from, {kind, std::string{words(from)}});
            break;
        }
        case 8:
        case 9: frame(on, from, packet(from)); break;
        case 10: raw(on, words(from)); break;
        case 11:
        case 12: deliver(on, 1 + from.byte()); break;
        case 13: end(slot); break;
        case 14: world_.run_for(std::chrono::milliseconds{100 * from.byte()}); break;
        case 15: on.stream->shutdown_send(); break;
        }
        if (!traits_.in_turn)
            deliver(on);
        look();
        steps_.push_back({said_.size(), ends_, is_torn_});
    }

    void finish()
    {
        for (auto& one : all_) {
            deliver(*one);
            look();
            steps_.push_back({said_.size(), ends_, is_torn_});
        }
        for (auto& one : all_)
            one->stream->close();
        world_.run_for(std::chrono::minutes{3});
        steps_.push_back({said_.size(), ends_, is_torn_});
        fuzz::require(io_.clients_count() == 0, "a session is left");
        fuzz::require(http_.connection_count() == 0, "a connection is left");
        for (const auto& [number, count] : received_)
            fuzz::require(
                count <= 1 + recoveries_ && marks_.contains(number), "a reply that comes twice"
            );
    }

    /// After a step: how much the application has seen, which connections the server has ended, one after the other, and
    /// whether one of them was ended within a request or a frame.
    struct state
    {
        std::size_t said;
        std::string ends;
        bool is_torn;
    };

    [[nodiscard]] const std::vector<state>& steps() const noexcept { return steps_; }

    /// What the application has seen.
    [[nodiscard]] const std::string& said() const noexcept { return said_; }

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

    void note_join(const basic_socket<Codec>& socket)
    {
        if (++joined_ > 1)
            several_joined.reach();
        if (socket.recovered()) {
            ++recoveries_;
            recovered.reach();
        }
        socket.conn().on_upgrade([this](std::string_view) {
            said_ += "an upgrade\n";
            upgraded.reach();
        });
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
    message packet(fuzz::program& from)
    {
        const std::string text = text_packet(from);
        if constexpr (std::is_same_v<Codec, msgpack>)
            if (text.starts_with('4'))
                if (auto same = translated<json, msgpack>(
                        frame_kind::text, as_bytes(std::string_view{text}.substr(1))
                    ))
                    return std::move(*same);
        return {frame_kind::text, text};
    }

    /// A CONNECT that wants back what a connection had that is gone.
    std::string claim(fuzz::program& from) const
    {
        const std::string& pid = pids_[from.choice(pids_.size())];
        const std::string offset =
            offsets_.empty() ? "none" : offsets_[from.choice(offsets_.size())];
        return fmt::format(R"(40{{"pid":"{}","offset":"{}"}})", pid, offset);
    }

    std::string text_packet(fuzz::program& from)
    {
        if (traits_.recovers && !pids_.empty() && from.choice(4) == 0)
            return claim(from);
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
        on.pending.push_back(fmt::format("{}Host: x\r\n{}", line, rest));
        on.regular = on.regular && !on.frames;
        ++on.requests;
    }

    void post(connection& on, std::string_view target, const message& sent)
    {
        std::string body = sent.bytes;
        if (sent.kind == frame_kind::binary) {
            body.assign(1 + detail::base64_size(sent.bytes.size()), 'b');
            detail::encode_base64(as_bytes(sent.bytes), body.data() + 1);
        }
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
            fmt::format(
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{}"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                traits_.compresses ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
            )
        );
    }

    void frame(connection& on, fuzz::program& from, const message& sent)
    {
        constexpr std::array mask{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}};
        const bool compresses = traits_.compresses && from.choice(2) == 0;
        std::vector<std::byte> bytes;
        const auto opcode = sent.kind == frame_kind::text ? wire::websocket_opcode::text
                                                          : wire::websocket_opcode::binary;
        bytes_view payload = as_bytes(sent.bytes);
        if (compresses)
            payload = deflater_.deflate(payload);
        append_websocket_frame(bytes, opcode, payload, &mask, compresses);
        on.pending.emplace_back(as_text(bytes));
        on.regular = on.regular && on.frames;
    }

    void raw(connection& on, std::string_view bytes)
    {
        on.pending.emplace_back(bytes);
        on.regular = false;
    }

    void deliver(connection& on, std::size_t count = std::numeric_limits<std::size_t>::max())
    {
        std::string segment;
        while (count > 0 && !on.pending.empty()) {
            std::string& first = on.pending.front();
            const std::size_t size = std::min(count, first.size());
            segment += first.substr(0, size);
            first.erase(0, size);
            count -= size;
            if (first.empty())
                on.pending.pop_front();
            if (!traits_.joins)
                hand_over(on, std::exchange(segment, {}));
        }
        hand_over(on, segment);
    }

    void hand_over(connection& on, std::string_view rest)
    {
        const std::size_t step = how_ == delivery::byte_by_byte ? 1 : rest.size();
        const bool was_ended = on.ended;
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
        is_torn_ = is_torn_ || (on.ended && !was_ended && !rest.empty());
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
            if (ec && !std::exchange(one->ended, true))
                ends_ += static_cast<char>('0' + (&one - all_.data()));
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
                if ((*next)->headers.find("Sec-WebSocket-Extensions")) {
                    one.inflater.emplace(inflated_, 15, true);
                    one.frames->decompress(*one.inflater);
                }
                std::string rest = one.answers.release();
                take_frames(one, std::as_writable_bytes(std::span{rest}));
                return;
            }
            fuzz::require((*next)->status < 500, "a failure of the server");
            take_body((*next)->body);
        }
    }

    void take_body(std::string_view body)
    {
        while (!body.empty()) {
            const std::string_view packet = body.substr(0, body.find('\x1e'));
            body.remove_prefix(std::min(packet.size() + 1, body.size()));
            if (!packet.starts_with('b')) {
                take_text(packet);
                continue;
            }
            std::vector<std::byte> bytes(packet.size() + 3);
            const auto size = detail::decode_base64(packet.substr(1), bytes.data());
            fuzz::require(size.has_value(), "an answer that is no Base64");
            take_binary(bytes_view{bytes}.first(*size));
        }
    }

    void take_binary(bytes_view bytes)
    {
        if constexpr (std::is_same_v<Codec, msgpack>)
            if (const auto same = translated<msgpack, json>(frame_kind::binary, bytes))
                take_text(same->bytes);
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
            else if ((*next)->opcode == wire::websocket_opcode::binary)
                take_binary((*next)->payload);
            if (one.inflater)
                compressed.reach();
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
        constexpr std::string_view pid_key = R"("pid":")";
        if (const std::size_t at = text.find(pid_key); text.starts_with("40") && at != text.npos) {
            const std::string_view pid = text.substr(at + pid_key.size());
            pids_.emplace_back(pid.substr(0, pid.find('"')));
        }
        constexpr std::string_view mark = R"(42["mark",)";
        for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos; at += mark.size()) {
            std::uint32_t number = 0;
            for (const char digit : text.substr(at + mark.size(), 7))
                number = 10 * number + static_cast<std::uint32_t>(digit - '0');
            ++received_[number];
            const std::string_view rest = text.substr(at + mark.size() + 7);
            if (rest.starts_with(",\""))
                offsets_.emplace_back(rest.substr(2, rest.find('"', 2) - 2));
        }
    }

    traits traits_;
    delivery how_;
    wire::deflate_buffer inflated_;
    wire::deflate_buffer deflated_;
    wire::deflater deflater_{deflated_, 15, 6, 8, false};
    std::vector<std::string> sids_;
    std::vector<std::string> pids_;
    std::vector<std::string> offsets_;
    std::vector<state> steps_;
    std::string ends_;
    bool is_torn_ = false;
    unsigned joined_ = 0;
    unsigned recoveries_ = 0;
    std::string said_;
    std::uint32_t next_mark_ = first_mark;
    std::map<std::uint32_t, unsigned> marks_;     ///< that the application has seen
    std::map<std::uint32_t, unsigned> received_;  ///< that clients were sent back
    simulation world_;
    basic_server<Codec> io_;
    http_server http_{world_.home(), {&io_.engine()}, {}};
    std::array<std::optional<connection>, connection_count> all_;
};

/// Two that differ in how their bytes were cut agree to the end, or until the server ends a connection within a request:
/// it may answer before that has been read whole. What would follow is lost then, and later ids are others.
template <codec Codec>
void require_same(
    const traits& all, const conversation<Codec>& whole, const conversation<Codec>& parts
)
{
    for (std::size_t i = 0; i < std::min(whole.steps().size(), parts.steps().size()); ++i) {
        const auto& one = whole.steps()[i];
        const auto& other = parts.steps()[i];
        const std::string_view said = std::string_view{whole.said()}.substr(0, one.said);
        const std::string_view heard = std::string_view{parts.said()}.substr(0, other.said);
        const bool is_torn = one.is_torn || other.is_torn;
        const bool holds = is_torn ? said.starts_with(heard) || heard.starts_with(said)
                                   : said == heard && one.ends == other.ends;
        if (!holds)
            fuzz::require(
                false,
                fmt::format(
                    "the same byte by byte, in step {}:\n{}(ended: {})\nand\n{}(ended: {})",
                    i,
                    said,
                    one.ends,
                    heard,
                    other.ends
                )
            );
        if (is_torn)
            return;
    }
    if (!whole.said().empty())
        (all.in_turn ? compared_in_turn : compared_to_the_end).reach();
}

template <codec Codec>
void run(conversation<Codec>& one, bytes_view input)
{
    fuzz::program from{input};
    for (std::size_t steps = 0; !from.done() && steps < max_steps; ++steps)
        one.step(from);
    one.finish();
}

template <codec Codec>
void converse(bytes_view input, const traits& all)
{
    conversation<Codec> whole{all, delivery::whole};
    run(whole, input);
    if (all.joins)
        return;
    conversation<Codec> parts{all, delivery::byte_by_byte};
    run(parts, input);
    require_same(all, whole, parts);
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    const traits all = traits_of(seed);
    if (all.is_msgpack)
        converse<msgpack>(input, all);
    else
        converse<json>(input, all);
}
