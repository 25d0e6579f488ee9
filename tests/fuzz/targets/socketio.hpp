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
    std::size_t attachment_bytes = 0;
    for (const frame_ref& attachment : packet->attachments)
        attachment_bytes += attachment->size();
    if (attachment_bytes > packet_limits.max_attachment_bytes)
        return;  // one that is named twice is sent twice
    const auto decoder = Codec::make_decoder(packet_limits);
    std::unique_ptr<partial_packet> partial;
    auto decoded = decoder->feed(partial, packet->head->kind(), message_of(*packet->head));
    for (const frame_ref& attachment : packet->attachments) {
        require(decoded && !*decoded, "complete without its attachments");
        decoded = decoder->feed(partial, attachment->kind(), attachment->payload());
    }
    require(decoded && *decoded, "what was encoded is no packet");
    const auto again = event_of<Codec>(**decoded);
    require(again.has_value(), "what was encoded has other values");
    require(again->nsp == sent.nsp && again->id == sent.id, "another header when decoded again");
    require(again->name == sent.name, "another event when decoded again");
    // Not the values themselves: 2.0 may have become 2.
    const auto repeated =
        detail::encode_event<Codec>(header, packet_limits, again->name, again->all);
    require(repeated.has_value(), "what was decoded again cannot be encoded");
    require(
        as_text(repeated->head->payload()) == as_text(packet->head->payload()) &&
            std::ranges::equal(
                repeated->attachments,
                packet->attachments,
                [](const auto& one, const auto& other) {
                    return as_text(one->payload()) == as_text(other->payload());
                }
            ),
        "other arguments when decoded again"
    );
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
        if (header.type != protocol::packet_type::event)
            continue;
        require((*packet)->event().size() <= packet_limits.max_event_bytes, "too long a name");
        if (const auto one = event_of<Codec>(**packet))
            require_round_trip<Codec>(*one);
    }
}

}  // namespace cosio::fuzz
