// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "autobahn.hpp"
#include "echo_endpoint.hpp"
#include "peer_deflate.hpp"

#include <cosio/transports/simulation.hpp>

#include <optional>

namespace cosio::test {

/// The other end of one of ours, by hand: it writes what it is told, reads frames with a reader of its own, and sees that
/// each is as RFC 6455 and the terms of the handshake allow. Fails the test if our end does not agree to the terms.
class fuzzing_peer
{
public:
    using strings = autobahn::strings;

    /// `ours` is the role of the end under test.
    explicit fuzzing_peer(
        engine::role ours, const std::optional<autobahn::deflate_terms>& terms = std::nullopt
    );
    ~fuzzing_peer();
    fuzzing_peer(const fuzzing_peer&) = delete;
    fuzzing_peer& operator=(const fuzzing_peer&) = delete;

    /// As it stands on the wire: masked if this is the client's side.
    [[nodiscard]] std::string encode(const autobahn::sent_frame& frame) const;

    /// Octets of `frame` before its payload.
    [[nodiscard]] std::size_t header_size(const autobahn::sent_frame& frame) const;

    /// A message in frames of `fragment` octets, compressed if that was agreed on.
    [[nodiscard]] std::string encode_message(
        std::string_view payload, bool binary, std::size_t fragment
    );

    /// Writes, and lets happen what follows without time passing. What our end no longer takes is lost, as with TCP.
    void write(std::string_view bytes);

    /// What has come: "text ...", "binary ...", "pong ...", "close 1000", and "end" at the end of the stream.
    [[nodiscard]] const strings& heard() const noexcept { return heard_; }

    void forget_heard() { heard_.clear(); }

    /// Of the messages that have come.
    [[nodiscard]] std::size_t compressed_messages() const noexcept { return compressed_; }

    /// Both sides are done.
    [[nodiscard]] bool ours_has_ended() const noexcept { return endpoint_->ended(); }

private:
    [[nodiscard]] std::optional<deflate_options> negotiate(const autobahn::deflate_terms& terms);
    void use_terms(std::string_view answer);
    void read();
    bool take_frame();
    void hear(unsigned first, std::string payload);

    simulation world_;
    engine::role ours_;
    std::unique_ptr<byte_stream> stream_;
    std::optional<peer_deflater> deflater_;
    std::optional<peer_inflater> inflater_;
    std::unique_ptr<echo_endpoint> endpoint_;
    std::string come_;
    std::size_t taken_ = 0;
    strings heard_;
    std::size_t compressed_ = 0;
    bool ended_ = false;
};

}  // namespace cosio::test
