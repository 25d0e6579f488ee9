// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/any_value.hpp>
#include <cosio/codec.hpp>

namespace cosio::detail {

/// What the core itself asks of a codec, so that the core is compiled once for all of them.
struct codec_functions
{
    std::string_view name;
    std::unique_ptr<packet_decoder> (*make_decoder)(const protocol::packet_limits& limits);
    result<protocol::encoded_packet> (*encode_control)(
        protocol::packet_type type,
        std::string_view nsp,
        const boost::json::value* data,
        const protocol::packet_limits& limits
    );
    error_code (*read_data)(const decoded_packet& packet, boost::json::value& out);
    error_code (*read_arguments)(const decoded_packet& packet, arguments& out);
    result<protocol::encoded_packet> (*encode_event)(
        const protocol::packet_header& header,
        const protocol::packet_limits& limits,
        std::string_view event,
        const arguments& all
    );
    /// The event with one more argument; null if the codec cannot, and then there is no recovery.
    protocol::encoded_packet (*append_text)(
        const protocol::encoded_packet& event, std::string_view nsp, std::string_view text
    );
};

template <codec C>
result<protocol::encoded_packet> encode_control(
    protocol::packet_type type,
    std::string_view nsp,
    const boost::json::value* data,
    const protocol::packet_limits& limits
)
{
    const protocol::packet_header header{.type = type, .nsp = nsp};
    typename C::encoder out{header, limits};
    if (data)
        write_value(out, *data);
    return out.finish();
}

template <codec C>
error_code read_data(const decoded_packet& packet, boost::json::value& out)
{
    out = nullptr;
    const auto at = static_cast<const typename C::packet&>(packet).data();
    return at ? read_value(*at, out) : error_code{};
}

template <codec C>
error_code read_arguments(const decoded_packet& packet, arguments& out)
{
    out.values.clear();
    out.attachments.clear();
    out.values.reserve(packet.argument_count());
    const auto& typed = static_cast<const typename C::packet&>(packet);
    for (std::size_t i = 0; i < packet.argument_count(); ++i) {
        boost::json::value& value = out.values.emplace_back(nullptr);
        if (const error_code ec = read_json(typed.argument(i), value, &out.attachments))
            return ec;
    }
    return {};
}

template <codec C>
result<protocol::encoded_packet> encode_event(
    const protocol::packet_header& header,
    const protocol::packet_limits& limits,
    std::string_view event,
    const arguments& all
)
{
    typename C::encoder out{header, limits};
    out.begin_array(1 + all.values.size());
    out.string(event);
    for (const boost::json::value& value : all.values)
        write_json(out, value, all.attachments);
    out.end_array();
    return out.finish();
}

template <codec C>
[[nodiscard]] constexpr decltype(codec_functions::append_text) append_text_of() noexcept
{
    if constexpr (requires { C::append_text; })
        return &C::append_text;
    else
        return nullptr;
}

template <codec C>
inline constexpr codec_functions functions_of{
    .name = C::name,
    .make_decoder = [](const protocol::packet_limits& limits) { return C::make_decoder(limits); },
    .encode_control = &encode_control<C>,
    .read_data = &read_data<C>,
    .read_arguments = &read_arguments<C>,
    .encode_event = &encode_event<C>,
    .append_text = append_text_of<C>(),
};

}  // namespace cosio::detail
