// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/allocation_search.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace cosio {
namespace {

constinit thread_local allocation_failure* armed = nullptr;
constinit thread_local unsigned exemptions = 0;

void* allocate(std::size_t size)
{
    if (armed && allocation_failure::fails_next())
        throw std::bad_alloc{};
    // From malloc, whose memory sanitizers know as well.
    if (void* const memory = std::malloc(size == 0 ? 1 : size))
        return memory;
    throw std::bad_alloc{};
}

}  // namespace

void allocation_failure::arm(std::function<bool()> counts)
{
    counts_ = std::move(counts);
    armed = this;
}

void allocation_failure::disarm() noexcept
{
    if (armed == this)
        armed = nullptr;
}

bool allocation_failure::fails_next()
{
    allocation_failure* const at = armed;
    if (!at || at->reached_ || exemptions != 0 || (at->counts_ && !at->counts_()))
        return false;
    at->reached_ = at->seen_++ == at->number_;
    return at->reached_;
}

allocation_failure::exemption::exemption() noexcept
{
    ++exemptions;
}

allocation_failure::exemption::~exemption()
{
    --exemptions;
}

std::optional<failing_allocation> find_failing_allocation(
    const std::function<std::string(allocation_failure& at)>& scenario
)
{
    for (std::uint64_t number = 0;; ++number) {
        allocation_failure at{number};
        if (std::string why = scenario(at); !why.empty())
            return failing_allocation{number, std::move(why)};
        if (!at.was_reached())
            return std::nullopt;
    }
}

}  // namespace cosio

// Other forms come down to these, or are for types of unusual alignment, which do not count.
void* operator new(std::size_t size)
{
    return cosio::allocate(size);
}

void* operator new[](std::size_t size)
{
    return cosio::allocate(size);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept
{
    std::free(memory);
}
