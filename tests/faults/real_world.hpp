// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace cosio::test {

using namespace std::chrono_literals;
using std::string;
using strings = std::vector<string>;

/// Time that passes when the test says so: nothing is late because a machine is slow.
class manual_time final : public time_source
{
public:
    [[nodiscard]] time_point now() const noexcept override { return now_; }

    [[nodiscard]] std::int64_t wall_clock_ms() const noexcept override
    {
        return now_.time_since_epoch() / 1ms;
    }

    void go_to(time_point when)
    {
        now_ = when;
        while (timers().next_deadline().value_or(time_point::max()) <= now_)
            timers().advance(now_);
    }

private:
    void wake_at(time_point) override {}

    time_point now_{1h};
};

/// Ids only have to differ here.
class seeded_random final : public random_source
{
public:
    void fill(std::span<std::byte> out) noexcept override
    {
        for (std::byte& one : out)
            one = std::byte(from_());
    }

private:
    std::mt19937 from_{1};
};

/// Where coroutines wait until the test lets them go on.
class gate
{
public:
    explicit gate(shard& home) : home_{&home} {}

    [[nodiscard]] task<> wait()
    {
        const auto mine = std::make_shared<detail::wakeup>(home_->executor());
        waiting_.push_back(mine);
        ++came_;
        co_await mine->wait();
        ++passed_;
    }

    /// Lets go of all that wait now.
    void open()
    {
        for (const auto& one : std::exchange(waiting_, {}))
            one->notify();
    }

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

    [[nodiscard]] std::size_t passed() const { return passed_; }

    /// Whether a coroutine still needs it: it may not be destroyed before.
    [[nodiscard]] bool is_in_use() const { return came_ != passed_; }

private:
    shard* home_;
    std::vector<std::shared_ptr<detail::wakeup>> waiting_;
    std::size_t came_ = 0;
    std::size_t passed_ = 0;
};

/// A Socket.IO server at a port of the loopback device, and a well-behaved client of ours that sends a number, waits for
/// its echo, and sends the next, all the time. Sockets are real, time is not. `/` logs what happens to its sockets:
///
/// | event | what it does |
/// |---|---|
/// | `note` | is logged |
/// | `echo` | comes back |
/// | `park` | waits for `parked` |
/// | `ask` | asks the client `question`, and logs how that ended |
/// | `bin` | is logged with the sizes of its attachments |
///
/// Sockets of `/guarded` wait for `guarded` before they are let in.
class real_world
{
public:
    explicit real_world(
        server_options options = {}, listener_options where = {}, string certificate = {}
    );
    ~real_world();

    /// Lets things happen until `done()` holds; false if it does not come to that.
    [[nodiscard]] bool until(const std::function<bool()>& done);

    /// Lets the well-behaved client have so many more answers: what was sent before has been looked at by then.
    void rounds(unsigned count = 3);

    /// Time passes, from deadline to deadline.
    void pass(duration span);

    /// Sessions but for the well-behaved client's.
    [[nodiscard]] std::size_t sessions() const { return io->clients_count() - 1; }

    [[nodiscard]] std::uint16_t port() const { return listening->port(); }

    [[nodiscard]] string url() const
    {
        return fmt::format("{}://127.0.0.1:{}", certificate_.empty() ? "http" : "https", port());
    }

    [[nodiscard]] bool speaks_tls() const { return !certificate_.empty(); }

    /// Whom clients are to trust, PEM; empty without TLS.
    [[nodiscard]] const string& certificate() const { return certificate_; }

    [[nodiscard]] unsigned answers() const { return next_; }

    /// Handlers that ran between two of them, at most: so long the others kept the well-behaved client waiting.
    [[nodiscard]] std::size_t most_turns() const { return most_turns_; }

    /// No session is left, no descriptor, no coroutine; and the well-behaved client has its answers.
    /// Precondition: the test's own clients are gone.
    void check_at_rest();

    unsigned settling = 2;  ///< rounds after which nothing more happens before time passes

    manual_time time;
    seeded_random random;

private:
    std::optional<shard> home_;  // outlives the context, whose coroutines use it to the end

public:
    runtime world;
    strings log;
    std::optional<gate> parked;
    std::optional<gate> guarded;
    std::optional<json_server> io;
    std::optional<listener> listening;
    std::optional<json_manager> steady;

    [[nodiscard]] shard& home() { return *home_; }

private:
    void serve();
    void begin_steady();

    string certificate_;
    std::optional<json_client_socket> steady_socket_;
    unsigned next_ = 0;
    std::size_t turns_ = 0;
    std::size_t most_turns_ = 0;
    std::size_t descriptors_ = 0;
};

/// One behind TLS.
[[nodiscard]] real_world world_with_tls(server_options options = {});

/// Open descriptors of this process.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace cosio::test
