// SPDX-License-Identifier: BSL-1.0
// A chat with rooms, presence, typing, files and a page: one process serves all of it.
// Try it: run it and open http://localhost:3000 in two windows. Its events stand in PROTOCOL.md.
#include "chat.hpp"
#include "static_files.hpp"

#include <cosio/transports/client_bundles.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <CLI/CLI.hpp>
#include <iostream>

namespace {

struct settings
{
    std::uint16_t port = 3000;
    std::string web = CHAT_WEB_DIR;
    std::string client = CHAT_CLIENT_DIR;
};

void serve(const settings& with)
{
    cosio::runtime runtime;
    cosio::server_options options;
    options.engine.max_sessions = 10'000;
    cosio::json_server io{runtime.home(), options};
    const chat::chat service{io};

    cosio::listener_options where{.port = with.port};
    chat::static_files page;
    page.add_directory("/", with.web);
    where.http.handler = std::move(page);
    where.http.serve_client = cosio::client_bundles::load(with.client);
    cosio::listener listener{runtime.home(), io, std::move(where)};
    runtime.on_signal([&] {
        listener.close();
        io.close();  // while the chat is there: its handlers run once more for everybody
        runtime.stop();
    });
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"A chat on cosio"};
    settings with;
    app.add_option("--port", with.port, "TCP port; 0 lets the system choose")->envname("PORT");
    app.add_option("--web", with.web, "folder of the page");
    app.add_option("--client-dir", with.client, "folder of the JavaScript client");
    try {
        app.parse(argc, argv);
        serve(with);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::cerr << "example_02_chat: " << error.what() << '\n';
        return 1;
    }
}
