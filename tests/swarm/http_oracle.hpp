// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/conversation_oracle.hpp"

#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace cosio::test {

/// A request or a response. Views, valid during the call that brings them.
struct http_message
{
    std::string_view first_line;
    std::string_view body;
};

/// What is told of one connection's HTTP; whatever follows a 101 is told as it comes.
struct http_listener
{
    virtual ~http_listener() = default;

    /// Its head is there, its body may follow.
    virtual void on_request_begins(std::string_view first_line) = 0;
    virtual void on_request(const http_message& request) = 0;
    virtual void on_response(
        std::string_view first_line_of_request, const http_message& answer
    ) = 0;
    virtual void on_upgrade(std::string_view first_line_of_request) = 0;
    virtual void on_frames(bool up, std::string_view bytes) = 0;
};

/// One connection, at the server's end: each request gets one response, in order, of its own kind (I30). One that is
/// refused may be answered before it is whole. Bodies are those that say their length.
class http_oracle
{
public:
    http_oracle(http_listener& to, complaints& broken) : to_{&to}, complaints_{&broken} {}

    void reads(std::string_view bytes);
    void writes(std::string_view bytes);

    void ends() noexcept { ended_ = true; }

    /// Requests other than polls that are whole, and have neither an answer nor an end of their connection.
    [[nodiscard]] bool owes_answer() const noexcept;

private:
    struct asked
    {
        std::string first_line;
        bool is_whole = false;
    };

    void take_requests();
    void take_responses();
    void answer(const http_message& with);
    void complain(std::string_view what);

    http_listener* to_;
    complaints* complaints_;
    std::string read_;
    std::string written_;
    std::deque<asked> open_;  // requests whose response is not complete
    bool is_upgraded_ = false;
    bool has_begun_ = false;  // the head of what is read was told
    bool ended_ = false;
};

}  // namespace cosio::test
