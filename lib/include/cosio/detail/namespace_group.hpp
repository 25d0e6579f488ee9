// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/namespace_state.hpp>

#include <concepts>
#include <span>
#include <stdexcept>

namespace cosio::detail {

/// One namespace of a server: a part on each of its shards, and what goes between them.
/// Lifetime: shared with the sockets of all parts, whose handles may outlive the server.
class namespace_group
    : public boost::intrusive_ref_counter<namespace_group, boost::thread_safe_counter>
{
public:
    namespace_group(
        std::span<shard* const> shards, const multiplexer_limits& limits, std::string name
    );

    /// Turns connection state recovery on. Precondition: no socket is in it yet.
    void recover(
        const server_options& options,
        const protocol::recovery_tag& tag,
        const codec_functions& codec
    );

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    [[nodiscard]] std::span<const std::unique_ptr<namespace_state>> parts() const noexcept
    {
        return parts_;
    }

    /// The part of the shard that the caller runs on; the first one's if it runs on none.
    [[nodiscard]] namespace_state& local() noexcept;

    /// Sockets of all parts. Thread: any.
    [[nodiscard]] std::size_t size() const noexcept;

    /// The server is gone: forgets all handlers, and answers broadcasts with `closed`.
    /// Precondition: every shard is reachable.
    void close() noexcept;

    /// Makes it the child of a parent namespace, which ends with its last socket if `on_empty` is set.
    /// Precondition: nobody is in it yet.
    void make_child(std::function<void(namespace_group&)> on_empty)
    {
        on_empty_ = std::move(on_empty);
    }

    /// What its parts are given before they are used. Precondition: as make_child().
    void set_setups(std::vector<std::function<void(namespace_state&)>> setups)
    {
        setups_ = std::move(setups);
    }

    [[nodiscard]] const std::vector<std::function<void(namespace_state&)>>& setups() const noexcept
    {
        return setups_;
    }

    /// Somebody asks to be let in. False if the namespace has just ended: ask for another one of its name.
    /// Each true is followed by one left(). Cost: nothing but for children. Thread: any.
    [[nodiscard]] bool entered() noexcept;
    void left();

    /// Answers everything with `closed` from now on.
    void end() noexcept { closed_ = true; }

    /// True if left() has ended it.
    [[nodiscard]] bool is_over() const noexcept { return visitors_ < 0; }

    /// Sends to an audience; `sender` (may be null) is left out. The frames are shared by all.
    /// Cost: one post for each other shard that has sockets. Thread: any.
    send_status broadcast(
        protocol::encoded_packet packet, audience who, emit_flags flags, const socket_state* sender
    );

    /// An id for a question to many (EV-10). Thread: any.
    [[nodiscard]] std::uint64_t next_ack_id() noexcept
    {
        constexpr std::uint64_t count =
            protocol::last_broadcast_ack - protocol::first_broadcast_ack + 1;
        return protocol::first_broadcast_ack + next_ack_++ % count;
    }

    /// Asks an audience on all shards. Thread: any.
    send_status ask(broadcast_question question);

    /// To the handlers of all shards but the caller's. Thread: any.
    send_status server_side_emit(server_event message);

    /// How many shards server_side_emit() would reach from here.
    [[nodiscard]] std::size_t other_parts() noexcept;

    /// Calls action(namespace_state&) on every shard: at once where the caller may, else posted. Each shard
    /// has a copy of the action. Thread: any. Throws std::invalid_argument if there is more than one shard
    /// and the action cannot be copied.
    template <class F>
    void on_each_shard(F action)
    {
        if constexpr (std::copy_constructible<F>)
            for (std::size_t i = 1; i < parts_.size(); ++i)
                on_shard(*parts_[i], F{action});
        else if (parts_.size() > 1)
            throw std::invalid_argument{"with several shards a handler must be copyable"};
        on_shard(*parts_.front(), std::move(action));
    }

    /// The sockets of an audience on all shards, shard by shard.
    [[nodiscard]] static task<std::vector<socket_ptr>> fetch(
        boost::intrusive_ptr<namespace_group> self, audience who, socket_ptr sender
    );

    /// How many sockets an audience has on all shards.
    [[nodiscard]] static task<std::size_t> count(
        boost::intrusive_ptr<namespace_group> self, audience who, socket_ptr sender
    );

    /// The rooms that have members, on all shards, in order.
    [[nodiscard]] static task<std::vector<std::string>> all_rooms(
        boost::intrusive_ptr<namespace_group> self
    );

    /// Does `act` to each socket of an audience, on its shard. Thread: any.
    template <class F>
    void on_each_socket(audience who, socket_ptr sender, F act)
    {
        on_each_shard([who = std::move(who), sender = std::move(sender), act](namespace_state& part
                      ) {
            // `act` may add and remove sockets.
            for (const socket_ptr& socket : part.select_sockets(who, sender.get()))
                act(socket);
        });
    }

private:
    struct broadcast_message;

    void send_to_others(const namespace_state* here, broadcast_message what);

    template <class F>
    void on_shard(namespace_state& part, F action)
    {
        if (part.home().is_reachable())
            action(part);
        else
            part.home().post([self = boost::intrusive_ptr{this}, &part, action = std::move(action)](
                             ) mutable {
                if (!self->closed_)
                    action(part);
            });
    }

    boost::intrusive_ptr<const multiplexer_limits> limits_;
    std::string name_;
    std::vector<std::unique_ptr<namespace_state>> parts_;  // by shard
    std::atomic<bool> closed_ = false;
    std::atomic<std::uint64_t> next_ack_ = 0;
    std::atomic<std::ptrdiff_t> visitors_ = 0;  // below zero: over
    std::function<void(namespace_group&)> on_empty_;
    std::vector<std::function<void(namespace_state&)>> setups_;
    bool recovers_ = false;
};

}  // namespace cosio::detail
