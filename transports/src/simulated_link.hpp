// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulated_pipe.hpp"

#include <cosio/transports/simulated_network.hpp>

#include <string>

namespace cosio {

/// A connection: what goes up and what goes down.
struct simulated_link
{
    simulated_link(simulation& world, shard& far, const std::string& name)
        : up{world, far, world.home(), name + " up"}, down{world, world.home(), far, name + " down"}
    {}

    [[nodiscard]] simulated_pipe& heading(link_direction which) noexcept
    {
        return which == link_direction::up ? up : down;
    }

    void fail(link_direction which, link_fault how)
    {
        for (simulated_pipe* const one : {&up, &down})
            switch (how) {
            case link_fault::reset: one->reset(); break;
            case link_fault::close:
                one->end(one->reader->now());
                one->tell_writer();
                break;
            case link_fault::stall: one->stall(); break;
            case link_fault::deaf:
                if (one == &heading(which))
                    one->stall();
                break;
            }
    }

    void pause(bool now)
    {
        for (simulated_pipe* const one : {&up, &down})
            if (now)
                one->pause();
            else
                one->go_on();
    }

    simulated_pipe up;
    simulated_pipe down;
};

}  // namespace cosio
