// SPDX-License-Identifier: BSL-1.0
// What TLS adds to a connection: cosio's part by operator new, OpenSSL's by its own memory functions.

#include "self_signed.hpp"
#include "support/alloc_counter.hpp"
#include "support/check.hpp"
#include "support/tls_client.hpp"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <vector>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::size_t stream_bytes = 192;  // malloc's share included
constexpr std::size_t idle_openssl_bytes = 14'200;
constexpr std::size_t idle_openssl_bytes_of_tls_1_2 = 13'200;

std::size_t openssl_bytes = 0;

void* counted(void* memory)
{
    openssl_bytes += malloc_usable_size(memory);
    return memory;
}

// Must be set before OpenSSL allocates for the first time.
const bool counting =
    CRYPTO_set_mem_functions(
        [](std::size_t size, const char*, int) { return counted(std::malloc(size)); },
        [](void* old, std::size_t size, const char*, int) {
            openssl_bytes -= malloc_usable_size(old);
            return counted(std::realloc(old, size));
        },
        [](void* memory, const char*, int) {
            openssl_bytes -= malloc_usable_size(memory);
            std::free(memory);
        }
    ) == 1;

using streams = std::vector<std::unique_ptr<byte_stream>>;

std::string read(byte_stream& from)
{
    std::array<std::byte, 4096> block;
    error_code ec;
    const std::size_t count = from.try_read(block, ec);
    REQUIRE(!ec);
    return std::string{as_text(bytes_view{block}.first(count))};
}

bool write(byte_stream& to, std::string_view text)
{
    const bytes_view all = as_bytes(text);
    error_code ec;
    return to.try_write({&all, 1}, ec) == text.size();
}

/// Handshake, and a message each way.
void use(byte_stream& server, byte_stream& client)
{
    while (!write(client, "hello") || !write(server, "welcome")) {
        static_cast<void>(read(client));
        static_cast<void>(read(server));
    }
    REQUIRE(read(server).starts_with("hello"));
    REQUIRE(read(client).ends_with("welcome"));
}

/// OpenSSL's bytes for one of the servers' ends.
std::size_t idle_bytes(const raw_tls_options& options)
{
    const bench::identity own = bench::make_identity();
    tls_options server;
    server.certificate_chain = own.certificate;
    server.private_key = own.private_key;
    const tls_context tls = tls_context::make(server).value();
    simulation world;
    streams servers;
    streams clients;
    constexpr std::size_t count = 100;
    for (std::size_t i = 0; i < count; ++i) {
        auto [server_end, client_end] = make_memory_streams(world.home());
        servers.push_back(tls.accept(std::move(server_end)));
        clients.push_back(make_tls_stream(std::move(client_end), make_client_ssl(options)));
        use(*servers.back(), *clients.back());
    }
    const std::size_t before = openssl_bytes;
    servers.clear();
    return (before - openssl_bytes) / count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_budget)

BOOST_AUTO_TEST_CASE(a_tls_stream)
{
    const bench::identity own = bench::make_identity();
    tls_options options;
    options.certificate_chain = own.certificate;
    options.private_key = own.private_key;
    const tls_context tls = tls_context::make(options).value();
    simulation world;
    auto [server_end, client_end] = make_memory_streams(world.home());
    const std::size_t before = heap().live_bytes;
    const std::unique_ptr<byte_stream> stream = tls.accept(std::move(server_end));
    const std::size_t bytes = heap().live_bytes - before;
    BOOST_TEST_MESSAGE("a TLS stream: " << bytes << " bytes of cosio's");
    CHECK(bytes <= stream_bytes);
}

BOOST_AUTO_TEST_CASE(an_idle_connection)
{
    REQUIRE(counting);
    const std::size_t bytes = idle_bytes({});
    const std::size_t older = idle_bytes({.tls1_2 = true});
    BOOST_TEST_MESSAGE("OpenSSL for an idle connection: " << bytes << " bytes, TLS 1.2 " << older);
    CHECK(bytes > 0U);
    CHECK(bytes <= idle_openssl_bytes);
    CHECK(older <= idle_openssl_bytes_of_tls_1_2);
}

BOOST_AUTO_TEST_SUITE_END()
