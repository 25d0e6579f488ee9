// SPDX-License-Identifier: BSL-1.0
// R17, Z16, Z17: descriptors that run out in accept() and connect(), and connections that fail while they are accepted.

#include "system_calls.hpp"
#include "wire_client.hpp"

#include <cosio/transports/network_connector.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cosio;
using namespace cosio::test;

namespace {

/// Sockets that were there before descriptors ran out, and connect afterwards.
class reserved_sockets
{
public:
    explicit reserved_sockets(std::size_t count)
    {
        while (all_.size() < count)
            all_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }

    reserved_sockets(const reserved_sockets&) = delete;
    reserved_sockets& operator=(const reserved_sockets&) = delete;

    ~reserved_sockets()
    {
        for (const int one : all_)
            ::close(one);
    }

    void connect(std::uint16_t port) const
    {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(port);
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const std::string_view request = "GET /nobody HTTP/1.1\r\nHost: x\r\n\r\n";
        for (const int one : all_) {
            REQUIRE(::connect(one, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
            REQUIRE(::send(one, request.data(), request.size(), 0) == ssize_t(request.size()));
        }
    }

    /// How many have an answer.
    [[nodiscard]] std::size_t answered() const
    {
        std::size_t count = 0;
        char first = 0;
        for (const int one : all_)
            count += ::recv(one, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 ? 1U : 0U;
        return count;
    }

private:
    std::vector<int> all_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(no_descriptors)

BOOST_AUTO_TEST_CASE(r17_accept_is_tried_every_100_ms_and_goes_on_by_itself)
{
    unsigned complaints = 0;
    listener_options where;
    where.http.log = {log_level::warning, [&](log_level, std::string_view line) {
                          CHECK(line == "accept: Too many open files");
                          ++complaints;
                      }};
    real_world on{{}, std::move(where)};
    auto session = std::make_unique<wire_websocket>(wire_websocket::joined(on));
    {
        const reserved_sockets waiting{8};
        {
            const no_more_descriptors none;
            const int before = calls().accepts;
            waiting.connect(on.port());
            REQUIRE(on.until([&] { return complaints == 1; }));
            on.rounds(100);
            CHECK(calls().accepts == before + 1);  // no spinning
            for (int i = 0; i < 20; ++i)
                on.pass(100ms);
            CHECK(calls().accepts == before + 21);
            CHECK(complaints == 21);
            CHECK(waiting.answered() == 0);

            session->say(R"(42["echo",1])");
            CHECK(session->wire.hears(R"(42["echo",1])"));
            CHECK(on.sessions() == 1);
        }
        on.pass(100ms);
        CHECK(on.until([&] { return waiting.answered() == 8; }));
        CHECK(complaints == 21);
    }
    session.reset();
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z17_a_connection_that_has_failed_already_is_none)
{
    unsigned complaints = 0;
    listener_options where;
    where.http.log = {log_level::warning, [&](log_level, std::string_view) { ++complaints; }};
    real_world on{{}, std::move(where)};
    const int before = calls().accepts;
    calls().accept_fails_with = ECONNABORTED;
    {
        wire_client client{on};
        client.send(http_text("GET", "/nobody"));
        CHECK(client.answer().status == 404);
    }
    CHECK(calls().accept_fails_with == 0);
    CHECK(calls().accepts == before + 3);  // the one that failed, this one, and none
    CHECK(complaints == 0);
    on.check_at_rest();
}

BOOST_AUTO_TEST_CASE(z16_a_client_of_ours_tells_why_and_comes_back_by_itself)
{
    real_world on;
    client_options options;
    options.transports = {engine::transport_kind::websocket};
    options.randomization_factor = 0;
    strings told;
    std::optional<json_manager> client;
    unsigned connected = 0;
    {
        const no_more_descriptors none;
        client.emplace(on.home(), make_network_connector(on.home(), on.url(), options), options);
        client->socket().on_connect([&] { ++connected; });
        client->on_error([&](error_code, std::string_view why) { told.emplace_back(why); });
        REQUIRE(on.until([&] { return told.size() == 1; }));
        on.rounds(100);
        CHECK(told.size() == 1);  // not again at once
        on.pass(1s);
        CHECK(told.size() == 2);
        on.pass(2s);
        CHECK(told.size() == 3);
        const string why = fmt::format("127.0.0.1:{}: Too many open files", on.port());
        for (const string& line : told)
            CHECK(line == why);
    }
    on.pass(4s);
    CHECK(on.until([&] { return connected == 1; }));
    CHECK(told.size() == 3);
    client.reset();
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
