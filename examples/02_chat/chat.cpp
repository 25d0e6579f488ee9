// SPDX-License-Identifier: BSL-1.0
#include "chat.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>

namespace chat {
namespace {

using cosio::ack;
using cosio::json_socket;

struct permanent_room
{
    std::string_view name;
    std::string_view topic;
};

constexpr std::array<permanent_room, 3> permanent_rooms{{
    {"lobby", "Say hello. Everybody starts here."},
    {"random", "Anything goes."},
    {"help", "Questions and answers."},
}};

bool is_permanent(std::string_view name)
{
    return std::ranges::find(permanent_rooms, name, &permanent_room::name) != permanent_rooms.end();
}

std::optional<attachment> to_attachment(const std::optional<upload>& file)
{
    if (!file)
        return std::nullopt;
    return attachment{
        .name = file->name, .type = file->type, .size = file->data.size(), .data = file->data
    };
}

message without_data(message original)
{
    if (original.file)
        original.file->data.reset();
    return original;
}

constexpr std::string_view not_in_this_room = "You are not in this room.";

}  // namespace

chat::chat(cosio::json_server& io, limits with) : io_{io}, limits_{with}, last_id_{now_ms()}
{
    for (const permanent_room& each : permanent_rooms)
        rooms_.push_back(
            {.name = std::string{each.name}, .topic = std::string{each.topic}, .forgotten = last_id_
            }
        );

    io_.on_connection([this](json_socket socket) {
        socket.on_disconnecting([this, socket](cosio::close_reason) {
            if (user* const who = socket.data<user*>())
                remove(*who);
        });
    });
    io_.on(
        "hello",
        [this](json_socket socket, std::string name, std::string key, ack<hello_reply> reply) {
            reply(hello(socket, name, key));
        }
    );
    answer("rename", &chat::rename);
    answer<plain_reply, const std::string&>("leave", &chat::leave);
    answer("join", &chat::join);
    answer("message", &chat::post);
    answer("download", &chat::download);
    answer("typing", &chat::typing);
}

/// Lets a member function answer an event of those who have said hello.
template <class Reply, class... Args>
void chat::answer(std::string_view event, Reply (chat::*request)(user&, Args...))
{
    io_.on(
        event,
        [this, request](json_socket socket, std::decay_t<Args>... args, ack<Reply> reply) {
            if (user* const who = socket.data<user*>())
                reply((this->*request)(*who, args...));
            else
                reply(Reply{.error = "Say hello first."});
        }
    );
}

// People.

hello_reply chat::hello(const json_socket& socket, const std::string& wish, const std::string& key)
{
    if (socket.data<user*>())
        return {.error = "You have said hello already."};
    if (key.empty() || length(key) > limits_.key)
        return {.error = "The key has 1 to 64 characters."};
    const std::string name = tidy(wish);
    if (const std::string complaint = complaint_about_name(name); !complaint.empty())
        return {.error = complaint};

    if (const auto older = keys_.find(key); older != keys_.end()) {
        // The same person with a newer connection. Only then is the name free again.
        const json_socket replaced = older->second->socket;
        remove(*older->second);
        replaced.emit("replaced");
        replaced.disconnect();
    }
    auto made = std::make_unique<user>(user{.name = free_name(name), .key = key, .socket = socket});
    user& who = *made;
    users_[fold(who.name)] = std::move(made);
    keys_[key] = &who;
    socket.data<user*>() = &who;

    hello_reply reply{.name = who.name};
    for (const room& each : rooms_)
        reply.rooms.push_back(each.info());
    return reply;
}

rename_reply chat::rename(user& who, const std::string& wish)
{
    const std::string name = tidy(wish);
    if (const std::string complaint = complaint_about_name(name); !complaint.empty())
        return {.error = complaint};
    if (const auto holder = users_.find(fold(name));
        holder != users_.end() && holder->second.get() != &who)
        return {.error = "The name “" + name + "” is taken."};
    if (name == who.name)
        return {.name = name};

    auto entry = users_.extract(fold(who.name));
    entry.key() = fold(name);
    users_.insert(std::move(entry));
    const std::string from = std::exchange(who.name, name);
    for (const room* const each : who.rooms)
        who.socket.to(each->name).emit("renamed", each->name, from, name);
    return {.name = name};
}

std::string chat::free_name(const std::string& wish) const
{
    std::string name = wish;
    for (int n = 2; users_.contains(fold(name)); ++n)
        name = numbered(wish, n);
    return name;
}

void chat::remove(user& who)
{
    while (!who.rooms.empty())
        leave(who, *who.rooms.back());
    who.socket.data<user*>() = nullptr;  // what its socket still does is nobody's
    keys_.erase(who.key);
    users_.erase(fold(who.name));
}

// Rooms.

join_reply chat::join(user& who, const std::string& name, std::int64_t since)
{
    room* where = joined(who, name);
    if (!where) {
        if (who.rooms.size() >= limits_.rooms_of_user)
            return {.error = "You are in too many rooms already."};
        if (!is_room_name(name))
            return {.error = "The name of a room has 1 to 24 of these: a to z, 0 to 9, - and _."};
        where = find_room(name);
        if (!where)
            where = open_room(name);
        if (!where)
            return {.error = "There are too many rooms already."};
        enter(who, *where);
    }
    join_reply reply{.room = where->info(), .gap = since > 0 && since < where->forgotten};
    for (const user* const member : where->users)
        reply.users.push_back(member->name);
    for (const message& each : where->messages)
        if (each.id > since)
            reply.messages.push_back(without_data(each));
    return reply;
}

plain_reply chat::leave(user& who, const std::string& name)
{
    room* const where = joined(who, name);
    if (!where)
        return {.error = std::string{not_in_this_room}};
    leave(who, *where);
    return {};
}

void chat::enter(user& who, room& where)
{
    who.rooms.push_back(&where);
    where.users.push_back(&who);
    who.socket.to(where.name).emit("joined", where.name, who.name);
    who.socket.join(where.name);
    io_.emit("room", where.info());
}

void chat::leave(user& who, room& where)
{
    std::erase(who.rooms, &where);
    std::erase(where.users, &who);
    who.socket.to(where.name).emit("left", where.name, who.name);
    who.socket.leave(where.name);
    io_.emit("room", where.info());
}

chat::room* chat::joined(const user& who, std::string_view name)
{
    const auto found = std::ranges::find(who.rooms, name, &room::name);
    return found == who.rooms.end() ? nullptr : *found;
}

chat::room* chat::find_room(std::string_view name)
{
    const auto found = std::ranges::find(rooms_, name, &room::name);
    return found == rooms_.end() ? nullptr : &*found;
}

/// A new room, or null if there are too many.
chat::room* chat::open_room(const std::string& name)
{
    if (rooms_.size() >= limits_.rooms && !close_empty_room())
        return nullptr;
    return &rooms_.emplace_back(room{.name = name, .topic = {}, .forgotten = last_id_});
}

bool chat::close_empty_room()
{
    const auto empty = std::ranges::find_if(rooms_, [](const room& each) {
        return each.users.empty() && !is_permanent(each.name);
    });
    if (empty == rooms_.end())
        return false;
    for (const message& each : empty->messages)
        forget_file(each.id);
    rooms_.erase(empty);
    return true;
}

// Messages.

message_reply chat::post(user& who, const draft& what)
{
    room* const where = joined(who, what.room);
    if (!where)
        return {.error = std::string{not_in_this_room}};
    const std::string text{trim(what.text)};
    if (const std::string complaint = complaint_about(what, text); !complaint.empty())
        return {.error = complaint};
    if (const message* const before = where->find(what.tag, who.name))
        return {.id = before->id, .time = before->time};

    const message sent{
        .id = ++last_id_,
        .time = now_ms(),
        .room = where->name,
        .author = who.name,
        .text = text,
        .tag = what.tag,
        .file = to_attachment(what.file),
    };
    who.socket.to(where->name).emit("message", sent);
    remember(*where, sent);
    return {.id = sent.id, .time = sent.time};
}

std::string chat::complaint_about(const draft& what, std::string_view text) const
{
    if (text.empty() && !what.file)
        return "There is nothing to send.";
    if (length(text) > limits_.text)
        return "A message has at most 2000 characters.";
    if (what.tag.empty() || length(what.tag) > limits_.tag)
        return "The tag of a message has 1 to 40 characters.";
    if (!what.file)
        return {};
    if (what.file->data.size() > limits_.file_bytes)
        return "A file has at most 500 KB.";
    if (length(what.file->name) > limits_.label || length(what.file->type) > limits_.label)
        return "The name of this file is too long.";
    return {};
}

download_reply chat::download(user& who, const std::string& name, std::int64_t id)
{
    const room* const where = joined(who, name);
    if (!where)
        return {.error = std::string{not_in_this_room}};
    const message* const found = where->find(id);
    if (!found || !found->file || !found->file->data)
        return {.error = "This file is no longer kept."};
    return {.data = found->file->data};
}

plain_reply chat::typing(user& who, const std::string& name, bool active)
{
    if (!joined(who, name))
        return {.error = std::string{not_in_this_room}};
    who.socket.to(name).emit("typing", name, who.name, active);
    return {};
}

void chat::remember(room& where, message what)
{
    message& kept = where.messages.emplace_back(std::move(what));
    if (kept.file) {
        files_[kept.id] = &*kept.file;
        file_bytes_ += kept.file->size;
    }
    if (where.messages.size() > limits_.history) {
        where.forgotten = where.messages.front().id;
        forget_file(where.forgotten);
        where.messages.pop_front();
    }
    while (file_bytes_ > limits_.kept_file_bytes)
        forget_file(files_.begin()->first);
}

/// Lets go of the bytes of a message's file, if it has any.
void chat::forget_file(std::int64_t id)
{
    const auto found = files_.find(id);
    if (found == files_.end())
        return;
    file_bytes_ -= found->second->size;
    found->second->data.reset();
    files_.erase(found);
}

const message* chat::room::find(std::int64_t id) const
{
    const auto found = std::ranges::find(messages, id, &message::id);
    return found == messages.end() ? nullptr : &*found;
}

const message* chat::room::find(std::string_view tag, std::string_view author) const
{
    const auto found = std::ranges::find_if(messages, [&](const message& each) {
        return each.tag == tag && each.author == author;
    });
    return found == messages.end() ? nullptr : &*found;
}

std::int64_t chat::now_ms() const
{
    return io_.engine().home().time().wall_clock_ms();
}

}  // namespace chat
