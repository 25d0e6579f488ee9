// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/operation.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

namespace cosio {

/// The Engine.IO connection below a socket; all sockets of a client share it. A handle: after the socket's
/// end it answers with empty values. Thread: the socket's shard.
class engine_connection
{
public:
    explicit engine_connection(detail::socket_ptr of) noexcept : of_{std::move(of)} {}

    /// "polling" or "websocket"; empty after the end.
    [[nodiscard]] std::string_view transport_name() const noexcept { return of_->transport_name(); }

    /// The revision of Engine.IO that the client speaks: 4, or 3 (`allow_eio3`); 0 after the end.
    [[nodiscard]] unsigned protocol() const noexcept
    {
        return peer() ? static_cast<unsigned>(peer()->rules().protocol()) : 0;
    }

    /// The id of the session. A secret: who knows it can speak for the client.
    [[nodiscard]] std::string_view id() const noexcept
    {
        return peer() ? peer()->id().view() : std::string_view{};
    }

    /// From the last ping to its pong; zero before the first.
    [[nodiscard]] duration round_trip_time() const noexcept
    {
        return peer() ? peer()->rules().round_trip_time() : duration::zero();
    }

    /// What has gone over it. Zero unless `engine.count_traffic` is set.
    [[nodiscard]] engine::traffic traffic() const noexcept
    {
        const engine::traffic* const counted = peer() ? peer()->counted() : nullptr;
        return counted ? *counted : engine::traffic{};
    }

    /// What waits to be sent, because the client takes it slowly, polls later, or the turn has not ended.
    [[nodiscard]] std::size_t pending_packets() const noexcept
    {
        return peer() ? peer()->pending().size() : 0;
    }

    [[nodiscard]] std::size_t pending_bytes() const noexcept
    {
        return peer() ? peer()->pending().bytes() : 0;
    }

    /// True if an event sent now would leave at once.
    [[nodiscard]] bool writable() const noexcept { return peer() && peer()->writable(); }

    /// Called as handler(std::string_view transport) when the connection has moved to another transport,
    /// before the first event from it (UP-9).
    template <class F>
    const engine_connection& on_upgrade(F handler) const
    {
        of_->add_upgrade(std::move(handler));
        return *this;
    }

    /// Called as handler() whenever all that waited has been written.
    template <class F>
    const engine_connection& on_drain(F handler) const
    {
        of_->add_drain(std::move(handler));
        return *this;
    }

    /// Completes when nothing waits to be sent: `const error_code ec = co_await conn.drained(...)`.
    /// A deferred Asio operation; it can be cancelled. Errors: closed, cancelled, not_enough_memory.
    [[nodiscard]] auto drained() const
    {
        auto initiate = [](auto handler, const detail::socket_ptr& of) {
            using pending_type = detail::pending_operation<decltype(handler), wait_outcome>;
            const auto begin = [&](const std::shared_ptr<pending_type>& pending) {
                if (auto slot = pending->cancellation(); slot.is_connected())
                    slot.assign([who = std::weak_ptr{pending}](asio::cancellation_type) {
                        if (const auto still = who.lock())
                            still->complete({errc::cancelled});
                    });
                of->when_drained([pending](error_code why) { pending->complete({why}); });
            };
            detail::begin_operation<pending_type>(std::move(handler), of->home().executor(), begin);
        };
        return asio::async_initiate<const asio::deferred_t, void(wait_outcome)>(
            std::move(initiate), asio::deferred, of_
        );
    }

private:
    [[nodiscard]] const engine::peer* peer() const noexcept
    {
        return of_->owner() ? &of_->owner()->link() : nullptr;
    }

    detail::socket_ptr of_;
};

}  // namespace cosio
