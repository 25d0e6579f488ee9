// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/cancellation_search.hpp>

namespace cosio {

void cancellation_point::spawn(simulation& world, task<> what)
{
    asio::co_spawn(
        world.home().executor(),
        run(world, std::move(what)),
        [this](const std::exception_ptr& thrown) { thrown_ = thrown; }
    );
}

void cancellation_point::arm(simulation& world)
{
    world.at_turn(world.turns() + turn_, [this] {
        if (ended_)
            return;
        reached_ = true;
        signal_.emit(how_);
    });
}

std::optional<failing_cancellation> find_failing_cancellation(
    const std::function<std::string(cancellation_point& at)>& scenario, asio::cancellation_type how
)
{
    for (std::uint64_t turn = 0;; ++turn) {
        cancellation_point at{turn, how};
        if (std::string why = scenario(at); !why.empty())
            return failing_cancellation{turn, std::move(why)};
        if (!at.was_reached())
            return std::nullopt;
    }
}

}  // namespace cosio
