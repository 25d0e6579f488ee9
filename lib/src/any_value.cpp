// SPDX-License-Identifier: BSL-1.0
#include <cosio/any_value.hpp>

#include <cmath>

namespace cosio::detail {
namespace {

/// The whole number that `value` is, or `none`.
std::size_t whole_number(const boost::json::value& value, std::size_t none) noexcept
{
    switch (value.kind()) {
    case boost::json::kind::int64:
        return value.get_int64() < 0 ? none : static_cast<std::size_t>(value.get_int64());
    case boost::json::kind::uint64: return static_cast<std::size_t>(value.get_uint64());
    case boost::json::kind::double_: {
        const double number = value.get_double();
        return number >= 0 && number < static_cast<double>(none) && number == std::floor(number)
                   ? static_cast<std::size_t>(number)
                   : none;
    }
    case boost::json::kind::null:
    case boost::json::kind::bool_:
    case boost::json::kind::string:
    case boost::json::kind::array:
    case boost::json::kind::object: break;
    }
    return none;
}

}  // namespace

const binary* named_attachment(
    const boost::json::object& value, std::span<const binary> attachments
) noexcept
{
    if (attachments.empty())
        return nullptr;
    const boost::json::value* const marker = value.if_contains("_placeholder");
    if (!marker || !marker->is_bool() || !marker->get_bool())
        return nullptr;
    const boost::json::value* const num = value.if_contains("num");
    if (!num)
        return nullptr;
    const std::size_t index = whole_number(*num, attachments.size());
    return index < attachments.size() ? &attachments[index] : nullptr;
}

}  // namespace cosio::detail
