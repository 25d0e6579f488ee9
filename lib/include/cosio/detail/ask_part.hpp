// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/operation.hpp>
#include <cosio/task.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <memory>
#include <new>

namespace cosio::detail {

/// The answer of ask(part) on the shard of `part`. Completes where the caller lives. Lifetime: `part` until then.
/// Errors: std::bad_alloc.
template <class Answer, class Part, class Ask>
task<Answer> ask_part(Part& part, Ask ask)
{
    using outcome = std::unique_ptr<Answer>;
    auto initiate = [](auto handler, Part* at, Ask* question) {
        using pending_type = pending_operation<decltype(handler), outcome>;
        const auto begin = [at, question](const std::shared_ptr<pending_type>& pending) {
            at->home().post([pending, at, question] {
                run_step(pending, [&] {
                    pending->complete(std::make_unique<Answer>((*question)(*at)));
                });
            });
        };
        begin_operation<pending_type>(std::move(handler), at->home().executor(), begin);
    };
    auto asking = asio::async_initiate<const asio::deferred_t, void(outcome)>(
        std::move(initiate), asio::deferred, &part, &ask
    );
    const outcome answer = co_await std::move(asking);
    if (!answer)
        throw std::bad_alloc{};
    co_return std::move(*answer);
}

}  // namespace cosio::detail
