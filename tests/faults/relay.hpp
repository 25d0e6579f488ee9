// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "guest.hpp"

#include <limits>
#include <list>

namespace cosio::test {

/// How bytes of one direction pass.
struct passage
{
    static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

    std::size_t first = 0;                ///< bytes that pass together at first
    std::size_t most = all;               ///< bytes that pass together then
    std::size_t cut_at = all;             ///< bytes, and the connection is no more; each of them
    std::size_t cut_after_records = all;  ///< the same after so many whole records of TLS
};

struct relay_options
{
    duration delay{};                  ///< in each direction
    duration jitter{};                 ///< at most so much more; what was sent first comes first
    std::size_t bytes_per_second = 0;  ///< 0: no limit
    passage to_server = {};
    passage to_client = {};
    fault cut_by = fault::reset;
    bool cuts_upgrades_alone = false;  ///< only a connection that is to become a WebSocket
};

/// A network between clients and the server of a real_world, in the time of the test. What passes in parts passes so that
/// the server has read one before the next comes.
class relay
{
public:
    explicit relay(real_world& on, const relay_options& options = {});
    relay(const relay&) = delete;
    relay& operator=(const relay&) = delete;
    ~relay();

    [[nodiscard]] std::uint16_t port() const;

    /// That of the server, with the relay's port.
    [[nodiscard]] string url() const;

    /// Nothing is read or written any more, until resume().
    void stall();
    void resume();

    /// Bytes that have passed, of the connection over which most have: of those that may be cut.
    [[nodiscard]] std::size_t to_server() const;
    [[nodiscard]] std::size_t to_client() const;

    /// Connections that were cut, as the options say.
    [[nodiscard]] std::size_t cuts() const;

private:
    struct state;
    struct direction;
    struct link;

    std::shared_ptr<state> state_;
};

}  // namespace cosio::test
