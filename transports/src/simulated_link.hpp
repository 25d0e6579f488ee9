// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulated_pipe.hpp"

#include <cosio/transports/simulated_network.hpp>

#include <string>

namespace cosio {

/// A connection: what goes up and what goes down.
struct simulated_link
{
    simulated_link(simulation& world, shard& near, shard& far, const std::string& name)
        : up{world, far, near, name + " up"}, down{world, near, far, name + " down"}
    {}

    [[nodiscard]] simulated_pipe& heading(link_direction which) noexcept
    {
        return which == link_direction::up ? up : down;
    }

    /// Nothing more can happen to it.
    [[nodiscard]] bool is_over() const noexcept { return up.broken && down.broken; }

    void fail(link_direction which, link_fault how)
    {
        for (simulated_pipe* const one : {&up, &down})
            switch (how) {
            case link_fault::reset: one->reset(); break;
            case link_fault::close:
                if (one->stalled)
                    break;  // an end does not pass either
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
