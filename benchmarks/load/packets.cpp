// SPDX-License-Identifier: BSL-1.0
#include "packets.hpp"

#include "msgpack_walk.hpp"

#include <cosio/detail/base64.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <wire/websocket.hpp>

namespace cosio::load {
namespace {

constexpr std::array mask{std::byte{0x5a}, std::byte{0xc3}, std::byte{0x17}, std::byte{0x9e}};

std::string msgpack_head(std::size_t members, int type)
{
    std::string out;
    append_map(out, members);
    append_string(out, "type");
    append_integer(out, static_cast<std::uint64_t>(type));
    return out;
}

void append_namespace(std::string& out)
{
    append_string(out, "nsp");
    append_string(out, "/");
}

// Arguments are made by this program: nothing in them needs to be escaped.
std::string json_event(
    std::string_view name, const std::vector<std::string_view>& arguments, std::string_view id
)
{
    std::string out = fmt::format("42{}[\"{}\"", id, name);
    for (std::string_view argument : arguments)
        out += fmt::format(",\"{}\"", argument);
    return out + ']';
}

// Stock clients send their `compress` flag along; the JSON encoder drops it, this one does not.
std::string msgpack_event(
    std::string_view name,
    const std::vector<std::string_view>& arguments,
    std::optional<std::uint64_t> id
)
{
    std::string out = msgpack_head(id ? 5 : 4, 2);
    append_string(out, "data");
    append_array(out, arguments.size() + 1);
    append_string(out, name);
    for (std::string_view argument : arguments)
        append_string(out, argument);
    append_string(out, "options");
    append_map(out, 1);
    append_string(out, "compress");
    append_true(out);
    if (id) {
        append_string(out, "id");
        append_integer(out, *id);
    }
    append_namespace(out);
    return out;
}

incoming read_socket_io(std::string_view packet) noexcept
{
    incoming found;
    if (packet.empty())
        return found;
    const char type = packet.front();
    packet.remove_prefix(1);
    if (type == '5' || type == '6' || packet.starts_with('/'))
        return {.kind = incoming_kind::foreign};

    const char* end = packet.data() + packet.size();
    const auto [stop, ec] = std::from_chars(packet.data(), end, found.id);
    const bool has_id = ec == std::errc{};
    found.body = {stop, static_cast<std::size_t>(end - stop)};
    switch (type) {
    case '0': found.kind = incoming_kind::joined; break;
    case '1': found.kind = incoming_kind::left; break;
    case '2':
        if (found.body.starts_with("[\"")) {
            const std::size_t quote = found.body.find('"', 2);
            if (quote == found.body.npos)
                break;
            found.kind = incoming_kind::event;
            found.name = found.body.substr(2, quote - 2);
        }
        break;
    case '3':
        if (has_id && found.body.starts_with('['))
            found.kind = incoming_kind::ack;
        break;
    case '4': found.kind = incoming_kind::refused; break;
    default: break;
    }
    return found;
}

}  // namespace

packet connect_packet(codec encoding)
{
    if (encoding == codec::json)
        return {.bytes = "40"};
    std::string out = msgpack_head(2, 0);
    append_namespace(out);
    return {.binary = true, .bytes = std::move(out)};
}

packet disconnect_packet(codec encoding)
{
    if (encoding == codec::json)
        return {.bytes = "41"};
    std::string out = msgpack_head(2, 1);
    append_namespace(out);
    return {.binary = true, .bytes = std::move(out)};
}

packet event_packet(
    codec encoding,
    std::string_view name,
    const std::vector<std::string_view>& arguments,
    std::optional<std::uint64_t> ack_id
)
{
    if (encoding == codec::msgpack)
        return {.binary = true, .bytes = msgpack_event(name, arguments, ack_id)};
    return {.bytes = json_event(name, arguments, ack_id ? std::to_string(*ack_id) : "")};
}

std::vector<std::byte> websocket_frame(const packet& what)
{
    std::vector<std::byte> out;
    const auto opcode = what.binary ? wire::websocket_opcode::binary : wire::websocket_opcode::text;
    wire::append_websocket_frame(out, opcode, as_bytes(what.bytes), &mask);
    return out;
}

std::string polling_record(const packet& what)
{
    if (!what.binary)
        return what.bytes;
    std::string out(1 + detail::base64_size(what.bytes.size()), 'b');
    detail::encode_base64(as_bytes(what.bytes), out.data() + 1);
    return out;
}

incoming read_text(std::string_view packet) noexcept
{
    if (packet.empty())
        return {};
    const std::string_view rest = packet.substr(1);
    switch (packet.front()) {
    case '0': return {.kind = incoming_kind::open, .body = rest};
    case '1': return {.kind = incoming_kind::close};
    case '2': return {.kind = incoming_kind::ping, .body = rest};
    case '3':
    case '5':
    case '6': return {.kind = incoming_kind::noop};
    case '4': return read_socket_io(rest);
    default: return {};
    }
}

incoming read_msgpack(std::string_view packet) noexcept
{
    msgpack_walk walk{packet};
    std::uint64_t type = ~std::uint64_t{0};
    bool root = true;
    bool has_id = false;
    incoming found;
    for (std::uint64_t members = walk.enter_map(); members > 0 && walk.good(); --members) {
        const std::string_view key = walk.read_string();
        if (key == "type") {
            type = walk.read_integer();
        } else if (key == "nsp") {
            root = walk.read_string() == "/";
        } else if (key == "id") {
            found.id = walk.read_integer();
            has_id = true;
        } else if (key == "data") {
            found.body = walk.skip();
        } else {
            static_cast<void>(walk.skip());
        }
    }
    if (!walk.good())
        return {};
    if (!root)
        return {.kind = incoming_kind::foreign};

    msgpack_walk data{found.body};
    switch (type) {
    case 0: found.kind = incoming_kind::joined; break;
    case 1: found.kind = incoming_kind::left; break;
    case 2:
        if (data.enter_array() > 0) {
            found.name = data.read_string();
            found.kind = data.good() ? incoming_kind::event : incoming_kind::malformed;
        }
        break;
    case 3: found.kind = has_id ? incoming_kind::ack : incoming_kind::malformed; break;
    case 4: found.kind = incoming_kind::refused; break;
    default: break;
    }
    return found;
}

std::string_view find_json_string(std::string_view json, std::string_view key)
{
    const std::string quoted = fmt::format("\"{}\"", key);
    const std::size_t at = json.find(quoted);
    if (at == json.npos)
        return {};
    const std::size_t colon = json.find_first_not_of(" \t", at + quoted.size());
    if (colon == json.npos || json[colon] != ':')
        return {};
    const std::size_t begin = json.find_first_not_of(" \t", colon + 1);
    if (begin == json.npos || json[begin] != '"')
        return {};
    const std::size_t end = json.find_first_of("\"\\", begin + 1);
    if (end == json.npos || json[end] != '"')
        return {};
    return json.substr(begin + 1, end - begin - 1);
}

}  // namespace cosio::load
