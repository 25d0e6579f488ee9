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
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cosio;
using namespace cosio::test;
using asio::local::stream_protocol;

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

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";

/// A path for a socket, and what may be there.
struct unix_place
{
    unix_place() : path{fmt::format("/tmp/cosio_listener_{}.sock", ::getpid())}
    {
        ::unlink(path.c_str());
    }

    // NOLINTNEXTLINE(google-explicit-constructor)
    unix_place(std::string at, unsigned mode = 0640) : path{std::move(at)}, permissions{mode} {}

    unix_place(const unix_place&) = delete;
    unix_place& operator=(const unix_place&) = delete;

    ~unix_place() { ::unlink(path.c_str()); }

    [[nodiscard]] bool exists() const
    {
        struct stat found;
        return ::lstat(path.c_str(), &found) == 0;
    }

    std::string path;
    unsigned permissions = 0640;
};

/// An Engine.IO server that listens there.
struct local_server
{
    explicit local_server(const unix_place& place) : at{place.path}
    {
        listener_options options;
        options.unix_path = place.path;
        options.unix_permissions = place.permissions;
        listening.emplace(on.home(), engine, std::move(options));
    }

    /// What a request over a connection of its own gets.
    std::string ask(std::string_view target)
    {
        stream_protocol::socket client{on.world.context()};
        client.connect(stream_protocol::endpoint{at});
        return ask_over(client, http_text("GET", target));
    }

    template <class Socket>
    std::string ask_over(Socket& client, const std::string& request)
    {
        client.non_blocking(true);
        asio::write(client, asio::buffer(request));
        std::array<char, 1024> block;
        std::size_t size = 0;
        CHECK(on.until([&] {
            error_code ec;
            size = client.read_some(asio::buffer(block), ec);
            return size != 0;
        }));
        return {block.data(), size};
    }

    struct silent final : engine::peer_handler
    {
        void on_message(frame_kind, bytes_view) override {}

        void on_close(close_reason) override {}
    };

    network_arena on;
    std::string at;
    engine::server engine{on.home(), {}, [](engine::peer&, const http_request&) {
                              return std::make_unique<silent>();
                          }};
    std::optional<listener> listening;
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

BOOST_AUTO_TEST_CASE(a_unix_socket_is_listened_at_and_its_file_goes_at_the_end)
{
    const unix_place place;
    {
        local_server server{place};
        struct stat found;
        REQUIRE(::lstat(place.path.c_str(), &found) == 0);
        CHECK((found.st_mode & 0777U) == 0640U);
        CHECK(S_ISSOCK(found.st_mode));
        CHECK(server.listening->port() == 0U);
        CHECK(server.ask("/nobody").starts_with("HTTP/1.1 404"));
        CHECK(server.ask(handshake).starts_with("HTTP/1.1 200"));
        server.listening->close();
        CHECK(!place.exists());
    }
    {
        const local_server server{place};
        CHECK(place.exists());
    }
    CHECK(!place.exists());
}

BOOST_AUTO_TEST_CASE(a_socket_file_that_nobody_listens_at_is_replaced)
{
    const unix_place place;
    {
        asio::io_context context;
        // Closing it leaves the file, as a process does that is killed.
        const stream_protocol::acceptor dead{context, stream_protocol::endpoint{place.path}};
    }
    REQUIRE(place.exists());
    local_server server{place};
    CHECK(server.ask(handshake).starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_listened_at_is_one_clear_line)
{
    const unix_place place;
    const auto complaint = [](const unix_place& at) -> std::string {
        try {
            const local_server server{at};
            return "none";
        } catch (const std::exception& error) {
            return error.what();
        }
    };
    const std::string in_use = "cannot listen on " + place.path + ": Address already in use";
    {
        local_server first{place};
        CHECK(complaint(place) == in_use);
        CHECK(first.ask(handshake).starts_with("HTTP/1.1 200"));  // and its file is still there
    }
    std::ofstream{place.path} << "text";
    CHECK(
        complaint(place) ==
        "cannot listen on " + place.path + ", which is no socket: Address already in use"
    );
    CHECK(place.exists());
    const unix_place nowhere{place.path + "/x/y"};
    CHECK(complaint(nowhere) == "cannot listen on " + nowhere.path + ": Not a directory");
    const unix_place longest{"/tmp/" + std::string(103, 'x')};
    CHECK(
        complaint(longest) ==
        "option unix_path: \"" + longest.path + "\" is no path of at most 107 bytes"
    );
    CHECK(complaint({place.path, 01000}) == "option unix_permissions: must be from 0 to 0777");
}

BOOST_AUTO_TEST_CASE(a_file_that_has_taken_the_place_of_ours_is_left_alone)
{
    const unix_place place;
    {
        const local_server server{place};
        ::unlink(place.path.c_str());
        std::ofstream{place.path} << "text";
    }
    CHECK(place.exists());
}

BOOST_AUTO_TEST_CASE(one_server_has_several_listeners)
{
    const unix_place place;
    local_server server{place};
    listener tcp{server.on.home(), server.engine, {.address = "127.0.0.1"}};
    listener other{server.on.home(), server.engine, {.address = "127.0.0.1"}};
    CHECK(tcp.port() != other.port());
    const std::string open = server.ask(handshake);
    const std::size_t sid = open.find("\"sid\":\"") + 7;
    const std::string target =
        std::string{handshake} + "&sid=" + open.substr(sid, open.find('"', sid) - sid);
    for (const listener* const one : {&tcp, &other}) {
        asio::ip::tcp::socket client{server.on.world.context()};
        client.connect({asio::ip::make_address("127.0.0.1"), one->port()});
        CHECK(server.ask_over(client, http_text("POST", target, "4x")).ends_with("ok"));
    }
    tcp.close();
    CHECK(server.ask(target).starts_with("HTTP/1.1 200"));
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
