// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fuzz.hpp"

#include <cosio/detail/codec_functions.hpp>

#include <algorithm>
#include <optional>

// Messages as a codec reads them: each is a kind byte (text if even), a size byte, and so many bytes.

namespace cosio::fuzz {

inline constexpr protocol::packet_limits packet_limits{
    .max_attachments = 3,
    .max_attachment_bytes = 128,
    .max_args = 16,
    .max_depth = 8,
    .max_namespace_bytes = 32,
    .max_event_bytes = 32
};

struct event
{
    std::string nsp;
    std::optional<std::uint64_t> id;
    std::string name;
    arguments all;
};

template <codec Codec>
std::optional<event> event_of(const decoded_packet& packet)
{
    event one{
        std::string{packet.header().nsp}, packet.header().id, std::string{packet.event()}, {}
    };
    if (detail::read_arguments<Codec>(packet, one.all))
        return std::nullopt;
    return one;
}

/// A message as it is received: text without the digit of Engine.IO.
inline bytes_view message_of(const frame& sent)
{
    return sent.payload().subspan(sent.kind() == frame_kind::text ? 1 : 0);
}

/// Decodes what was encoded; null if it is no packet. Lifetime: that of `decoder`.
inline const decoded_packet* decoded_again(
    packet_decoder& decoder, const protocol::encoded_packet& packet
)
{
    std::unique_ptr<partial_packet> partial;
    auto decoded = decoder.feed(partial, packet.head->kind(), message_of(*packet.head));
    for (const frame_ref& attachment : packet.attachments) {
        require(decoded && !*decoded, "complete without its attachments");
        decoded = decoder.feed(partial, attachment->kind(), attachment->payload());
    }
    return decoded ? *decoded : nullptr;
}

inline bool is_same(const protocol::encoded_packet& one, const protocol::encoded_packet& other)
{
    return as_text(one.head->payload()) == as_text(other.head->payload()) &&
           std::ranges::equal(one.attachments, other.attachments, [](const auto& a, const auto& b) {
               return as_text(a->payload()) == as_text(b->payload());
           });
}

/// Attachments have room: one that is named twice is sent twice.
inline bool fits(const protocol::encoded_packet& packet)
{
    std::size_t bytes = 0;
    for (const frame_ref& attachment : packet.attachments)
        bytes += attachment->size();
    return bytes <= packet_limits.max_attachment_bytes;
}

/// An acknowledgement as a socket encodes it.
template <codec Codec>
result<protocol::encoded_packet> encode_ack(
    const protocol::packet_header& header, const arguments& all
)
{
    typename Codec::encoder out{header, packet_limits};
    out.begin_array(all.values.size());
    for (const boost::json::value& value : all.values)
        cosio::detail::write_json(out, value, all.attachments);
    out.end_array();
    return out.finish();
}

/// What is no event, encoded: nullopt if its values have no form as those of an application.
template <codec Codec>
std::optional<result<protocol::encoded_packet>> encode_again(const decoded_packet& packet)
{
    // The decoder is asked for more before this is used.
    const std::string nsp{packet.header().nsp};
    const protocol::packet_header header{
        .type = packet.header().type, .nsp = nsp, .id = packet.header().id
    };
    if (header.type == protocol::packet_type::ack) {
        arguments all;
        if (detail::read_arguments<Codec>(packet, all))
            return std::nullopt;
        return encode_ack<Codec>(header, all);
    }
    boost::json::value data;
    // Digits behind the type would be read as an id; applications send objects only.
    if (detail::read_data<Codec>(packet, data) || data.is_number())
        return std::nullopt;
    const bool has_data = static_cast<const typename Codec::packet&>(packet).data().has_value();
    return detail::encode_control<Codec>(
        header.type, header.nsp, has_data ? &data : nullptr, packet_limits
    );
}

/// CONNECT, DISCONNECT, ACK and CONNECT_ERROR: what is encoded and decoded again is the same (I33).
template <codec Codec>
void require_control_round_trip(const decoded_packet& packet)
{
    const protocol::packet_type type = packet.header().type;
    const std::string nsp{packet.header().nsp};
    const std::optional<std::uint64_t> id = packet.header().id;
    const std::size_t argument_count = packet.argument_count();
    const auto sent = encode_again<Codec>(packet);
    if (!sent || !*sent || !fits(**sent))
        return;
    const auto decoder = Codec::make_decoder(packet_limits);
    const decoded_packet* const again = decoded_again(*decoder, **sent);
    require(again != nullptr, "what was encoded is no packet");
    require(again->header().type == type, "another type when decoded again");
    require(again->header().nsp == nsp, "another namespace when decoded again");
    if (type == protocol::packet_type::ack)
        require(again->header().id == id, "another id when decoded again");
    require(again->argument_count() == argument_count, "other arguments when decoded again");
    const auto repeated = encode_again<Codec>(*again);
    require(repeated && *repeated, "what was decoded again cannot be encoded");
    require(is_same(**repeated, **sent), "another packet when decoded again");
}

/// What is encoded and decoded again is the same (I33).
template <codec Codec>
void require_round_trip(const event& sent)
{
    const protocol::packet_header header{
        .type = protocol::packet_type::event, .nsp = sent.nsp, .id = sent.id
    };
    const auto packet = detail::encode_event<Codec>(header, packet_limits, sent.name, sent.all);
    if (!packet)
        return;  // a value that can be read and has no form on the wire, as too deep a one
    if (!fits(*packet))
        return;
    const auto decoder = Codec::make_decoder(packet_limits);
    const decoded_packet* const decoded = decoded_again(*decoder, *packet);
    require(decoded != nullptr, "what was encoded is no packet");
    const auto again = event_of<Codec>(*decoded);
    require(again.has_value(), "what was encoded has other values");
    require(again->nsp == sent.nsp && again->id == sent.id, "another header when decoded again");
    require(again->name == sent.name, "another event when decoded again");
    // Not the values themselves: 2.0 may have become 2.
    const auto repeated =
        detail::encode_event<Codec>(header, packet_limits, again->name, again->all);
    require(repeated.has_value(), "what was decoded again cannot be encoded");
    require(is_same(*repeated, *packet), "other arguments when decoded again");
}

template <codec Codec>
void check_messages(bytes_view input)
{
    const auto decoder = Codec::make_decoder(packet_limits);
    std::unique_ptr<partial_packet> partial;
    while (input.size() >= 2) {
        const frame_kind kind =
            std::to_integer<unsigned>(input[0]) % 2 == 0 ? frame_kind::text : frame_kind::binary;
        const std::size_t wanted = std::to_integer<std::size_t>(input[1]);
        input = input.subspan(2);
        const bytes_view message = input.first(wanted < input.size() ? wanted : input.size());
        input = input.subspan(message.size());
        const auto packet = decoder->feed(partial, kind, message);
        if (!packet)
            return;  // the connection ends
        if (!*packet)
            continue;
        const protocol::packet_header& header = (*packet)->header();
        require(header.nsp.starts_with('/'), "a namespace without its slash");
        require(header.nsp.size() <= packet_limits.max_namespace_bytes, "too long a namespace");
        require((*packet)->argument_count() <= packet_limits.max_args, "too many arguments");
        boost::json::value data;
        static_cast<void>(detail::read_data<Codec>(**packet, data));
        if (header.type != protocol::packet_type::event) {
            require_control_round_trip<Codec>(**packet);
            continue;
        }
        require((*packet)->event().size() <= packet_limits.max_event_bytes, "too long a name");
        if (const auto one = event_of<Codec>(**packet))
            require_round_trip<Codec>(*one);
    }
}

}  // namespace cosio::fuzz
