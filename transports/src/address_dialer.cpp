// SPDX-License-Identifier: BSL-1.0
#include "address_dialer.hpp"

#include "no_memory.hpp"
#include "wire/address_race.hpp"

#include <new>
#include <vector>

namespace cosio {
namespace {

class race final : public attempt, private timer_node
{
public:
    race(
        shard& home,
        std::size_t count,
        duration delay,
        address_dialer dial,
        stream_dialer::dialed done
    )
        : home_{&home}, rules_{count, delay}, dial_{std::move(dial)}, done_{std::move(done)}
    {
        under_way_.reserve(count);
        begin(rules_.begin(home_->now()));
    }

    ~race() override { home_->time().disarm(*this); }

    race(const race&) = delete;
    race& operator=(const race&) = delete;

private:
    void on_deadline(time_point now) override
    try {
        begin(rules_.handle_deadline(now));
    } catch (const std::bad_alloc&) {
        on_dialed(no_memory());
    }

    void begin(std::optional<std::size_t> address)
    {
        if (address)
            under_way_.push_back(dial_(*address, [this](stream_dialer::outcome made) {
                on_dialed(std::move(made));
            }));
        if (const auto next = rules_.deadline())
            home_->time().arm(*this, *next);
        else
            home_->time().disarm(*this);
    }

    void on_dialed(stream_dialer::outcome made)
    {
        while (!made && !rules_.lost()) {
            try {
                begin(rules_.handle_failure(home_->now()));
                if (!rules_.lost())
                    return;
            } catch (const std::bad_alloc&) {  // that address has failed, too
            }
        }
        home_->time().disarm(*this);
        const auto others = std::move(under_way_);
        // Whoever is told may destroy this.
        const stream_dialer::dialed told = std::move(done_);
        told(std::move(made));
    }

    shard* home_;
    wire::address_race rules_;
    address_dialer dial_;
    stream_dialer::dialed done_;
    std::vector<std::unique_ptr<attempt>> under_way_;
};

}  // namespace

std::unique_ptr<attempt> race_addresses(
    shard& home, std::size_t count, duration delay, address_dialer dial, stream_dialer::dialed done
)
{
    return std::make_unique<race>(home, count, delay, std::move(dial), std::move(done));
}

}  // namespace cosio
