// SPDX-License-Identifier: BSL-1.0
#include "address_dialer.hpp"
#include "attempt_of.hpp"
#include "no_memory.hpp"
#include "tcp_stream.hpp"
#include "tunnel_dialer.hpp"
#include "wire/address_race.hpp"

#include <cosio/transports/adopted_stream.hpp>
#include <cosio/transports/network_dialer.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <fmt/format.h>

#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>

namespace cosio {
namespace {

using unix_socket =
    asio::basic_stream_socket<asio::local::stream_protocol, asio::io_context::executor_type>;
using tcp_resolver = asio::ip::basic_resolver<asio::ip::tcp, asio::io_context::executor_type>;
using asio::ip::tcp;

link_failure failure_of(std::string_view where, error_code why)
{
    return {.why = why, .text = fmt::format("{}: {}", where, why.message())};
}

std::string text_of(const tcp::endpoint& where)
{
    const std::string address = where.address().to_string();
    return where.address().is_v6() ? fmt::format("[{}]:{}", address, where.port())
                                   : fmt::format("{}:{}", address, where.port());
}

/// One socket on its way. What is begun holds it; give_up() ends it.
/// Counted atomically, though one thread has it: in the plain counter GCC 12, optimising, sees a use after free.
template <class Socket>
class connecting final
    : public boost::intrusive_ref_counter<connecting<Socket>, boost::thread_safe_counter>
{
public:
    using endpoint = typename Socket::endpoint_type;

    /// From any address of this machine, if `from` is none.
    static std::unique_ptr<attempt> begin(
        shard& home,
        const std::optional<endpoint>& from,
        const endpoint& to,
        std::string where,
        stream_dialer::dialed done
    )
    {
        auto under_way = attempt_for(new connecting{home, std::move(where), std::move(done)});
        const boost::intrusive_ptr begun{&under_way->what()};
        const error_code failed = from ? begun->bind(*from, to) : error_code{};
        if (failed)
            home.post([begun, failed] { begun->on_connected(failed); });
        else
            begun->socket_.async_connect(to, [begun](error_code ec) { begun->on_connected(ec); });
        return under_way;
    }

    void give_up() noexcept
    {
        done_ = nullptr;
        error_code ignored;
        socket_.close(ignored);
    }

private:
    connecting(shard& home, std::string where, stream_dialer::dialed done)
        : home_{&home}, where_{std::move(where)}, done_{std::move(done)}, socket_{home.executor()}
    {}

    [[nodiscard]] error_code bind(const endpoint& from, const endpoint& to)
    {
        error_code failed;
        if (socket_.open(to.protocol(), failed); failed)
            return failed;
        // The port is chosen when it is known where to: else 28 000 connections from one address would be all.
        const int later = 1;
        ::setsockopt(
            socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later
        );
        socket_.bind(from, failed);
        return failed;
    }

    void on_connected(error_code ec)
    {
        if (!done_)
            return;
        const stream_dialer::dialed told = std::exchange(done_, nullptr);
        told(outcome_of(ec));
    }

    [[nodiscard]] stream_dialer::outcome outcome_of(error_code ec)
    try {
        if (ec)
            return failure_of(where_, ec);
        return make_socket_stream(*home_, socket_.release());
    } catch (const std::bad_alloc&) {
        return no_memory();
    }

    shard* home_;
    std::string where_;
    stream_dialer::dialed done_;
    Socket socket_;
};

class unix_dialer final : public stream_dialer
{
public:
    unix_dialer(shard& home, const std::string& path) : home_{&home}, to_{path} {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        return connecting<unix_socket>::begin(
            *home_, std::nullopt, to_, to_.path(), std::move(done)
        );
    }

private:
    shard* home_;
    unix_socket::endpoint_type to_;
};

/// Where a name leads to, and which limits that has.
struct destination
{
    std::string host;
    std::uint16_t port;
    duration address_delay;
    std::size_t max_addresses;
    std::optional<asio::ip::address> from;
    address_family family;
};

[[nodiscard]] address_family family_of(const asio::ip::address& address)
{
    return address.is_v6() ? address_family::v6 : address_family::v4;
}

/// Looks a name up, and dials what comes of it.
class resolving final : public boost::intrusive_ref_counter<resolving, boost::thread_safe_counter>
{
public:
    resolving(shard& home, const destination& to, stream_dialer::dialed done)
        : home_{&home}, to_{to}, done_{std::move(done)}
    {}

    void begin()
    {
        error_code no_address;
        const asio::ip::address address = asio::ip::make_address(to_.host, no_address);
        if (!no_address) {
            dial({tcp::endpoint{address, to_.port}});
            return;
        }
        const std::string port = fmt::format_int{to_.port}.str();
        const auto numeric_port = asio::ip::resolver_base::numeric_service;
        auto then = [self = boost::intrusive_ptr{this}](error_code ec, const auto& found) {
            self->on_resolved(ec, found);
        };
        resolver_.emplace(home_->executor());
        if (to_.family == address_family::any)
            resolver_->async_resolve(to_.host, port, numeric_port, std::move(then));
        else
            resolver_->async_resolve(
                to_.family == address_family::v6 ? tcp::v6() : tcp::v4(),
                to_.host,
                port,
                numeric_port,
                std::move(then)
            );
    }

    void give_up() noexcept
    {
        done_ = nullptr;
        try {
            if (resolver_)
                resolver_->cancel();
        } catch (const std::bad_alloc&) {  // then it goes on, and nobody hears what it finds
        }
        dialing_.reset();
    }

private:
    void on_resolved(error_code ec, const tcp_resolver::results_type& found)
    {
        if (!done_)
            return;
        try {
            if (ec || found.empty()) {
                const error_code why = ec ? ec : error_code{asio::error::host_not_found};
                complete(failure_of(to_.host, why));
            } else {
                dial_all(found);
            }
        } catch (const std::bad_alloc&) {
            complete(no_memory());
        }
    }

    void dial_all(const tcp_resolver::results_type& found)
    {
        std::vector<bool> is_v6;
        for (const auto& one : found)
            is_v6.push_back(one.endpoint().address().is_v6());
        std::vector<tcp::endpoint> addresses;
        for (const std::size_t index : wire::alternate_families(is_v6, to_.max_addresses))
            addresses.push_back(
                std::next(found.begin(), static_cast<std::ptrdiff_t>(index))->endpoint()
            );
        dial(std::move(addresses));
    }

    void dial(std::vector<tcp::endpoint> addresses)
    {
        const std::size_t count = addresses.size();
        dialing_ = race_addresses(
            *home_,
            count,
            to_.address_delay,
            [home = home_,
             from = to_.from,
             addresses = std::move(addresses)](std::size_t index, stream_dialer::dialed done) {
                const tcp::endpoint& to = addresses[index];
                if (!from)
                    return connecting<tcp_socket>::begin(
                        *home, std::nullopt, to, text_of(to), std::move(done)
                    );
                return connecting<tcp_socket>::begin(
                    *home,
                    tcp::endpoint{*from, 0},
                    to,
                    fmt::format("{} from {}", text_of(to), from->to_string()),
                    std::move(done)
                );
            },
            [this](stream_dialer::outcome made) { complete(std::move(made)); }
        );
    }

    /// The last thing in a call: who is told may destroy this.
    void complete(stream_dialer::outcome what)
    {
        const stream_dialer::dialed told = std::exchange(done_, nullptr);
        told(std::move(what));
    }

    shard* home_;
    destination to_;
    stream_dialer::dialed done_;
    std::optional<tcp_resolver> resolver_;  // for a name
    std::unique_ptr<attempt> dialing_;
};

class tcp_dialer final : public stream_dialer
{
public:
    tcp_dialer(shard& home, destination to) : home_{&home}, to_{std::move(to)} {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        auto under_way = attempt_for(new resolving{*home_, to_, std::move(done)});
        under_way->what().begin();
        return under_way;
    }

private:
    shard* home_;
    destination to_;
};

/// None if it is empty. Errors: throws std::invalid_argument.
std::optional<asio::ip::address> parse_local_address(const network_options& options)
{
    if (options.local_address.empty())
        return std::nullopt;
    error_code wrong;
    const asio::ip::address address = asio::ip::make_address(options.local_address, wrong);
    if (wrong)
        throw std::invalid_argument{"option local_address: must be an IP address of this machine"};
    if (options.family != address_family::any && options.family != family_of(address))
        throw std::invalid_argument{"option local_address: must be of the family that is asked for"
        };
    return address;
}

void validate(const network_options& options)
{
    if (options.max_addresses == 0)
        throw std::invalid_argument{"option max_addresses: must be at least 1"};
    if (options.address_delay < duration::zero())
        throw std::invalid_argument{"option address_delay: must not be negative"};
}

std::unique_ptr<stream_dialer> make_plain_dialer(
    shard& home, const server_url& where, const network_options& options
)
{
    const std::optional<asio::ip::address> from = parse_local_address(options);
    if (!where.unix_path.empty())
        return std::make_unique<unix_dialer>(home, where.unix_path);
    destination to{
        .host = where.host,
        .port = where.port,
        .address_delay = options.address_delay,
        .max_addresses = options.max_addresses,
        .from = from,
        .family = from ? family_of(*from) : options.family
    };
    if (!options.proxy)
        return std::make_unique<tcp_dialer>(home, std::move(to));
    to.host = options.proxy->host;
    to.port = options.proxy->port;
    return make_tunnel_dialer(
        home, std::make_unique<tcp_dialer>(home, std::move(to)), *options.proxy, where.authority()
    );
}

}  // namespace

std::unique_ptr<stream_dialer> make_network_dialer(
    shard& home, server_url where, network_options options
)
{
    validate(options);
    std::unique_ptr<stream_dialer> plain = make_plain_dialer(home, where, options);
    if (!where.secure)
        return plain;
    return make_tls_dialer(std::move(plain), std::move(where.host), options.tls);
}

}  // namespace cosio
