// SPDX-License-Identifier: BSL-1.0
#include "swarm_options.hpp"

#include <utility>

namespace cosio::test {
namespace {

constexpr std::size_t short_log_packets = 8;

void count_refusal(ledger& book, std::string_view line)
{
    using enum milestone;
    for (const auto& [why, what] : {
             std::pair{"unknown session", refused_unknown_session},
             std::pair{"session expired", refused_expired},
             std::pair{"unknown offset", refused_unknown_offset},
             std::pair{"offset too old", refused_too_old},
             std::pair{"too much was missed", refused_too_much},
         })
        if (line.ends_with(std::string{"a session is not recovered: "} + why)) {
            book.reach(recovery_refused);
            book.reach(what);
        }
}

}  // namespace

server_options server_options_of(const plan& of, ledger& book)
{
    server_options options;
    options.engine.ping_interval = ping_interval;
    options.engine.ping_timeout = ping_timeout;
    options.engine
        .log = {.level = log_level::debug, .write = [&book](log_level, std::string_view line) {
                    book.wire.secrets.shows(line);
                    count_refusal(book, line);
                }};
    options.ack_timeout = 3s;
    options.cleanup_empty_child_namespaces = of.cleanup_of_namespaces;
    if (of.small_queues)
        options.engine.max_send_queue_bytes = small_queue_bytes;
    if (of.recovery)
        options.recovery = recovery_options{.max_disconnection_duration = 10s};
    if (of.recovery && of.short_log)
        options.recovery->max_log_packets = short_log_packets;
    options.on_handler_error = [&book](const handler_error& error) {
        book.wire.secrets.shows(error.message);
        if (error.message == asked_to_throw)
            book.reach(milestone::handler_threw);
        else
            book.breaks(fmt::format("a server's handler: {}", error.message));
    };
    return options;
}

client_options client_options_of(const plan& in, const client_plan& of, ledger& book)
{
    client_options options;
    options.transports = of.transports;
    options.handshake_timeout = 4s;
    options.ack_timeout = 3s;
    options.auto_connect = false;
    options.reconnection_delay_max = reconnection_delay_max;
    if (in.small_queues)
        options.max_send_queue_bytes = small_queue_bytes;
    if (of.retries)
        options.retries = 1'000'000;
    options.on_handler_error = [&book](const handler_error& error) {
        if (error.message != asked_to_throw)
            book.breaks(fmt::format("a client's handler: {}", error.message));
    };
    options.log = {.level = log_level::debug, .write = [&book](log_level, std::string_view line) {
                       book.wire.secrets.shows(line);
                   }};
    return options;
}

}  // namespace cosio::test
