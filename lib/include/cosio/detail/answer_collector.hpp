// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/ack_wait.hpp>
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/wakeup.hpp>

#include <deque>

namespace cosio::detail {

/// One value of a reply, several as a tuple; of none only that it came.
template <class... Reply>
struct collected
{
    using type = std::tuple<Reply...>;
};

template <class Reply>
struct collected<Reply>
{
    using type = Reply;
};

/// The answers to one broadcast, for who waits for them. Thread: that of its executor.
template <class... Reply>
class answer_collector
    : public boost::intrusive_ref_counter<answer_collector<Reply...>, boost::thread_safe_counter>
{
public:
    using reply = reply_t<Reply...>;

    answer_collector(asio::io_context::executor_type where, std::size_t parts)
        : executor{where}, changed{where}, parts_left_{parts}
    {}

    /// Every shard has asked, and every socket has answered or been given up.
    [[nodiscard]] bool is_complete() const noexcept { return parts_left_ == 0 && waiting_ == 0; }

    [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

    /// Why nobody was asked, or why those who have not answered were given up.
    [[nodiscard]] error_code refused() const noexcept { return refused_; }

    void add_part(std::size_t asked)
    {
        if (is_over())
            return;
        --parts_left_;
        asked_ += asked;
        waiting_ += static_cast<std::ptrdiff_t>(asked);
        tell();
    }

    void add_answer(const socket_id& from, reply value)
    {
        if (is_over())
            return;
        --waiting_;  // below zero while the shard has not yet said how many it has asked
        answers.emplace_back(from, std::move(value));
        tell();
    }

    void give_up(error_code why)
    {
        if (is_complete())
            return;
        refused_ = why;
        parts_left_ = 0;
        waiting_ = 0;
        tell();
    }

    const asio::io_context::executor_type executor;
    std::deque<std::pair<socket_id, reply>> answers;
    wakeup changed;

    /// Called once, when all is there.
    std::function<void(answer_collector&)> on_complete;

private:
    /// Complete before all had answered.
    [[nodiscard]] bool is_over() const noexcept { return is_complete() && refused_; }

    void tell()
    {
        changed.notify();
        if (is_complete())
            if (const auto told = std::exchange(on_complete, nullptr))
                told(*this);
    }

    std::size_t parts_left_;
    std::size_t asked_ = 0;
    std::ptrdiff_t waiting_ = 0;
    error_code refused_;
};

/// Where the answers come from: shared by all who may still give one. When the last of them goes and not
/// all has come, nobody will ever resume who waits, and that coroutine is destroyed: it owns the collector,
/// which owns it. Thread: any.
template <class... Reply>
class answer_source
    : public boost::intrusive_ref_counter<answer_source<Reply...>, boost::thread_safe_counter>
{
public:
    using collector = answer_collector<Reply...>;

    explicit answer_source(boost::intrusive_ptr<collector> to) noexcept : to_{std::move(to)} {}

    answer_source(const answer_source&) = delete;
    answer_source& operator=(const answer_source&) = delete;

    ~answer_source()
    {
        if (!to_->is_complete())
            to_->changed.abandon();
    }

    void add_part(std::size_t asked)
    {
        run([asked](collector& to) { to.add_part(asked); });
    }

    void add_answer(const socket_id& from, typename collector::reply value)
    {
        run([from, value = std::move(value)](collector& to) mutable {
            to.add_answer(from, std::move(value));
        });
    }

    /// Nobody was asked, or those who have not answered by now are too late.
    void give_up(error_code why)
    {
        run([why](collector& to) { to.give_up(why); });
    }

private:
    template <class F>
    void run(F what)
    {
        if (to_->executor.running_in_this_thread())
            what(*to_);
        else
            asio::post(
                to_->executor,
                [self = boost::intrusive_ptr{this}, what = std::move(what)]() mutable {
                    what(*self->to_);
                }
            );
    }

    boost::intrusive_ptr<collector> to_;
};

template <class... Reply>
using answer_source_ptr = boost::intrusive_ptr<answer_source<Reply...>>;

/// Who is told what one socket answers.
template <codec Codec, class... Reply>
class broadcast_receiver final : public protocol::ack_receiver
{
public:
    broadcast_receiver(answer_source_ptr<Reply...> to, const socket_id& from)
        : to_{std::move(to)}, from_{from}
    {}

    void complete(error_code why, const decoded_packet* reply) override
    {
        to_->add_answer(from_, read_reply<Codec, Reply...>(why, reply));
    }

private:
    answer_source_ptr<Reply...> to_;
    socket_id from_;
};

}  // namespace cosio::detail
