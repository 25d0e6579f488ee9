// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulated_network_state.hpp"

namespace cosio {

class simulated_dialer final : public stream_dialer
{
public:
    simulated_dialer(std::shared_ptr<simulated_network::state> on, std::string_view name)
        : on_{std::move(on)}, name_{name}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto begun = std::make_unique<dialing>(on_, name_, std::move(done));
        shard& home = on_->world->home();
        home.time().arm(*begun, home.now() + on_->draw_delay());
        return begun;
    }

private:
    struct dialing final : attempt, timer_node
    {
        dialing(std::shared_ptr<simulated_network::state> to, std::string what, dialed done)
            : on{std::move(to)}, name{std::move(what)}, told{std::move(done)}
        {}

        void on_deadline(time_point) override
        {
            if (const simulated_network::state::host& at = on->of(name); at.cut || at.loses_dials)
                return;
            const dialed tell = std::exchange(told, nullptr);  // it may destroy this
            if (auto made = on->connect(name))
                tell(std::move(made));
            else
                tell(link_failure{.why = engine::errc::connection_reset});
        }

        std::shared_ptr<simulated_network::state> on;
        std::string name;
        dialed told;
    };

    std::shared_ptr<simulated_network::state> on_;
    std::string name_;
};

}  // namespace cosio
