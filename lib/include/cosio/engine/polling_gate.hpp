// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>

#include <cstdint>

namespace cosio::engine {

/// What the long-polling link must do about a request or about what it has to send.
enum class gate_action : std::uint8_t
{
    none,
    park_poll,       ///< keep the GET until there is something to answer
    answer_packets,  ///< answer the parked GET with what waits
    answer_noop,     ///< answer the parked GET with NOOP
    answer_close,    ///< answer the parked GET with CLOSE
    accept_post,     ///< read the POST and decode it
    refuse_request,  ///< answer this request with 400; the link ends, see end()
};

/// The rules of long-polling: one GET and one POST at a time, when to answer, what to refuse.
/// A machine; it counts requests and never sees one. (features.md 3.2)
class polling_gate
{
public:
    /// A GET has arrived.
    [[nodiscard]] gate_action handle_get() noexcept;

    /// The headers of a POST have arrived.
    [[nodiscard]] gate_action handle_post() noexcept;

    /// The POST was read and answered.
    void handle_post_end() noexcept { posting_ = false; }

    /// The connection of the parked GET ended. The link ends with it.
    [[nodiscard]] error_code handle_poll_abort() noexcept;

    /// The connection of the running POST ended. The link ends with it.
    [[nodiscard]] error_code handle_post_abort() noexcept;

    /// There are packets to send.
    [[nodiscard]] gate_action handle_output() noexcept;

    /// An upgrade begins: the parked GET is answered, and of the later ones so many at once as a client sends that hears of
    /// the upgrade in the meantime; others wait until this is called again (UP-2, UP-3).
    [[nodiscard]] gate_action hold() noexcept;

    /// The upgrade failed; polling goes on.
    void resume() noexcept { held_ = false; }

    /// The client has sent CLOSE: no further request will come.
    void handle_farewell() noexcept { farewell_ = true; }

    /// Our side closes: the parked GET, or the next one, is answered with CLOSE (POLL-15).
    [[nodiscard]] gate_action close() noexcept;

    /// The link has ended, for whatever reason: a GET that is still parked hears of it.
    [[nodiscard]] gate_action end() noexcept;

    /// Another link has taken the place of this one: a GET that is still parked gets NOOP (UP-9).
    [[nodiscard]] gate_action discard() noexcept;

    static constexpr std::uint8_t polls_at_once = 2;

    [[nodiscard]] bool poll_parked() const noexcept { return parked_; }

    [[nodiscard]] bool posting() const noexcept { return posting_; }

    /// A packet that is emitted now would leave at once.
    [[nodiscard]] bool writable() const noexcept
    {
        return parked_ && !held_ && !closing_ && !ended_;
    }

    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Why the link ended, if by a violation.
    [[nodiscard]] error_code why() const noexcept { return why_; }

private:
    gate_action refuse(errc why) noexcept;
    error_code abort() noexcept;

    error_code why_;
    bool parked_ = false;
    bool posting_ = false;
    bool held_ = false;
    std::uint8_t at_once_ = 0;  // polls that are answered at once, of this hold
    bool closing_ = false;
    bool farewell_ = false;
    bool ended_ = false;
};

}  // namespace cosio::engine
