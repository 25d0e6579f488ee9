// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/action.hpp>

namespace {

using namespace cosio;
using namespace cosio::engine;

struct describe
{
    std::string operator()(const transmit& a) const
    {
        return fmt::format("transmit {}", static_cast<int>(a.type));
    }

    std::string operator()(const deliver& a) const
    {
        if (a.kind == frame_kind::binary)
            return fmt::format("deliver {} bytes", a.payload.size());
        return fmt::format("deliver '{}'", as_text(a.payload));
    }

    std::string operator()(const opened& a) const { return fmt::format("opened {}", a.json); }

    std::string operator()(const send_probe&) const { return "send_probe"; }

    std::string operator()(const answer_probe&) const { return "answer_probe"; }

    std::string operator()(const release_poll&) const { return "release_poll"; }

    std::string operator()(const pause_link&) const { return "pause_link"; }

    std::string operator()(const adopt_candidate&) const { return "adopt_candidate"; }

    std::string operator()(const drop_candidate&) const { return "drop_candidate"; }

    std::string operator()(const discard_output&) const { return "discard_output"; }

    std::string operator()(const shut_down& a) const
    {
        return fmt::format("shut_down '{}'", to_string(a.reason));
    }
};

}  // namespace

fmt::format_context::iterator fmt::formatter<cosio::engine::action>::format(
    const cosio::engine::action& value, fmt::format_context& context
) const
{
    return fmt::formatter<std::string_view>::format(std::visit(describe{}, value), context);
}
