// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/stream_dialer.hpp>

#include <memory>
#include <utility>

namespace cosio::test {

/// Who dials, as long as he waits: a dialer of a test keeps `state`, and takes `done` from it when it has an outcome.
struct dial_attempt final : attempt
{
    explicit dial_attempt(stream_dialer::dialed done)
        : state{std::make_shared<stream_dialer::dialed>(std::move(done))}
    {}

    ~dial_attempt() override { *state = nullptr; }

    std::shared_ptr<stream_dialer::dialed> state;
};

}  // namespace cosio::test
