// SPDX-License-Identifier: BSL-1.0
// What only a real system does to a program: descriptors that run out, and signals.

#include "arena.hpp"
#include "support/check.hpp"
#include "support/raw_http.hpp"

#include <cosio/engine/server.hpp>
#include <cosio/transports/listener.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cosio;
using namespace cosio::test;

namespace {

// Not by setrlimit(): the sanitizers need descriptors of their own.
// An error number, or 0: what accept() answers. For ever would be too long for a listener that does not wait.
int accept_fails_with = 0;
int failures_left = 0;

const int accept_errors[] = {EMFILE, ENOMEM, EPERM};

/// A process that takes signals as `runtime` does, and its words.
class child
{
public:
    explicit child(int signal)
    {
        REQUIRE(::pipe(pipe_.data()) == 0);
        id_ = ::fork();
        REQUIRE(id_ >= 0);
        if (id_ == 0)
            live(signal, pipe_[1]);
        ::close(pipe_[1]);
    }

    ~child()
    {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            static_cast<void>(ended_by());
        }
        ::close(pipe_[0]);
    }

    /// Waits for the next word; 0 at the end of the process.
    char word()
    {
        char said = 0;
        while (::read(pipe_[0], &said, 1) < 0 && errno == EINTR) {
        }
        return said;
    }

    void kill(int signal) const { ::kill(id_, signal); }

    /// Waits for its end: the signal that ended it, or 0.
    [[nodiscard]] int ended_by()
    {
        int status = 0;
        ::waitpid(std::exchange(id_, -1), &status, 0);
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }

private:
    [[noreturn]] static void live(int signal, int out)
    {
        const auto say = [out](char word) { static_cast<void>(!::write(out, &word, 1)); };
        std::signal(signal, SIG_DFL);  // the test's own framework may have one
        ::alarm(20);                   // whatever becomes of the test
        runtime world;
        const auto work = asio::make_work_guard(world.context());
        world.on_signal([&] { say('1'); });
        say('0');
        world.run();
        ::_exit(0);
    }

    std::array<int, 2> pipe_{};
    pid_t id_ = -1;
};

}  // namespace

/// Stands before the one of the system.
extern "C" int accept4(int listener, sockaddr* address, socklen_t* length, int flags)
{
    if (accept_fails_with == 0 || failures_left-- == 0)
        return static_cast<int>(::syscall(SYS_accept4, listener, address, length, flags));
    errno = accept_fails_with;
    return -1;
}

BOOST_AUTO_TEST_SUITE(listening)

// Descriptors that run out, and whatever else a system may answer.
BOOST_DATA_TEST_CASE(a_listener_that_cannot_accept_waits_and_goes_on_later, accept_errors)
{
    network_arena on;
    int refused = 0;
    listener_options options{.address = "127.0.0.1"};
    options.http.log = {log_level::warning, [&](log_level, std::string_view line) {
                            CHECK(line.starts_with("accept: "));
                            ++refused;
                        }};
    engine::server engine{on.home(), {}, [](engine::peer&, const http_request&) {
                              return std::unique_ptr<engine::peer_handler>{};
                          }};
    listener listening{on.home(), engine, std::move(options)};
    on.settle();

    asio::ip::tcp::socket client{on.world.context()};
    client.connect({asio::ip::make_address("127.0.0.1"), listening.port()});
    client.non_blocking(true);
    asio::write(client, asio::buffer(http_text("GET", "/nobody")));
    failures_left = 1'000;
    accept_fails_with = sample;
    CHECK(on.until([&] { return refused != 0; }));
    for (int turn = 0; turn < 1'000; ++turn)
        on.world.context().poll_one();
    CHECK(refused < 100);  // not again at once, and for ever
    accept_fails_with = 0;
    std::array<char, 256> answer;
    std::size_t size = 0;
    CHECK(on.until([&] {
        error_code ec;
        size = client.read_some(asio::buffer(answer), ec);
        return size != 0;
    }));
    CHECK((std::string_view{answer.data(), size}.starts_with("HTTP/1.1 404")));
}

BOOST_AUTO_TEST_CASE(the_first_signal_is_a_wish_and_the_second_one_the_end)
{
    for (const int signal : {SIGTERM, SIGINT}) {
        child program{signal};
        CHECK(program.word() == '0');
        program.kill(signal);
        CHECK(program.word() == '1');
        program.kill(signal);
        CHECK(program.ended_by() == signal);
    }
}

BOOST_AUTO_TEST_SUITE_END()
