// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/conversation_oracle.hpp"

#include <set>
#include <string>
#include <string_view>

namespace cosio::test {

/// What only a client and its server may know, the ids of sessions and the pids of sockets: each is made once, and no
/// application sees one in an id, an argument, a handshake, a reason or a line of a log (I31).
class secret_oracle
{
public:
    explicit secret_oracle(complaints& to) : complaints_{&to} {}

    /// One that was made.
    void makes(std::string_view secret)
    {
        if (!secrets_.emplace(secret).second)
            complaints_->push_back(fmt::format("{} was made twice", secret));
    }

    /// An application, or an operator, reads that.
    void shows(std::string_view text)
    {
        while (!text.empty()) {
            const std::size_t size = std::min(text.find_first_not_of(letters), text.size());
            if (size >= shortest && !shown_.contains(text.substr(0, size)))
                shown_.emplace(text.substr(0, size));
            text.remove_prefix(std::min(size + 1, text.size()));
        }
    }

    void check() const
    {
        std::set<std::string_view> beginnings;
        for (const std::string_view one : secrets_)
            beginnings.insert(one.substr(0, shortest));
        for (const std::string_view text : shown_)
            for (std::size_t at = 0; at + shortest <= text.size(); ++at)
                if (beginnings.contains(text.substr(at, shortest)))
                    complaints_->push_back(fmt::format("the secret in {} was shown", text));
    }

private:
    static constexpr std::size_t shortest = 20;
    static constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    complaints* complaints_;
    std::set<std::string> secrets_;
    std::set<std::string, std::less<>> shown_;
};

}  // namespace cosio::test
