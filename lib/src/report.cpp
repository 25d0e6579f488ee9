// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/report.hpp>
#include <cosio/detail/socket_state.hpp>

namespace cosio::detail {

namespace {

void report(
    handler_error error, const multiplexer_limits& to, const std::exception_ptr& thrown
) noexcept
{
    error.why = errc::handler_failed;
    error.exception = thrown;
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& known) {
        error.message = known.what();
        to.report(error);
    } catch (...) {
        error.message = "the handler threw something that is no std::exception";
        to.report(error);
    }
}

}  // namespace

void report_exception(
    const socket_state& socket, std::string_view event, const std::exception_ptr& thrown
) noexcept
{
    report(
        {.nsp = socket.nsp_name(), .socket = socket.id.view(), .event = event, .why = {}},
        socket.limits(),
        thrown
    );
}

void report_exception(
    std::string_view nsp,
    std::string_view event,
    const multiplexer_limits& to,
    const std::exception_ptr& thrown
) noexcept
{
    report({.nsp = nsp, .socket = {}, .event = event, .why = {}}, to, thrown);
}

}  // namespace cosio::detail
