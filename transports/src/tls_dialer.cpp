// SPDX-License-Identifier: BSL-1.0
#include "attempt_of.hpp"
#include "no_memory.hpp"
#include "tls_client_context.hpp"

#include <cosio/detail/driver.hpp>
#include <cosio/transports/tls_client.hpp>

#include <fmt/format.h>

namespace cosio {
namespace {

/// One stream on its way: first the one below, then the handshake over it.
class securing final : public boost::intrusive_ref_counter<securing, boost::thread_unsafe_counter>
{
public:
    securing(
        std::shared_ptr<const tls_client_context> context,
        std::string_view host,
        stream_dialer::dialed done
    )
        : context_{std::move(context)}, host_{host}, done_{std::move(done)}
    {}

    void begin(stream_dialer& below)
    {
        dialing_ = below.dial([self = boost::intrusive_ptr{this}](stream_dialer::outcome made) {
            self->on_dialed(std::move(made));
        });
    }

    void give_up() noexcept
    {
        done_ = nullptr;
        dialing_.reset();
        stream_.reset();
    }

private:
    void on_dialed(stream_dialer::outcome made)
    {
        if (!done_)
            return;
        guarded([&] {
            if (!made) {
                complete(made.error());
                return;
            }
            stream_ = context_->connect(std::move(*made));
            shake_hands(this);
        });
    }

    /// What is thrown for want of memory is the end of the attempt.
    template <class Step>
    void guarded(Step&& step) noexcept
    {
        try {
            step();
        } catch (...) {
            stream_.reset();
            if (done_)
                complete(no_memory());
        }
    }

    static detail::driver shake_hands(boost::intrusive_ptr<securing> self)
    {
        while (self->goes_on()) {
            const error_code ec = co_await self->stream_->readable();
            if (ec)
                self->guarded([&] { self->fail(ec, ec.message()); });
        }
    }

    /// False once it is over, or nobody waits for it.
    [[nodiscard]] bool goes_on() noexcept
    {
        guarded([this] {
            const auto outcome = stream_ ? stream_->shake() : std::nullopt;
            if (!outcome)
                return;
            if (*outcome) {
                std::unique_ptr<byte_stream> ready = std::move(stream_);
                complete(std::move(ready));
            } else {
                fail(outcome->error().code, outcome->error().text);
            }
        });
        return stream_ != nullptr;
    }

    void fail(error_code why, std::string_view text)
    {
        if (!stream_)
            return;
        stream_.reset();
        complete(link_failure{.why = why, .text = fmt::format("{}: {}", host_, text)});
    }

    /// The last thing in a call.
    void complete(stream_dialer::outcome what) { std::exchange(done_, nullptr)(std::move(what)); }

    std::shared_ptr<const tls_client_context> context_;
    std::string host_;
    stream_dialer::dialed done_;
    std::unique_ptr<attempt> dialing_;
    std::unique_ptr<tls_stream> stream_;
};

class tls_dialer final : public stream_dialer
{
public:
    tls_dialer(
        std::unique_ptr<stream_dialer> below, std::string host, const tls_client_options& options
    )
        : below_{std::move(below)},
          host_{std::move(host)},
          context_{std::make_shared<tls_client_context>(host_, options)}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto under_way = attempt_for(new securing{context_, host_, std::move(done)});
        under_way->what().begin(*below_);
        return under_way;
    }

private:
    std::unique_ptr<stream_dialer> below_;
    std::string host_;
    std::shared_ptr<const tls_client_context> context_;
};

}  // namespace

std::unique_ptr<stream_dialer> make_tls_dialer(
    std::unique_ptr<stream_dialer> below, std::string host, const tls_client_options& options
)
{
    return std::make_unique<tls_dialer>(std::move(below), std::move(host), options);
}

}  // namespace cosio
