// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/report.hpp>
#include <cosio/detail/socket_state.hpp>

namespace cosio::detail {

void report_exception(
    const socket_state& socket, std::string_view event, const std::exception_ptr& thrown
) noexcept
{
    handler_error error{
        .nsp = socket.nsp_name(),
        .socket = socket.id.view(),
        .event = event,
        .why = errc::handler_failed,
        .exception = thrown
    };
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& known) {
        error.message = known.what();
        socket.limits().report(error);
    } catch (...) {
        error.message = "the handler threw something that is no std::exception";
        socket.limits().report(error);
    }
}

}  // namespace cosio::detail
