// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/io_context.hpp>

namespace cosio {

/// An io_context that can let go of what is parked in it before it is destroyed: with several contexts a
/// coroutine of one may be held by a handler that waits in another.
class owned_context final : public boost::asio::io_context
{
public:
    owned_context() : io_context{1} {}

    void let_go() { shutdown(); }
};

/// Destroys what is parked in a range of contexts. Precondition: none of them runs.
template <class Contexts>
void let_go_of_all(Contexts& contexts)
{
    // What the first pass destroys in one context may leave a rest in another that was passed already.
    for (int pass = 0; pass < 2; ++pass)
        for (auto& one : contexts)
            one->context->let_go();
}

}  // namespace cosio
