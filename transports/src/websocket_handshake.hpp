// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "wire/deflate.hpp"

#include <cosio/options.hpp>

namespace cosio {

/// What is wrong with an opening handshake (RFC 6455, 4.2.1), as its answer, or nullopt.
[[nodiscard]] std::optional<http_response> handshake_fault(const http_request& request);

/// The 101 that a right handshake gets. `deflate` becomes what was agreed on.
[[nodiscard]] http_response handshake_answer(
    const engine_options& options,
    const http_request& request,
    std::optional<deflate_options>& deflate
);

/// True of the fields of a 101 that are no hook's business.
[[nodiscard]] bool is_handshake_field(std::string_view name) noexcept;

}  // namespace cosio
