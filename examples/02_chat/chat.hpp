// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/json.hpp>

#include <boost/describe/class.hpp>

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The events of PROTOCOL.md: each structure there is a structure here.

namespace chat {

struct room_info
{
    std::string name;
    std::string topic;
    std::size_t users = 0;
};
BOOST_DESCRIBE_STRUCT(room_info, (), (name, topic, users))

struct attachment
{
    std::string name;
    std::string type;
    std::size_t size = 0;
    std::optional<cosio::binary> data;  ///< null in a history
};
BOOST_DESCRIBE_STRUCT(attachment, (), (name, type, size, data))

struct message
{
    std::int64_t id = 0;
    std::int64_t time = 0;  ///< milliseconds since 1970
    std::string room;
    std::string author;
    std::string text;
    std::string tag;
    std::optional<attachment> file;
};
BOOST_DESCRIBE_STRUCT(message, (), (id, time, room, author, text, tag, file))

struct upload
{
    std::string name;
    std::string type;
    cosio::binary data;
};
BOOST_DESCRIBE_STRUCT(upload, (), (name, type, data))

struct draft
{
    std::string room;
    std::string text;
    std::string tag;
    std::optional<upload> file;
};
BOOST_DESCRIBE_STRUCT(draft, (), (room, text, tag, file))

// Replies. `error` is a sentence for people, and empty when the request succeeded.

struct hello_reply
{
    std::string error;
    std::string name;
    std::vector<room_info> rooms;
};
BOOST_DESCRIBE_STRUCT(hello_reply, (), (error, name, rooms))

struct rename_reply
{
    std::string error;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(rename_reply, (), (error, name))

struct join_reply
{
    std::string error;
    room_info room;
    std::vector<std::string> users;
    std::vector<message> messages;
    bool gap = false;
};
BOOST_DESCRIBE_STRUCT(join_reply, (), (error, room, users, messages, gap))

struct message_reply
{
    std::string error;
    std::int64_t id = 0;
    std::int64_t time = 0;
};
BOOST_DESCRIBE_STRUCT(message_reply, (), (error, id, time))

struct download_reply
{
    std::string error;
    std::optional<cosio::binary> data;
};
BOOST_DESCRIBE_STRUCT(download_reply, (), (error, data))

struct plain_reply
{
    std::string error;
};
BOOST_DESCRIBE_STRUCT(plain_reply, (), (error))

struct limits
{
    std::size_t text = 2000;  ///< code points, as are the next three
    std::size_t key = 64;
    std::size_t tag = 40;
    std::size_t label = 100;  ///< name and type of a file
    std::size_t file_bytes = 500'000;
    std::size_t kept_file_bytes = 32'000'000;
    std::size_t history = 50;  ///< messages of a room
    std::size_t rooms_of_user = 20;
    std::size_t rooms = 200;
};

/// The chat on the main namespace of `io`: who is here, which rooms there are, what was said.
/// Lifetime: `io` runs no handler after the chat is gone.
class chat
{
public:
    explicit chat(cosio::json_server& io, limits with = {});
    chat(const chat&) = delete;
    chat& operator=(const chat&) = delete;

private:
    struct room;

    struct user
    {
        std::string name;
        std::string key;
        cosio::json_socket socket;
        std::vector<room*> rooms = {};
    };

    struct room
    {
        std::string name;
        std::string topic;
        std::int64_t forgotten;  ///< id of the last message that is no longer kept
        std::vector<user*> users = {};
        std::deque<message> messages = {};

        [[nodiscard]] room_info info() const { return {name, topic, users.size()}; }

        [[nodiscard]] const message* find(std::int64_t id) const;
        [[nodiscard]] const message* find(std::string_view tag, std::string_view author) const;
    };

    template <class Reply, class... Args>
    void answer(std::string_view event, Reply (chat::*request)(user&, Args...));

    hello_reply hello(
        const cosio::json_socket& socket, const std::string& wish, const std::string& key
    );
    rename_reply rename(user& who, const std::string& wish);
    join_reply join(user& who, const std::string& name, std::int64_t since);
    plain_reply leave(user& who, const std::string& name);
    message_reply post(user& who, const draft& what);
    download_reply download(user& who, const std::string& name, std::int64_t id);
    plain_reply typing(user& who, const std::string& name, bool active);

    [[nodiscard]] std::string free_name(const std::string& wish) const;
    void remove(user& who);
    void enter(user& who, room& where);
    void leave(user& who, room& where);
    [[nodiscard]] static room* joined(const user& who, std::string_view name);
    [[nodiscard]] room* find_room(std::string_view name);
    [[nodiscard]] room* open_room(const std::string& name);
    [[nodiscard]] bool close_empty_room();
    [[nodiscard]] std::string complaint_about(const draft& what, std::string_view text) const;
    void remember(room& where, message what);
    void forget_file(std::int64_t id);
    [[nodiscard]] std::int64_t now_ms() const;

    cosio::json_server& io_;
    limits limits_;
    std::map<std::string, std::unique_ptr<user>> users_;  // by name, in small letters
    std::map<std::string, user*> keys_;
    std::list<room> rooms_;
    std::map<std::int64_t, attachment*>
        files_;  // those with bytes, by message: the oldest is first
    std::size_t file_bytes_ = 0;
    std::int64_t last_id_;
};

}  // namespace chat
