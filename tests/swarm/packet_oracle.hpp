// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "secret_oracle.hpp"
#include "support/conversation_oracle.hpp"

#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/emit.hpp>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cosio::test {

/// What the oracle asks of a codec.
struct wire_codec
{
    const detail::codec_functions* functions;
    result<protocol::encoded_packet> (*encode_ack)(
        const protocol::packet_header& header,
        const protocol::packet_limits& limits,
        const arguments& all
    );
};

template <codec Codec>
inline constexpr wire_codec wire_codec_of{
    .functions = &detail::functions_of<Codec>,
    .encode_ack = [](const protocol::packet_header& header,
                     const protocol::packet_limits& limits,
                     const arguments& all
                  ) { return detail::encode_ack<Codec>(header, limits, all); }
};

/// Events of that name are volatile here: they bear no offset.
inline constexpr std::string_view volatile_event = "passing";

/// Not an offset, and where one could be taken for one.
inline constexpr std::string_view decoy = "no-offset-but-a-text";

/// A client that claims the session of another says so in its auth, under that name.
inline constexpr std::string_view claimant = "claimant";

/// Socket.IO's packets as they pass a server. Each can be decoded, and encoded again is the same bytes (I33). An offset
/// belongs to one event, also over restarts (I12), each event that may be recovered bears one, and the offset of a
/// CONNECT is one that came with that pid (I11).
class packet_oracle
{
public:
    /// What one session has said: up, then down.
    struct conversation
    {
        struct half
        {
            std::unique_ptr<partial_packet> partial;
            std::vector<std::string> frames;  // of a packet that is not complete
        };

        std::array<half, 2> halves;
        std::map<std::string, std::string, std::less<>> pids;  // of its namespaces
    };

    packet_oracle(const wire_codec& codec, bool recovers, secret_oracle& secrets, complaints& to);

    void passes(conversation& in, bool up, frame_kind kind, bytes_view message);

    /// The pid of a socket of the server, once its CONNECT was answered.
    [[nodiscard]] std::optional<std::string> pid_of(std::string_view nsp, std::string_view socket)
        const;

private:
    void check_round_trip(const decoded_packet& packet, const conversation::half& was);
    void check_connect(conversation& in, bool up, const decoded_packet& packet);
    void check_offset(conversation& in, const decoded_packet& packet);
    void complain(std::string what);

    wire_codec codec_;
    bool recovers_;
    secret_oracle* secrets_;
    complaints* complaints_;
    std::array<std::unique_ptr<packet_decoder>, 2> decoders_;
    arguments arguments_;                                   // of the packet that is looked at
    boost::json::value data_;                               // the same
    std::map<std::string, std::string, std::less<>> pids_;  // by namespace and socket
    std::map<std::string, std::set<std::string, std::less<>>, std::less<>> issued_;  // by pid
    std::map<std::string, std::string, std::less<>> event_of_;   // by namespace and offset
    std::map<std::string, std::string, std::less<>> offset_of_;  // by event
};

}  // namespace cosio::test
