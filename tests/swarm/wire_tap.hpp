// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http_oracle.hpp"
#include "milestones.hpp"
#include "packet_oracle.hpp"
#include "secret_oracle.hpp"
#include "tapped_stream.hpp"

#include <cosio/engine/packet.hpp>
#include <cosio/transports/simulation.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace cosio::test {

/// Reads along at the server's ends of all connections: HTTP, WebSocket, Engine.IO, Socket.IO.
/// Lifetime: outlives its streams.
class wire_tap
{
public:
    wire_tap(
        const simulation& clock,
        const wire_codec& codec,
        bool recovers,
        complaints& broken,
        milestone_counts& reached
    );
    ~wire_tap();

    [[nodiscard]] std::unique_ptr<byte_stream> wrap(std::unique_ptr<byte_stream> stream);

    /// All is quiet: nobody waits for an answer but who polls (I30).
    void check_answered() const;

    /// Between the probe of a session's WebSocket and the end of its upgrade, which may be this moment's.
    [[nodiscard]] bool is_upgrading(std::string_view session_id) const;

    secret_oracle secrets;
    packet_oracle packets;

private:
    struct session;
    class connection;

    [[nodiscard]] std::shared_ptr<session> find(std::string_view first_line) const;
    [[nodiscard]] std::shared_ptr<session> open(std::string_view handshake);

    void reach(milestone what) noexcept { ++(*reached_)[static_cast<std::size_t>(what)]; }

    const simulation* clock_;
    complaints* complaints_;
    milestone_counts* reached_;
    std::map<std::string, std::shared_ptr<session>, std::less<>> sessions_;
    std::set<const connection*> connections_;
};

}  // namespace cosio::test
