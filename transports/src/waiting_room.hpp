// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/task.hpp>

#include <boost/intrusive/list.hpp>

namespace cosio {

/// Holds a coroutine that nothing of its own io_context will resume.
class waiting_guest : public boost::intrusive::list_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    /// The context ends: who waits here is let go. May destroy this.
    virtual void on_shutdown() noexcept = 0;

protected:
    ~waiting_guest() = default;
};

/// Those who would be leaked by the end of their io_context, because what they wait for owns them.
/// Thread: that of the context.
class waiting_room final : public asio::execution_context::service
{
public:
    using key_type = waiting_room;
    static asio::execution_context::id id;

    /// That of `context`; made at the first call.
    [[nodiscard]] static waiting_room& of(asio::io_context& context);

    explicit waiting_room(asio::execution_context& context) : service{context} {}

    /// Until it unlinks itself. False: the context has ended.
    [[nodiscard]] bool enter(waiting_guest& guest) noexcept;

private:
    void shutdown() noexcept override;

    boost::intrusive::list<waiting_guest, boost::intrusive::constant_time_size<false>> guests_;
    bool closed_ = false;
};

}  // namespace cosio
