// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/network_connector.hpp>

#include <utility>

namespace cosio {

std::unique_ptr<connector> make_network_connector(
    shard& home, std::string_view url, const client_options& options, network_options network
)
{
    const server_url where = server_url::parse(url);
    if (!network.proxy && !options.proxy.empty())
        network.proxy = proxy_url::parse(options.proxy);
    return make_http_connector(
        home, where, make_network_dialer(home, where, std::move(network)), options
    );
}

}  // namespace cosio
