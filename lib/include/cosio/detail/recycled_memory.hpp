// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/storage_ptr.hpp>

#include <cstddef>
#include <cstdint>

// Memory of what lives as long as a message: frames, and the values that handlers are given. A thread keeps
// what was given back to it for its next request, up to a limit; so a shard's steady state asks nothing of
// the allocator, whose own cache of a thread is too short for the messages of one turn.
// Thread: any. A block may be given back by another thread than asked for it: it is that one's then.

namespace cosio::detail {

/// Which blocks are interchangeable. 0: too large to be kept.
using block_class = std::uint8_t;

[[nodiscard]] block_class block_class_of(std::size_t bytes) noexcept;

/// What a block of that size really has.
[[nodiscard]] std::size_t usable_block_bytes(std::size_t bytes) noexcept;

/// Errors: std::bad_alloc.
[[nodiscard]] void* take_block(std::size_t bytes);

/// Precondition: take_block() gave `block` for a size of that class.
void give_block(void* block, block_class of) noexcept;

/// The same memory for the values of Boost.JSON. Cost: no reference count.
[[nodiscard]] boost::json::storage_ptr recycled_storage() noexcept;

}  // namespace cosio::detail
