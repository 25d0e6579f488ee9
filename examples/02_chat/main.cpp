// SPDX-License-Identifier: BSL-1.0
// A chat with rooms, presence, typing, files and a page: one process serves all of it.
// Try it: run it and open http://localhost:3000 in two windows. Its events stand in PROTOCOL.md.
#include "chat.hpp"
#include "static_files.hpp"

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

/// The page, and the stock JavaScript client where Node's server has it too.
chat::static_files load_files(const settings& from)
{
    const std::filesystem::path client{from.client};
    if (!exists(client / "socket.io.js"))
        throw std::runtime_error{
            "no socket.io.js in " + from.client +
            "; name the dist folder of the npm package socket.io-client by --client-dir"
        };
    chat::static_files files;
    files.add_directory("/", from.web);
    for (const std::string name : {"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"}) {
        files.add("/socket.io/" + name, client / name);
        files.add("/socket.io/" + name + ".map", client / (name + ".map"));
    }
    return files;
}

void serve(const settings& with)
{
    cosio::runtime runtime;
    cosio::server_options options;
    options.engine.max_sessions = 10'000;
    cosio::json_server io{runtime.home(), options};
    const chat::chat service{io};

    cosio::listener_options where{.port = with.port};
    where.http.before = load_files(with);
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
