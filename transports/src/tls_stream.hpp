// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/tls.hpp>

struct ssl_st;

namespace cosio {

struct ssl_deleter
{
    void operator()(ssl_st* ssl) const noexcept;
};

using ssl_ptr = std::unique_ptr<ssl_st, ssl_deleter>;

/// TLS over `plain`, in the role that `ssl` was given. Without `ssl` it is a stream that has failed.
[[nodiscard]] std::unique_ptr<byte_stream> make_tls_stream(
    std::unique_ptr<byte_stream> plain, ssl_ptr ssl
);

}  // namespace cosio
