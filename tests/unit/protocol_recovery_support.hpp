// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/protocol/recovery.hpp>
#include <cosio/protocol/room_history.hpp>

#include <string>
#include <vector>

/// How the tests of recovery write packets and sessions down.
namespace cosio::test {

using namespace cosio::protocol;
using namespace std::chrono_literals;

/// Each id differs from the others.
class counting_random final : public random_source
{
public:
    void fill(std::span<std::byte> out) noexcept override
    {
        ++count_;
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::byte>(count_ >> (8 * (i % 4)));
    }

private:
    std::uint32_t count_ = 0;
};

/// The rooms that a socket is in, from its first packet to its last.
inline std::vector<membership> rooms(std::vector<std::string> names)
{
    std::vector<membership> out;
    for (std::string& name : names)
        out.push_back({.room = std::move(name)});
    return out;
}

inline std::string text(const logged_packet& one)
{
    return std::string{as_text(one.packet.head->payload())};
}

inline std::string texts(const std::vector<logged_packet>& packets)
{
    std::string out;
    for (const logged_packet& one : packets)
        out += (out.empty() ? "" : " ") + text(one);
    return out;
}

/// What restore() says: the packets, or why not.
inline std::string texts(const recovery::restore_result& answer)
{
    return answer ? texts(answer->missed) : "refused: " + std::string{to_string(answer.error())};
}

/// One shard of a namespace at a time of its own.
class recovery_shard
{
public:
    explicit recovery_shard(recovery_config config = {}) : machine{config} {}

    /// An event that its sender calls `name`; answers what the client then sends as its offset.
    std::string emit(
        std::string_view name,
        std::vector<std::string> rooms = {},
        std::vector<std::string> except = {},
        reach how_far = reach::all_shards
    )
    {
        const packet_offset offset = machine.next_offset();
        CHECK(machine.append(
            {offset, {make_text_frame(name)}}, {std::move(rooms), std::move(except)}, how_far, now
        ));
        return machine.text_of(offset);
    }

    /// A socket that connects here and now: its id is `name` and 19 dots.
    recoverable_session connect(std::string_view name)
    {
        recoverable_session session;
        session.pid = private_id::make(random, 0);
        std::string id{name};
        id.resize(20, '.');
        session.sid = socket_id::from_text(id);
        session.since = machine.log().end();
        return session;
    }

    void keep(recoverable_session session) { machine.keep(std::move(session), now); }

    recovery::restore_result restore(
        const private_id& pid, std::optional<std::string_view> offset = std::nullopt
    )
    {
        return machine.restore(pid, offset, now);
    }

    recovery machine;
    counting_random random;
    time_point now{1'000s};
};

}  // namespace cosio::test
