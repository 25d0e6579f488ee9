// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http_reply.hpp"
#include "session.hpp"

#include <string>

namespace cosio::load {

/// A Socket.IO client over long-polling: one keep-alive connection for GET, another for POST.
class polling_client final
{
public:
    polling_client(
        event_loop& loop, session_observer& told, const session_plan& plan, std::uint32_t index
    ) noexcept
        : poll_{*this, &polling_client::handle_poll_open, &polling_client::handle_poll, loop},
          post_{*this, &polling_client::handle_post_open, &polling_client::handle_post, loop},
          observer_{told},
          plan_{plan},
          index_{index}
    {}

    polling_client(const polling_client&) = delete;
    polling_client& operator=(const polling_client&) = delete;

    /// Connects and joins; handle_joined() or handle_end() tells the outcome.
    void open(unsigned source);

    /// Posts `body`, made by post_body(), as soon as the last POST is answered.
    /// Lifetime: `body` must live until then. Precondition: no other body waits.
    void post(std::string_view body);

private:
    /// One keep-alive connection and the reader of its responses.
    class link final : public stream::owner
    {
    public:
        using open_handler = void (polling_client::*)();
        using reply_handler = void (polling_client::*)(const http_reply&, std::int64_t);

        link(
            polling_client& self, open_handler opened, reply_handler replied, event_loop& loop
        ) noexcept
            : connection{loop, *this}, self_{self}, opened_{opened}, replied_{replied}
        {}

        stream connection;

    private:
        void handle_open() override { (self_.*opened_)(); }

        void handle_bytes(std::span<std::byte> bytes, std::int64_t now) override;

        void handle_end(std::string_view why) override
        {
            self_.end(explain_end(why, self_.state_ == state::joining));
        }

        polling_client& self_;
        open_handler opened_;
        reply_handler replied_;
        http_reply_reader reader_;
    };

    enum class state : std::uint8_t
    {
        closed,
        opening,
        joining,
        joined,
    };

    void handle_poll_open();
    void handle_poll(const http_reply& reply, std::int64_t now);
    void handle_post_open();
    void handle_post(const http_reply& reply, std::int64_t now);
    void handle_handshake(const http_reply& reply);
    void handle_record(std::string_view record, std::int64_t now);
    void handle_packet(const incoming& packet, std::int64_t now);
    void send_get();
    void send_post(std::string_view body);
    void pump();
    [[nodiscard]] bool check(const http_reply& reply, std::string_view method);
    void end(std::string_view why);

    link poll_;
    link post_;
    session_observer& observer_;
    const session_plan& plan_;
    std::string get_request_;
    std::string post_head_;
    std::string decoded_;       // a record that came in base64
    std::string_view waiting_;  // body to post next
    std::uint32_t index_;
    unsigned source_ = 0;
    state state_ = state::closed;
    bool posting_ = false;
    bool pong_due_ = false;
};

}  // namespace cosio::load
