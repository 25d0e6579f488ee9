// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/peer.hpp>
#include <cosio/http.hpp>
#include <cosio/options.hpp>
#include <cosio/refusal.hpp>

namespace cosio {

/// What a request to the Engine.IO path may do.
struct admission
{
    enum class verdict : std::uint8_t
    {
        refuse,   ///< answer `why`
        open,     ///< a new session over `transport`
        poll,     ///< the GET of `peer`
        post,     ///< the POST of `peer`
        upgrade,  ///< a second link for `peer`
    };

    verdict what = verdict::refuse;
    refusal why = {};
    engine::transport_kind transport = engine::transport_kind::polling;
    engine::peer_ptr peer = {};
};

/// PORT: how a listener hands requests and links to a server. A custom transport calls open() alone.
/// A server of several shards is several hosts that know each other. Thread: the shard of the host.
class engine_host
{
public:
    virtual ~engine_host() = default;

    [[nodiscard]] virtual const engine_options& options() const noexcept = 0;

    [[nodiscard]] virtual shard& home() noexcept = 0;

    /// The part of the same server that lives on shard number `index`, or null. Thread: any.
    [[nodiscard]] virtual engine_host* part_on(unsigned index) noexcept
    {
        return index == home().index() ? this : nullptr;
    }

    /// Where the session lives that `request` names; this shard if it names none. Thread: any.
    [[nodiscard]] virtual shard& place_of(const http_request& request) noexcept
    {
        static_cast<void>(request);
        return home();
    }

    /// Decides, and changes nothing. Checks in the order of the official server.
    [[nodiscard]] virtual admission admit(const http_request& request) = 0;

    /// `wanted` as the id of the next session, or one of its own making if that is empty; nullopt if no
    /// session can be called so, or one is.
    [[nodiscard]] virtual std::optional<session_id> name_session(std::string_view wanted)
    {
        return session_id::from_text(wanted);
    }

    /// Opens a session on `link`; `request` is what the handshake came with, `id` what name_session() has given;
    /// if it is empty, the host makes one.
    /// A host that admits no new session any more drops the link and returns null.
    virtual engine::peer_ptr open(
        const http_request& request, std::unique_ptr<transport> link, session_id id = {}
    ) = 0;
};

}  // namespace cosio
