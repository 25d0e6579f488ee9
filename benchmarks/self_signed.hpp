// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace cosio::bench {

/// A certificate and its P-256 key, both PEM.
struct identity
{
    std::string certificate;
    std::string private_key;
};

/// What else a certificate says.
struct identity_options
{
    std::string common_name = "localhost";
    const identity* issuer = nullptr;                          ///< null: it signs itself
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";   ///< as OpenSSL writes them
    std::chrono::seconds valid_from = std::chrono::hours{-1};  ///< from now, as the next
    std::chrono::seconds valid_until = std::chrono::hours{24};
};

/// Throws std::runtime_error if OpenSSL cannot.
[[nodiscard]] identity make_identity(const identity_options& options);

/// A fresh identity for localhost, 127.0.0.1 and ::1, valid for a day. It signs itself, or `issuer` does.
[[nodiscard]] inline identity make_identity(
    std::string_view common_name = "localhost", const identity* issuer = nullptr
)
{
    return make_identity({.common_name = std::string{common_name}, .issuer = issuer});
}

}  // namespace cosio::bench
