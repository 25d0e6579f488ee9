// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/utf8.hpp>
#include <cosio/engine/payload.hpp>

#include <utility>

namespace cosio::engine {

void payload_decoder::feed(std::string body) noexcept
{
    body_ = std::move(body);
    at_ = 0;
    more_ = true;  // an empty body is one empty packet, and that is an error (P01)
}

result<std::optional<packet_view>> payload_decoder::next()
{
    if (!more_) {
        body_ = {};
        scratch_ = {};
        return std::optional<packet_view>{};
    }
    const std::string_view rest = std::string_view{body_}.substr(at_);
    const std::size_t end = rest.find(record_separator);
    const std::string_view record = rest.substr(0, end);
    more_ = end != std::string_view::npos;
    at_ += more_ ? end + 1 : rest.size();
    auto packet = parse_packet(record, scratch_);
    if (packet && packet->kind == frame_kind::text && !detail::is_valid_utf8(packet->text()))
        packet = errc::parse_error;
    if (!packet) {
        more_ = false;
        return packet.error();
    }
    return std::optional<packet_view>{*packet};
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
