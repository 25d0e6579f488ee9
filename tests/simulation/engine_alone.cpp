// SPDX-License-Identifier: BSL-1.0
// Engine.IO without Socket.IO, as an application uses it.
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/engine_server.hpp>

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view polling = "/engine.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/engine.io/?EIO=4&transport=websocket";

struct fixture
{
    explicit fixture(engine_options options = engine_server::default_options())
        : server{world.home(), std::move(options)}, http{world.home(), {&server.engine()}, {}}
    {
        server.on_connection([this](engine_socket socket, const http_request& request) {
            log.push_back(fmt::format("open {} {}", socket.transport_name(), request.path()));
            last.emplace(socket);
            socket.send("welcome");
            socket.on_text([this](std::string_view text) { log.push_back("text " + string{text}); })
                .on_binary([this](const binary& bytes) {
                    log.push_back("binary " + string{as_text(bytes.bytes())});
                })
                .on_upgrade([this] { log.emplace_back("upgrade"); })
                .on_close([this](close_reason why) {
                    log.push_back(fmt::format("close {}", to_string(why)));
                });
        });
    }

    strings take() { return std::exchange(log, {}); }

    simulation world;
    strings log;
    std::optional<engine_socket> last;
    engine_server server;
    http_server http;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_alone)

BOOST_FIXTURE_TEST_CASE(text_and_bytes_go_both_ways, fixture)
{
    raw_websocket client{world, http, websocket};
    CHECK(take() == strings{"open websocket /engine.io/"});
    const strings first = client.take();
    REQUIRE(first.size() == 2U);
    CHECK(first.back() == "4welcome");
    CHECK(last->id() == sid_of(first.front()));
    CHECK(&last->home() == &world.home());
    client.text("4hello");
    client.binary("\x01\x02");
    CHECK((take() == strings{"text hello", "binary \x01\x02"}));
    CHECK(last->send("\xC3\xA9") == send_status::sent);
    CHECK(last->send(binary{"\x03"}) == send_status::sent);
    CHECK((client.take() == strings{"4\xC3\xA9", "binary \x03"}));
    CHECK(server.connection_count() == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_is_sent_at_once_comes_with_the_handshake, fixture)
{
    raw_client client{world, http};
    const strings packets = records(client.ask("GET", polling).body);
    REQUIRE(packets.size() == 2U);
    CHECK(packets.back() == "4welcome");
}

BOOST_FIXTURE_TEST_CASE(a_handle_outlives_its_connection, fixture)
{
    raw_websocket client{world, http, websocket};
    CHECK(last->is_open());
    static_cast<void>(client.take());
    last->send("last words");
    last->close();
    CHECK((client.take() == strings{"4last words", "close 1005"}));
    CHECK(take().back() == "close forced close");
    CHECK(!last->is_open());
    CHECK(last->id() == "");
    CHECK(last->transport_name() == "");
    CHECK(last->send("x") == send_status::closed);
    CHECK(last->send(binary{"x"}) == send_status::closed);
    last->close();
    client.goodbye();
    CHECK(server.connection_count() == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_upgrade_is_told, fixture)
{
    raw_client client{world, http};
    const string sid = sid_of(records(client.ask("GET", polling).body).front());
    raw_websocket candidate{world, http, fmt::format("{}&sid={}", websocket, sid)};
    candidate.text("2probe");
    candidate.text("5");
    CHECK((take() == strings{"open polling /engine.io/", "upgrade"}));
    CHECK(last->transport_name() == "websocket");
}

BOOST_FIXTURE_TEST_CASE(handlers_may_be_replaced_while_they_run, fixture)
{
    raw_websocket client{world, http, websocket};
    last->on_text([this](std::string_view text) {
        last->on_text([this](std::string_view other) { log.push_back("second " + string{other}); });
        log.push_back("first " + string{text});
    });
    static_cast<void>(take());
    client.text("4a");
    client.text("4b");
    CHECK((take() == strings{"first a", "second b"}));
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_ends_its_connection_only)
{
    strings told;
    engine_options options = engine_server::default_options();
    options.log = {.level = log_level::error, .write = [&](log_level, std::string_view line) {
                       told.emplace_back(line);
                   }};
    fixture on{options};
    raw_websocket other{on.world, on.http, websocket};
    raw_websocket client{on.world, on.http, websocket};
    on.last->on_text([](std::string_view) { throw std::runtime_error{"no"}; });
    client.text("4x");
    client.goodbye();
    CHECK(on.server.connection_count() == 1U);
    CHECK(told == strings{"a session's handler threw: no"});
    on.server.on_connection([](engine_socket, const http_request&) {
        throw std::runtime_error{"not you"};
    });
    raw_websocket third{on.world, on.http, websocket};
    CHECK(third.take().back() == "close 1005");
    third.goodbye();
    CHECK(on.server.connection_count() == 1U);
    CHECK(told.back() == "a session's handler threw: not you");
    other.text("4y");
    CHECK(on.take().back() == "text y");
}

BOOST_FIXTURE_TEST_CASE(the_server_closes, fixture)
{
    raw_websocket client{world, http, websocket};
    static_cast<void>(client.take());
    server.close();
    CHECK(client.take() == strings{"close 1005"});
    CHECK(take().back() == "close server shutting down");
    raw_client late{world, http};
    CHECK(late.ask("GET", polling).status == 503);
}

BOOST_FIXTURE_TEST_CASE(a_middleware_may_come_later, fixture)
{
    raw_client client{world, http};
    CHECK(client.ask("GET", polling).status == 200);
    server.use_http([](const http_request&, header_fields&) -> std::optional<http_response> {
        return http_response{.status = 418};
    });
    CHECK(client.ask("GET", polling).status == 418);
}

BOOST_AUTO_TEST_CASE(a_server_without_handlers_takes_what_comes)
{
    simulation world;
    engine_server server{world.home(), {.path = "/raw"}};
    http_server http{world.home(), {&server.engine()}, {}};
    raw_websocket client{world, http, "/raw/?EIO=4&transport=websocket"};
    client.text("4x");
    client.binary("y");
    CHECK(client.take().size() == 1U);
    CHECK(server.connection_count() == 1U);
    BOOST_CHECK_THROW(engine_server(world.home(), {.path = "raw"}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(A32_a_connection_handler_destroys_its_server)
{
    simulation world;
    std::optional<engine_server> server{std::in_place, world.home()};
    std::optional<http_server> http{
        std::in_place, world.home(), std::vector<engine_host*>{&server->engine()}, http_options{}
    };
    string told;
    server->on_connection([&, kept = string(50, 'k')](engine_socket socket, const http_request&) {
        http.reset();
        server.reset();
        told = fmt::format("{} {}", kept.size(), socket.is_open());
    });
    raw_client client{world, *http};
    client.send(http_text("GET", polling));
    CHECK(told == "50 false");
    world.run_for(10s);
    static_cast<void>(client.take());
    CHECK(client.ended());
}

BOOST_AUTO_TEST_SUITE_END()
