// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/wakeup.hpp>
#include <cosio/engine/legacy_payload.hpp>
#include <cosio/engine/payload.hpp>
#include <cosio/engine/polling_gate.hpp>
#include <cosio/http.hpp>
#include <cosio/shard.hpp>
#include <cosio/transport.hpp>

#include <memory>

namespace cosio {

/// One HTTP request that waits for its answer. Whoever holds it answers it once.
class http_exchange : public link_listener
{
public:
    virtual void respond(http_response response) = 0;

    /// There will be no answer: the connection ends.
    virtual void hang_up() noexcept = 0;

    /// The answer to come is not to be compressed, whatever the options say.
    virtual void forbid_compression() noexcept = 0;
};

using http_exchange_ptr = boost::intrusive_ptr<http_exchange>;

/// Where the GETs and POSTs of one session meet its link. Shared by the link, which its session owns,
/// and by the HTTP connections that have a request under way.
class polling_endpoint
{
public:
    /// `max_packets`: of one POST.
    polling_endpoint(shard& home, const engine::dialect& spoken, std::size_t max_packets);

    // --- the HTTP side ---

    void get(const http_exchange_ptr& exchange);

    /// The headers of a POST have come. False: it was refused and answered.
    [[nodiscard]] bool begin_post(const http_exchange_ptr& exchange, const http_request& head);

    /// Its body has come. The answer follows when all its packets were taken.
    void end_post(std::string body);

    /// A POST that begin_post() let in will not come to its end, and its connection has been told why.
    void cancel_post() noexcept;

    /// The connection of a request under way ended.
    void abort(const http_exchange& exchange);

    // --- the link's side ---

    [[nodiscard]] bool try_receive(engine::packet_view& packet);
    [[nodiscard]] std::optional<error_code> park(parked& who);
    void flush(outbox& pending);
    void hold();
    void resume();
    void finish();
    void close() noexcept;

    [[nodiscard]] bool receiving() const noexcept { return static_cast<bool>(post_); }

    [[nodiscard]] bool writable() const noexcept { return gate_.writable() && !ended_; }

    void notify_writable(boost::intrusive_ptr<link_listener> listener);

private:
    void answer(engine::gate_action action);
    void answer_packets(outbox& pending);
    void answer_poll(std::string body, bool is_binary = false);
    void answer_post(http_response response);
    void end(error_code why) noexcept;
    void refuse(const http_exchange_ptr& exchange);

    engine::polling_gate gate_;
    engine::payload_decoder decoder_;
    bool body_came_ = false;       // of the POST under way
    bool body_is_binary_ = false;  // it will be
    detail::wakeup arrived_;
    http_exchange_ptr poll_;
    http_exchange_ptr post_;
    boost::intrusive_ptr<link_listener> listener_;
    error_code ended_;
};

/// The long-polling link of one session.
class polling_transport final : public transport
{
public:
    explicit polling_transport(
        shard& home,
        const engine::dialect& spoken = {},
        std::size_t max_packets_per_post = engine::unlimited_packets
    )
        : endpoint_{std::make_shared<polling_endpoint>(home, spoken, max_packets_per_post)}
    {}

    ~polling_transport() override { endpoint_->close(); }

    [[nodiscard]] const std::shared_ptr<polling_endpoint>& endpoint() const noexcept
    {
        return endpoint_;
    }

    engine::transport_kind kind() const noexcept override
    {
        return engine::transport_kind::polling;
    }

    bool try_receive(engine::packet_view& packet) override
    {
        return endpoint_->try_receive(packet);
    }

    std::optional<error_code> park(parked& who) override { return endpoint_->park(who); }

    bool receiving() const noexcept override { return endpoint_->receiving(); }

    void try_flush(outbox& pending) override { endpoint_->flush(pending); }

    bool writable() const noexcept override { return endpoint_->writable(); }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        endpoint_->notify_writable(std::move(listener));
    }

    void hold() override { endpoint_->hold(); }

    void resume() override { endpoint_->resume(); }

    void finish() override { endpoint_->finish(); }

    void close() noexcept override { endpoint_->close(); }

private:
    std::shared_ptr<polling_endpoint> endpoint_;
};

}  // namespace cosio
