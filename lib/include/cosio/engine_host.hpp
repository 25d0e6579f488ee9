// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/peer.hpp>
#include <cosio/http.hpp>
#include <cosio/options.hpp>

namespace cosio {

/// Numbers of the official server's `connection_error` (features.md 2.6).
enum class refusal_code : int
{
    transport_unknown = 0,
    session_id_unknown = 1,
    bad_handshake_method = 2,
    bad_request = 3,
    forbidden = 4,
    unsupported_protocol_version = 5,
};

/// Why a request may not do what it asks for.
struct refusal
{
    refusal_code code = refusal_code::bad_request;
    unsigned status = 400;

    bool operator==(const refusal&) const = default;

    [[nodiscard]] std::string_view message() const noexcept;

    /// {"code":n,"message":"..."}, the body that the official server gives.
    [[nodiscard]] std::string body() const;
};

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

    /// Opens a session on `link`; `request` is what the handshake came with.
    /// A host that admits no new session any more drops the link and returns null.
    virtual engine::peer_ptr open(const http_request& request, std::unique_ptr<transport> link) = 0;
};

}  // namespace cosio
