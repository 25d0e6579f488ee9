// SPDX-License-Identifier: BSL-1.0
// A client inside of a program that has an io_context already and runs it itself: here one that takes a measurement each
// second, and tells the room "sensors" of 02_chat.
// Try it: run 02_chat, then this, and join "sensors" on http://localhost:3000. It counts on while 02_chat is stopped.
#include "chat_client.hpp"

#include <cosio/transports/runtime.hpp>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <iostream>

namespace sio = cosio;
namespace asio = boost::asio;
using namespace std::chrono_literals;

/// The program that was there before. Only the line with `tell` is new.
class sensor
{
public:
    sensor(asio::io_context& context, std::function<void(const std::string&)> tell)
        : timer_{context}, tell_{std::move(tell)}
    {
        measure();
    }

private:
    void measure()
    {
        timer_.expires_after(1s);
        timer_.async_wait([this](const sio::error_code& ec) {
            if (ec)
                return;
            tell_(fmt::format("measurement {}", ++count_));
            measure();
        });
    }

    asio::steady_timer timer_;
    std::function<void(const std::string&)> tell_;
    int count_ = 0;
};

int main()
try {
    asio::io_context context;
    chat_client chat{sio::shard_of(context), "Sensor", "sensors"};
    chat.on_note = [](const std::string& note) { std::cout << note << std::endl; };
    const sensor one{context, [&chat](const std::string& text) { chat.say(text); }};
    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](const sio::error_code&, int) { context.stop(); });
    context.run();
} catch (const std::exception& error) {
    std::cerr << "19_embedding_client: " << error.what() << '\n';
    return 1;
}
