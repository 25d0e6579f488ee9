// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/attempt.hpp>
#include <cosio/engine/action.hpp>
#include <cosio/error.hpp>
#include <cosio/time.hpp>
#include <cosio/transport.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cosio {

/// What a client asks for: a link of one kind.
struct link_request
{
    engine::transport_kind kind = engine::transport_kind::websocket;
    std::string sid = {};  ///< of the session that is to be taken over; empty: of a new one
};

/// Why there is no link.
struct link_failure
{
    error_code why;
    std::string text = {};                     ///< one line for people, if there is more to say
    std::optional<duration> retry_after = {};  ///< the server asks to be left alone for so long
};

/// PORT: how a client gets links to its server. Thread: the shard of the client.
class connector
{
public:
    using outcome = boost::system::result<std::unique_ptr<transport>, link_failure>;
    using connected = std::function<void(outcome)>;

    virtual ~connector() = default;

    /// Begins to open a link, and calls `done` once, in a later turn. Whoever asks sets the limit of time.
    /// The first packet of a new session's link is its OPEN.
    [[nodiscard]] virtual std::unique_ptr<attempt> connect(
        const link_request& what, connected done
    ) = 0;
};

}  // namespace cosio
