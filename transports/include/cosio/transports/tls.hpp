// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/byte_stream.hpp>

#include <boost/throw_exception.hpp>

#include <memory>
#include <string>

namespace cosio {

/// What can be wrong with TLS: in the options, and on a connection.
enum class tls_errc : int
{
    bad_option = 1,              ///< missing, or two that exclude each other
    unreadable_file,             ///< cannot be opened or read, or is larger than 1 MiB
    bad_certificate,             ///< no certificate in it, or one that OpenSSL does not take
    bad_private_key,             ///< no key in it, encrypted with another password, or too weak
    key_mismatch,                ///< the private key does not belong to the certificate
    plain_http,                  ///< the peer speaks HTTP without TLS
    not_tls,                     ///< what came is no TLS
    nothing_in_common,           ///< no version, cipher or application protocol that both take
    client_certificate_missing,  ///< the client sent none, but must
    client_certificate_refused,  ///< not signed by a `client_ca`, expired, or for another purpose
    server_certificate_refused,  ///< not signed by whom the client trusts, expired, or for another host
    refused_by_peer,     ///< the peer sent an alert: mostly, it does not trust the certificate
    protocol_violation,  ///< TLS was broken in another way
};

[[nodiscard]] const boost::system::error_category& tls_category() noexcept;
[[nodiscard]] error_code make_error_code(tls_errc value) noexcept;

/// Why there is no tls_context. `text` is one line that names the option or the file.
struct tls_error
{
    error_code code;
    std::string text;
};

/// result<...>::value() throws std::invalid_argument with that line.
[[noreturn]] void throw_exception_from_error(
    const tls_error& error, const boost::source_location& where
);

enum class tls_version : std::uint8_t
{
    tls1_2,
    tls1_3,
};

enum class client_verification : std::uint8_t
{
    none,
    optional,  ///< a client without certificate is served, one with a bad certificate is not
    required,
};

/// Everything is PEM, from a file or as text, not both.
struct tls_options
{
    std::string certificate_chain_file = {};  ///< own certificate first, then the intermediate ones
    std::string certificate_chain = {};
    std::string private_key_file = {};
    std::string private_key = {};
    std::string password = {};  ///< of the private key, if it is encrypted
    std::string client_ca_file = {};
    std::string client_ca = {};
    client_verification verify_client = client_verification::none;
    tls_version minimum_version = tls_version::tls1_2;
};

/// Certificate, key and rules of a TLS server. Copies share one state: what reload() brings is used by
/// every listener that was given a copy.
/// Thread: any.
class tls_context
{
public:
    /// Reads and checks everything; files are not looked at again before reload().
    [[nodiscard]] static boost::system::result<tls_context, tls_error> make(
        const tls_options& options
    );

    /// New connections get the certificate, key and rules of `options`; old ones live on with theirs.
    /// If something is wrong with them, nothing changes. Sessions of before are not resumed.
    [[nodiscard]] boost::system::result<void, tls_error> reload(const tls_options& options);

    /// The server's end of TLS over a connection that has just been accepted. The handshake happens
    /// while it is read; whoever writes before its end gets an error. The stream keeps no thread and no
    /// executor of its own: it may live wherever `plain` does.
    /// An end without close_notify reads as connection_closed: HTTP and WebSocket say themselves where a
    /// message ends.
    [[nodiscard]] std::unique_ptr<byte_stream> accept(std::unique_ptr<byte_stream> plain) const;

private:
    struct state;

    explicit tls_context(std::shared_ptr<state> with) noexcept : state_{std::move(with)} {}

    std::shared_ptr<state> state_;
};

}  // namespace cosio

namespace boost::system {
template <>
struct is_error_code_enum<cosio::tls_errc> : std::true_type
{};
}  // namespace boost::system
