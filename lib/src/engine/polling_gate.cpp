// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/engine/polling_gate.hpp>

#include <utility>

namespace cosio::engine {

gate_action polling_gate::handle_get() noexcept
{
    if (ended_)
        return gate_action::refuse_request;
    if (parked_)
        return refuse(errc::overlapping_poll);
    parked_ = true;
    if (closing_) {
        parked_ = false;
        ended_ = true;
        return gate_action::answer_close;
    }
    if (held_ && at_once_ > 0 && !COSIO_MUTANT(one_noop_during_upgrade)) {
        --at_once_;
        parked_ = false;
        return gate_action::answer_noop;
    }
    return gate_action::park_poll;
}

gate_action polling_gate::handle_post() noexcept
{
    if (ended_)
        return gate_action::refuse_request;
    if (posting_)
        return refuse(errc::overlapping_post);
    posting_ = true;
    return gate_action::accept_post;
}

error_code polling_gate::handle_poll_abort() noexcept
{
    parked_ = false;
    return abort();
}

error_code polling_gate::handle_post_abort() noexcept
{
    posting_ = false;
    return abort();
}

error_code polling_gate::abort() noexcept
{
    if (!std::exchange(ended_, true))
        why_ = errc::aborted_request;
    return why_;
}

gate_action polling_gate::handle_output() noexcept
{
    if (!writable()) {
        ended_ = ended_ || (farewell_ && !parked_);  // nobody will fetch it
        return gate_action::none;
    }
    parked_ = false;
    return gate_action::answer_packets;
}

gate_action polling_gate::hold() noexcept
{
    if (!std::exchange(held_, true))
        at_once_ = polls_at_once;
    else if (COSIO_MUTANT(one_noop_during_upgrade))
        return gate_action::none;
    if (!parked_)
        return gate_action::none;
    parked_ = false;
    return gate_action::answer_noop;
}

gate_action polling_gate::close() noexcept
{
    if (closing_ || ended_)
        return gate_action::none;
    closing_ = true;
    ended_ = farewell_;
    if (!parked_)
        return gate_action::none;
    parked_ = false;
    ended_ = true;
    return gate_action::answer_close;
}

gate_action polling_gate::end() noexcept
{
    ended_ = true;
    return std::exchange(parked_, false) ? gate_action::answer_close : gate_action::none;
}

gate_action polling_gate::discard() noexcept
{
    ended_ = true;
    return std::exchange(parked_, false) ? gate_action::answer_noop : gate_action::none;
}

gate_action polling_gate::refuse(errc why) noexcept
{
    ended_ = true;
    why_ = why;
    return gate_action::refuse_request;
}

}  // namespace cosio::engine
