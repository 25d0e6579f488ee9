// SPDX-License-Identifier: BSL-1.0
#include "opening_request.hpp"

#include "no_memory.hpp"

namespace cosio {

void opening_request::begin(stream_dialer& dialer, std::string request)
{
    outgoing_ = std::move(request);
    dialing_ = dialer.dial([self = boost::intrusive_ptr{this}](stream_dialer::outcome made) {
        self->on_dialed(std::move(made));
    });
}

void opening_request::give_up() noexcept
{
    given_up_ = true;
    dialing_.reset();
    stream_.reset();
}

void opening_request::on_dialed(stream_dialer::outcome made)
{
    if (given_up_)
        return;
    guarded([&] {
        if (!made) {
            on_not_dialed(made.error());
            return;
        }
        stream_ = std::move(*made);
        write();
        read(this);
    });
}

/// What is thrown for want of memory is the end of the request.
template <class Step>
void opening_request::guarded(Step&& step) noexcept
{
    try {
        step();
    } catch (...) {
        fail(no_memory().why);
    }
}

void opening_request::write()
{
    if (!stream_ || outgoing_.empty())
        return;
    const bytes_view rest = as_bytes(outgoing_);
    error_code ec;
    outgoing_.erase(0, stream_->try_write({&rest, 1}, ec));
    if (!ec && !outgoing_.empty())
        stream_->notify_writable(this);
}

detail::driver opening_request::read(boost::intrusive_ptr<opening_request> self)
{
    while (self->stream_) {
        const error_code ec = co_await self->stream_->readable();
        self->guarded([&] { self->take(ec); });
    }
}

void opening_request::take(error_code ec)
{
    const std::span<std::byte> scratch = home_->scratch();
    while (stream_) {
        const std::size_t count = ec ? 0 : stream_->try_read(scratch, ec);
        if (ec) {
            fail(ec);
            return;
        }
        if (count == 0)
            return;
        answer_.feed(scratch.first(count));
        const result<http_response*> next = answer_.next();
        if (!next) {
            fail(next.error());
        } else if (*next) {
            on_answer(**next);
            stream_.reset();
        }
    }
}

void opening_request::fail(error_code why)
{
    stream_.reset();
    on_no_answer(why);
}

}  // namespace cosio
