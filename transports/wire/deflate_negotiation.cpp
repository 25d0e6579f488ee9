// SPDX-License-Identifier: BSL-1.0
#include "deflate.hpp"

#include <cosio/detail/ascii.hpp>

#include <algorithm>
#include <utility>

namespace cosio::wire {
namespace {

constexpr std::string_view field = "Sec-WebSocket-Extensions";
constexpr std::string_view extension = "permessage-deflate";
constexpr std::string_view server_no_context = "server_no_context_takeover";
constexpr std::string_view client_no_context = "client_no_context_takeover";
constexpr std::string_view server_window = "server_max_window_bits";
constexpr std::string_view client_window = "client_max_window_bits";

constexpr std::uint8_t widest = 15;

/// What one member of Sec-WebSocket-Extensions says, in an offer or an answer.
struct parameters
{
    bool server_no_context = false;
    bool client_no_context = false;
    bool limits_client = false;                 ///< client_max_window_bits is there
    std::optional<std::uint8_t> server_window;  ///< binary logarithms
    std::optional<std::uint8_t> client_window;  ///< absent without a value too
};

/// Takes what stands before the next `;`, trimmed.
std::string_view take_part(std::string_view& rest)
{
    const auto end = rest.find(';');
    const auto part = detail::trimmed(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return part;
}

/// 8 to 15, without leading zeros (7.1.2); quoted or not (RFC 6455, 9.1).
std::optional<std::uint8_t> parse_window(std::string_view value)
{
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    if (value == "8" || value == "9")
        return static_cast<std::uint8_t>(value[0] - '0');
    if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
        return static_cast<std::uint8_t>(10 + value[1] - '0');
    return std::nullopt;
}

bool set_flag(bool& flag, bool has_value)
{
    return !has_value && !std::exchange(flag, true);
}

bool take_parameter(parameters& into, std::string_view text)
{
    const auto equals = text.find('=');
    const auto name = detail::trimmed(text.substr(0, equals));
    const bool has_value = equals != text.npos;
    if (name == server_no_context)
        return set_flag(into.server_no_context, has_value);
    if (name == client_no_context)
        return set_flag(into.client_no_context, has_value);
    const auto window =
        has_value ? parse_window(detail::trimmed(text.substr(equals + 1))) : std::nullopt;
    if (name == server_window && window && !into.server_window) {
        into.server_window = window;
        return true;
    }
    if (name == client_window && has_value == window.has_value() && !into.limits_client) {
        into.limits_client = true;
        into.client_window = window;
        return true;
    }
    return false;
}

/// nullopt: not permessage-deflate, or not as RFC 7692 defines it.
std::optional<parameters> parse(std::string_view item)
{
    bool more = item.find(';') != item.npos;
    if (take_part(item) != extension)
        return std::nullopt;
    parameters all;
    while (more) {
        more = item.find(';') != item.npos;
        if (!take_parameter(all, take_part(item)))
            return std::nullopt;
    }
    return all;
}

/// Calls visit(item) for each member in all fields until it returns true.
template <class Visit>
void for_each_extension(const header_fields& headers, Visit&& visit)
{
    bool done = false;
    headers.for_each([&](std::string_view name, std::string_view value) {
        if (!detail::equal_without_case(name, field))
            return;
        for (bool more = true; more && !done;)
            done = visit(detail::take_list_item(value, more));
    });
}

void append(std::string& out, std::string_view parameter, unsigned value = 0)
{
    out.append("; ").append(parameter);
    if (value != 0)
        out.append("=").append(std::to_string(value));
}

std::optional<deflate_acceptance> accept(const parameters& offer, const deflate_options& ours)
{
    if (ours.client_max_window_bits < widest && !offer.limits_client)
        return std::nullopt;
    deflate_acceptance result{.agreed = ours, .answer = std::string{extension}};
    deflate_options& agreed = result.agreed;
    agreed.server_no_context_takeover |= offer.server_no_context;
    agreed.client_no_context_takeover |= offer.client_no_context;
    agreed.server_max_window_bits =
        std::min(ours.server_max_window_bits, offer.server_window.value_or(widest));
    agreed.client_max_window_bits =
        std::min(ours.client_max_window_bits, offer.client_window.value_or(widest));

    if (agreed.server_no_context_takeover)
        append(result.answer, server_no_context);
    if (agreed.client_no_context_takeover)
        append(result.answer, client_no_context);
    if (offer.server_window || agreed.server_max_window_bits < widest)
        append(result.answer, server_window, agreed.server_max_window_bits);
    if (agreed.client_max_window_bits < widest)
        append(result.answer, client_window, agreed.client_max_window_bits);
    return result;
}

/// nullopt: the answer does not fit the offer.
std::optional<deflate_options> check(const parameters& answer, const deflate_options& offered)
{
    // What asked the server to limit itself must come back (7.1.1.1, 7.1.2.1).
    if (offered.server_no_context_takeover && !answer.server_no_context)
        return std::nullopt;
    if (offered.server_max_window_bits < widest &&
        answer.server_window.value_or(widest) > offered.server_max_window_bits)
        return std::nullopt;
    // In an answer it has a value; offered it was (7.1.2.2).
    if (answer.limits_client && !answer.client_window)
        return std::nullopt;
    if (answer.client_window.value_or(0) > offered.client_max_window_bits)
        return std::nullopt;
    deflate_options agreed = offered;
    agreed.server_no_context_takeover = answer.server_no_context;
    agreed.client_no_context_takeover |= answer.client_no_context;
    agreed.server_max_window_bits = answer.server_window.value_or(widest);
    agreed.client_max_window_bits = answer.client_window.value_or(offered.client_max_window_bits);
    return agreed;
}

}  // namespace

std::optional<deflate_acceptance> accept_deflate(
    const header_fields& request, const deflate_options& ours
)
{
    std::optional<deflate_acceptance> accepted;
    for_each_extension(request, [&](std::string_view item) {
        if (const auto offer = parse(item))
            accepted = accept(*offer, ours);
        return accepted.has_value();
    });
    return accepted;
}

std::string offer_deflate(const deflate_options& wanted)
{
    std::string offer{extension};
    if (wanted.server_no_context_takeover)
        append(offer, server_no_context);
    if (wanted.client_no_context_takeover)
        append(offer, client_no_context);
    if (wanted.server_max_window_bits < widest)
        append(offer, server_window, wanted.server_max_window_bits);
    append(
        offer,
        client_window,
        wanted.client_max_window_bits < widest ? wanted.client_max_window_bits : 0U
    );
    return offer;
}

result<std::optional<deflate_options>> check_extensions(
    const header_fields& response, const std::optional<deflate_options>& offered
)
{
    std::optional<deflate_options> agreed;
    bool good = true;
    for_each_extension(response, [&](std::string_view item) {
        const auto answer = parse(item);
        good = offered && answer && !agreed;
        if (good)
            agreed = check(*answer, *offered);
        good = good && agreed;
        return !good;
    });
    if (!good)
        return error_code{websocket_errc::bad_extension};
    return agreed;
}

}  // namespace cosio::wire
