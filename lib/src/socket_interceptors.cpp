// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/decode_frames.hpp>
#include <cosio/detail/interceptors.hpp>
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/socket_state.hpp>
#include <cosio/detail/spawn.hpp>

#include <algorithm>

namespace cosio::detail {

interceptors& socket_state::intercepting()
{
    if (!interceptors_)
        interceptors_ = std::make_unique<interceptors>();
    return *interceptors_;
}

any_listener socket_state::add_any(listeners_of where, interceptors::call told, bool first)
{
    if (over_)
        return {};
    interceptors& mine = intercepting();
    const auto name = static_cast<any_listener>(++mine.last_id);
    interceptors::listeners& all = mine.*where;
    all.insert(
        first ? all.begin() : all.end(),
        {name, std::make_shared<const interceptors::call>(std::move(told))}
    );
    return name;
}

void socket_state::remove_any(listeners_of where, any_listener which) noexcept
{
    if (interceptors_)
        std::erase_if((*interceptors_).*where, [&](const auto& one) { return one.id == which; });
}

void socket_state::remove_all_any(listeners_of where) noexcept
{
    if (interceptors_)
        ((*interceptors_).*where).clear();
}

void socket_state::add_middleware(interceptors::middleware one)
{
    if (!over_)
        intercepting().middlewares.push_back(
            std::make_shared<const interceptors::middleware>(std::move(one))
        );
}

void socket_state::add_refused(std::function<void(const verdict&)> handler)
{
    if (!over_)
        intercepting().refused.push_back(std::move(handler));
}

void socket_state::tell(
    const interceptors::listeners& whom, std::string_view event, const arguments& all
)
{
    const interceptors::listeners now = whom;  // one of them may take itself away
    for (const interceptors::listener& one : now)
        if (!guard(*this, event, [&] { (*one.told)(event, all); }))
            disconnect(false);
}

void socket_state::tell_outgoing(const protocol::encoded_packet& packet, std::size_t extra)
{
    const socket_ptr keep{this};
    if (!owner_)
        return;
    const codec_functions& codec = owner_->codec();
    if (!interceptors_->own_packets)
        interceptors_->own_packets = codec.make_decoder(limits_->packet);
    const decoded_packet* const sent = decode_frames(*interceptors_->own_packets, packet);
    if (!sent || sent->header().type != protocol::packet_type::event)
        return;
    arguments all{.values = boost::json::array(recycled_storage())};
    if (codec.read_arguments(*sent, all))
        return;
    all.values.resize(all.values.size() - extra);
    const std::string event{sent->event()};  // a listener may emit, which decodes the next packet
    tell(interceptors_->outgoing, event, all);
}

/// False if the event goes no further for now: it was refused, or a coroutine decides.
bool socket_state::intercept(const decoded_packet& packet)
{
    if (interceptors_->incoming.empty() && interceptors_->middlewares.empty())
        return true;
    arguments all{.values = boost::json::array(recycled_storage())};
    if (const error_code ec = owner_->codec().read_arguments(packet, all)) {
        limits_->report(
            {.nsp = nsp_name(),
             .socket = id.view(),
             .event = packet.event(),
             .why = ec,
             .message = ec.message()}
        );
        return false;
    }
    tell(interceptors_->incoming, packet.event(), all);
    for (std::size_t i = 0; interceptors_ && i < interceptors_->middlewares.size(); ++i) {
        const auto one = interceptors_->middlewares[i];
        if (one->later) {
            const socket_ptr self{this};
            spawn_handler(
                self,
                packet.event(),
                one,
                ask_later(self, i, std::string{packet.event()}, std::move(all), packet.header().id),
                true
            );
            return false;
        }
        const verdict answer = ask_now(*one, packet.event(), all);
        if (!answer.accepted) {
            refuse(packet.event(), answer);
            return false;
        }
    }
    return true;
}

verdict socket_state::ask_now(
    const interceptors::middleware& one, std::string_view event, const arguments& all
)
{
    verdict answer = reject("Internal error");
    guard(*this, event, [&] { answer = one.now(event, all); });
    return answer;
}

task<> socket_state::ask_later(
    socket_ptr self,
    std::size_t from,
    std::string event,
    arguments all,
    std::optional<std::uint64_t> ack_id
)
{
    for (std::size_t i = from; self->interceptors_ && i < self->interceptors_->middlewares.size();
         ++i) {
        const auto one = self->interceptors_->middlewares[i];
        verdict answer = reject("Internal error");
        if (one->later) {
            try {
                auto asking = one->later(event, all);
                answer = co_await std::move(asking);
            } catch (...) {
                report_exception(*self, event, std::current_exception());
            }
        } else {
            answer = self->ask_now(*one, event, all);
        }
        if (!answer.accepted) {
            self->refuse(event, answer);
            co_return;
        }
    }
    if (!self->connected_ || !self->owner_)
        co_return;
    const auto again = self->encode_again(event, all, ack_id);
    // A decoder of its own: that of the shard may be in the middle of a packet.
    const auto decoder = self->owner_->codec().make_decoder(self->limits_->packet);
    if (const decoded_packet* const packet = again ? decode_frames(*decoder, *again) : nullptr)
        self->run_handlers(*packet);
}

result<protocol::encoded_packet> socket_state::encode_again(
    std::string_view event, const arguments& all, std::optional<std::uint64_t> ack_id
) const
{
    const protocol::packet_header header{
        .type = protocol::packet_type::event, .nsp = nsp_name(), .id = ack_id
    };
    return owner_->codec().encode_event(header, limits_->packet, event, all);
}

void socket_state::refuse(std::string_view event, const verdict& answer)
{
    if (!interceptors_)
        return;
    const auto handlers = interceptors_->refused;
    for (const auto& handler : handlers)
        if (!guard(*this, event, [&] { handler(answer); }))
            disconnect(false);
}

}  // namespace cosio::detail
