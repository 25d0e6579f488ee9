// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "dial_attempt.hpp"

#include <cosio/shard.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cosio::test {

/// Streams of memory whose other ends somebody serves.
class serving_dialer final : public stream_dialer
{
public:
    using serve = std::function<void(std::unique_ptr<byte_stream>)>;

    serving_dialer(shard& home, serve with, memory_stream_options link = {})
        : home_{&home}, serve_{std::move(with)}, link_{std::move(link)}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto begun = std::make_unique<dial_attempt>(std::move(done));
        home_->post([this, state = begun->state] {
            const dialed told = std::exchange(*state, nullptr);
            if (!told)
                return;
            auto [near, far] = make_memory_streams(*home_, link_);
            serve_(std::move(far));
            told(std::move(near));
        });
        return begun;
    }

private:
    shard* home_;
    serve serve_;
    memory_stream_options link_;
};

/// What came of one call to a dialer.
class dialed_stream
{
public:
    explicit dialed_stream(stream_dialer& dialer)
        : attempt_{dialer.dial([this](stream_dialer::outcome made) { outcome_ = std::move(made); })}
    {}

    /// "a stream", "waits", or why there is none.
    [[nodiscard]] std::string text() const
    {
        if (!outcome_)
            return "waits";
        return *outcome_ ? "a stream" : outcome_->error().text;
    }

    [[nodiscard]] bool over() const noexcept { return outcome_.has_value(); }

    [[nodiscard]] error_code why() const
    {
        return outcome_ && !*outcome_ ? outcome_->error().why : error_code{};
    }

    [[nodiscard]] std::unique_ptr<byte_stream> take() { return std::move(**outcome_); }

    /// Loses interest.
    void give_up() { attempt_.reset(); }

private:
    std::optional<stream_dialer::outcome> outcome_;
    std::unique_ptr<attempt> attempt_;
};

}  // namespace cosio::test
