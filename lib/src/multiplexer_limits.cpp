// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer_limits.hpp>

namespace cosio::detail {

multiplexer_limits::multiplexer_limits(const codec_functions& with, const server_options& options)
    : codec{&with},
      packet{options.packet},
      connection{
          .connect_timeout = options.connect_timeout,
          .namespace_idle_timeout = options.namespace_idle_timeout,
          .attachment_timeout = options.attachment_timeout,
          .max_namespaces_per_client = options.max_namespaces_per_client
      },
      ack_timeout{options.ack_timeout},
      max_pending_acks{options.max_pending_acks},
      max_rooms_per_socket{options.max_rooms_per_socket},
      handlers_at_once{options.handlers_at_once},
      overflow{options.overflow},
      on_handler_error{options.on_handler_error},
      log{options.engine.log}
{}

void multiplexer_limits::report(const handler_error& error) const noexcept
{
    // Called as a copy: it may destroy the server or client, and itself with that.
    std::function<void(const handler_error&)> told;
    try {
        told = on_handler_error;
    } catch (const std::bad_alloc&) {  // it hears of that all the same
    }
    try {
        if (told)
            told(error);
        else if (on_handler_error)
            on_handler_error(error);
        else
            log(log_level::error,
                "{} {}: event \"{}\": {}",
                error.nsp,
                error.socket,
                error.event,
                error.message);
    } catch (...) {  // a report that throws has nobody left to report to
    }
}

}  // namespace cosio::detail
