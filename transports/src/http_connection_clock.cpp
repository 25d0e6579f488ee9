// SPDX-License-Identifier: BSL-1.0
#include "http_connection.hpp"
#include "request_hooks.hpp"

#include <algorithm>

// What one HTTP connection waits for, and how long.

namespace cosio {

duration http_connection::hook_timeout() const noexcept
{
    const engine_host* const host = server_->host_of(hooks_->request.path());
    return host ? host->options().hook_timeout : duration::zero();
}

void http_connection::watch_clock()
{
    const http_options& options = server_->options;
    phase now_in = phase::idle;
    if (!unsent_.empty())
        now_in = phase::writing;
    else if (request_)
        now_in = hooks_ && hooks_->waiting() ? phase::hook : phase::answer;
    else if (decoder_->head())
        now_in = phase::body;
    else if (decoder_->mid_request() || !served_)
        now_in = phase::head;
    if (now_in != phase_) {
        phase_ = now_in;
        phase_began_ = server_->home->now();
        body_seen_ = decoder_->body_bytes();
    }
    time_point deadline = phase_began_;
    switch (phase_) {
    case phase::answer: return;  // sessions have their own timers
    case phase::hook: deadline += hook_timeout(); break;
    case phase::writing: deadline += options.write_timeout; break;
    case phase::idle: deadline += options.keep_alive_timeout; break;
    case phase::head: deadline += options.header_timeout; break;
    case phase::body: deadline += options.body_grace; break;
    }
    if (!armed() || deadline < armed_for())
        server_->home->time().arm(*this, deadline);
}

void http_connection::on_deadline(time_point now)
{
    const http_connection_ptr keep{this};
    try {
        look_at_clock(now);
    } catch (...) {  // there is no memory for an answer
        hang_up();
    }
}

void http_connection::look_at_clock(time_point now)
{
    const http_options& options = server_->options;
    if (!stream_)
        return;
    const duration spent = now - phase_began_;
    switch (phase_) {
    case phase::answer: return;
    case phase::hook:
        if (spent >= hook_timeout()) {
            server_->fired->count(limit::hook_timeout);
            hooks_->expire();
            return;
        }
        break;
    case phase::writing:
        if (spent >= options.write_timeout) {
            server_->fired->count(limit::write_timeout);
            stream_ended();
            return;
        }
        break;
    case phase::idle:
        if (spent >= options.keep_alive_timeout) {
            server_->fired->count(limit::keep_alive_timeout);
            stream_ended();
            return;
        }
        break;
    case phase::head:
        if (spent >= options.header_timeout) {
            server_->fired->count(limit::header_timeout);
            fail(wire::http_errc::request_timeout);
            return;
        }
        break;
    case phase::body: {
        const auto seconds = std::chrono::duration<double>(options.body_grace).count();
        const auto wanted = std::max(
            std::size_t{1},
            static_cast<std::size_t>(seconds * double(options.min_body_bytes_per_second))
        );
        if (spent >= options.body_grace) {
            if (decoder_->body_bytes() < body_seen_ + wanted) {
                server_->fired->count(limit::min_body_bytes_per_second);
                fail(wire::http_errc::request_timeout);
                return;
            }
            phase_began_ = now;
            body_seen_ = decoder_->body_bytes();
        }
        break;
    }
    }
    watch_clock();
}

}  // namespace cosio
