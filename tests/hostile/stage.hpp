// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "runner.hpp"

#include <cosio/transports/listener.hpp>
#include <cosio/transports/simulation.hpp>

#include <map>
#include <memory>

// Where one input of a row happens: a server, the peer's connections, and a bystander.

namespace cosio::test::hostile {

/// How bytes get to the server.
enum class venue
{
    memory,
    bytewise,  ///< memory, one byte at a time in each direction
    tcp,
};

/// What the application did and saw; shared with handlers that may live longer than the server.
struct journal_of_application
{
    strings lines;             ///< not told() yet
    std::size_t connects = 0;  ///< sockets, by their end too
    std::size_t disconnects = 0;
    std::ptrdiff_t rooms = 0;
    std::shared_ptr<int> callbacks = std::make_shared<int>();  ///< each that is kept holds it
};

/// A server of any codec.
class played_server
{
public:
    virtual ~played_server() = default;
    [[nodiscard]] virtual engine_host& engine() = 0;
    [[nodiscard]] virtual std::size_t sessions() const = 0;
    [[nodiscard]] virtual std::size_t sockets() = 0;
    [[nodiscard]] virtual const limit_counters& limits_reached() const = 0;
};

/// One connection of the peer.
struct connection
{
    raw_client wire;
    int descriptor = -1;  ///< of TCP
    std::optional<frame_reader> frames = {};
    strings messages = {};  ///< that were not heard yet
};

class stage
{
public:
    stage(const row& of, venue where);
    ~stage();

    /// Lets things happen until `done()` holds: what can happen in memory, or, over TCP, within seconds that no
    /// healthy run needs.
    [[nodiscard]] bool until(const std::function<bool()>& done);

    /// The connection that steps speak of.
    [[nodiscard]] connection& current() { return connect(current_); }

    /// That of the name, opened if need be.
    [[nodiscard]] connection& connect(const string& name);

    /// The connection is let go of, and the next one of its name is a new one.
    void forget(const string& name) { connections_.erase(name); }

    void turn_to(string name) { current_ = std::move(name); }

    [[nodiscard]] const string& turned_to() const noexcept { return current_; }

    /// `$sid` replaced.
    [[nodiscard]] string filled_in(string text) const;

    /// Takes one whole answer of the current connection. Fails the test if there is none.
    [[nodiscard]] raw_answer take_answer();

    /// Takes what has come as frames into `messages`.
    void read_frames();

    void pass(duration span);

    /// The bystander still echoes, and has seen nothing else.
    void check_bystander();

    /// What `run` says of the end of an input.
    void check_traces();

    /// Sessions of the row.
    [[nodiscard]] std::size_t sessions() const { return server_->sessions() - bystanders_; }

    [[nodiscard]] string limits() const;

    [[nodiscard]] bool speaks_msgpack() const noexcept { return msgpack_; }

    simulation world;
    journal_of_application application;
    string sid;

private:
    void open_bystander();
    void serve_bystander();
    [[nodiscard]] connection open(bool whole);
    [[nodiscard]] std::unique_ptr<byte_stream> dial(int& descriptor);

    bool msgpack_;
    venue where_;
    strings log_;
    std::unique_ptr<played_server> server_;
    std::optional<http_server> http_;    // in memory
    std::optional<listener> listening_;  // over TCP
    std::map<string, connection> connections_;
    string current_ = "peer";
    std::optional<connection> bystander_;
    std::size_t bystanders_ = 0;
    std::size_t opened_ = 0;
    unsigned echoes_ = 0;
    std::size_t descriptors_ = 0;  // open ones, before the row's first connection
    std::ptrdiff_t rooms_ = 0;
};

}  // namespace cosio::test::hostile
