// SPDX-License-Identifier: BSL-1.0
// Sections 12 and 13: compressed messages of several data sets, and under several terms.
#include "autobahn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace cosio::test::autobahn {
namespace {

constexpr std::size_t data_bytes = 400'000;

// The suite sends a thousand messages in each case, which is 10 GB in all. Ours are as many as make this, and three at
// least: the second is compressed with the first as its context, and the third shows that both ends still agree.
constexpr std::size_t bytes_of_a_case = 64 * 1024;
constexpr std::size_t fewest = 3;
constexpr std::size_t most = 1000;

constexpr std::array<std::size_t, 10> sizes{
    16, 64, 256, 1024, 4096, 8192, 16'384, 32'768, 65'536, 131'072
};

constexpr std::array<std::string_view, 12> words{
    "river",
    "quiet",
    "under",
    "the",
    "old",
    "bridge",
    "nobody",
    "waits",
    "and",
    "then",
    "it",
    "rains"
};

/// SplitMix64, so that the data are the same everywhere.
class numbers
{
public:
    std::uint64_t next()
    {
        state_ += 0x9E37'79B9'7F4A'7C15;
        std::uint64_t bits = state_;
        bits = (bits ^ bits >> 30) * 0xBF58'476D'1CE4'E5B9;
        bits = (bits ^ bits >> 27) * 0x94D0'49BB'1331'11EB;
        return bits ^ bits >> 31;
    }

private:
    std::uint64_t state_ = 12;
};

string make_data(data_set which)
{
    numbers random;
    const auto word = [&] { return words[random.next() % words.size()]; };
    string all;
    while (all.size() < data_bytes) {
        const std::uint64_t number = random.next();
        switch (which) {
        case data_set::json:
            all += fmt::format(
                R"({{"id":{},"name":"{} {}","tags":["{}"],"score":{}}},)",
                all.size(),
                word(),
                word(),
                word(),
                number % 1000
            );
            break;
        case data_set::bitmap:
            // Grey values that wander.
            for (unsigned i = 0; i != 8; ++i)
                all.push_back(static_cast<char>(all.size() / 512 + (number >> 2 * i & 3)));
            break;
        case data_set::prose: all += fmt::format("{} {}{}", word(), word(), ", "); break;
        case data_set::markup:
            all += fmt::format(
                "<li class=\"{}\"><a href=\"/{}/{}\">{}</a></li>\n",
                word(),
                word(),
                number % 97,
                word()
            );
            break;
        case data_set::document:
            all += fmt::format("{} 0 obj <</Length 64>> stream\n", all.size());
            for (unsigned i = 0; i != 8; ++i) {
                const std::uint64_t noise = random.next();
                for (unsigned shift = 0; shift != 64; shift += 8)
                    all.push_back(static_cast<char>(noise >> shift));
            }
            all += "\nendstream endobj\n";
            break;
        }
    }
    return all;
}

const string& data_of(data_set which)
{
    static std::map<data_set, string> made;
    const auto [at, is_new] = made.try_emplace(which);
    if (is_new)
        at->second = make_data(which);
    return at->second;
}

bool is_binary(data_set which)
{
    return which != data_set::json && which != data_set::markup;
}

/// The eighteen cases of a group.
void add_group(
    std::vector<message_case>& all, const string& group, data_set data, const deflate_terms& terms
)
{
    const auto add = [&](std::size_t number, std::size_t size, std::size_t fragment) {
        all.push_back(
            {.id = fmt::format("{}.{}", group, number),
             .binary = is_binary(data),
             .size = size,
             .count = std::clamp(bytes_of_a_case / size, fewest, most),
             .fragment = fragment,
             .deflate = terms,
             .data = data}
        );
    };
    for (std::size_t i = 0; i != sizes.size(); ++i)
        add(i + 1, sizes[i], 0);
    for (std::size_t i = 5; i != sizes.size(); ++i)
        add(i + 6, sizes[i], 256);
    add(16, sizes.back(), 1024);
    add(17, sizes.back(), 4096);
    add(18, sizes.back(), 32'768);
}

/// A client's offer says what it can do; what is added says what it asks of the server.
string offer(std::string_view added = {})
{
    return fmt::format(
        "permessage-deflate; client_no_context_takeover; client_max_window_bits{}", added
    );
}

string answer(std::string_view added = {})
{
    return fmt::format("permessage-deflate{}", added);
}

}  // namespace

string payload_of(const message_case& of, std::size_t index)
{
    if (!of.deflate)
        return of.binary ? string(of.size, '\xFE') : sized_text(of.size);
    // Windows that wander over the data.
    const string& data = data_of(of.data);
    string payload;
    while (payload.size() != of.size) {
        const std::size_t at = (index * of.size + payload.size()) % data.size();
        payload += std::string_view{data}.substr(at, of.size - payload.size());
    }
    if (!of.binary)
        payload.front() = '4';
    return payload;
}

std::vector<message_case> compressed_data()
{
    std::vector<message_case> all;
    for (const data_set data :
         {data_set::json, data_set::bitmap, data_set::prose, data_set::markup, data_set::document})
        add_group(all, fmt::format("12.{}", static_cast<int>(data)), data, {offer(), answer()});
    return all;
}

std::vector<message_case> compression_offers()
{
    const string no_context = "; server_no_context_takeover";
    const string narrow = "; server_max_window_bits=8";
    const string wide = "; server_max_window_bits=15";
    const string clients_no_context = "; client_no_context_takeover";
    const string clients_narrow = "; client_max_window_bits=8";
    const string clients_wide = "; client_max_window_bits=15";
    const std::array<deflate_terms, 7> terms{{
        {offer(), answer()},
        {offer(no_context), answer(clients_no_context)},
        {offer(narrow), answer(clients_narrow)},
        {offer(wide), answer(clients_wide)},
        {offer(no_context + narrow), answer(clients_no_context + clients_narrow)},
        {offer(no_context + wide), answer(clients_no_context + clients_wide)},
        {offer(no_context + narrow) + ", " + offer(no_context) + ", " + offer(),
         answer(clients_no_context + clients_narrow)},
    }};
    std::vector<message_case> all;
    for (std::size_t i = 0; i != terms.size(); ++i)
        add_group(all, fmt::format("13.{}", i + 1), data_set::json, terms[i]);
    return all;
}

}  // namespace cosio::test::autobahn
