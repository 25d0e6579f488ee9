// SPDX-License-Identifier: BSL-1.0
// Z14 at real sockets: each allocation of one end fails once, of the one that listens or the one that dials. The other end
// has what it needs.
#include "real_world.hpp"
#include "self_signed.hpp"
#include "support/poor_memory.hpp"

#include <cosio/transports/network_connector.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

const bench::identity& own_identity()
{
    static const bench::identity made = bench::make_identity();
    return made;
}

/// A shard under a clock of the test's.
class one_end
{
public:
    one_end() { home_.emplace(context_, time_, random_); }

    one_end(const one_end&) = delete;
    one_end& operator=(const one_end&) = delete;

    [[nodiscard]] shard& home() { return *home_; }

    /// What is ready, and then some time passes.
    void turn()
    {
        home_->post([this] { time_.go_to(time_.now() + 10ms); });
        context_.restart();
        context_.poll();
    }

private:
    manual_time time_;
    seeded_random random_;
    std::optional<shard> home_;  // outlives the context, whose coroutines use it to the end
    asio::io_context context_;
};

/// A server and a client, who meet at a port of the loopback device.
class port_case
{
public:
    explicit port_case(bool secure) : secure_{secure}
    {
        options_.ack_timeout = 5s;
        options_.on_handler_error = [](const handler_error&) {};
        io_.emplace(server.home());
        io_->on("echo", [](int n, ack<int> reply) { reply(n); });
        listener_options where;
        where.address = "127.0.0.1";
        if (secure) {
            tls_options tls;
            tls.certificate_chain = own_identity().certificate;
            tls.private_key = own_identity().private_key;
            where.tls = tls_context::make(tls).value();
        }
        listening_.emplace(server.home(), *io_, std::move(where));
        early_ = dialing();
        turns(3);
    }

    ~port_case()
    {
        early_.reset();
        late_.reset();
        listening_->close();
        turns(10);
    }

    port_case(const port_case&) = delete;
    port_case& operator=(const port_case&) = delete;

    /// They find each other, or one of them has too little memory for that.
    void meet()
    {
        call([&] { early_->open(); });
        static_cast<void>(until([&] { return early_->socket().connected(); }, 200));
        call([&] { early_->socket().emit("echo", 1, [](result<int>) {}); });
        turns(20);
    }

    /// Empty, or what does not hold after that. `at_rest`: descriptors that both ends keep as long as they live.
    [[nodiscard]] string what_is_wrong(std::size_t at_rest)
    {
        if (!is_served(*early_))
            return "it is not served";
        late_ = dialing();
        if (!is_served(*late_))
            return "who comes now is not served";
        part();
        if (!until([&] { return io_->clients_count() == 0; }))
            return fmt::format("{} sessions are left", io_->clients_count());
        if (!until([&] { return open_descriptors() <= at_rest; }))
            return fmt::format("{} descriptors, not {}", open_descriptors(), at_rest);
        return "";
    }

    void part()
    {
        call([&] { early_->close(); });
        if (late_)
            call([&] { late_->close(); });
    }

    void turns(int count)
    {
        for (; count != 0; --count) {
            server.turn();
            client.turn();
        }
    }

    one_end server;
    one_end client;

private:
    [[nodiscard]] std::unique_ptr<json_manager> dialing()
    {
        network_options network;
        network.tls.ca = secure_ ? own_identity().certificate : "";
        const string url =
            fmt::format("{}://127.0.0.1:{}", secure_ ? "https" : "http", listening_->port());
        client_options options = options_;
        options.auto_connect = false;
        auto links = make_network_connector(client.home(), url, options, std::move(network));
        return std::make_unique<json_manager>(client.home(), std::move(links), options);
    }

    /// Who has given up was told so, and is opened again.
    [[nodiscard]] bool is_served(json_manager& who)
    {
        int heard = 0;
        const json_client_socket socket = who.socket();
        call([&] {
            who.open();
            socket.connect();
            socket.emit("echo", 21, [&](result<int> answer) { heard = answer ? *answer : -1; });
        });
        return until([&] { return heard != 0; }) && heard == 21;
    }

    /// Of the API, in a handler; what throws has been told, and asks again.
    template <class Call>
    void call(Call what)
    {
        client.home().post([&] {
            try {
                what();
            } catch (const std::bad_alloc&) {
                what();
            }
        });
        turns(1);
    }

    [[nodiscard]] bool until(const std::function<bool()>& done, int most = 10'000)
    {
        while (!done() && most-- != 0)
            turns(1);
        return done();
    }

    bool secure_;
    client_options options_;
    std::optional<json_server> io_;
    std::optional<listener> listening_;
    std::unique_ptr<json_manager> early_;
    std::unique_ptr<json_manager> late_;
};

enum class poor : std::uint8_t
{
    server,
    client,
};

string fail_at_a_port(poor who, bool secure)
{
    std::size_t at_rest = 0;
    {
        port_case healthy{secure};
        healthy.meet();
        healthy.part();
        healthy.turns(6'000);  // longer than anything is kept for later
        at_rest = open_descriptors();
    }
    return harm_of_allocations(20, [&](allocation_failure& at) -> string {
        port_case on{secure};
        shard& theirs = who == poor::server ? on.server.home() : on.client.home();
        const emptied_cache nothing_is_kept;
        at.arm([&] { return theirs.is_current(); });
        try {
            on.meet();
        } catch (const std::bad_alloc&) {
            return "it ended the thread";
        }
        at.disarm();
        return on.what_is_wrong(at_rest);
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(no_memory)

BOOST_AUTO_TEST_CASE(Z14_of_a_server_that_accepts)
{
    CHECK(fail_at_a_port(poor::server, false) == "");
}

BOOST_AUTO_TEST_CASE(Z14_of_a_server_that_accepts_over_TLS)
{
    CHECK(fail_at_a_port(poor::server, true) == "");
}

BOOST_AUTO_TEST_CASE(Z14_of_a_client_that_dials)
{
    CHECK(fail_at_a_port(poor::client, false) == "");
}

BOOST_AUTO_TEST_CASE(Z14_of_a_client_that_dials_over_TLS)
{
    CHECK(fail_at_a_port(poor::client, true) == "");
}

BOOST_AUTO_TEST_SUITE_END()
