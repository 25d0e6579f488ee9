// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace cosio {

/// Something that was begun and is under way as long as this lives. Destroying it gives up without a word:
/// whoever waited for the outcome is not called any more.
class attempt
{
public:
    virtual ~attempt() = default;
};

}  // namespace cosio
