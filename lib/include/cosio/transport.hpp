// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/engine/packet.hpp>
#include <cosio/outbox.hpp>
#include <cosio/parked.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace cosio {

/// Who is told that a link can be written to again.
class link_listener
    : public boost::intrusive_ref_counter<link_listener, boost::thread_unsafe_counter>
{
public:
    virtual ~link_listener() = default;
    virtual void on_link_writable() = 0;
};

/// PORT: one link between two Engine.IO peers. Two halves with the same rhythm: try, and wait only when dry.
/// Thread: everything on the shard of its session.
class transport
{
public:
    virtual ~transport() = default;

    [[nodiscard]] virtual engine::transport_kind kind() const noexcept = 0;

    /// Takes a packet that has already arrived.
    /// Lifetime: the view is valid until the next call on this link, or until the caller suspends.
    [[nodiscard]] virtual bool try_receive(engine::packet_view& packet) = 0;

    /// Resumes when try_receive() may have something to give, or with an error once the link has ended.
    [[nodiscard]] wait_for<transport> readable() noexcept { return wait_for{*this}; }

    /// For readable(): the outcome if it is known already, else takes `who` and resumes it once, in a later turn.
    [[nodiscard]] virtual std::optional<error_code> park(parked& who) = 0;

    /// The caller will suspend although try_receive() was not yet dry: keep what has arrived.
    virtual void retain() {}

    /// A batch of packets has arrived in part; an upgrade waits for its rest (UP-8).
    [[nodiscard]] virtual bool receiving() const noexcept { return false; }

    /// Writes what the link accepts now and pops it from `pending`; the rest stays.
    /// Errors: the link has failed; readable() says so too.
    virtual void try_flush(outbox& pending) = 0;

    /// A packet that is flushed now would leave at once.
    [[nodiscard]] virtual bool writable() const noexcept = 0;

    /// Calls `listener` once, when try_flush() can make progress again; never inline.
    /// Asked for only while something is pending. A link that ends may stay silent.
    virtual void notify_writable(boost::intrusive_ptr<link_listener> listener) = 0;

    /// An upgrade is under way: let go of what is pending, send nothing until resume() (UP-2, UP-3). Called again, it lets
    /// go of what has become pending since.
    virtual void hold() {}

    /// After hold(): nothing is on its way any more (POLL-19). When that becomes true, readable() resumes.
    [[nodiscard]] virtual bool held() const noexcept { return true; }

    /// The upgrade failed.
    virtual void resume() {}

    /// Says goodbye in the way of this link and then ends it, at the latest after its close timeout.
    /// Precondition: nothing is pending.
    virtual void finish() = 0;

    /// Ends the link now. readable() resumes with an error. Idempotent.
    virtual void close() noexcept = 0;
};

}  // namespace cosio
