// SPDX-License-Identifier: BSL-1.0
#include <cosio/shard.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

namespace cosio {

shard::shard(asio::io_context& context, time_source& time, random_source& random, unsigned index)
    : context_{&context},
      time_{&time},
      random_{&random},
      scratch_{std::make_unique<std::byte[]>(scratch_size)},
      index_{index}
{}

void* shard::job::operator new(std::size_t size)
{
    return asio::recycling_allocator<std::max_align_t>{}.allocate(
        (size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t)
    );
}

void shard::job::operator delete(void* at, std::size_t size) noexcept
{
    asio::recycling_allocator<std::max_align_t>{}.deallocate(
        static_cast<std::max_align_t*>(at),
        (size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t)
    );
}

void shard::post_job(job* what)
{
    asio::post(executor(), [owned = std::unique_ptr<job>{what}] { owned->run(); });
}

void shard::flush_later(flushable& item)
{
    if (item.is_linked())
        return;
    dirty_.push_back(item);
    if (flush_posted_)
        return;
    // Posted behind the handlers that are ready now: what they send leaves in the same write.
    flush_posted_ = true;
    asio::post(executor(), [this] { flush_all(); });
}

void shard::flush_all()
{
    flush_posted_ = false;
    // A flush can make others dirty (a handler that learns of a broken link): those wait for the next turn.
    flush_list batch;
    batch.splice(batch.begin(), dirty_);
    while (!batch.empty()) {
        flushable& item = batch.front();
        item.unlink();
        item.flush();
    }
}

}  // namespace cosio
