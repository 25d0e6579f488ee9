// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "milestones.hpp"
#include "support/conversation_oracle.hpp"
#include "wire_tap.hpp"

#include <cosio/binary.hpp>
#include <cosio/close_reason.hpp>
#include <cosio/error.hpp>
#include <cosio/transports/simulation.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace cosio::test {

using namespace std::chrono_literals;

inline constexpr std::string_view chat = "chat";
inline constexpr duration ping_interval = 2s;
inline constexpr duration ping_timeout = 2s;
inline constexpr duration reconnection_delay_max = 5s;
inline constexpr const char* asked_to_throw = "as it was asked to";
inline constexpr std::size_t small_queue_bytes = 16 * 1024;
inline constexpr std::size_t big_event_bytes = 4 * 1024;
inline constexpr std::size_t attachment_bytes = 30;

[[nodiscard]] inline binary attachment()
{
    return binary{std::string_view{std::string(attachment_bytes, '\x02')}};
}

/// What has happened so far that may end connections, or sockets.
struct causes_of_ends
{
    bool faults = false;      // of the network or of a process
    bool standstill = false;  // nothing passes, or somebody is asleep
    bool floods = false;      // more than may wait
    bool server_shut_down = false;
    bool server_ends_connections = false;
    bool server_ends_sockets = false;
    bool client_leaves = false;

    [[nodiscard]] bool of(close_reason why) const noexcept
    {
        using enum close_reason;
        switch (why) {
        case transport_close:
        case transport_error:
            return faults || standstill || floods || server_shut_down || server_ends_connections ||
                   server_ends_sockets || client_leaves;
        case ping_timeout: return standstill;
        case forced_close:
        case forced_server_close:
            // An event that crosses a DISCONNECT is one for a namespace that the client is not in.
            return floods || server_ends_connections || server_ends_sockets;
        case server_shutting_down: return server_shut_down;
        case client_namespace_disconnect:
        case io_client_disconnect: return client_leaves;
        case server_namespace_disconnect:
        case io_server_disconnect: return server_ends_sockets || server_shut_down;
        case parse_error: return false;
        }
        return false;
    }
};

/// What both sides of a world write down: what was asked for, what was seen, and what was broken.
struct ledger
{
    ledger(simulation& in, const wire_codec& codec, bool recovers)
        : world{&in}, wire{in, codec, recovers, broken, reached}
    {}

    void reach(milestone what) noexcept { ++reached[static_cast<std::size_t>(what)]; }

    void breaks(std::string what) { broken.push_back(std::move(what)); }

    void note(std::string_view who, std::string_view what) { world->note(who, what); }

    /// For the comparison of two worlds: no ids, no times.
    void hears(const std::string& who, std::string_view what, std::uint64_t number)
    {
        if (compares)
            heard[who] += fmt::format("{} {}\n", what, number);
    }

    void settle(std::uint64_t question, const result<std::uint64_t>& with)
    {
        if (with) {
            reach(milestone::answer);
            questions.answered(question, *with);
            return;
        }
        questions.failed(question);
        const error_code why = with.error();
        if (why == errc::timeout)
            reach(milestone::answer_timeout);
        else if (why == errc::disconnected || why == errc::closed)
            reach(milestone::answer_lost_with_connection);
        else
            breaks(fmt::format("question {} ended by: {}", question, why.message()));
    }

    /// I19: the reason is one that something leads to which has happened.
    void check_reason(std::string_view whose, close_reason why)
    {
        if (!ending && !causes.of(why))
            breaks(fmt::format("{} ended without a cause: {}", whose, to_string(why)));
    }

    /// A question has arrived.
    void asked(std::uint64_t question)
    {
        if (questions.has_ended(question))
            reach(milestone::answered_too_late);
    }

    /// I23: what waits for one peer, of which a single event, and what is never dropped, may exceed the limit.
    void check_queue(std::string_view whose, std::size_t bytes)
    {
        if (bytes > 2 * small_queue_bytes + 2 * big_event_bytes)
            breaks(fmt::format("{} bytes wait for {}", bytes, whose));
    }

    simulation* world;
    milestone_counts reached = {};
    complaints broken;
    event_oracle up{"up", broken};
    event_oracle down{"down", broken};
    volatile_oracle said{"volatile up", broken};
    volatile_oracle passing{"volatile down", broken};
    answer_oracle questions{broken};
    wire_tap wire;
    causes_of_ends causes;
    duration disturbed_at = -1h;  // the server ended
    duration frozen = {};         // altogether
    duration frozen_at = -1h;     // at last
    bool ending = false;
    bool compares = false;
    std::map<std::string, std::string> heard;  // by whom
    std::set<std::string> admitted;            // by a middleware, and not connected yet
    std::shared_ptr<int> witness = std::make_shared<int>(0);
};

}  // namespace cosio::test
