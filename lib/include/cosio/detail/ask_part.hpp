// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/task.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <memory>

namespace cosio::detail {

/// Calls ask(part) on the shard of `part`, and completes with its answer where the caller lives.
/// Lifetime: `part` until then.
template <class Answer, class Part, class Ask>
auto ask_part(Part& part, Ask ask)
{
    auto initiate = [](auto handler, Part* at, Ask question) {
        at->home().post([handler = std::move(handler), at, question = std::move(question)](
                        ) mutable {
            auto answer = std::make_unique<Answer>(question(*at));
            const auto executor = asio::get_associated_executor(handler, at->home().executor());
            asio::post(
                executor,
                [handler = std::move(handler), answer = std::move(answer)]() mutable {
                    std::move(handler)(std::move(answer));
                }
            );
        });
    };
    return asio::async_initiate<const asio::deferred_t, void(std::unique_ptr<Answer>)>(
        std::move(initiate), asio::deferred, &part, std::move(ask)
    );
}

}  // namespace cosio::detail
