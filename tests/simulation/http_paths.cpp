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

BOOST_AUTO_TEST_SUITE_END()
