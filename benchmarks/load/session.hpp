// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "options.hpp"
#include "packets.hpp"
#include "stream.hpp"

#include <cosio/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::load {

/// All bytes that every client sends alike, written once.
struct session_plan
{
    /// Resolves the server's name and reads certificates; blocks.
    /// Errors: address_not_available, no_such_file_or_directory.
    [[nodiscard]] static result<session_plan> make(const options& chosen);

    endpoint server;
    codec encoding = codec::json;

    std::string upgrade_request;
    std::string websocket_accept;
    std::vector<std::byte> join_frame;
    std::vector<std::byte> pong_frame;
    std::vector<std::byte> leave_frames;  ///< DISCONNECT, then Close
    std::vector<std::byte> close_frame;

    std::string polling_target;  ///< with the query, without a sid
    std::string host_header;     ///< ends the head of every request
    std::string join_record;
};

/// A request body with its Content-Length: what follows the head of a POST.
[[nodiscard]] std::string post_body(std::string_view payload);

/// Why the server ended a connection, with the likeliest cause if that was its answer to CONNECT.
[[nodiscard]] std::string explain_end(std::string_view why, bool while_joining);

/// What a workload is told about its clients.
class session_observer
{
public:
    virtual void handle_joined(std::uint32_t client) = 0;

    /// An event or an acknowledgement.
    virtual void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t now) = 0;

    /// The connection ended, after leave() or unasked.
    virtual void handle_end(std::uint32_t client, std::string_view why) = 0;

protected:
    ~session_observer() = default;
};

}  // namespace cosio::load
