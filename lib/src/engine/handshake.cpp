// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/handshake.hpp>

#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <optional>

namespace cosio::engine {
namespace {

constexpr std::int64_t max_interval_ms = 3'600'000;
constexpr std::size_t max_sid_bytes = 1'024;  // it stands in every target

std::optional<std::int64_t> positive(const boost::json::object& object, std::string_view key)
{
    const boost::json::value* member = object.if_contains(key);
    if (!member)
        return std::nullopt;
    boost::json::error_code ec;
    const auto number = member->to_number<std::int64_t>(ec);
    if (ec || number <= 0)
        return std::nullopt;
    return number;
}

}  // namespace

frame_ref encode_open(const open_data& data)
{
    return make_text_frame(fmt::format(
        R"(0{{"sid":"{}","upgrades":[{}],"pingInterval":{},"pingTimeout":{}{}}})",
        data.sid,
        data.upgrades_to_websocket ? R"("websocket")" : "",
        data.ping_interval_ms,
        data.ping_timeout_ms,
        data.max_payload != 0 ? fmt::format(R"(,"maxPayload":{})", data.max_payload) : ""
    ));
}

result<open_data> parse_open(std::string_view json)
{
    boost::json::error_code ec;
    const boost::json::value parsed = boost::json::parse(json, ec);
    const boost::json::object* object = ec ? nullptr : parsed.if_object();
    const boost::json::value* sid = object ? object->if_contains("sid") : nullptr;
    const boost::json::value* upgrades = object ? object->if_contains("upgrades") : nullptr;
    if (!sid || !sid->is_string() || !upgrades || !upgrades->is_array())
        return errc::parse_error;
    if (sid->get_string().empty() || sid->get_string().size() > max_sid_bytes)
        return errc::parse_error;
    const auto interval = positive(*object, "pingInterval");
    const auto timeout = positive(*object, "pingTimeout");
    if (!interval || !timeout || *interval > max_interval_ms || *timeout > max_interval_ms)
        return errc::parse_error;
    open_data data;
    data.sid = std::string{sid->get_string()};
    data.ping_interval_ms = *interval;
    data.ping_timeout_ms = *timeout;
    data.max_payload = static_cast<std::uint64_t>(positive(*object, "maxPayload").value_or(0));
    for (const boost::json::value& name : upgrades->get_array())
        data.upgrades_to_websocket |= name == "websocket";
    return data;
}

}  // namespace cosio::engine
