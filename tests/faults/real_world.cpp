// SPDX-License-Identifier: BSL-1.0
#include "real_world.hpp"

#include "self_signed.hpp"

#include <cosio/transports/network_connector.hpp>

#include <dirent.h>

namespace cosio::test {

real_world::real_world(server_options options, listener_options where, string certificate)
    : certificate_{std::move(certificate)}
{
    home_.emplace(world.context(), time, random);
    parked.emplace(home());
    guarded.emplace(home());
    io.emplace(home(), std::move(options));
    serve();
    where.address = "127.0.0.1";
    listening.emplace(home(), *io, std::move(where));
    begin_steady();
}

real_world::~real_world()
{
    parked->open();
    guarded->open();
    steady.reset();
    world.context().restart();
    world.context().poll();
}

void real_world::serve()
{
    io->of("/steady").on("echo", [](json_socket socket, unsigned number) {
        socket.emit("echo", number);
    });
    io->on_connection([this](json_socket socket) {
        log.push_back("connect");
        socket.on_disconnect([this](close_reason why) {
            log.push_back(fmt::format("disconnect: {}", to_string(why)));
        });
    });
    io->on("note", [this] { log.push_back("note"); });
    io->on("echo", [](json_socket socket, arguments all) { socket.emit("echo", all); });
    io->on("park", [this]() -> task<> { return parked->wait(); });
    const auto ask = [this](json_socket socket) -> task<> {
        auto asking = socket.emit_with_ack<int>(30s, "question");
        const result<int> answer = co_await std::move(asking);
        log.push_back(answer ? "answer" : "no answer: " + answer.error().message());
    };
    io->on("ask", unordered(ask));
    io->on("bin", [this](std::vector<binary> parts) {
        string line = "bin";
        for (const binary& one : parts)
            line += fmt::format(" {}", one.size());
        log.push_back(line);
    });
    auto closed = io->of("/guarded");
    closed.use([this](json_socket) -> task<verdict> {
        auto waiting = guarded->wait();
        co_await std::move(waiting);
        co_return accept();
    });
    closed.on_connection([this](json_socket) { log.push_back("let in"); });
}

void real_world::begin_steady()
{
    client_options options;
    options.transports = {engine::transport_kind::websocket};
    options.reconnection = false;
    network_options network;
    network.tls.ca = certificate_;
    steady.emplace(home(), make_network_connector(home(), url(), options, network), options);
    steady_socket_ = steady->socket("/steady");
    steady_socket_->on_connect([this] { steady_socket_->emit("echo", next_); });
    steady_socket_->on("echo", [this](unsigned number) {
        CHECK(number == next_);
        most_turns_ = std::max(most_turns_, std::exchange(turns_, 0));
        steady_socket_->emit("echo", ++next_);
    });
    steady_socket_->on_disconnect([](close_reason why) {
        CHECK(to_string(why) == "io client disconnect");
    });
    rounds();
    descriptors_ = open_descriptors();
}

bool real_world::until(const std::function<bool()>& done)
{
    // No healthy run ever meets it.
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
        if (std::chrono::steady_clock::now() > give_up)
            return false;
        world.context().restart();
        // What the test itself reads wakes nobody.
        turns_ += world.context().run_one_for(1ms);
    }
    return true;
}

void real_world::rounds(unsigned count)
{
    const unsigned wanted = next_ + count;
    REQUIRE(until([&] { return next_ >= wanted; }));
}

void real_world::pass(duration span)
{
    rounds(settling);  // what was sent before comes before
    const time_point end = time.now() + span;
    while (time.now() < end) {
        time.go_to(std::min(end, time.timers().next_deadline().value_or(end)));
        // A ping that was sent is answered before more time passes.
        rounds(settling);
    }
}

void real_world::check_at_rest()
{
    BOOST_TEST_MESSAGE("at most " << most_turns_ << " turns between two answers");
    parked->open();
    guarded->open();
    CHECK(until([&] { return sessions() == 0; }));
    CHECK(
        until([&] { return open_descriptors() == descriptors_; }),
        open_descriptors() << " descriptors, and had " << descriptors_
    );
    CHECK(parked->waiting() == 0);
    CHECK(guarded->waiting() == 0);
    rounds();
}

real_world world_with_tls(server_options options)
{
    const bench::identity own = bench::make_identity();
    tls_options tls;
    tls.certificate_chain = own.certificate;
    tls.private_key = own.private_key;
    listener_options where;
    where.tls = tls_context::make(tls).value();
    return real_world{std::move(options), std::move(where), own.certificate};
}

std::size_t open_descriptors()
{
    DIR* const folder = ::opendir("/proc/self/fd");
    REQUIRE(folder);
    std::size_t count = 0;
    while (::readdir(folder))
        ++count;
    ::closedir(folder);
    return count - 3;  // two names of folders, and this one
}

}  // namespace cosio::test
