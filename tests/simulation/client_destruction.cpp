// SPDX-License-Identifier: BSL-1.0
// features.md 4.1: a client is destroyed in each state that it can be in, and by each of its handlers.
#include "faulty_world.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Handlers of each kind, of which the one that is called `when` ends everything.
void handle_with(faulty_world& on, std::string_view when, const std::function<void()>& end)
{
    json_manager& client = *on.client;
    const json_client_socket socket = on.sockets.front().socket;
    if (when == "open")
        client.on_open(end);
    else if (when == "error")
        client.on_error([end](error_code, std::string_view) { end(); });
    else if (when == "close")
        client.on_close([end](close_reason) { end(); });
    else if (when == "reconnect_attempt")
        client.on_reconnect_attempt([end](std::uint64_t) { end(); });
    else if (when == "reconnect_error")
        client.on_reconnect_error([end](error_code) { end(); });
    else if (when == "reconnect")
        client.on_reconnect([end](std::uint64_t) { end(); });
    else if (when == "connect")
        socket.on_connect(end);
    else if (when == "connect_error")
        socket.on_connect_error([end](const std::string&, const boost::json::value&) { end(); });
    else if (when == "disconnect")
        socket.on_disconnect([end](close_reason) { end(); });
    else if (when == "event")
        socket.on("down", [end](std::uint64_t) { end(); });
    else if (when == "any event")
        socket.on_any([end](std::string_view, const arguments&) { end(); });
    else if (when == "coroutine")
        socket.on("down", [end](std::uint64_t) -> task<> {
            end();
            co_return;
        });
    else if (when == "outgoing event")
        socket.on_any_outgoing([end](std::string_view, const arguments&) { end(); });
    else if (when == "answer")
        socket.on_connect([end, socket] {
            socket.emit("ask", std::uint64_t{0}, [end](result<std::uint64_t>) { end(); });
        });
    else if (when == "auth")
        socket.set_auth([end]() -> boost::json::value {
            end();
            return nullptr;
        });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_destruction)

BOOST_AUTO_TEST_CASE(before_it_was_opened)
{
    faulty_world on{1, all_ways.front()};
    on.client.reset();
    on.check_nothing_is_left();
    CHECK(lines(on.broken) == "");
}

BOOST_AUTO_TEST_CASE(at_each_step_of_a_conversation)
{
    for (const transport_list& transports : all_ways)
        for (const bool stalled : {false, true})
            for (std::uint64_t step = 0; step < 80; ++step) {
                faulty_world on{step, transports};
                on.network.at_step(step, [&] {
                    if (stalled)
                        on.network.fail_all(link_fault::stall);
                    on.client.reset();
                });
                on.client->open();
                on.world.run_for(3s);
                if (on.client)
                    on.client->close();
                on.world.run_for(1s);
                on.client.reset();
                on.check_nothing_is_left();
                CHECK(lines(on.broken) == "", transports.size() << " at step " << step);
            }
}

BOOST_AUTO_TEST_CASE(at_each_moment_of_coming_back)
{
    for (const transport_list& transports : all_ways)
        for (const bool refused : {false, true})
            for (duration passed = 0s; passed < 12s; passed += 251ms) {
                faulty_world on{7, transports};
                on.network.cut_dials(chat_host, !refused);
                if (refused)
                    on.network.stop_listening(chat_host);
                on.client->open();
                on.world.run_for(passed);
                on.client.reset();
                on.check_nothing_is_left();
                CHECK(lines(on.broken) == "");
            }
}

BOOST_AUTO_TEST_CASE(by_each_of_its_handlers)
{
    for (const std::string_view when :
         {"open",
          "error",
          "close",
          "reconnect_attempt",
          "reconnect_error",
          "reconnect",
          "connect",
          "connect_error",
          "disconnect",
          "event",
          "any event",
          "coroutine",
          "outgoing event",
          "answer",
          "auth"})
        for (const transport_list& transports : all_ways) {
            faulty_world on{1, transports};
            bool ended = false;
            handle_with(on, when, [&on, &ended, kept = on.witness] {
                on.client.reset();
                ended = true;
            });
            on.client->open();
            on.world.run_for(1s);
            on.kill_server(4s);
            on.world.run_for(15s);
            CHECK(ended, when);
            on.check_nothing_is_left();
            CHECK(lines(on.broken) == "", when << " over " << transports.size());
        }
}

BOOST_AUTO_TEST_SUITE_END()
