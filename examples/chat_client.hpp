// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "02_chat/chat.hpp"
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/network_connector.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <random>

/// One who is in a room of 02_chat, on the port that port_to_use() gives: comes back after a loss, hears what the room has
/// kept meanwhile, and says each line once. The events stand in 02_chat/PROTOCOL.md.
class chat_client
{
public:
    /// Called for each line of others, and of oneself once the server has it.
    std::function<void(const chat::message&)> on_message = [](const chat::message&) {};
    /// Called for whatever else there is to tell: who comes and goes, what became of the connection.
    std::function<void(const std::string&)> on_note = [](const std::string&) {};
    /// Called when all that was said is with the server.
    std::function<void()> on_idle = [] {};

    chat_client(cosio::shard& home, std::string name, std::string room)
        : name_{std::move(name)}, room_{std::move(room)}, manager_{home, connector_to(home)}
    {
        socket_.on_connect([this] { introduce(); });
        socket_.on_disconnect([this](cosio::close_reason reason) {
            joined_ = false;
            on_note(fmt::format("lost the connection: {}", to_string(reason)));
        });
        socket_.on_connect_error([this](const std::string& why, const boost::json::value&) {
            if (!std::exchange(unreachable_, true))
                on_note(fmt::format("cannot reach the chat, and go on trying: {}", why));
        });
        socket_.on("message", [this](chat::message heard) { hear(heard); });
        socket_.on("joined", [this](std::string, std::string who) { on_note(who + " is here"); });
        socket_.on("left", [this](std::string, std::string who) { on_note(who + " has left"); });
        socket_.on("renamed", [this](std::string, std::string from, std::string to) {
            on_note(fmt::format("{} is {} now", from, to));
        });
        socket_.on("replaced", [this] { on_note("you are here from somewhere else"); });
    }

    /// Says a line, now or as soon as there is a connection.
    void say(std::string text)
    {
        const std::string tag = fmt::format("{}-{}", key_, ++said_);
        unsent_.push_back({.room = room_, .text = std::move(text), .tag = tag, .file = {}});
        send_next();
    }

    [[nodiscard]] bool idle() const { return unsent_.empty(); }

    [[nodiscard]] const std::string& name() const { return name_; }

    /// Leaves the chat.
    void close() { manager_.close(); }

private:
    static std::unique_ptr<cosio::connector> connector_to(cosio::shard& home)
    {
        return cosio::make_network_connector(
            home, fmt::format("http://localhost:{}", port_to_use())
        );
    }

    /// After each connection: the server knows nobody by then.
    void introduce()
    {
        unreachable_ = false;
        socket_.emit("hello", name_, key_, [this](cosio::result<chat::hello_reply> reply) {
            if (!reply)
                return;
            if (!reply->error.empty())
                return on_note(reply->error);
            name_ = reply->name;
            join();
        });
    }

    void join()
    {
        socket_.emit("join", room_, heard_, [this](cosio::result<chat::join_reply> reply) {
            if (!reply)
                return;
            if (!reply->error.empty())
                return on_note(reply->error);
            on_note(fmt::format("you are {} in {}: {}", name_, room_, fmt::join(reply->users, ", "))
            );
            for (const chat::message& missed : reply->messages)
                hear(missed);
            joined_ = true;
            send_next();
        });
    }

    void hear(const chat::message& heard)
    {
        if (heard.id <= heard_)
            return;
        heard_ = heard.id;
        on_message(heard);
    }

    /// One line at a time. If its answer is lost with the connection, it goes again: the server knows it by its tag.
    void send_next()
    {
        if (!joined_ || sending_ || unsent_.empty())
            return;
        sending_ = true;
        const auto hear_answer = [this](cosio::result<chat::message_reply> reply) {
            sending_ = false;
            if (!reply)
                return;
            const chat::draft sent = std::move(unsent_.front());
            unsent_.pop_front();
            if (!reply->error.empty())
                on_note(reply->error);
            else
                hear(
                    {.id = reply->id,
                     .time = reply->time,
                     .room = room_,
                     .author = name_,
                     .text = sent.text,
                     .tag = sent.tag,
                     .file = {}}
                );
            if (unsent_.empty())
                on_idle();
            else
                send_next();
        };
        socket_.emit("message", unsent_.front(), hear_answer);
    }

    std::string name_;
    std::string room_;
    std::string key_ = fmt::format("{:x}", std::random_device{}());
    cosio::json_manager manager_;
    cosio::json_client_socket socket_ = manager_.socket();
    std::deque<chat::draft> unsent_;
    std::int64_t heard_ = 0;
    int said_ = 0;
    bool joined_ = false;
    bool sending_ = false;
    bool unreachable_ = false;
};
