// SPDX-License-Identifier: BSL-1.0
#include "http_client.hpp"

#include "no_memory.hpp"

#include <cosio/detail/driver.hpp>

#include <optional>

namespace cosio {

class http_client::connection final : public link_listener
{
public:
    connection(shard& home, stream_dialer& dialer, const wire::http1_limits& limits)
        : home_{&home}, dialer_{&dialer}, limits_{limits}
    {}

    void ask(std::string request, answered done)
    {
        outgoing_ = std::move(request);
        written_ = 0;
        done_ = std::move(done);
        if (stream_ && is_stale())
            drop_stream();
        if (stream_)
            write();
        else
            dial();
    }

    [[nodiscard]] bool busy() const noexcept { return static_cast<bool>(done_); }

    /// Whoever owns it has gone.
    void close() noexcept
    {
        dialing_.reset();
        done_ = nullptr;
        drop_stream();
    }

    void on_link_writable() override
    {
        if (stream_)
            write();
    }

private:
    /// What comes while nothing was asked is the end of the connection, or an answer to nobody.
    [[nodiscard]] bool is_stale()
    {
        error_code ec;
        std::byte unasked{};
        return stream_->try_read({&unasked, 1}, ec) != 0 || ec;
    }

    void dial()
    {
        dialing_ = dialer_->dial([self = boost::intrusive_ptr{this}](auto outcome) {
            self->on_dialed(std::move(outcome));
        });
    }

    void on_dialed(stream_dialer::outcome made)
    {
        dialing_.reset();
        if (!done_)
            return;
        if (!made) {
            complete(made.error());
            return;
        }
        stream_ = std::move(*made);
        guarded([this] {
            decoder_.emplace(limits_);
            read(this);
            if (stream_)
                write();
        });
    }

    /// What is thrown for want of memory ends the request: who has asked is told, and throws nothing.
    template <class Step>
    void guarded(Step&& step) noexcept
    {
        try {
            step();
        } catch (...) {
            drop_stream();
            if (done_)
                complete(no_memory());
        }
    }

    void write()
    {
        const bytes_view rest = as_bytes(std::string_view{outgoing_}.substr(written_));
        if (rest.empty())
            return;
        error_code ec;
        written_ += stream_->try_write({&rest, 1}, ec);
        // What is wrong with the stream is told by reading: an answer may have come before the whole was written.
        if (!ec && written_ < outgoing_.size())
            stream_->notify_writable(this);
    }

    static detail::driver read(boost::intrusive_ptr<connection> self)
    {
        while (byte_stream* const stream = self->stream_.get()) {
            const error_code ec = co_await stream->readable();
            // It may have been replaced: the coroutine of the new one goes on.
            if (self->stream_.get() != stream)
                co_return;
            self->guarded([&] { self->take(ec); });
        }
    }

    void take(error_code ec)
    {
        const std::span<std::byte> scratch = home_->scratch();
        while (stream_) {
            const std::size_t count = ec ? 0 : stream_->try_read(scratch, ec);
            if (count == 0 && !ec)
                return;
            if (!done_) {
                drop_stream();
                return;
            }
            if (count != 0)
                decoder_->feed(scratch.first(count));
            else if (ec == engine::errc::connection_closed)
                ec = reason_of_end();
            look(count == 0 ? ec : error_code{});
        }
    }

    /// The stream has ended as it should; one that fails ends no answer.
    [[nodiscard]] error_code reason_of_end()
    {
        const error_code cut = decoder_->finish();
        return cut ? cut : make_error_code(engine::errc::connection_closed);
    }

    /// `end`: why nothing more will come, if so.
    void look(error_code end)
    {
        const result<http_response*> next = decoder_->next();
        if (!next) {
            drop_stream();
            complete(link_failure{.why = next.error()});
        } else if (*next) {
            http_response answer = std::move(**next);
            // What stands behind it was not asked for: it must not answer the next request (X09).
            const bool has_more = !decoder_->release().empty();
            if (end || has_more || !decoder_->keep_alive())
                drop_stream();
            complete(std::move(answer));
        } else if (end) {
            drop_stream();
            complete(link_failure{.why = end});
        }
    }

    /// The last thing in a call: it may ask again, or end everything.
    void complete(outcome what) { std::exchange(done_, nullptr)(std::move(what)); }

    void drop_stream() noexcept { const auto dropped = std::move(stream_); }

    shard* home_;
    stream_dialer* dialer_;
    wire::http1_limits limits_;
    std::optional<wire::http1_response_decoder> decoder_;  // of the stream
    std::unique_ptr<attempt> dialing_;
    std::unique_ptr<byte_stream> stream_;
    std::string outgoing_;
    std::size_t written_ = 0;
    answered done_;
};

http_client::http_client(shard& home, stream_dialer& dialer, const wire::http1_limits& limits)
    : connection_{new connection{home, dialer, limits}}
{}

http_client::~http_client()
{
    connection_->close();
}

void http_client::ask(std::string request, answered done)
{
    connection_->ask(std::move(request), std::move(done));
}

bool http_client::busy() const noexcept
{
    return connection_->busy();
}

}  // namespace cosio
