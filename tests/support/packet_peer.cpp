// SPDX-License-Identifier: BSL-1.0
#include "packet_peer.hpp"

#include <cosio/detail/wakeup.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <bit>
#include <stdexcept>

namespace cosio::test {

struct packet_peer::state
{
    state(shard& home, std::unique_ptr<transport> over)
        : link{std::move(over)}, resumed{home.executor()}
    {}

    std::unique_ptr<transport> link;
    detail::wakeup resumed;
    std::vector<received_packet> packets;
    bool reads = true;
    bool ended = false;
};

packet_peer::packet_peer(simulation& world, std::unique_ptr<transport> link)
    : world_{&world}, state_{std::make_shared<state>(world.home(), std::move(link))}
{
    asio::co_spawn(world.home().executor(), read(state_), asio::detached);
}

packet_peer::packet_peer(packet_peer&&) noexcept = default;

packet_peer::~packet_peer()
{
    if (!state_)
        return;
    state_->ended = true;
    state_->link->close();
    state_->resumed.notify();
}

task<> packet_peer::read(std::shared_ptr<state> self)
{
    engine::packet_view packet;
    while (!self->ended) {
        if (!self->reads) {
            co_await self->resumed.wait();
            continue;
        }
        if (self->link->try_receive(packet)) {
            std::string data{packet.text()};
            if (packet.kind == frame_kind::text)
                data.insert(data.begin(), static_cast<char>('0' + static_cast<int>(packet.type)));
            self->packets.push_back({packet.kind, std::move(data), packet.data.data()});
            continue;
        }
        const error_code ec = co_await self->link->readable();
        if (ec)
            self->ended = true;
    }
}

void packet_peer::send(frame_ref packet)
{
    outbox one;
    one.push(std::move(packet));
    state_->link->try_flush(one);
}

void packet_peer::send_text(std::string_view packet)
{
    send(make_text_frame(packet));
}

void packet_peer::send_binary(std::string_view bytes)
{
    send(make_frame(frame_kind::binary, as_bytes(bytes)));
}

void packet_peer::stop_reading() noexcept
{
    state_->reads = false;
}

void packet_peer::resume_reading() noexcept
{
    state_->reads = true;
    state_->resumed.notify();
}

void packet_peer::cut() noexcept
{
    state_->link->close();
}

std::vector<received_packet> packet_peer::take()
{
    return std::exchange(state_->packets, {});
}

bool packet_peer::ended() const noexcept
{
    return state_->ended;
}

namespace {

// A second, independent reading of the msgpack format: only as much as these tests need.

void pack_number(std::string& out, unsigned lead, std::uint64_t bits, int bytes)
{
    out += static_cast<char>(lead);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(bits >> shift & 0xff);
}

void pack_text(std::string& out, std::string_view text)
{
    if (text.size() < 32)
        out += static_cast<char>(0xa0 + text.size());
    else
        pack_number(out, 0xdb, text.size(), 4);
    out += text;
}

const std::string* named(const boost::json::object& object, const std::vector<std::string>& from)
{
    const boost::json::value* const marked = object.if_contains("_placeholder");
    const boost::json::value* const number = object.if_contains("num");
    if (!marked || !marked->is_bool() || !marked->get_bool() || !number || !number->is_int64())
        return nullptr;
    const auto index = static_cast<std::size_t>(number->get_int64());
    return index < from.size() ? &from[index] : nullptr;
}

void pack(std::string& out, const boost::json::value& value, const std::vector<std::string>& bytes)
{
    if (value.is_null()) {
        out += '\xc0';
    } else if (const bool* truth = value.if_bool()) {
        out += *truth ? '\xc3' : '\xc2';
    } else if (const std::int64_t* integer = value.if_int64()) {
        if (*integer >= 0 && *integer < 128)
            out += static_cast<char>(*integer);
        else
            pack_number(out, 0xd3, static_cast<std::uint64_t>(*integer), 8);
    } else if (const std::uint64_t* large = value.if_uint64()) {
        pack_number(out, 0xcf, *large, 8);
    } else if (const double* number = value.if_double()) {
        pack_number(out, 0xcb, std::bit_cast<std::uint64_t>(*number), 8);
    } else if (const boost::json::string* text = value.if_string()) {
        pack_text(out, *text);
    } else if (const boost::json::array* array = value.if_array()) {
        pack_number(out, 0xdd, array->size(), 4);
        for (const boost::json::value& element : *array)
            pack(out, element, bytes);
    } else if (const std::string* attachment = named(value.get_object(), bytes)) {
        pack_number(out, 0xc6, attachment->size(), 4);
        out += *attachment;
    } else {
        pack_number(out, 0xdf, value.get_object().size(), 4);
        for (const auto& [key, member] : value.get_object()) {
            pack_text(out, key);
            pack(out, member, bytes);
        }
    }
}

class unpacker
{
public:
    unpacker(std::string_view bytes, std::vector<std::string>& attachments)
        : rest_{bytes}, attachments_{attachments}
    {}

    boost::json::value value()
    {
        const auto lead = static_cast<unsigned>(number(1));
        if (lead < 0x80)
            return std::int64_t{lead};
        if (lead < 0x90)
            return object(lead & 0x0f);
        if (lead < 0xa0)
            return array(lead & 0x0f);
        if (lead < 0xc0)
            return boost::json::string{text(lead & 0x1f)};
        if (lead >= 0xe0)
            return static_cast<std::int64_t>(lead) - 256;
        return long_form(lead);
    }

    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

private:
    boost::json::value long_form(unsigned lead)
    {
        switch (lead) {
        case 0xc0: return nullptr;
        case 0xc2: return false;
        case 0xc3: return true;
        case 0xc4: return bytes(number(1));
        case 0xc5: return bytes(number(2));
        case 0xc6: return bytes(number(4));
        case 0xcb: return std::bit_cast<double>(number(8));
        case 0xcc: return number(1);
        case 0xcd: return number(2);
        case 0xce: return number(4);
        case 0xcf: return number(8);
        case 0xd0: return std::int64_t{static_cast<std::int8_t>(number(1))};
        case 0xd1: return std::int64_t{static_cast<std::int16_t>(number(2))};
        case 0xd2: return std::int64_t{static_cast<std::int32_t>(number(4))};
        case 0xd3: return static_cast<std::int64_t>(number(8));
        case 0xd9: return boost::json::string{text(number(1))};
        case 0xda: return boost::json::string{text(number(2))};
        case 0xdb: return boost::json::string{text(number(4))};
        case 0xdc: return array(number(2));
        case 0xdd: return array(number(4));
        case 0xde: return object(number(2));
        case 0xdf: return object(number(4));
        default: throw std::runtime_error{fmt::format("msgpack: unexpected {:02x}", lead)};
        }
    }

    std::uint64_t number(std::size_t count)
    {
        std::uint64_t out = 0;
        for (const char c : text(count))
            out = out << 8 | static_cast<unsigned char>(c);
        return out;
    }

    std::string_view text(std::uint64_t count)
    {
        if (rest_.size() < count)
            throw std::runtime_error{"msgpack: cut short"};
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    boost::json::value bytes(std::uint64_t count)
    {
        attachments_.emplace_back(text(count));
        return boost::json::object{{"_placeholder", true}, {"num", attachments_.size() - 1}};
    }

    boost::json::value array(std::uint64_t count)
    {
        boost::json::array out;
        for (; count != 0; --count)
            out.push_back(value());
        return out;
    }

    boost::json::value object(std::uint64_t count)
    {
        boost::json::object out;
        for (; count != 0; --count) {
            const boost::json::value key = value();
            out[key.as_string()] = value();
        }
        return out;
    }

    std::string_view rest_;
    std::vector<std::string>& attachments_;
};

boost::json::value parse(std::string_view text)
{
    boost::json::parse_options options;
    options.max_depth = 1'000;
    return boost::json::parse(text, {}, options);
}

std::string_view take_digits(std::string_view& text)
{
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

}  // namespace

std::string to_msgpack(std::string_view packet, const std::vector<std::string>& attachments)
{
    int type = packet.at(1) - '0';
    packet.remove_prefix(2);
    if (type == 5 || type == 6) {
        type -= 3;
        packet.remove_prefix(packet.find('-') + 1);
    }
    std::string_view nsp = "/";
    if (packet.starts_with('/')) {
        const std::size_t comma = packet.find(',');
        nsp = packet.substr(0, comma);
        packet.remove_prefix(comma == packet.npos ? packet.size() : comma + 1);
    }
    const std::string_view id = take_digits(packet);

    std::string out;
    out += static_cast<char>(0x82 + (packet.empty() ? 0 : 1) + (id.empty() ? 0 : 1));
    pack_text(out, "type");
    out += static_cast<char>(type);
    if (!packet.empty()) {
        pack_text(out, "data");
        pack(out, parse(packet), attachments);
    }
    pack_text(out, "nsp");
    pack_text(out, nsp);
    if (!id.empty()) {
        pack_text(out, "id");
        pack(out, parse(id), {});
    }
    return out;
}

std::vector<std::string> from_msgpack(std::string_view message)
{
    std::vector<std::string> attachments;
    unpacker in{message, attachments};
    const boost::json::object packet = in.value().as_object();
    if (!in.done())
        throw std::runtime_error{"msgpack: something follows the packet"};
    std::int64_t type = packet.at("type").as_int64();
    std::string text = "4";
    if (!attachments.empty())
        text += fmt::format("{}{}-", type += 3, attachments.size());
    else
        text += fmt::format("{}", type);
    const std::string_view nsp = packet.at("nsp").as_string();
    if (nsp != "/")
        text += fmt::format("{},", nsp);
    if (const boost::json::value* const id = packet.if_contains("id"))
        text += boost::json::serialize(*id);
    if (const boost::json::value* const data = packet.if_contains("data"))
        text += boost::json::serialize(*data);
    std::vector<std::string> lines{std::move(text)};
    for (const std::string& attachment : attachments)
        lines.push_back("b" + attachment);
    return lines;
}

}  // namespace cosio::test
