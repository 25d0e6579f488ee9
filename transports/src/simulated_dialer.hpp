// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulated_network_state.hpp"

namespace cosio {

class simulated_dialer final : public stream_dialer
{
public:
    simulated_dialer(
        std::shared_ptr<simulated_network::state> on, std::string_view name, shard& from
    )
        : on_{std::move(on)}, name_{name}, from_{&from}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto begun = std::make_unique<dialing>(on_, name_, *from_, std::move(done));
        from_->time().arm(*begun, from_->now() + on_->draw_delay());
        return begun;
    }

private:
    struct dialing final : attempt, timer_node
    {
        dialing(
            std::shared_ptr<simulated_network::state> to, std::string what, shard& by, dialed done
        )
            : on{std::move(to)}, name{std::move(what)}, from{&by}, told{std::move(done)}
        {}

        void on_deadline(time_point) override
        {
            if (const simulated_network::state::host& at = on->of(name); at.cut || at.loses_dials)
                return;
            const dialed tell = std::exchange(told, nullptr);  // it may destroy this
            if (auto made = on->connect(name, *from))
                tell(std::move(made));
            else
                tell(link_failure{.why = engine::errc::connection_reset});
        }

        std::shared_ptr<simulated_network::state> on;
        std::string name;
        shard* from;
        dialed told;
    };

    std::shared_ptr<simulated_network::state> on_;
    std::string name_;
    shard* from_;
};

}  // namespace cosio
