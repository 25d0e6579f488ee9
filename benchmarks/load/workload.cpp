// SPDX-License-Identifier: BSL-1.0
#include "workload.hpp"

namespace cosio::load {

std::string make_payload(std::size_t bytes)
{
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string out(bytes, ' ');
    for (std::size_t i = 0; i < bytes; ++i)
        out[i] = alphabet[i % alphabet.size()];
    return out;
}

std::unique_ptr<workload> make_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
)
{
    switch (chosen.what) {
    case mode::echo:
    case mode::ack: return make_request_workload(chosen, plan, loop, count);
    case mode::broadcast: return make_broadcast_workload(chosen, plan, loop, count);
    case mode::polling: return make_polling_workload(chosen, plan, loop, count);
    case mode::connect: return make_connect_workload(chosen, plan, loop, count);
    case mode::membership:
        return chosen.disconnect ? make_connect_workload(chosen, plan, loop, count)
                                 : make_membership_workload(chosen, plan, loop, count);
    case mode::idle: return make_idle_workload(chosen, plan, loop);
    }
    return nullptr;
}

}  // namespace cosio::load
