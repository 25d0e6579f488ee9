// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/recycled_memory.hpp>

#include <boost/json/memory_resource.hpp>

#include <array>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define COSIO_POISONS_FREE_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COSIO_POISONS_FREE_BLOCKS 1
#endif
#endif

#if defined(COSIO_POISONS_FREE_BLOCKS)
#include <sanitizer/asan_interface.h>
#endif

namespace cosio::detail {
namespace {

constexpr std::array<std::size_t, 7> block_bytes{0, 64, 128, 192, 256, 512, 1024};
constexpr std::size_t kept_bytes_per_class = 128 * 1024;

/// By bytes / 64, rounded up.
constexpr auto class_by_size = [] {
    std::array<block_class, block_bytes.back() / 64 + 1> table{};
    for (std::size_t units = 0; units < table.size(); ++units) {
        block_class at = 1;
        while (block_bytes[at] < units * 64)
            ++at;
        table[units] = at;
    }
    return table;
}();

struct free_block
{
    free_block* next;
};

// A sanitizer would take a kept block for one in use.
void hide([[maybe_unused]] free_block* block, [[maybe_unused]] block_class of) noexcept
{
#if defined(COSIO_POISONS_FREE_BLOCKS)
    __asan_poison_memory_region(block, block_bytes[of]);
#endif
}

void reveal([[maybe_unused]] free_block* block, [[maybe_unused]] block_class of) noexcept
{
#if defined(COSIO_POISONS_FREE_BLOCKS)
    __asan_unpoison_memory_region(block, block_bytes[of]);
#endif
}

// Frames may outlive the thread's cache: those in static objects.
constinit thread_local bool cache_is_gone = false;

class block_cache
{
public:
    constexpr block_cache() noexcept = default;
    block_cache(const block_cache&) = delete;
    block_cache& operator=(const block_cache&) = delete;

    ~block_cache()
    {
        cache_is_gone = true;
        for (block_class of = 1; of < block_bytes.size(); ++of)
            while (void* const block = take(of))
                ::operator delete(block);
    }

    [[nodiscard]] void* take(block_class of) noexcept
    {
        list& from = lists_[of];
        free_block* const block = from.first;
        if (!block)
            return nullptr;
        reveal(block, of);
        from.first = block->next;
        from.bytes -= block_bytes[of];
        return block;
    }

    [[nodiscard]] bool keep(void* block, block_class of) noexcept
    {
        list& to = lists_[of];
        if (to.bytes + block_bytes[of] > kept_bytes_per_class)
            return false;
        auto* const kept = ::new (block) free_block{to.first};
        to.first = kept;
        to.bytes += block_bytes[of];
        hide(kept, of);
        return true;
    }

private:
    struct list
    {
        free_block* first = nullptr;
        std::size_t bytes = 0;
    };

    std::array<list, block_bytes.size()> lists_{};
};

constinit thread_local block_cache cache;

class recycled_resource final : public boost::json::memory_resource
{
    void* do_allocate(std::size_t bytes, std::size_t) override { return take_block(bytes); }

    void do_deallocate(void* block, std::size_t bytes, std::size_t) override
    {
        give_block(block, block_class_of(bytes));
    }

    bool do_is_equal(const memory_resource& other) const noexcept override
    {
        return this == &other;
    }
};

}  // namespace

block_class block_class_of(std::size_t bytes) noexcept
{
    return bytes > block_bytes.back() ? block_class{0} : class_by_size[(bytes + 63) / 64];
}

std::size_t usable_block_bytes(std::size_t bytes) noexcept
{
    const block_class of = block_class_of(bytes);
    return of == 0 ? bytes : block_bytes[of];
}

void* take_block(std::size_t bytes)
{
    const block_class of = block_class_of(bytes);
    if (of == 0)
        return ::operator new(bytes);
    if (!cache_is_gone)
        if (void* const kept = cache.take(of))
            return kept;
    return ::operator new(block_bytes[of]);
}

void give_block(void* block, block_class of) noexcept
{
    if (of == 0 || cache_is_gone || !cache.keep(block, of))
        ::operator delete(block);
}

boost::json::storage_ptr recycled_storage() noexcept
{
    // Never destroyed: values in static objects may outlive everything else.
    static recycled_resource& resource = *::new recycled_resource;
    return boost::json::storage_ptr{&resource};
}

}  // namespace cosio::detail
