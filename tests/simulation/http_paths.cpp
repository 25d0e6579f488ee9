// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <fmt/format.h>

// features.md HTTP-13, and what becomes of requests that are the application's.

using namespace cosio;
using namespace cosio::test;

namespace {

int status(raw_server& server, const string& path)
{
    return server.ask("GET", path + "?EIO=4&transport=polling").status;
}

/// An application that speaks a protocol of its own over an upgraded connection: it says hello, and what came.
struct other_protocol
{
    [[nodiscard]] std::function<upgrade_taker(const http_request&)> hook()
    {
        return [this](const http_request& request) -> upgrade_taker {
            asked.push_back(fmt::format("{} {}", request.headers["upgrade"], request.path()));
            if (request.path() == "/fault")
                throw std::runtime_error{"not today"};
            if (request.path() != "/chat")
                return {};
            return [this](std::unique_ptr<byte_stream> stream, std::string received) {
                const string hello = "hello " + received;
                const bytes_view all = as_bytes(hello);
                error_code ec;
                static_cast<void>(stream->try_write({&all, 1}, ec));
                taken.push_back(std::move(stream));
            };
        };
    }

    strings asked;
    std::vector<std::unique_ptr<byte_stream>> taken;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_paths)

BOOST_AUTO_TEST_CASE(a_path_may_be_given_without_its_last_slash_http_13)
{
    for (const string path : {"/chat", "/chat/"}) {
        raw_server server{{.path = path}};
        CHECK(server.engine.options().path == "/chat/");
        CHECK(status(server, "/chat/") == 200);
        CHECK(status(server, "/chat/foo") == 200);
        CHECK(status(server, "/chat") == 404);
        CHECK(status(server, "/chatx/") == 404);
        CHECK(status(server, "/") == 404);
        server.check_bystander();
    }
}

BOOST_AUTO_TEST_CASE(without_add_trailing_slash_the_bare_path_is_ours_too_http_13)
{
    raw_server server{{.add_trailing_slash = false}};
    CHECK(status(server, "/socket.io") == 200);
    CHECK(status(server, "/socket.io/") == 200);
    CHECK(status(server, "/socket.io/foo") == 200);
    CHECK(status(server, "/socket.iox") == 404);
    CHECK(status(server, "/socket.iox/") == 404);
    CHECK(status(server, "/socket") == 404);
    raw_websocket link{server.world, server.http, "/socket.io?EIO=4&transport=websocket"};
    CHECK(link.take().size() == 1);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(the_root_may_be_the_path_http_13)
{
    raw_server server{{.path = "/"}};
    CHECK(status(server, "/") == 200);
    CHECK(status(server, "/anything") == 200);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_foreign_upgrade_goes_to_the_application)
{
    other_protocol chat;
    raw_server server{{}, {.upgrade_handler = chat.hook()}};
    raw_client client = server.client();
    client.send(websocket_request("/chat") + "first words");
    CHECK(client.take() == "hello first words");
    CHECK(!client.ended());
    CHECK(server.http.connection_count() == 0);
    CHECK(chat.asked == strings{"websocket /chat"});
    chat.taken.clear();
    CHECK(client.ended());
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_foreign_upgrade_that_nobody_takes_is_ended_w11)
{
    other_protocol chat;
    raw_server server{
        {},
        {.handler =
             [](const http_request&) {
                 return http_response{.status = 200, .headers = {}, .body = "page"};
             },
         .upgrade_handler = chat.hook()}
    };
    raw_client client = server.client();
    client.send(websocket_request("/other"));
    CHECK(client.answer().status == 404);
    CHECK(client.ended());
    // An offer of another protocol may be declined: the request is answered.
    const raw_answer page =
        server.ask("GET", "/page", {}, "Upgrade: h2c\r\nConnection: Upgrade\r\n");
    CHECK(page.body == "page");
    CHECK(chat.asked == (strings{"websocket /other", "h2c /page"}));

    raw_client fault = server.client();
    fault.send(websocket_request("/fault"));
    CHECK(fault.answer().status == 500);
    CHECK(fault.ended());

    raw_server without;
    raw_client lost = without.client();
    lost.send(websocket_request("/other"));
    CHECK(lost.answer().status == 404);
    CHECK(lost.ended());
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(the_application_is_not_asked_about_our_own_upgrades)
{
    other_protocol chat;
    raw_server server{{}, {.upgrade_handler = chat.hook()}};
    raw_poller session{server};
    raw_websocket link = session.open_websocket();
    CHECK(chat.asked == strings{});
    server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
