// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/connector.hpp>

namespace cosio {

/// There is no link, no stream, no answer, because an allocation has failed.
[[nodiscard]] inline link_failure no_memory()
{
    return {.why = make_error_code(boost::system::errc::not_enough_memory)};
}

}  // namespace cosio
