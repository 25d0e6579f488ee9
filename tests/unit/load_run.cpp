// SPDX-License-Identifier: BSL-1.0
// Whole runs against a server of ours on the loopback.
#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <bench_events.hpp>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <functional>
#include <load/driver.hpp>
#include <mutex>
#include <self_signed.hpp>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>

using namespace cosio;

namespace {

listener_options listening(const bench::identity* secure)
{
    listener_options options{.address = "127.0.0.1"};
    if (secure)
        options.tls = tls_context::make({.certificate_chain = secure->certificate,
                                         .private_key = secure->private_key})
                          .value();
    return options;
}

void answer_all(json_server& io)
{
    bench::answer_bench_events(io);
}

/// Answers bench events on a thread of its own, and writes down how many rooms its sockets ended with.
class server_thread
{
public:
    using answering = std::function<void(json_server&)>;

    explicit server_thread(
        const bench::identity* secure = nullptr, const answering& answer = answer_all
    )
        : io_{world_.shards()}, listener_{world_.shards(), io_, listening(secure)}
    {
        answer(io_);
        io_.on_connection([this](json_socket client) {
            client.on_disconnecting([this, client](close_reason) {
                note_end(client.rooms().size());
            });
        });
        thread_ = std::thread{[this] { world_.run(); }};
    }

    ~server_thread()
    {
        world_.stop();
        thread_.join();
    }

    [[nodiscard]] std::string url(std::string_view scheme = "http") const
    {
        return std::string{scheme} + "://127.0.0.1:" + std::to_string(listener_.port());
    }

    /// Numbers of rooms, the socket's own included, of the first so many sockets that ended.
    std::multiset<std::size_t> rooms_at_the_end_of(std::size_t sockets)
    {
        std::unique_lock lock{mutex_};
        ended_.wait(lock, [&] { return rooms_at_the_end_.size() >= sockets; });
        return rooms_at_the_end_;
    }

private:
    void note_end(std::size_t rooms)
    {
        const std::lock_guard lock{mutex_};
        rooms_at_the_end_.insert(rooms);
        ended_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable ended_;
    std::multiset<std::size_t> rooms_at_the_end_;
    runtime world_;
    json_server io_;
    listener listener_;
    std::thread thread_;
};

/// Runs what a command line says; longer and longer as long as nothing came back in time.
load::run_result run_load(const std::string& url, std::vector<std::string> words)
{
    words.insert(words.begin(), "cosio_load");
    words.insert(words.end(), {"--url", url, "--warmup", "0", "--no-progress", "--seconds"});
    for (int seconds = 0;; seconds = seconds * 4 + 1) {
        std::vector<const char*> arguments;
        const std::string length = seconds == 0 ? "0.05" : std::to_string(seconds);
        for (const std::string& word : words)
            arguments.push_back(word.c_str());
        arguments.push_back(length.c_str());
        const auto parsed =
            load::parse_options(static_cast<int>(arguments.size()), arguments.data());
        load::run_result found = load::run(std::get<load::options>(parsed));
        if (found.failure.find("nothing came back") == std::string::npos || seconds > 20)
            return found;
    }
}

std::string failure_of(const std::string& url, std::vector<std::string> words)
{
    return run_load(url, std::move(words)).failure;
}

bool has(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

/// A file that lives as long as this.
class temporary_file
{
public:
    explicit temporary_file(std::string_view text)
    {
        const int fd = ::mkstemp(path_.data());
        BOOST_REQUIRE(fd >= 0);
        ::close(fd);
        std::ofstream{path_} << text;
    }

    ~temporary_file() { std::remove(path_.c_str()); }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_ = "/tmp/cosio_load_XXXXXX";
};

const std::vector<std::vector<std::string>> every_mode{
    {"echo", "--clients", "3", "--depth", "2", "--memberships", "2"},
    {"echo", "--clients", "3", "--payload", "100000"},
    {"echo", "--clients", "3", "--rate", "1000"},
    {"ack", "--clients", "3", "--depth", "2", "--memberships", "2"},
    {"ack", "--clients", "3", "--rate", "1000"},
    {"broadcast", "--clients", "5", "--depth", "2"},
    {"broadcast", "--clients", "5", "--rooms", "2", "--memberships", "3"},
    {"broadcast", "--clients", "5", "--rooms", "2", "--rate", "500"},
    {"polling", "--clients", "3", "--depth", "2"},
    {"connect", "--depth", "3"},
    {"membership", "--clients", "3", "--depth", "2", "--memberships", "4"},
    {"membership", "--depth", "3", "--memberships", "4", "--disconnect"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(load_run)

BOOST_AUTO_TEST_CASE(every_mode_measures_something)
{
    server_thread server;
    for (const std::vector<std::string>& words : every_mode) {
        const load::run_result found = run_load(server.url(), words);
        BOOST_TEST(found.failure == "", words.front());
        BOOST_REQUIRE(found.done);
        BOOST_TEST(found.done->count.messages > 0U, words.front());
    }
}

BOOST_AUTO_TEST_CASE(every_mode_measures_something_over_tls)
{
    const bench::identity identity = bench::make_identity();
    server_thread server{&identity};
    for (const std::vector<std::string>& words : every_mode) {
        const load::run_result found = run_load(server.url("https"), words);
        BOOST_TEST(found.failure == "", words.front());
        BOOST_REQUIRE(found.done);
        BOOST_TEST(found.done->count.messages > 0U, words.front());
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_is_verified_if_asked)
{
    const bench::identity identity = bench::make_identity();
    const temporary_file own{identity.certificate};
    const temporary_file foreign{bench::make_identity().certificate};
    const temporary_file no_certificate{"nothing"};
    server_thread server{&identity};
    const std::string url = server.url("https");
    BOOST_TEST(failure_of(url, {"echo", "--ca", own.path()}) == "");
    const std::string refusal = failure_of(url, {"echo", "--ca", foreign.path()});
    BOOST_TEST(has(refusal, "the server's certificate: "), refusal);
    BOOST_TEST(
        failure_of(url, {"echo", "--ca", no_certificate.path()}) ==
        "--ca: there is no certificate in the file"
    );
}

BOOST_AUTO_TEST_CASE(a_server_that_speaks_no_tls_is_told_apart)
{
    server_thread server;
    const std::string failure = failure_of(server.url("https"), {"echo"});
    BOOST_TEST(failure.starts_with("TLS: "), failure);
}

BOOST_AUTO_TEST_CASE(all_rooms_are_joined_before_the_work_begins)
{
    constexpr std::size_t clients = 3;
    server_thread server;
    const std::vector<std::string> common{"--clients", "3", "--memberships", "70"};
    std::vector<std::string> idle{"idle"};
    idle.insert(idle.end(), common.begin(), common.end());
    BOOST_TEST(failure_of(server.url(), idle) == "");
    BOOST_TEST((server.rooms_at_the_end_of(clients) == std::multiset<std::size_t>{71, 71, 71}));
}

BOOST_AUTO_TEST_CASE(a_membership_is_joined_and_left_again)
{
    std::set<std::size_t> rooms_at_leave;
    const auto answer = [&](json_server& io) {
        io.on("join", [](json_socket client, std::string room, ack<> reply) {
            client.join(room);
            reply();
        });
        io.on("leave", [&](json_socket client, std::string room, ack<> reply) {
            rooms_at_leave.insert(client.rooms().size());
            client.leave(room);
            reply();
        });
    };
    server_thread server{nullptr, answer};
    BOOST_TEST(
        failure_of(
            server.url(), {"membership", "--clients", "2", "--depth", "2", "--memberships", "3"}
        ) == ""
    );
    static_cast<void>(server.rooms_at_the_end_of(2));
    // Its own, three that stay, and the one that it is about to leave.
    BOOST_TEST((rooms_at_leave == std::set<std::size_t>{5}));
}

BOOST_AUTO_TEST_CASE(a_client_that_disconnects_has_joined_all_its_rooms)
{
    server_thread server;
    const load::run_result found = run_load(
        server.url(), {"membership", "--disconnect", "--memberships", "50", "--depth", "1"}
    );
    BOOST_REQUIRE(found.done);
    const std::multiset<std::size_t> rooms = server.rooms_at_the_end_of(found.done->count.messages);
    BOOST_TEST(rooms.count(51) >= found.done->count.messages);
}

BOOST_AUTO_TEST_CASE(a_server_that_stalls_is_charged_for_all_that_was_due)
{
    std::set<std::string> answered;
    const auto answer_once = [&](json_server& io) {
        io.on("echo", [&](json_socket client, arguments all) {
            if (answered.emplace(client.id()).second)
                client.emit("echo", all);
        });
    };
    server_thread server{nullptr, answer_once};
    const load::run_result found =
        run_load(server.url(), {"echo", "--clients", "1", "--rate", "2000", "--depth", "2"});
    BOOST_REQUIRE(found.done);
    const load::counters& count = found.done->count;
    BOOST_TEST(count.messages == 1U);
    BOOST_TEST(count.rate.held_back > 0U);
    BOOST_TEST(count.rate.unsent > 0U);
    BOOST_TEST(count.latency.count() == count.messages + 2 + count.rate.unsent);
}

BOOST_AUTO_TEST_SUITE_END()
