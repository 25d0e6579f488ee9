// SPDX-License-Identifier: BSL-1.0
#include "wire_tap.hpp"

#include "frame_reader.hpp"

#include <cosio/engine/payload.hpp>

namespace cosio::test {
namespace {

using engine::packet_type;

/// What stands between `before` and one of `ends`, or empty.
std::string_view between(std::string_view text, std::string_view before, std::string_view ends)
{
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos)
        return {};
    const std::string_view rest = text.substr(at + before.size());
    return rest.substr(0, rest.find_first_of(ends));
}

}  // namespace

struct wire_tap::session
{
    enum class upgrade
    {
        none,
        begun,     // the handshake of a WebSocket
        offered,   // 101
        probed,    // PING "probe"
        answered,  // PONG "probe"
        done,      // UPGRADE
    };

    packet_oracle::conversation said;
    upgrade stage = upgrade::none;
    duration cut_at = std::chrono::hours{-1};  // when an upgrade ended after its probe
};

/// One connection.
class wire_tap::connection final : public stream_tap, http_listener
{
public:
    explicit connection(wire_tap& of) : tap_{&of} { tap_->connections_.insert(this); }

    ~connection() override { tap_->connections_.erase(this); }

    [[nodiscard]] bool owes_answer() const noexcept { return http_.owes_answer(); }

private:
    using upgrade = session::upgrade;

    void on_read(std::string_view bytes) override { http_.reads(bytes); }

    void on_written(std::string_view bytes) override { http_.writes(bytes); }

    void on_end() override
    {
        http_.ends();
        if (!session_)
            return;
        if (!is_websocket_)
            return;
        using enum milestone;
        switch (up_.where()) {
        case frame_reader::place::between: break;
        case frame_reader::place::header: tap_->reach(ended_in_frame_header); break;
        case frame_reader::place::mask: tap_->reach(ended_in_frame_mask); break;
        case frame_reader::place::payload: tap_->reach(ended_in_frame_payload); break;
        }
        switch (session_->stage) {
        case upgrade::none:
        case upgrade::done: break;
        case upgrade::begun: tap_->reach(upgrade_ended_in_handshake); break;
        case upgrade::offered: tap_->reach(upgrade_ended_before_probe); break;
        case upgrade::probed:
            tap_->reach(upgrade_ended_after_probe);
            session_->cut_at = tap_->clock_->now();
            break;
        case upgrade::answered:
            tap_->reach(upgrade_ended_after_answer);
            session_->cut_at = tap_->clock_->now();
            break;
        }
        if (session_->stage != upgrade::done)
            session_->stage = upgrade::none;
    }

    void on_request_begins(std::string_view first_line) override
    {
        session_ = tap_->find(first_line);
        if (!session_)
            return;
        if (first_line.find("transport=websocket") != std::string_view::npos) {
            is_websocket_ = true;
            session_->stage = upgrade::begun;
        }
    }

    void on_request(const http_message& request) override
    {
        if (session_ && request.first_line.starts_with("POST "))
            take_payload(request.body, true);
    }

    void on_response(std::string_view request, const http_message& answer) override
    {
        if (!request.starts_with("GET ") ||
            answer.first_line.find(" 200 ") == std::string_view::npos)
            return;
        const bool is_waiting = session_ && (session_->stage == upgrade::probed ||
                                             session_->stage == upgrade::answered);
        if (is_waiting)
            tap_->reach(milestone::poll_answered_during_upgrade);
        take_payload(answer.body, false);
    }

    void on_upgrade(std::string_view) override
    {
        is_websocket_ = true;
        if (session_)
            session_->stage = upgrade::offered;
    }

    void on_frames(bool up, std::string_view bytes) override
    {
        (up ? up_ : down_).feed(bytes, [&](bool is_text, std::string_view message) {
            if (!is_text)
                return passes(up, {.kind = frame_kind::binary, .data = as_bytes(message)});
            const auto packet = engine::parse_packet(message, scratch_);
            if (packet)
                passes(up, *packet);
        });
    }

    void take_payload(std::string_view body, bool up)
    {
        engine::payload_decoder payload;
        payload.feed(std::string{body});
        for (auto next = payload.next(); next && *next; next = payload.next())
            passes(up, **next);
    }

    void passes(bool up, const engine::packet_view& packet)
    {
        if (packet.type == packet_type::open && !up)
            session_ = tap_->open(packet.text());
        if (!session_)
            return;
        if (packet.type == packet_type::message) {
            tap_->packets.passes(session_->said, up, packet.kind, packet.data);
        } else if (packet.type == packet_type::ping && up) {
            session_->stage = upgrade::probed;
        } else if (packet.type == packet_type::pong && !up) {
            session_->stage = upgrade::answered;
        } else if (packet.type == packet_type::upgrade && up) {
            session_->stage = upgrade::done;
        }
    }

    wire_tap* tap_;
    http_oracle http_{*this, *tap_->complaints_};
    frame_reader up_;
    frame_reader down_;
    std::shared_ptr<session> session_;
    std::vector<std::byte> scratch_;
    bool is_websocket_ = false;
};

wire_tap::wire_tap(
    const simulation& clock,
    const wire_codec& codec,
    bool recovers,
    complaints& broken,
    milestone_counts& reached
)
    : secrets{broken},
      packets{codec, recovers, secrets, broken},
      clock_{&clock},
      complaints_{&broken},
      reached_{&reached}
{}

wire_tap::~wire_tap() = default;

std::unique_ptr<byte_stream> wire_tap::wrap(std::unique_ptr<byte_stream> stream)
{
    return std::make_unique<tapped_stream>(std::move(stream), std::make_unique<connection>(*this));
}

void wire_tap::check_answered() const
{
    for (const connection* const one : connections_)
        if (one->owes_answer())
            complaints_->push_back("HTTP: a request has neither an answer nor an end");
}

bool wire_tap::is_upgrading(std::string_view session_id) const
{
    const auto found = sessions_.find(session_id);
    if (found == sessions_.end())
        return false;
    const session& one = *found->second;
    return one.stage == session::upgrade::probed || one.stage == session::upgrade::answered ||
           one.cut_at == clock_->now();
}

std::shared_ptr<wire_tap::session> wire_tap::find(std::string_view first_line) const
{
    const auto found = sessions_.find(between(first_line, "sid=", "& "));
    return found != sessions_.end() ? found->second : nullptr;
}

std::shared_ptr<wire_tap::session> wire_tap::open(std::string_view handshake)
{
    const std::string_view sid = between(handshake, "\"sid\":\"", "\"");
    secrets.makes(sid);
    return sessions_[std::string{sid}] = std::make_shared<session>();
}

}  // namespace cosio::test
