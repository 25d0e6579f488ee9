// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/parent_namespace.hpp>
#include <cosio/namespace.hpp>

namespace cosio {

/// A regular expression in JavaScript's notation that is looked for in the names of namespaces:
/// `name_pattern{"^/room-[0-9]+$"}`. Clients choose the names: a pattern that backtracks, as `(a+)+$` does,
/// lets them keep the server busy.
struct name_pattern
{
    std::string expression;
};

/// A broadcast to the children of a dynamic namespace: built by chaining, as broadcast_operator. It reaches
/// those that there were when it was begun.
template <codec Codec>
class children_operator
{
public:
    explicit children_operator(std::vector<broadcast_operator<Codec>> each) : each_{std::move(each)}
    {}

    [[nodiscard]] children_operator to(std::string_view room) const
    {
        return changed([&](const auto& one) { return one.to(room); });
    }

    [[nodiscard]] children_operator in(std::string_view room) const { return to(room); }

    [[nodiscard]] children_operator except(std::string_view room) const
    {
        return changed([&](const auto& one) { return one.except(room); });
    }

    [[nodiscard]] children_operator volatile_() const
    {
        return changed([](const auto& one) { return one.volatile_(); });
    }

    [[nodiscard]] children_operator latest(std::string_view key = {}) const
    {
        return changed([&](const auto& one) { return one.latest(key); });
    }

    [[nodiscard]] children_operator compress(bool compress) const
    {
        return changed([&](const auto& one) { return one.compress(compress); });
    }

    /// Cost: the event is encoded for each child.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        send_status last = send_status::sent;
        for (const auto& one : each_)
            last = one.emit(event, args...);
        return last;
    }

    template <class... Args>
    send_status send(const Args&... args) const
    {
        return emit("message", args...);
    }

private:
    template <class F>
    [[nodiscard]] children_operator changed(F&& change) const
    {
        std::vector<broadcast_operator<Codec>> each;
        each.reserve(each_.size());
        for (const auto& one : each_)
            each.push_back(change(one));
        return children_operator{std::move(each)};
    }

    std::vector<broadcast_operator<Codec>> each_;
};

/// A dynamic namespace: what is registered here counts for each of its children, those that there are and
/// those that clients will ask for; what is sent goes to every socket of every child. A reference to it: copy it,
/// keep it. Thread: any.
template <codec Codec>
class basic_parent_namespace
    : public audience_calls<children_operator<Codec>, basic_parent_namespace<Codec>>
{
public:
    using socket_type = basic_socket<Codec>;
    using namespace_type = basic_namespace<Codec>;

    explicit basic_parent_namespace(detail::parent_ptr state) noexcept : state_{std::move(state)} {}

    /// As basic_namespace::use(); the middleware can be copied.
    template <class F>
    const basic_parent_namespace& use(F middleware) const
    {
        state_->add([middleware](detail::namespace_state& part) {
            detail::add_middleware<Codec>(part, F{middleware});
        });
        return *this;
    }

    template <class F>
    const basic_parent_namespace& on_connection(F handler) const
    {
        state_->add([handler](detail::namespace_state& part) {
            detail::add_connection_handler<Codec>(part, F{handler});
        });
        return *this;
    }

    template <class F>
    const basic_parent_namespace& on(std::string_view event, F handler) const
    {
        state_->add([name = std::string{event}, handler](detail::namespace_state& part) {
            detail::add_event_handler<Codec>(part, name, F{handler});
        });
        return *this;
    }

    /// As basic_namespace::set_handlers_at_once().
    const basic_parent_namespace& set_handlers_at_once(std::uint16_t count) const
    {
        state_->add([count](detail::namespace_state& part) { part.handlers_at_once = count; });
        return *this;
    }

    /// Everybody in all children.
    [[nodiscard]] children_operator<Codec> all() const
    {
        std::vector<broadcast_operator<Codec>> each;
        for (const auto& child : state_->children())
            each.emplace_back(*child);
        return children_operator<Codec>{std::move(each)};
    }

    /// In the order of their making.
    [[nodiscard]] std::vector<namespace_type> children() const
    {
        std::vector<namespace_type> all;
        for (const auto& child : state_->children())
            all.emplace_back(*child);
        return all;
    }

private:
    detail::parent_ptr state_;
};

}  // namespace cosio
