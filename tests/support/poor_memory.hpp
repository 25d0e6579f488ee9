// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "all_ways.hpp"
#include "dial_attempt.hpp"

#include <cosio/detail/recycled_memory.hpp>
#include <cosio/transports/allocation_search.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation.hpp>

#include <boost/intrusive/list.hpp>

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Two shards, on one of which allocations fail.

namespace cosio::test {

/// Stands for a socket of the kernel, whose memory is not the program's.
class kernel_stream final : public byte_stream,
                            public boost::intrusive::list_base_hook<
                                boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    explicit kernel_stream(std::unique_ptr<byte_stream> with) noexcept : with_{std::move(with)} {}

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        const allocation_failure::exemption mine;
        return with_->try_read(into, ec);
    }

    std::optional<error_code> park(parked& who) override
    {
        const allocation_failure::exemption mine;
        return with_->park(who);
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        const allocation_failure::exemption mine;
        return with_->try_write(from, ec);
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        const allocation_failure::exemption mine;
        with_->notify_writable(std::move(listener));
    }

    void interrupt() noexcept override { with_->interrupt(); }

    void shutdown_send() noexcept override { with_->shutdown_send(); }

    void close() noexcept override { with_->close(); }

    std::string remote_address() const override { return with_->remote_address(); }

private:
    std::unique_ptr<byte_stream> with_;
};

using kernel_streams =
    boost::intrusive::list<kernel_stream, boost::intrusive::constant_time_size<false>>;

/// From a client's shard to a server on another one. `ends`, the server's, can be closed: the network is cut.
class shard_dialer final : public stream_dialer
{
public:
    shard_dialer(shard& home, http_server& to, shard& on, kernel_streams& ends) noexcept
        : home_{&home}, to_{&to}, on_{&on}, ends_{&ends}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto begun = std::make_unique<dial_attempt>(std::move(done));
        home_->post([home = home_, to = to_, on = on_, ends = ends_, state = begun->state] {
            const dialed told = std::exchange(*state, nullptr);
            if (!told)
                return;
            std::unique_ptr<byte_stream> ours;
            {
                const allocation_failure::exemption kernels;
                auto [near, far] = make_memory_streams(*home, *on);
                auto theirs = std::make_unique<kernel_stream>(std::move(far));
                ends->push_back(*theirs);
                ours = std::make_unique<kernel_stream>(std::move(near));
                on->post([to, stream = std::move(theirs)]() mutable {
                    to->serve(std::move(stream));
                });
            }
            told(std::move(ours));
        });
        return begun;
    }

private:
    shard* home_;
    http_server* to_;
    shard* on_;
    kernel_streams* ends_;
};

/// A thread keeps blocks that were given back, and those do not fail: they are all taken here, for as long as this lives.
class emptied_cache
{
public:
    emptied_cache()
    {
        constexpr std::size_t most_bytes_kept = 128 * 1024;
        for (const std::size_t bytes : {64UL, 128UL, 192UL, 256UL, 512UL, 1024UL})
            for (std::size_t i = 0; i <= most_bytes_kept / bytes; ++i)
                held_.emplace_back(detail::take_block(bytes), detail::block_class_of(bytes));
    }

    emptied_cache(const emptied_cache&) = delete;
    emptied_cache& operator=(const emptied_cache&) = delete;

    ~emptied_cache()
    {
        for (const auto& [block, of] : held_)
            detail::give_block(block, of);
    }

private:
    std::vector<std::pair<void*, detail::block_class>> held_;
};

/// "" if no allocation does harm, else "allocation 17: why". A scenario whose allocations do not count does none either:
/// `least` of them have to fail.
inline std::string harm_of_allocations(
    std::uint64_t least, const std::function<std::string(allocation_failure& at)>& scenario
)
{
    std::uint64_t failed = 0;
    const auto found = find_failing_allocation([&](allocation_failure& at) {
        std::string why = scenario(at);
        failed += at.was_reached() ? 1U : 0U;
        return why;
    });
    if (found)
        return fmt::format("allocation {}: {}", found->number, found->why);
    return failed >= least ? "" : fmt::format("only {} allocations failed", failed);
}

}  // namespace cosio::test
