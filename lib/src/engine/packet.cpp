// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/engine/packet.hpp>

namespace cosio::engine {

result<packet_view> parse_packet(std::string_view text, std::vector<std::byte>& scratch)
{
    if (text.empty())
        return errc::parse_error;
    const char first = text.front();
    const std::string_view rest = text.substr(1);
    if (first >= '0' && first <= '6')
        return packet_view{
            .type = static_cast<packet_type>(first - '0'),
            .kind = frame_kind::text,
            .data = as_bytes(rest)
        };
    if (first != 'b')
        return errc::parse_error;
    scratch.resize(rest.size() / 4 * 3 + 3);
    const auto decoded = detail::decode_base64(rest, scratch.data());
    if (!decoded)
        return errc::parse_error;
    return packet_view{
        .type = packet_type::message,
        .kind = frame_kind::binary,
        .data = bytes_view{scratch.data(), *decoded}
    };
}

frame_ref encode_packet(packet_type type, std::string_view data)
{
    frame_builder out{frame_kind::text, data.size() + 1};
    out.push_back(static_cast<char>('0' + static_cast<int>(type)));
    out.append(data);
    return out.finish();
}

}  // namespace cosio::engine
