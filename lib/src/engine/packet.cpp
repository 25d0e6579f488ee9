// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/engine/packet.hpp>

namespace cosio::engine {
namespace {

constexpr int max_type = static_cast<int>(packet_type::noop);

bool take_type(std::string_view& text, packet_type& type) noexcept
{
    if (text.empty() || text.front() < '0' || text.front() > '0' + max_type)
        return false;
    type = static_cast<packet_type>(text.front() - '0');
    text.remove_prefix(1);
    return true;
}

}  // namespace

result<packet_view> parse_packet(
    std::string_view text, std::vector<std::byte>& scratch, revision protocol
)
{
    packet_type type = packet_type::message;
    if (take_type(text, type))
        return packet_view{.type = type, .kind = frame_kind::text, .data = as_bytes(text)};
    if (text.empty() || text.front() != 'b')
        return errc::parse_error;
    std::string_view rest = text.substr(1);
    if (protocol == revision::v3 && !take_type(rest, type))
        return errc::parse_error;
    scratch.resize(rest.size() / 4 * 3 + 3);
    const auto decoded = detail::decode_base64(rest, scratch.data());
    if (!decoded)
        return errc::parse_error;
    return packet_view{
        .type = type, .kind = frame_kind::binary, .data = bytes_view{scratch.data(), *decoded}
    };
}

result<packet_view> parse_binary_packet(bytes_view bytes, revision protocol)
{
    if (protocol == revision::v4)
        return packet_view{.kind = frame_kind::binary, .data = bytes};
    if (bytes.empty() || bytes.front() > static_cast<std::byte>(max_type))
        return errc::parse_error;
    return packet_view{
        .type = static_cast<packet_type>(bytes.front()),
        .kind = frame_kind::binary,
        .data = bytes.subspan(1)
    };
}

frame_ref encode_legacy_binary(const frame& message, bool supports_binary)
{
    const bytes_view bytes = message.payload();
    const std::size_t digits = detail::base64_size(bytes.size());
    frame_builder out{
        supports_binary ? frame_kind::binary : frame_kind::text,
        supports_binary ? bytes.size() + 1 : digits + 2
    };
    if (supports_binary) {
        out.push_back(static_cast<char>(packet_type::message));
        out.append(bytes);
    } else {
        out.append("b4");
        detail::encode_base64(bytes, reinterpret_cast<char*>(out.prepare(digits)));
        out.commit(digits);
    }
    frame_ref made = out.finish();
    if (!message.may_compress())
        made.forbid_compression();
    return made;
}

frame_ref encode_binary_as_text(const frame& message)
{
    frame_ref made = make_frame(frame_kind::text, message.polling());
    if (!message.may_compress())
        made.forbid_compression();
    return made;
}

frame_ref encode_packet(packet_type type, std::string_view data)
{
    frame_builder out{frame_kind::text, data.size() + 1};
    out.push_back(static_cast<char>('0' + static_cast<int>(type)));
    out.append(data);
    return out.finish();
}

}  // namespace cosio::engine
