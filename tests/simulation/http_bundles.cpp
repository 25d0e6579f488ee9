// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/decompress.hpp"
#include "support/raw_server.hpp"

#include <cosio/transports/client_bundles.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

// features.md HTTP-20: the builds of the JavaScript client, below the path of the server.

using namespace cosio;
using namespace cosio::test;

namespace {

namespace fs = std::filesystem;

const string script = "/* the client */" + string(3'000, ';');

/// A folder with some of the builds, and what is none of a page's business.
class folder
{
public:
    folder()
    {
        fs::create_directories(path);
        for (const string name :
             {"socket.io.js", "socket.io.js.map", "socket.io.esm.min.js", "server.js", "secret"})
            std::ofstream{path / name, std::ios::binary}
                << (name == "socket.io.js" ? script : name);
    }

    ~folder() { fs::remove_all(path); }

    const fs::path path = fs::temp_directory_path() / fmt::format("cosio_bundles_{}", ::getpid());
};

struct fixture
{
    folder files;
    raw_server server{
        {.cors = {.origins = {"https://page.example"}}},
        {.serve_client = client_bundles::load(files.path)}
    };
};

string loading_fails(const fs::path& directory)
{
    try {
        static_cast<void>(client_bundles::load(directory));
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_bundles)

BOOST_FIXTURE_TEST_CASE(a_bundle_comes_whole_http_20, fixture)
{
    raw_client client = server.client();
    const raw_answer answer = client.ask("GET", "/socket.io/socket.io.js?v=1");
    CHECK(answer.status == 200);
    CHECK(answer.body == script);
    CHECK(answer["content-type"] == "application/javascript; charset=utf-8");
    CHECK(answer["cache-control"] == "public, max-age=0");
    CHECK(answer["vary"] == "Accept-Encoding, Origin");
    CHECK(answer["content-encoding"] == "(none)");
    const string tag = answer["etag"];
    CHECK(tag.size() > 20);
    CHECK(tag.starts_with('"'));
    CHECK(tag.ends_with('"'));
    CHECK(
        client.ask("GET", "/socket.io/socket.io.js.map")["content-type"] ==
        "application/json; charset=utf-8"
    );
    CHECK(client.ask("GET", "/socket.io/socket.io.js.map")["etag"] != tag);
    CHECK(client.ask("GET", "/socket.io/socket.io.esm.min.js").status == 200);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_head_has_the_head_alone_http_20, fixture)
{
    raw_client client = server.client();
    client.send(http_text("HEAD", "/socket.io/socket.io.js"));
    const string answer = client.take();
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.find(fmt::format("Content-Length: {}\r\n", script.size())) != string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

BOOST_FIXTURE_TEST_CASE(who_has_it_gets_304_http_20, fixture)
{
    raw_client client = server.client();
    const string tag = client.ask("GET", "/socket.io/socket.io.js")["etag"];
    for (const string& known : {tag, "W/" + tag, "\"x\", " + tag, string{"*"}}) {
        const raw_answer answer =
            client.ask("GET", "/socket.io/socket.io.js", {}, "If-None-Match: " + known + "\r\n");
        CHECK(answer.status == 304, known);
        CHECK(answer["etag"] == tag);
        CHECK(answer["content-length"] == "(none)");
    }
    for (const string& other : {string{"\"x\""}, tag.substr(1), string{}})
        CHECK(
            client.ask("GET", "/socket.io/socket.io.js", {}, "If-None-Match: " + other + "\r\n")
                    .status == 200,
            other
        );
}

BOOST_FIXTURE_TEST_CASE(a_bundle_comes_compressed_http_20, fixture)
{
    for (const string coding : {"br", "gzip", "deflate"}) {
        const raw_answer answer =
            server.ask("GET", "/socket.io/socket.io.js", {}, "Accept-Encoding: " + coding + "\r\n");
        CHECK(answer["content-encoding"] == coding);
        CHECK(answer.body.size() < 200);
        CHECK(decompress(coding, answer.body) == script);
    }
}

BOOST_FIXTURE_TEST_CASE(cors_applies_to_bundles_http_20, fixture)
{
    const raw_answer answer =
        server.ask("GET", "/socket.io/socket.io.js", {}, "Origin: https://page.example\r\n");
    CHECK(answer["access-control-allow-origin"] == "https://page.example");
}

BOOST_FIXTURE_TEST_CASE(nothing_else_is_served_http_20, fixture)
{
    for (const string name :
         {"server.js",
          "secret",
          "../secret",
          "x/socket.io.js",
          "socket.io.js/",
          "socket.io.min.js",
          "socket.io%2ejs",
          "SOCKET.IO.JS",
          ""})
        CHECK(server.ask("GET", "/socket.io/" + name).status == 400, name);
    CHECK(server.ask("GET", "/socket.io.js").status == 404);
    CHECK(server.ask("POST", "/socket.io/socket.io.js", "x").status == 400);
    raw_server without;
    CHECK(without.ask("GET", "/socket.io/socket.io.js").status == 400);
}

BOOST_AUTO_TEST_CASE(a_folder_without_bundles_is_one_clear_line)
{
    const folder files;
    CHECK(loading_fails(files.path) == "");
    const fs::path empty = files.path / "empty";
    fs::create_directory(empty);
    CHECK(
        loading_fails(empty) ==
        "no socket.io.js in " + empty.string() +
            ": it should be the folder dist of the npm package socket.io-client"
    );
    CHECK(loading_fails("/nonexistent").starts_with("no socket.io.js in /nonexistent: "));
}

BOOST_AUTO_TEST_SUITE_END()
