// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/connector.hpp>
#include <cosio/transports/simulation.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cosio {

/// What may become of a connection.
enum class link_fault
{
    reset,  ///< both ends are told at once, and what is under way is lost
    close,  ///< both ends read what has been written, and then the end
    stall,  ///< nothing passes any more, and nobody is told
    deaf,   ///< the same, in one direction
};

inline constexpr std::array all_link_faults = {
    link_fault::reset, link_fault::close, link_fault::stall, link_fault::deaf
};

[[nodiscard]] std::string_view to_string(link_fault what) noexcept;

enum class link_direction
{
    up,  ///< from who dialed
    down,
};

/// How connections pass bytes, those that are open already too.
struct link_quality
{
    duration latency = {};
    duration jitter = {};  ///< so much longer at most, drawn for each piece; the order stays
    std::size_t max_piece = std::numeric_limits<std::size_t>::max();  ///< what is written is cut so
    std::size_t capacity_bytes =
        64 * 1024;  ///< of each direction: who writes waits until something was read
    std::size_t bytes_per_second = std::numeric_limits<std::size_t>::max();  ///< of each direction
};

/// A network in memory: named hosts that listen, clients that dial them, and what goes wrong between. All that is
/// drawn comes from the world's seed, and all that moves is noted in its trace.
///
///     simulated_network network{world};
///     network.listen("chat", [&](std::unique_ptr<byte_stream> stream, shard&) { http.serve(std::move(stream)); });
///     json_manager client{world.home(), network.connect_to("http://chat", options), options};
///     network.cut("chat");
///
/// Lifetime: the world outlives it. Its dialers and streams may live longer: then nobody can be dialed any more.
class simulated_network
{
public:
    /// Is given the host's end of a connection in a turn of the shard on which it lives.
    using acceptor = std::function<void(std::unique_ptr<byte_stream>, shard& on)>;

    explicit simulated_network(simulation& world);
    ~simulated_network();
    simulated_network(const simulated_network&) = delete;
    simulated_network& operator=(const simulated_network&) = delete;

    /// From now on `to` takes what dials `host`; its ends live in turn on those shards, by default on all of the world.
    void listen(std::string_view host, acceptor to, std::span<shard* const> on = {});

    /// What a host is given to accept from now on is what `by` makes of it: it may look at what passes, or change it.
    using wrapper = std::function<std::unique_ptr<byte_stream>(std::unique_ptr<byte_stream>)>;
    void wrap(std::string_view host, wrapper by);

    /// Who dials is refused. Connections stay.
    void stop_listening(std::string_view host);

    /// Reaches one host, from a client on the first shard or on `near`.
    [[nodiscard]] std::unique_ptr<stream_dialer> dialer(std::string_view host);
    [[nodiscard]] std::unique_ptr<stream_dialer> dialer(std::string_view host, shard& near);

    /// A client's way to the host of that URL: HTTP, long-polling and WebSocket. The client lives on the first shard or on
    /// `near`.
    [[nodiscard]] std::unique_ptr<connector> connect_to(
        std::string_view url, const client_options& options
    );
    [[nodiscard]] std::unique_ptr<connector> connect_to(
        std::string_view url, const client_options& options, shard& near
    );

    /// Fails all connections, or those of one host, whatever has become of them before. Not from inside a call of a stream:
    /// see at_step().
    void fail_all(link_fault how);
    void fail(std::string_view host, link_fault how);

    /// Fails a connection of that host at the byte number `byte` of all that go that way, which does not pass.
    void fail_at_byte(
        std::string_view host, link_direction which, std::uint64_t byte, link_fault how
    );

    /// So many were written so far.
    [[nodiscard]] std::uint64_t bytes(std::string_view host, link_direction which) const;

    /// Calls `what` in the turn after step number `step`: a read or a write that has moved bytes. A test that counts the
    /// steps of a scenario can run it once for each, and break something there.
    void at_step(std::uint64_t step, std::function<void()> what);

    /// Nothing passes between that host and the others until heal(); then what was under way arrives late.
    void cut(std::string_view host);
    void heal(std::string_view host);
    [[nodiscard]] bool is_cut(std::string_view host) const;

    /// Who dials that host hears nothing, and its connections go on.
    void cut_dials(std::string_view host, bool are_lost);

    /// A process has no more descriptors than that: further connections wait until one is over.
    void limit_descriptors(std::string_view host, std::size_t most);

    link_quality quality = {};   ///< of both directions
    std::uint64_t steps = 0;     ///< so far
    std::uint64_t failures = 0;  ///< connections that were failed

    /// Ends of connections that somebody still has.
    [[nodiscard]] std::size_t streams() const noexcept;

    /// Bytes that have arrived at an end that somebody still has, and were not read.
    [[nodiscard]] std::size_t unread() const;

    /// Connections that wait for a descriptor of that host.
    [[nodiscard]] std::size_t waiting(std::string_view host) const;

    struct state;

private:
    std::shared_ptr<state> state_;
};

}  // namespace cosio
