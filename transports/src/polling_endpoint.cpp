// SPDX-License-Identifier: BSL-1.0
#include "polling_endpoint.hpp"

#include <cosio/detail/ascii.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/engine_host.hpp>

#include <limits>

namespace cosio {
namespace {

// The client's limit bounds what it sends; what it can read is not announced by the protocol.
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

http_response refusal_response(unsigned status = 400, refusal_code code = refusal_code::bad_request)
{
    http_response response;
    response.status = status;
    response.headers.append("Content-Type", "application/json");
    response.body = refusal{code}.body();
    return response;
}

http_response uncached(std::string_view type, std::string body)
{
    http_response response;
    response.headers.reserve(64);
    response.headers.append("Content-Type", type);
    response.headers.append("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

/// A body that holds this packet alone, which has no data.
std::string payload_of(engine::packet_type type, const engine::dialect& spoken)
{
    outbox one;
    one.push(engine::encode_packet(type));
    return spoken.is_legacy() ? engine::encode_legacy_payload(one).body
                              : engine::encode_payload(one, unlimited);
}

http_response post_response()
{
    return uncached("text/html", "ok");
}

bool is_octet_stream(std::string_view content_type)
{
    content_type = content_type.substr(0, content_type.find(';'));
    while (!content_type.empty() && content_type.back() == ' ')
        content_type.remove_suffix(1);
    return detail::equal_without_case(content_type, "application/octet-stream");
}

/// HTTP-18: one packet that may be compressed is enough.
bool any_may_compress(const outbox& pending) noexcept
{
    for (std::size_t i = 0; i < pending.size(); ++i)
        if (pending[i]->may_compress())
            return true;
    return false;
}

}  // namespace

polling_endpoint::polling_endpoint(
    shard& home, const engine::dialect& spoken, std::size_t max_packets
)
    : decoder_{spoken, max_packets}, arrived_{home.executor()}
{}

void polling_endpoint::get(const http_exchange_ptr& exchange)
{
    const engine::gate_action action = gate_.handle_get();
    if (action == engine::gate_action::refuse_request) {
        refuse(exchange);
        return;
    }
    poll_ = exchange;
    answer(action);
    if (gate_.ended())
        end(engine::errc::connection_closed);
    else if (const auto listener = poll_ ? std::exchange(listener_, nullptr) : nullptr)
        listener->on_link_writable();
}

bool polling_endpoint::begin_post(const http_exchange_ptr& exchange, const http_request& head)
{
    const std::string_view encoding = head.headers["content-encoding"];
    if (!encoding.empty() && encoding != "identity") {
        exchange->respond(refusal_response(415));
        return false;
    }
    if (gate_.handle_post() != engine::gate_action::accept_post) {
        refuse(exchange);
        return false;
    }
    body_is_binary_ = is_octet_stream(head.headers["content-type"]);
    if (body_is_binary_ && !decoder_.spoken().is_legacy()) {
        if (!COSIO_MUTANT(no_response_to_content_type))
            exchange->respond(refusal_response());
        end(engine::errc::invalid_content);
        return false;
    }
    post_ = exchange;
    body_came_ = false;
    return true;
}

void polling_endpoint::end_post(std::string body)
{
    if (!post_)
        return;
    body_came_ = true;
    decoder_.feed(std::move(body), body_is_binary_);
    arrived_.notify();
}

void polling_endpoint::cancel_post() noexcept
{
    post_ = nullptr;
    gate_.handle_post_end();
    arrived_.notify();  // who waits for the end of the upload has it (UP-8)
}

void polling_endpoint::abort(const http_exchange& exchange)
{
    if (poll_.get() == &exchange) {
        poll_ = nullptr;
        end(gate_.handle_poll_abort());
    } else if (post_.get() == &exchange) {
        post_ = nullptr;
        end(gate_.handle_post_abort());
    }
}

/// Overlapping requests: this one is refused, those under way end too, and so does the session.
void polling_endpoint::refuse(const http_exchange_ptr& exchange)
{
    if (ended_) {  // for who asks now, the session has gone
        exchange->respond(refusal_response(400, refusal_code::session_id_unknown));
        return;
    }
    exchange->respond(refusal_response());
    end(gate_.why() ? gate_.why() : error_code{engine::errc::connection_closed});
    if (post_)
        answer_post(refusal_response());
}

bool polling_endpoint::try_receive(engine::packet_view& packet)
{
    if (ended_ || !post_ || !body_came_)
        return false;
    const auto next = decoder_.next();
    if (!next) {
        answer_post(refusal_response());
        end(next.error());
        return false;
    }
    if (!*next) {
        answer_post(post_response());
        return false;
    }
    packet = **next;
    if (packet.type == engine::packet_type::close)
        gate_.handle_farewell();
    return true;
}

std::optional<error_code> polling_endpoint::park(parked& who)
{
    if (ended_)
        return ended_;
    return arrived_.park(who);
}

void polling_endpoint::flush(outbox& pending)
{
    if (ended_)
        return;
    if (gate_.handle_output() == engine::gate_action::answer_packets) {
        try {
            answer_packets(pending);
        } catch (...) {  // the client would wait, for a poll that counts as answered
            end(engine::errc::connection_closed);
            throw;
        }
    } else if (gate_.ended()) {
        end(engine::errc::connection_closed);
    }
}

void polling_endpoint::answer_packets(outbox& pending)
{
    if (!any_may_compress(pending))
        poll_->forbid_compression();
    if (decoder_.spoken().is_legacy()) {
        engine::legacy_payload payload = engine::encode_legacy_payload(pending);
        answer_poll(std::move(payload.body), payload.is_binary);
    } else {
        answer_poll(engine::encode_payload(pending, unlimited));
    }
}

void polling_endpoint::notify_writable(boost::intrusive_ptr<link_listener> listener)
{
    listener_ = std::move(listener);
}

void polling_endpoint::hold()
{
    answer(gate_.hold());
}

void polling_endpoint::resume()
{
    gate_.resume();
}

void polling_endpoint::finish()
{
    answer(gate_.close());
    if (gate_.ended())
        end(engine::errc::connection_closed);
}

void polling_endpoint::close() noexcept
{
    try {
        answer(gate_.discard());
        if (post_)
            answer_post(refusal_response());
    } catch (...) {  // end() hangs up then
    }
    end(engine::errc::connection_closed);
    if (const http_exchange_ptr unanswered = std::exchange(post_, nullptr))
        unanswered->hang_up();
}

void polling_endpoint::answer(engine::gate_action action)
{
    if (action == engine::gate_action::answer_noop)
        answer_poll(payload_of(engine::packet_type::noop, decoder_.spoken()));
    else if (action == engine::gate_action::answer_close)
        answer_poll(payload_of(engine::packet_type::close, decoder_.spoken()));
}

void polling_endpoint::answer_poll(std::string body, bool is_binary)
{
    std::string_view type = is_binary ? "application/octet-stream" : "text/plain; charset=UTF-8";
    if (decoder_.spoken().jsonp) {
        body = engine::wrap_jsonp(*decoder_.spoken().jsonp, body);
        type = "text/javascript; charset=UTF-8";
    }
    http_response response = uncached(type, std::move(body));
    std::exchange(poll_, nullptr)->respond(std::move(response));
}

void polling_endpoint::answer_post(http_response response)
{
    gate_.handle_post_end();
    std::exchange(post_, nullptr)->respond(std::move(response));
}

void polling_endpoint::end(error_code why) noexcept
{
    if (!ended_)
        ended_ = why;
    try {
        answer(gate_.end());
    } catch (...) {  // there is no memory for an answer
    }
    if (const http_exchange_ptr unanswered = std::exchange(poll_, nullptr))
        unanswered->hang_up();
    listener_ = nullptr;
    arrived_.notify();
}

}  // namespace cosio
