// SPDX-License-Identifier: BSL-1.0
#include "packet_oracle.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace cosio::test {
namespace {

constexpr protocol::packet_limits limits;

/// Text: the message without the digit of Engine.IO.
std::string_view message_of(const frame& sent)
{
    return as_text(sent.payload()).substr(sent.kind() == frame_kind::text ? 1 : 0);
}

std::string_view text_in(const boost::json::value& data, std::string_view key)
{
    const boost::json::object* const all = data.if_object();
    const boost::json::value* const found = all ? all->if_contains(key) : nullptr;
    return found && found->is_string() ? std::string_view{found->get_string()} : std::string_view{};
}

std::string key_of(std::string_view nsp, std::string_view socket)
{
    return fmt::format("{} {}", nsp, socket);
}

}  // namespace

packet_oracle::packet_oracle(
    const wire_codec& codec, bool recovers, secret_oracle& secrets, complaints& to
)
    : codec_{codec},
      recovers_{recovers},
      secrets_{&secrets},
      complaints_{&to},
      decoders_{codec.functions->make_decoder(limits), codec.functions->make_decoder(limits)}
{}

void packet_oracle::passes(conversation& in, bool up, frame_kind kind, bytes_view message)
{
    const std::size_t side = up ? 0 : 1;
    conversation::half& half = in.halves[side];
    half.frames.emplace_back(as_text(message));
    const auto packet = decoders_[side]->feed(half.partial, kind, message);
    if (packet && !*packet)
        return;
    const conversation::half was{.partial = nullptr, .frames = std::exchange(half.frames, {})};
    if (!packet) {
        complain(fmt::format("cannot be decoded: {}", packet.error().message()));
        return;
    }
    check_round_trip(**packet, was);
    const protocol::packet_header& header = (*packet)->header();
    if (header.type == protocol::packet_type::connect)
        check_connect(in, up, **packet);
    else if (header.type == protocol::packet_type::event && !up && recovers_ && !header.id)
        check_offset(in, **packet);
}

std::optional<std::string> packet_oracle::pid_of(std::string_view nsp, std::string_view socket)
    const
{
    const auto found = pids_.find(key_of(nsp, socket));
    return found != pids_.end() ? std::optional{found->second} : std::nullopt;
}

void packet_oracle::check_round_trip(const decoded_packet& packet, const conversation::half& was)
{
    const detail::codec_functions& codec = *codec_.functions;
    const protocol::packet_header& header = packet.header();
    const bool has_arguments =
        header.type == protocol::packet_type::event || header.type == protocol::packet_type::ack;
    const error_code unread =
        has_arguments ? codec.read_arguments(packet, arguments_) : codec.read_data(packet, data_);
    if (unread)
        return complain(fmt::format("cannot be read: {}", unread.message()));
    const auto again = header.type == protocol::packet_type::event
                           ? codec.encode_event(header, limits, packet.event(), arguments_)
                       : header.type == protocol::packet_type::ack
                           ? codec_.encode_ack(header, limits, arguments_)
                           : codec.encode_control(
                                 header.type, header.nsp, data_.is_null() ? nullptr : &data_, limits
                             );
    if (!again)
        return complain(fmt::format("cannot be encoded again: {}", again.error().message()));
    std::vector<std::string_view> frames{message_of(*again->head)};
    for (const frame_ref& attachment : again->attachments)
        frames.push_back(message_of(*attachment));
    const bool is_same = std::ranges::equal(frames, was.frames);
    if (!is_same)
        complain(fmt::format("{} becomes another packet", was.frames.front()));
}

void packet_oracle::check_connect(conversation& in, bool up, const decoded_packet& packet)
{
    const std::string nsp{packet.header().nsp};
    const std::string pid{text_in(data_, "pid")};
    if (!up) {
        if (pid.empty())
            return;
        if (in.pids[nsp] != pid)
            secrets_->makes(pid);
        in.pids[nsp] = pid;
        pids_[key_of(nsp, text_in(data_, "sid"))] = pid;
        return;
    }
    in.pids[nsp] = pid;
    const std::string_view offset = text_in(data_, "offset");
    const bool is_honest = text_in(data_, claimant).empty();
    if (is_honest && !offset.empty() && !issued_[pid].contains(offset))
        complain(fmt::format("a client names the offset {}, which it was not given", offset));
}

void packet_oracle::check_offset(conversation& in, const decoded_packet& packet)
{
    if (packet.event() == volatile_event)
        return;
    const boost::json::array& all = arguments_.values;
    const std::string offset{
        all.empty() || !all.back().is_string() ? std::string_view{}
                                               : std::string_view{all.back().get_string()}
    };
    if (offset.empty() || offset == decoy)
        return complain("an event has no offset");
    const std::string_view nsp = packet.header().nsp;
    const std::string event = key_of(nsp, boost::json::serialize(all.front()));
    if (event_of_.emplace(key_of(nsp, offset), event).first->second != event)
        complain(fmt::format("two events have the offset {} in {}", offset, nsp));
    if (offset_of_.emplace(event, offset).first->second != offset)
        complain(fmt::format("{} has two offsets", event));
    issued_[in.pids[std::string{nsp}]].insert(offset);
}

void packet_oracle::complain(std::string what)
{
    complaints_->push_back("on the wire: " + std::move(what));
}

}  // namespace cosio::test
