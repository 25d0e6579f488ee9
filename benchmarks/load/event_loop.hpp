// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <sys/epoll.h>
#include <vector>

namespace cosio::load {

class stream;

/// Nanoseconds of the monotonic clock.
[[nodiscard]] std::int64_t monotonic_now() noexcept;

/// One thread's epoll. Streams are registered once, edge-triggered, so a message costs one wait shared
/// by all that are ready, one recv and one send.
class event_loop
{
public:
    event_loop();
    event_loop(const event_loop&) = delete;
    event_loop& operator=(const event_loop&) = delete;
    ~event_loop();

    /// Handles events until `deadline`, until `done(now)` says true after a turn, or until fail().
    template <class Done>
    void run_until(std::int64_t deadline, Done done)
    {
        for (;;) {
            const std::int64_t now = monotonic_now();
            wake_at_ = never;
            if (failed() || done(now) || now >= deadline)
                return;
            flush();
            turn(now, deadline);
        }
    }

    /// For `done`, once a turn: the next one is to come at `when`.
    void wake_at(std::int64_t when) noexcept { wake_at_ = when; }

    /// Ends every run; the first reason stays.
    void fail(std::string why);

    [[nodiscard]] bool failed() const noexcept { return !failure_.empty(); }

    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

    /// Shared by all streams: valid while one event is handled.
    [[nodiscard]] std::span<std::byte> receive_buffer() noexcept { return buffer_; }

    /// As much room, for what was decrypted.
    [[nodiscard]] std::span<std::byte> plain_buffer() noexcept { return plain_; }

private:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    friend class stream;

    [[nodiscard]] bool watch(int fd, stream& watcher) noexcept;

    void flush_later(stream& writer) { dirty_.push_back(&writer); }

    [[nodiscard]] int wait(std::int64_t patience);
    void turn(std::int64_t now, std::int64_t deadline);
    void flush();

    int epoll_;
    std::int64_t wake_at_ = never;
    std::string failure_;
    std::vector<std::byte> buffer_;
    std::vector<std::byte> plain_;
    std::vector<stream*> dirty_;
    std::array<epoll_event, 512> events_{};
};

}  // namespace cosio::load
