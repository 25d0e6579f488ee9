// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace cosio {

/// Deleter of a unique_ptr to what a C library frees with a function of its own.
template <auto Free>
struct releaser
{
    template <class T>
    void operator()(T* object) const noexcept
    {
        Free(object);
    }
};

}  // namespace cosio
