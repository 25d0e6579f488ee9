// SPDX-License-Identifier: BSL-1.0
#include "polling_client.hpp"

#include "no_memory.hpp"
#include "wire/http1_client.hpp"

#include <cosio/detail/wakeup.hpp>
#include <cosio/engine/handshake.hpp>

#include <fmt/format.h>

#include <limits>

namespace cosio {
namespace {

link_failure failure_of(error_code why, const http_response& answer, std::chrono::sys_seconds now)
{
    return {
        .why = why,
        .text = fmt::format("the server answers {} {}", answer.status, answer.body.substr(0, 200)),
        .retry_after = wire::retry_after(answer, now)
    };
}

class polling_client final : public transport, private timer_node
{
public:
    polling_client(
        shard& home,
        stream_dialer& dialer,
        std::unique_ptr<polling_requests> requests,
        const polling_client_config& config
    )
        : home_{&home},
          config_{config},
          requests_{std::move(requests)},
          polls_{home, dialer, config.answers},
          posts_{home, dialer, config.answers},
          arrived_{home.executor()}
    {}

    using opened = std::function<void(std::optional<link_failure>)>;

    /// Called once, and before anything else: `done` is told whether there is a session.
    void open(opened done)
    {
        limit_request();
        ask_for_packets();
        opened_ = std::move(done);
    }

    engine::transport_kind kind() const noexcept override
    {
        return engine::transport_kind::polling;
    }

    bool try_receive(engine::packet_view& packet) override
    {
        while (!ended_) {
            const auto next = decoder_.next();
            if (!next) {
                end(next.error());
                return false;
            }
            if (*next) {
                packet = **next;
                look_at(packet);
                return true;
            }
            if (!std::exchange(unread_, false))
                return false;
            if (!held_ && !finishing_)
                poll();
        }
        return false;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (ended_)
            return ended_;
        return arrived_.park(who);
    }

    void try_flush(outbox& pending) override
    {
        if (!writable() || pending.empty())
            return;
        post(engine::encode_payload(pending, max_payload_, config_.max_packets_per_post));
    }

    bool writable() const noexcept override
    {
        return !ended_ && !held_ && !finishing_ && !sid_.empty() && !posts_.busy();
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        listener_ = std::move(listener);
    }

    void hold() override { held_ = true; }

    bool held() const noexcept override
    {
        return !ended_ && held_ && !polls_.busy() && !posts_.busy() && !unread_;
    }

    void resume() override
    {
        if (!std::exchange(held_, false) || ended_)
            return;
        if (!polls_.busy() && !unread_)
            poll();
        tell_writable();
    }

    void finish() override
    {
        if (ended_ || std::exchange(finishing_, true))
            return;
        if (sid_.empty())
            end(engine::errc::connection_closed);
        else if (!posts_.busy())
            say_goodbye();
    }

    void close() noexcept override { end(engine::errc::connection_closed); }

private:
    void poll()
    {
        guarded([this] { ask_for_packets(); });
    }

    void ask_for_packets()
    {
        polls_.ask(requests_->get(sid_), [this](http_client::outcome answer) {
            guarded([&] { on_polled(std::move(answer)); });
        });
    }

    void on_polled(http_client::outcome answer)
    {
        auto body = accept(std::move(answer));
        if (!body)
            return;
        if (opened_)
            home_->time().disarm(*this);
        unread_ = true;
        decoder_.feed(std::move(*body));
        arrived_.notify();
        if (opened_)
            std::exchange(opened_, nullptr)(std::nullopt);
    }

    void post(std::string_view body)
    {
        limit_request();
        guarded([&] {
            posts_.ask(requests_->post(sid_, body), [this](http_client::outcome answer) {
                guarded([&] { on_posted(std::move(answer)); });
            });
        });
    }

    void on_posted(http_client::outcome answer)
    {
        if (!accept(std::move(answer)))
            return;
        home_->time().disarm(*this);
        if (finishing_ && std::exchange(said_goodbye_, true))
            end(engine::errc::connection_closed);
        else if (finishing_)
            say_goodbye();
        else if (held_)
            arrived_.notify();
        else
            tell_writable();
    }

    void say_goodbye()
    {
        guarded([this] {
            post(as_text(engine::encode_packet(engine::packet_type::close)->payload()));
        });
    }

    /// What is thrown for want of memory is the end of the link.
    template <class Step>
    void guarded(Step&& step) noexcept
    {
        try {
            step();
        } catch (...) {
            fail(no_memory());
        }
    }

    void limit_request()
    {
        if (config_.request_timeout)
            home_->time().arm(*this, home_->now() + *config_.request_timeout);
    }

    void on_deadline(time_point) override
    {
        if (!ended_)
            fail({.why = errc::timeout, .text = "no answer to a request (see request_timeout)"});
    }

    /// The body of an answer that is one; else the link ends.
    [[nodiscard]] std::optional<std::string> accept(http_client::outcome answer)
    {
        if (ended_)
            return std::nullopt;
        if (!answer) {
            fail(answer.error());
            return std::nullopt;
        }
        requests_->look_at(*answer);
        if (const error_code why = wire::check_poll_answer(*answer)) {
            fail(failure_of(why, *answer, time_of_day(*home_)));
            return std::nullopt;
        }
        return std::move(answer->body);
    }

    /// The last thing in a call: who is told may destroy this.
    void fail(link_failure failure)
    {
        end(failure.why);
        if (opened_)
            std::exchange(opened_, nullptr)(std::move(failure));
    }

    /// The session's own data are in its first packet.
    void look_at(const engine::packet_view& packet)
    {
        if (packet.type != engine::packet_type::open || !sid_.empty())
            return;
        if (const auto data = engine::parse_open(packet.text())) {
            sid_ = data->sid;
            if (data->max_payload != 0)
                max_payload_ = data->max_payload;
        }
    }

    void tell_writable()
    {
        if (const auto listener = std::exchange(listener_, nullptr))
            listener->on_link_writable();
    }

    void end(error_code why) noexcept
    {
        if (ended_)
            return;
        ended_ = why;
        listener_ = nullptr;
        home_->time().disarm(*this);
        arrived_.notify();
    }

    shard* home_;
    polling_client_config config_;
    std::unique_ptr<polling_requests> requests_;
    engine::payload_decoder decoder_;
    opened opened_;
    std::string sid_;
    std::size_t max_payload_ = std::numeric_limits<std::size_t>::max();
    http_client polls_;
    http_client posts_;
    detail::wakeup arrived_;
    boost::intrusive_ptr<link_listener> listener_;
    error_code ended_;
    bool unread_ = false;  // a body whose packets were not all taken
    bool held_ = false;
    bool finishing_ = false;
    bool said_goodbye_ = false;
};

/// A link that is being opened.
class opening final : public attempt
{
public:
    opening(std::unique_ptr<polling_client> link, connector::connected done)
        : link_{std::move(link)}, done_{std::move(done)}
    {
        link_->open([this](std::optional<link_failure> failure) {
            const connector::connected told = std::move(done_);
            // Whoever is told may destroy this.
            if (failure)
                told(std::move(*failure));
            else
                told(std::unique_ptr<transport>{std::move(link_)});
        });
    }

private:
    std::unique_ptr<polling_client> link_;
    connector::connected done_;
};

}  // namespace

std::unique_ptr<attempt> open_polling(
    shard& home,
    stream_dialer& dialer,
    std::unique_ptr<polling_requests> requests,
    const polling_client_config& config,
    connector::connected done
)
{
    return std::make_unique<opening>(
        std::make_unique<polling_client>(home, dialer, std::move(requests), config), std::move(done)
    );
}

}  // namespace cosio
