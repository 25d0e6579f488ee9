// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/drainer.hpp>

namespace cosio::engine {

drainer::drainer(
    server& of, duration stagger, duration deadline, std::function<void(std::size_t)> done
)
    : server_{&of}, stagger_{stagger}, deadline_{deadline}, done_{std::move(done)}
{}

void drainer::begin()
{
    server_->refuse_new();
    sessions_ = server_->sessions();
    began_ = server_->home().now();
    server_->when_empty([this] { end(0); });
    close_due(began_);
}

void drainer::on_deadline(time_point now)
{
    if (now - began_ < deadline_) {
        close_due(now);
        return;
    }
    const std::size_t left = server_->session_count();
    server_->cut_off();
    end(left);
}

void drainer::close_due(time_point now)
{
    const auto count = static_cast<duration::rep>(sessions_.size());
    const duration elapsed = now - began_;
    // The first one at once, the last one at the end of `stagger`.
    const auto due = elapsed >= stagger_ ? count : 1 + elapsed * (count - 1) / stagger_;
    while (closed_ < static_cast<std::size_t>(due)) {
        const peer_ptr session = std::move(sessions_[closed_++]);
        session->close(close_reason::server_shutting_down);
        if (!done_)
            return;  // it was the last one
    }
    time_point next = began_ + deadline_;
    if (due < count)
        next = std::min(next, began_ + (stagger_ * due + duration{count - 2}) / (count - 1));
    server_->home().time().arm(*this, next);
}

void drainer::end(std::size_t cut_off)
{
    server_->home().time().disarm(*this);
    server_->when_empty(nullptr);
    if (const auto done = std::exchange(done_, nullptr))
        done(cut_off);
}

}  // namespace cosio::engine
