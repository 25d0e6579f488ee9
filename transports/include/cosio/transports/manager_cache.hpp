// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/manager.hpp>
#include <cosio/transports/network_connector.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace cosio {

/// Whether a socket may share the connection of others: JavaScript's `multiplex` and `forceNew`.
enum class sharing : std::uint8_t
{
    multiplex,  ///< with those of the same server that are in other namespaces
    force_new,  ///< it has a connection of its own
};

/// The managers of a program by their servers, as JavaScript's io(url) keeps them: sockets of one server share a
/// connection, and two sockets of one namespace do not.
///
///     json_manager_cache io{runtime.home()};
///     json_client_socket chat = io.socket("https://chat.example/rooms");
///
/// Lifetime: the sockets are over when it is destroyed; the shard outlives it. Thread: the shard.
template <codec Codec>
class basic_manager_cache
{
public:
    using manager_type = basic_manager<Codec>;
    using socket_type = typename manager_type::socket_type;

    /// `options` and `network` are those of every manager.
    explicit basic_manager_cache(
        shard& home, client_options options = {}, network_options network = {}
    )
        : home_{&home}, options_{std::move(options)}, network_{std::move(network)}
    {}

    basic_manager_cache(const basic_manager_cache&) = delete;
    basic_manager_cache& operator=(const basic_manager_cache&) = delete;

    /// The socket of a server_url, whose path is its namespace. `auth`: as for a manager's socket.
    /// Errors: throws std::invalid_argument with one line that says what is wrong.
    [[nodiscard]] socket_type socket(
        std::string_view url,
        boost::json::value auth = nullptr,
        sharing with_others = sharing::multiplex
    )
    {
        const server_url where = server_url::parse(url);
        if (with_others == sharing::force_new)
            return own_manager(url).socket(where.nsp, std::move(auth));
        entry& known = shared_[key_of(where)];
        if (known.manager && !known.namespaces.insert(where.nsp).second)
            return own_manager(url).socket(where.nsp, std::move(auth));
        if (!known.manager) {
            known.manager = make(url);
            known.namespaces.insert(where.nsp);
        }
        return known.manager->socket(where.nsp, std::move(auth));
    }

    /// How many connections there are, or will be.
    [[nodiscard]] std::size_t size() const noexcept { return shared_.size() + own_.size(); }

private:
    struct entry
    {
        std::unique_ptr<manager_type> manager;
        std::set<std::string, std::less<>> namespaces;
    };

    static std::string key_of(const server_url& where)
    {
        return (where.secure ? "https:" : "http:") + where.unix_path + ' ' + where.authority();
    }

    std::unique_ptr<manager_type> make(std::string_view url)
    {
        return std::make_unique<manager_type>(
            *home_, make_network_connector(*home_, url, options_, network_), options_
        );
    }

    manager_type& own_manager(std::string_view url) { return *own_.emplace_back(make(url)); }

    shard* home_;
    client_options options_;
    network_options network_;
    std::map<std::string, entry> shared_;
    std::vector<std::unique_ptr<manager_type>> own_;
};

}  // namespace cosio
