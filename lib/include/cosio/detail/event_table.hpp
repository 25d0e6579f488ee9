// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codec.hpp>

#include <boost/container/small_vector.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cosio::detail {

class socket_state;
using socket_ptr = boost::intrusive_ptr<socket_state>;

/// A user's handler of one event, its signature erased.
class event_handler
    : public boost::intrusive_ref_counter<event_handler, boost::thread_unsafe_counter>
{
public:
    virtual ~event_handler() = default;

    /// Decodes the arguments and calls the user. Errors: the arguments do not fit; then the user was not
    /// called. Throws what the user throws.
    [[nodiscard]] virtual error_code invoke(
        const socket_ptr& socket, const decoded_packet& packet
    ) = 0;

    /// No event will come by itself any more: whoever waits for one is told.
    virtual void interrupt(error_code) {}

    bool once = false;
    bool in_order = true;  ///< if it is a coroutine, later events wait for it
};

using event_handler_ptr = boost::intrusive_ptr<event_handler>;

/// Handlers of one event: seldom more than a few, so that dispatching allocates nothing.
using event_handlers = boost::container::small_vector<event_handler_ptr, 4>;

/// Handlers by event name, in the order of their registration.
class event_table
{
public:
    void add(std::string_view event, event_handler_ptr handler);

    /// Removes all handlers of an event.
    void remove(std::string_view event) noexcept;

    /// Appends the handlers of an event to `out`, and removes those that are called only once.
    void collect(std::string_view event, event_handlers& out);

    /// A handler of that event that `matches`, or null.
    [[nodiscard]] event_handler* find(std::string_view event, bool (*matches)(const event_handler&))
        const;

    void interrupt(error_code why);

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

private:
    struct entry
    {
        std::string event;
        event_handler_ptr handler;
    };

    std::vector<entry> entries_;  // by event name, stable
};

}  // namespace cosio::detail
