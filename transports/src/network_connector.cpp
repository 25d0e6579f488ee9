// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/network_connector.hpp>

#include <utility>

namespace cosio {
namespace {

network_options options_over(const network_override& other, network_options options)
{
    options.transport_options.clear();
    if (other.proxy)
        options.proxy = other.proxy;
    if (other.tls)
        options.tls = *other.tls;
    if (other.local_address)
        options.local_address = *other.local_address;
    options.family = other.family.value_or(options.family);
    return options;
}

}  // namespace

std::unique_ptr<connector> make_network_connector(
    shard& home, std::string_view url, const client_options& options, network_options network
)
{
    const server_url where = server_url::parse(url);
    if (!network.proxy && !options.proxy.empty())
        network.proxy = proxy_url::parse(options.proxy);
    transport_dialers of_one;
    for (const auto& [transport, other] : network.transport_options)
        of_one[transport] = make_network_dialer(home, where, options_over(other, network));
    return make_http_connector(
        home,
        where,
        make_network_dialer(home, where, std::move(network)),
        options,
        std::move(of_one)
    );
}

}  // namespace cosio
