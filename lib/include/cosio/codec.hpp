// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/protocol/packet.hpp>
#include <cosio/value.hpp>

#include <memory>

namespace cosio {

/// One decoded packet, as the core sees it. A codec's own packet type derives from it.
/// Lifetime: until the next feed() of the decoder that returned it.
class decoded_packet
{
public:
    [[nodiscard]] const protocol::packet_header& header() const noexcept { return header_; }

    /// Name of an event packet; a number is given as its decimal text (EV-3).
    [[nodiscard]] std::string_view event() const noexcept { return event_; }

    /// Arguments of an event (its name not counted) or of an ack.
    [[nodiscard]] std::size_t argument_count() const noexcept { return argument_count_; }

protected:
    decoded_packet() = default;
    ~decoded_packet() = default;

    protocol::packet_header header_;
    std::string_view event_;
    std::size_t argument_count_ = 0;
};

/// What one connection has received of a packet whose attachments are not complete.
class partial_packet
{
public:
    virtual ~partial_packet() = default;

    [[nodiscard]] virtual const protocol::packet_header& header() const noexcept = 0;
};

/// Turns Engine.IO messages into packets. One per shard: it owns the scratch memory; what must be
/// remembered of one connection lives in that connection's `partial`, which is null nearly always.
class packet_decoder
{
public:
    virtual ~packet_decoder() = default;

    /// Text: the message without its Engine.IO type digit. Binary: the raw message.
    /// Returns null while attachments are missing. Any error ends the connection.
    /// Invalidates: the packet returned before, for whichever connection.
    [[nodiscard]] virtual result<const decoded_packet*> feed(
        std::unique_ptr<partial_packet>& partial, frame_kind kind, bytes_view message
    ) = 0;
};

// clang-format off
/// What the core asks of a codec. An encoder is a value_writer that is given, after construction:
/// event and ack: begin_array(n), n values (the event's name first), end_array();
/// connect and connect_error: at most one value; disconnect: nothing. Then finish(), once.
/// Connection state recovery asks for one thing more: `append_text`, as json has it.
template <class C>
concept codec = requires(const protocol::packet_header& header, const protocol::packet_limits& limits,
                         const typename C::packet& packet, typename C::encoder& encoder) {
    { C::name }                     -> std::convertible_to<std::string_view>;
    { C::make_decoder(limits) }     -> std::same_as<std::unique_ptr<packet_decoder>>;
    requires std::derived_from<typename C::packet, decoded_packet>;
    requires value_reader<typename C::reader>;
    { packet.argument(std::size_t{}) } -> std::same_as<typename C::reader>;  // index < argument_count()
    { packet.data() }               -> std::same_as<std::optional<typename C::reader>>;  // of connect, connect_error
    requires value_writer<typename C::encoder>;
    requires std::constructible_from<typename C::encoder, const protocol::packet_header&, const protocol::packet_limits&>;
    { encoder.finish() }            -> std::same_as<result<protocol::encoded_packet>>;
};
// clang-format on

}  // namespace cosio
