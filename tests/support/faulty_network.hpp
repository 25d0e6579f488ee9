// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/simulation.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace cosio::test {

/// What may become of a connection.
enum class fault
{
    reset,  ///< both ends are told at once, and what is under way is lost
    close,  ///< both ends read what has been written, and then the end
    stall,  ///< nothing passes any more, and nobody is told
    deaf,   ///< the same, in one direction
};

inline constexpr fault all_faults[] = {fault::reset, fault::close, fault::stall, fault::deaf};

[[nodiscard]] std::string_view to_string(fault what) noexcept;

enum class heading
{
    up,  ///< from the client to the server
    down,
};

/// How connections pass bytes, those that are open already too.
struct link_quality
{
    duration latency = {};
    duration jitter = {};  ///< so much longer at most, drawn for each piece; the order stays
    std::size_t max_piece = std::numeric_limits<std::size_t>::max();  ///< what is written is cut so
};

/// A network of memory between clients and one server, whose connections fail when the test wants it. All that is
/// drawn comes from the seed. Lifetime: outlives its dialers and streams, and the world outlives it.
class faulty_network
{
public:
    using server = std::function<void(std::unique_ptr<byte_stream>)>;

    explicit faulty_network(simulation& world, std::uint64_t seed = 1);
    ~faulty_network();
    faulty_network(const faulty_network&) = delete;
    faulty_network& operator=(const faulty_network&) = delete;

    [[nodiscard]] std::unique_ptr<stream_dialer> dialer();

    /// Fails all connections. Not from inside a call of a stream: see at_step().
    void fail_all(fault how);

    /// Fails a connection at the byte number `byte` of all that go that way, which does not pass.
    void fail_at_byte(heading which, std::uint64_t byte, fault how);

    /// Calls `what` in the turn after step number `step`: a read or a write that has moved bytes.
    void at_step(std::uint64_t step, std::function<void()> what);

    server serve;                ///< is given the server's end of each connection; empty: refused
    bool black_hole = false;     ///< who dials hears nothing
    link_quality quality = {};   ///< of both directions
    std::uint64_t steps = 0;     ///< so far
    std::uint64_t failures = 0;  ///< connections that were failed
    std::array<std::uint64_t, 2> bytes = {};  ///< written, by heading

    /// Ends of connections that somebody still has.
    [[nodiscard]] std::size_t streams() const noexcept { return streams_; }

private:
    struct pipe;
    struct connection;
    class stream;
    class dialer_to;

    [[nodiscard]] std::unique_ptr<byte_stream> connect();
    void count_step();
    [[nodiscard]] std::size_t draw_piece(std::size_t most);
    [[nodiscard]] duration draw_delay();

    simulation* world_;
    std::mt19937_64 random_;
    std::vector<std::weak_ptr<connection>> connections_;
    std::size_t streams_ = 0;

    struct planned_failure
    {
        heading which;
        std::uint64_t byte;
        fault how;
    };

    std::optional<planned_failure> failure_;
    std::uint64_t event_step_ = 0;
    std::function<void()> event_;
};

}  // namespace cosio::test
