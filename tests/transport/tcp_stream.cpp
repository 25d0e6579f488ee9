// SPDX-License-Identifier: BSL-1.0
// A TCP stream reports what the system reports once: nothing may get lost between two waits.

#include "links.hpp"
#include "support/check.hpp"

#include <cosio/detail/driver.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>
#include <string>

using namespace cosio;
using namespace cosio::test;

namespace {

/// How a wait went, and whether the coroutine that waited still exists.
struct wait_log
{
    int begun = 0;
    int over = 0;
    error_code why;
    bool alive = false;
};

/// Lives as long as the coroutine that has it in its frame.
struct presence
{
    explicit presence(wait_log& in) noexcept : log{&in} { log->alive = true; }

    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;

    ~presence() { log->alive = false; }

    wait_log* log;
};

detail::driver wait_once(byte_stream* stream, wait_log* log)
{
    const presence here{*log};
    ++log->begun;
    const error_code why = co_await stream->readable();
    log->why = why;
    ++log->over;
}

/// Owns its stream, as the coroutines of connections do.
detail::driver hold(std::unique_ptr<byte_stream> stream, wait_log* log)
{
    const presence here{*log};
    ++log->begun;
    const error_code why = co_await stream->readable();
    log->why = why;
    ++log->over;
}

task<> wait_as_task(byte_stream* stream, wait_log* log)
{
    const presence here{*log};
    ++log->begun;
    const error_code why = co_await stream->readable();
    log->why = why;
    ++log->over;
}

class writable_signal final : public link_listener
{
public:
    explicit writable_signal(std::function<void()> then = [] {}) : then_{std::move(then)} {}

    void on_link_writable() override
    {
        ++calls;
        then_();
    }

    int calls = 0;

private:
    std::function<void()> then_;
};

struct connection
{
    connection()
    {
        byte_streams made = connected_streams(where);
        near = std::move(made.first);
        far = std::move(made.second);
    }

    ~connection()
    {
        near.reset();
        far.reset();
        where.settle();
    }

    void send(byte_stream& from, std::string_view text)
    {
        error_code ec;
        const bytes_view bytes = as_bytes(text);
        REQUIRE(from.try_write({&bytes, 1}, ec) == text.size());
        REQUIRE(!ec);
    }

    /// What is there now, in one read of at most `most` bytes.
    std::string read(byte_stream& from, std::size_t most, error_code& ec)
    {
        std::string text(most, '\0');
        text.resize(from.try_read(std::as_writable_bytes(std::span{text}), ec));
        return text;
    }

    std::string read(byte_stream& from, std::size_t most = 100)
    {
        error_code ec;
        std::string text = read(from, most, ec);
        CHECK(!ec);
        return text;
    }

    /// Waits until there is something to read.
    void await_readable(byte_stream& stream)
    {
        wait_log log;
        wait_once(&stream, &log);
        REQUIRE(where.until([&] { return log.over == 1; }));
        CHECK(!log.why);
    }

    /// A wait that has nothing to wait for any more.
    void await_end(byte_stream& stream)
    {
        wait_log log;
        wait_once(&stream, &log);
        CHECK(log.over == 1);
        CHECK(log.why == engine::errc::connection_closed);
    }

    /// Writes until the system takes no more.
    void fill(byte_stream& stream)
    {
        const std::string block(64 * 1024, 'x');
        const bytes_view bytes = as_bytes(block);
        error_code ec;
        while (stream.try_write({&bytes, 1}, ec) == block.size()) {
        }
        REQUIRE(!ec);
    }

    void drain(byte_stream& stream)
    {
        error_code ec;
        while (!read(stream, 64 * 1024, ec).empty()) {
        }
    }

    network_arena where;
    std::unique_ptr<byte_stream> near;
    std::unique_ptr<byte_stream> far;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_tcp_stream, connection)

BOOST_AUTO_TEST_CASE(wakes_who_waited_before_anything_came)
{
    wait_log log;
    wait_once(near.get(), &log);
    where.settle();
    CHECK(log.over == 0);
    send(*far, "late");
    REQUIRE(where.until([&] { return log.over == 1; }));
    CHECK(!log.why);
    CHECK(read(*near) == "late");
}

BOOST_AUTO_TEST_CASE(wakes_a_task_as_well_as_a_driver)
{
    wait_log log;
    asio::co_spawn(where.home().executor(), wait_as_task(near.get(), &log), asio::detached);
    where.settle();
    CHECK(log.begun == 1);
    CHECK(log.over == 0);
    send(*far, "x");
    REQUIRE(where.until([&] { return log.over == 1; }));
    CHECK(!log.why);
}

BOOST_AUTO_TEST_CASE(says_again_what_a_read_has_left_over)
{
    send(*far, "abcdef");
    await_readable(*near);
    CHECK(read(*near, 4) == "abcd");
    await_readable(*near);
    CHECK(read(*near, 4) == "ef");
}

BOOST_AUTO_TEST_CASE(says_again_what_nobody_has_read)
{
    send(*far, "abc");
    await_readable(*near);
    await_readable(*near);
    CHECK(read(*near) == "abc");
}

BOOST_AUTO_TEST_CASE(lets_others_have_their_turn_before_it_says_so_again)
{
    send(*far, "abcdef");
    await_readable(*near);
    CHECK(read(*near, 2) == "ab");
    wait_log log;
    wait_once(near.get(), &log);
    CHECK(log.over == 0);
    where.settle();
    CHECK(log.over == 1);
}

BOOST_AUTO_TEST_CASE(is_silent_once_all_is_read)
{
    send(*far, "abc");
    await_readable(*near);
    CHECK(read(*near, 100) == "abc");
    wait_log log;
    wait_once(near.get(), &log);
    where.settle();
    CHECK(log.over == 0);
    near->interrupt();
    where.settle();
    CHECK(log.over == 1);
    CHECK(!log.why);
}

BOOST_AUTO_TEST_CASE(reports_an_end_that_came_together_with_data)
{
    send(*far, "bye");
    far->shutdown_send();
    await_readable(*near);
    CHECK(read(*near, 100) == "bye");
    await_readable(*near);
    error_code ec;
    CHECK(read(*near, 100, ec).empty());
    CHECK(ec == engine::errc::connection_closed);
}

BOOST_AUTO_TEST_CASE(tells_when_there_is_room_again)
{
    fill(*near);
    const boost::intrusive_ptr<writable_signal> told{new writable_signal};
    near->notify_writable(told);
    where.settle();
    CHECK(told->calls == 0);
    where.other = [&] {
        const int before = told->calls;
        drain(*far);
        return told->calls != before;
    };
    REQUIRE(where.until([&] { return told->calls == 1; }));
    where.other = [] { return false; };
}

BOOST_AUTO_TEST_CASE(tells_in_a_later_turn_that_there_is_room_already)
{
    const boost::intrusive_ptr<writable_signal> told{new writable_signal};
    near->notify_writable(told);
    CHECK(told->calls == 0);
    where.settle();
    CHECK(told->calls == 1);
}

BOOST_AUTO_TEST_CASE(tells_who_asks_after_the_room_was_made)
{
    fill(*near);
    wait_log log;
    wait_once(near.get(), &log);  // it is watched from here on
    where.settle();
    drain(*far);
    where.settle();
    const boost::intrusive_ptr<writable_signal> told{new writable_signal};
    near->notify_writable(told);
    REQUIRE(where.until([&] {
        drain(*far);
        return told->calls == 1;
    }));
    near->close();
    where.settle();
    CHECK(log.over == 1);
}

BOOST_AUTO_TEST_CASE(resumes_who_waits_when_it_is_closed)
{
    wait_log log;
    wait_once(near.get(), &log);
    where.settle();
    near->close();
    CHECK(log.over == 0);
    where.settle();
    CHECK(log.over == 1);
    await_end(*near);
}

BOOST_AUTO_TEST_CASE(forgets_who_would_write_when_it_is_closed)
{
    fill(*near);
    const boost::intrusive_ptr<writable_signal> told{new writable_signal};
    near->notify_writable(told);
    near->close();
    drain(*far);
    where.settle();
    CHECK(told->calls == 0);
}

BOOST_AUTO_TEST_CASE(may_be_destroyed_by_its_own_wait_to_write)
{
    fill(*near);
    wait_log log;
    wait_once(near.get(), &log);
    const boost::intrusive_ptr<writable_signal> told{new writable_signal{[&] { near.reset(); }}};
    near->notify_writable(told);
    send(*far, "both at once");
    REQUIRE(where.until([&] {
        drain(*far);
        return told->calls == 1;
    }));
    where.settle();
    CHECK(log.over == 1);
}

BOOST_AUTO_TEST_CASE(may_be_destroyed_by_what_was_reported_together_with_it)
{
    byte_streams others = connected_streams(where);
    wait_log first;
    wait_log second;

    // Each destroys the other one: whichever is reported first, the other must not be touched.
    struct killer
    {
        static detail::driver run(
            byte_stream* mine, std::unique_ptr<byte_stream>* prey, wait_log* log
        )
        {
            const error_code why = co_await mine->readable();
            log->why = why;
            ++log->over;
            prey->reset();
        }
    };

    killer::run(near.get(), &others.first, &first);
    killer::run(others.first.get(), &near, &second);
    where.settle();
    send(*far, "x");
    send(*others.second, "x");
    REQUIRE(where.until([&] { return first.over + second.over == 2; }));
}

BOOST_AUTO_TEST_CASE(has_its_event_although_another_listener_throws)
{
    byte_streams others = connected_streams(where);
    wait_log log;
    const auto throwing = [](byte_stream& stream) {
        const boost::intrusive_ptr<writable_signal> told{new writable_signal{[] {
            throw std::runtime_error{"out of paper"};
        }}};
        stream.notify_writable(told);
    };
    fill(*near);
    fill(*others.first);
    throwing(*near);
    throwing(*others.first);
    wait_once(near.get(), &log);
    wait_log other_log;
    wait_once(others.first.get(), &other_log);
    send(*far, "x");
    send(*others.second, "x");
    int thrown = 0;
    for (int turn = 0; turn < 1'000 && log.over + other_log.over < 2; ++turn) {
        drain(*far);
        drain(*others.second);
        try {
            where.settle();
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    }
    CHECK(thrown >= 1);
    CHECK(log.over == 1);
    CHECK(other_log.over == 1);
}

BOOST_AUTO_TEST_CASE(goes_with_its_coroutine_when_the_runtime_ends)
{
    wait_log log;
    std::unique_ptr<byte_stream> other_end;  // it stays: the stream does not see its own end
    {
        network_arena other;
        byte_streams made = connected_streams(other);
        other_end = std::move(made.second);
        hold(std::move(made.first), &log);
        other.settle();
        CHECK(log.alive);
    }
    CHECK(!log.alive);
    CHECK(log.over == 0);
}

BOOST_AUTO_TEST_CASE(keeps_the_context_at_work_only_while_somebody_waits)
{
    wait_log log;
    wait_once(near.get(), &log);
    where.world.context().restart();
    where.world.context().poll();
    CHECK(!where.world.context().stopped());
    near->interrupt();
    where.world.context().poll();
    CHECK(log.over == 1);
    CHECK(where.world.context().stopped());
}

BOOST_AUTO_TEST_SUITE_END()
