// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/utf8.hpp>
#include <cosio/engine/legacy_payload.hpp>
#include <cosio/engine/payload.hpp>

#include <utility>

namespace cosio::engine {

void payload_decoder::feed(std::string body, bool is_binary)
{
    body_ = spoken_.jsonp ? unwrap_jsonp(body) : std::move(body);
    at_ = 0;
    taken_ = 0;
    is_binary_ = is_binary;
    more_ = true;  // an empty body is one empty packet, and that is an error (P01)
}

result<std::optional<packet_view>> payload_decoder::next()
{
    if (!more_) {
        body_ = {};
        scratch_ = {};
        return std::optional<packet_view>{};
    }
    if (taken_ == max_packets_) {
        more_ = false;
        return errc::too_many_packets;
    }
    ++taken_;
    auto packet = spoken_.is_legacy() ? next_legacy_packet() : next_packet();
    if (packet && packet->kind == frame_kind::text && !detail::is_valid_utf8(packet->text()))
        packet = errc::parse_error;
    if (!packet) {
        more_ = false;
        return packet.error();
    }
    return std::optional<packet_view>{*packet};
}

result<packet_view> payload_decoder::next_packet()
{
    const std::string_view rest = std::string_view{body_}.substr(at_);
    const std::size_t end = rest.find(record_separator);
    more_ = end != std::string_view::npos;
    at_ += more_ ? end + 1 : rest.size();
    return parse_packet(rest.substr(0, end), scratch_);
}

result<packet_view> payload_decoder::next_legacy_packet()
{
    std::string_view rest = std::string_view{body_}.substr(at_);
    legacy_record record{.kind = frame_kind::text, .packet = {}};
    if (is_binary_) {
        const auto taken = take_legacy_record(rest);
        if (!taken)
            return taken.error();
        record = *taken;
    } else {
        const auto taken = take_legacy_text(rest);
        if (!taken)
            return taken.error();
        record.packet = *taken;
    }
    at_ = body_.size() - rest.size();
    more_ = !rest.empty();
    return record.kind == frame_kind::text
               ? parse_packet(record.packet, scratch_, revision::v3)
               : parse_binary_packet(as_bytes(record.packet), revision::v3);
}

std::string encode_payload(outbox& pending, std::size_t max_bytes, std::size_t max_packets)
{
    std::size_t total = pending[0]->polling_size();
    std::size_t frames = 1;
    while (frames < pending.size() && frames < max_packets) {
        const std::size_t grown = total + 1 + pending[frames]->polling_size();
        if (grown > max_bytes)
            break;
        total = grown;
        ++frames;
    }
    std::string payload;
    payload.reserve(total);
    for (std::size_t i = 0; i < frames; ++i) {
        if (i != 0)
            payload.push_back(record_separator);
        payload.append(as_text(pending[i]->polling()));
    }
    pending.pop(frames);
    return payload;
}

bool fits_payload(const frame& packet, transport_kind link, std::uint64_t max_payload) noexcept
{
    const std::size_t bytes =
        link == transport_kind::polling ? packet.polling_size() : packet.size();
    return max_payload == 0 || bytes <= max_payload;
}

}  // namespace cosio::engine
