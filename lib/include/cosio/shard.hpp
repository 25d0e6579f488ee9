// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>
#include <cosio/random.hpp>
#include <cosio/task.hpp>
#include <cosio/time_source.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace cosio {

/// Something that has output to write at the end of the turn.
class flushable : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    virtual ~flushable() = default;
    virtual void flush() = 0;
};

/// Where a connection lives: one io_context that one thread runs, its time and its entropy.
/// `index` counts the shards of one runtime from 0.
/// Everything that belongs to a connection is touched by its shard alone; there are no locks.
class shard
{
public:
    /// Lifetime: all three outlive the shard, and the shard outlives what lives on it.
    shard(asio::io_context& context, time_source& time, random_source& random, unsigned index = 0);
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    [[nodiscard]] asio::io_context& context() noexcept { return *context_; }

    [[nodiscard]] asio::io_context::executor_type executor() noexcept
    {
        return context_->get_executor();
    }

    [[nodiscard]] time_source& time() noexcept { return *time_; }

    [[nodiscard]] time_point now() const noexcept { return time_->now(); }

    [[nodiscard]] random_source& random() noexcept { return *random_; }

    [[nodiscard]] unsigned index() const noexcept { return index_; }

    /// True on the thread that runs this shard, inside a handler.
    [[nodiscard]] bool is_current() noexcept { return executor().running_in_this_thread(); }

    /// True if the caller may touch what lives here: on the shard's thread, or while none runs it.
    [[nodiscard]] bool is_reachable() noexcept { return !running_ || is_current(); }

    /// Told by whoever gives the shard its thread, before it begins and after it has ended.
    void set_running(bool running) noexcept { running_ = running; }

    /// Runs `f` on this shard in a later turn. Thread: any.
    template <class F>
    void post(F&& f)
    {
        post_job(new job_of<std::decay_t<F>>{std::forward<F>(f)});
    }

    /// 64 KiB that whoever runs on the shard may use until it suspends.
    [[nodiscard]] std::span<std::byte> scratch() noexcept { return {scratch_.get(), scratch_size}; }

    /// Calls flush() once at the end of this turn, however often it is asked for until then.
    void flush_later(flushable& item);

    static constexpr std::size_t scratch_size = 64 * 1024;

private:
    // A template of Asio's for every lambda that is posted would be most of what a user's file compiles.
    struct job
    {
        virtual ~job() = default;
        virtual void run() = 0;

        // From Asio's cache of each thread, as what it posts itself.
        static void* operator new(std::size_t size);
        static void operator delete(void* at, std::size_t size) noexcept;
    };

    template <class F>
    struct job_of final : job
    {
        static_assert(alignof(F) <= alignof(std::max_align_t));

        explicit job_of(F&& from) : f{std::move(from)} {}

        explicit job_of(const F& from) : f{from} {}

        void run() override { f(); }

        F f;
    };

    /// Takes it over.
    void post_job(job* what);

    using flush_list =
        boost::intrusive::list<flushable, boost::intrusive::constant_time_size<false>>;

    void flush_all();

    asio::io_context* context_;
    time_source* time_;
    random_source* random_;
    std::unique_ptr<std::byte[]> scratch_;
    flush_list dirty_;
    unsigned index_;
    bool flush_posted_ = false;
    std::atomic<bool> running_ = false;
};

}  // namespace cosio
