// SPDX-License-Identifier: BSL-1.0
#include "alloc_counter.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::size_t> live_bytes{0};
std::atomic<std::size_t> peak_bytes{0};
std::atomic<std::size_t> total_bytes{0};
std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size)
{
    auto* const memory = std::malloc(size == 0 ? 1 : size);
    if (!memory)
        throw std::bad_alloc{};
    const auto usable = malloc_usable_size(memory);
    const auto live = live_bytes += usable;
    for (auto peak = peak_bytes.load(); peak < live;) {
        if (peak_bytes.compare_exchange_weak(peak, live))
            break;
    }
    total_bytes += usable;
    ++allocations;
    return memory;
}

void release(void* memory) noexcept
{
    if (memory)
        live_bytes -= malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

// Forms that are not listed here come down to these, or are not used by cosio.
void* operator new(std::size_t size)
{
    return allocate(size);
}

void* operator new[](std::size_t size)
{
    return allocate(size);
}

void operator delete(void* memory) noexcept
{
    release(memory);
}

void operator delete[](void* memory) noexcept
{
    release(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    release(memory);
}

void operator delete[](void* memory, std::size_t) noexcept
{
    release(memory);
}

namespace cosio::test {

heap_use heap() noexcept
{
    return {live_bytes, peak_bytes, total_bytes, allocations};
}

void reset_heap_peak() noexcept
{
    peak_bytes = live_bytes.load();
}

}  // namespace cosio::test
