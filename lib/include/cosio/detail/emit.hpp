// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/any_value.hpp>
#include <cosio/codec.hpp>

namespace cosio::detail {

template <class T>
[[nodiscard]] std::size_t arity_of(const T&) noexcept
{
    return 1;
}

[[nodiscard]] inline std::size_t arity_of(const arguments& all) noexcept
{
    return all.values.size();
}

template <value_writer W, class T>
void write_argument(W& out, const T& value)
{
    write_value(out, value);
}

template <value_writer W>
void write_argument(W& out, const arguments& all)
{
    for (const boost::json::value& value : all.values)
        write_json(out, value, all.attachments);
}

/// What keeps an argument until a later turn, when views would dangle.
template <class T>
[[nodiscard]] const T& own(const T& value) noexcept
{
    return value;
}

[[nodiscard]] inline std::string own(const char* text)
{
    return text;
}

[[nodiscard]] inline std::string own(std::string_view text)
{
    return std::string{text};
}

template <class T, std::size_t N>
[[nodiscard]] std::vector<std::remove_cv_t<T>> own(std::span<T, N> values)
{
    return {values.begin(), values.end()};
}

template <codec Codec, class... Args>
[[nodiscard]] result<protocol::encoded_packet> encode_event(
    std::string_view nsp,
    std::optional<std::uint64_t> id,
    const protocol::packet_limits& limits,
    std::string_view event,
    const Args&... args
)
{
    if (protocol::is_reserved_event(event))
        return errc::reserved_event;
    const protocol::packet_header header{
        .type = protocol::packet_type::event, .nsp = nsp, .id = id
    };
    typename Codec::encoder out{header, limits};
    out.begin_array((std::size_t{1} + ... + arity_of(args)));
    out.string(event);
    (write_argument(out, args), ...);
    out.end_array();
    return out.finish();
}

/// Events of one name and key, in one namespace, replace each other.
inline void keep_latest(
    protocol::encoded_packet& packet,
    std::string_view nsp,
    std::string_view event,
    std::string_view key
)
{
    std::string text;
    text.reserve(nsp.size() + event.size() + key.size() + 2);
    text.append(nsp).push_back('\0');
    text.append(event).push_back('\0');
    packet.set_key(std::move(text.append(key)));
}

template <codec Codec, class... Reply>
[[nodiscard]] result<protocol::encoded_packet> encode_ack(
    const protocol::packet_header& header,
    const protocol::packet_limits& limits,
    const Reply&... reply
)
{
    typename Codec::encoder out{header, limits};
    out.begin_array((std::size_t{0} + ... + arity_of(reply)));
    (write_argument(out, reply), ...);
    out.end_array();
    return out.finish();
}

}  // namespace cosio::detail
