// SPDX-License-Identifier: BSL-1.0
// A bot: a client without a terminal that answers commands in the lobby of 02_chat.
// Try it: run 02_chat, then this, open http://localhost:3000 and say "!add 1 2 3" or "!help".
#include "chat_client.hpp"

#include <cosio/transports/runtime.hpp>

#include <chrono>
#include <iostream>
#include <numeric>
#include <sstream>

namespace sio = cosio;

/// What there is to say to a line; nothing to most.
std::string answer_to(const chat::message& heard)
{
    std::istringstream words{heard.text};
    std::string command;
    words >> command;
    if (command == "!help")
        return "I know !help, !hello and !add NUMBER...";
    if (command == "!hello")
        return "Hello, " + heard.author + "!";
    if (command != "!add")
        return {};
    const std::vector<double> numbers{std::istream_iterator<double>{words}, {}};
    return fmt::format("{}", std::accumulate(numbers.begin(), numbers.end(), 0.0));
}

int main()
try {
    sio::runtime runtime;
    chat_client bot{runtime.home(), "Bot", "lobby"};
    bot.on_note = [](const std::string& note) { std::cout << note << std::endl; };
    // The room's history was not said to it.
    const auto born =
        std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds{1};
    bot.on_message = [&bot, born](const chat::message& heard) {
        if (heard.author == bot.name() || heard.time < born)
            return;
        if (const std::string answer = answer_to(heard); !answer.empty())
            bot.say(answer);
    };
    runtime.on_signal();
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "18_chat_bot: " << error.what() << '\n';
    return 1;
}
