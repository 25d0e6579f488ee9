// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace cosio::bench {

/// A certificate and its P-256 key, both PEM.
struct identity
{
    std::string certificate;
    std::string private_key;
};

/// A fresh identity for localhost, 127.0.0.1 and ::1, valid for a day. It signs itself, or `issuer` does.
/// Throws std::runtime_error if OpenSSL cannot.
[[nodiscard]] identity make_identity(
    std::string_view common_name = "localhost", const identity* issuer = nullptr
);

}  // namespace cosio::bench
