// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/tls.hpp>

#include <boost/system/result.hpp>

#include <optional>

struct ssl_st;

namespace cosio {

struct ssl_deleter
{
    void operator()(ssl_st* ssl) const noexcept;
};

using ssl_ptr = std::unique_ptr<ssl_st, ssl_deleter>;

/// TLS over a byte_stream. A server's handshake happens while it is read, a client's in shake(), before anything
/// else: whoever writes before its end gets an error.
/// An end without close_notify reads as connection_closed to a server and as connection_reset to a client, who may
/// have to do with answers that last until the end.
class tls_stream : public byte_stream
{
public:
    /// Goes on with the handshake as far as it goes now; nullopt: try again after readable().
    /// Errors: tls_errc, or those of the stream below, with one line of text.
    [[nodiscard]] virtual std::optional<boost::system::result<void, tls_error>> shake() = 0;
};

/// In the role that `ssl` was given. Without `ssl` it is a stream that has failed.
[[nodiscard]] std::unique_ptr<tls_stream> make_tls_stream(
    std::unique_ptr<byte_stream> plain, ssl_ptr ssl
);

}  // namespace cosio
