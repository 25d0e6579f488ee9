// SPDX-License-Identifier: BSL-1.0
// Sections 1 to 5 and 7: frames, control frames, reserved bits, opcodes, fragments, goodbyes.
#include "autobahn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cosio::test::autobahn {
namespace {

using enum delivery;

const string hello = "4Hello, world!";

string close_payload(unsigned code, std::string_view reason = {})
{
    string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    payload += reason;
    return payload;
}

sent_frame text(string payload = hello)
{
    return {0x81, std::move(payload)};
}

sent_frame ping(string payload = {})
{
    return {0x89, std::move(payload)};
}

sent_frame pong(string payload = {})
{
    return {0x8A, std::move(payload)};
}

sent_frame goodbye(string payload = close_payload(1000))
{
    return {0x88, std::move(payload)};
}

/// The peer says goodbye itself, in the frames.
frame_case said(string id, std::vector<sent_frame> frames, strings expected)
{
    return {.id = std::move(id), .frames = std::move(frames), .expected = std::move(expected)};
}

string octets(std::size_t count)
{
    string all;
    for (std::size_t i = 0; i != count; ++i)
        all.push_back(static_cast<char>(255 - i * 3));
    return all;
}

}  // namespace

frame_case echoed(string id, std::vector<sent_frame> frames, strings expected, delivery cut)
{
    frames.push_back(goodbye());
    expected.emplace_back("close 1000");
    return {
        .id = std::move(id),
        .frames = std::move(frames),
        .expected = std::move(expected),
        .cut = cut
    };
}

frame_case failed(
    string id,
    std::vector<sent_frame> frames,
    deciding_octet decided,
    unsigned code,
    strings expected,
    delivery cut
)
{
    expected.push_back(fmt::format("close {}", code));
    return {
        .id = std::move(id),
        .frames = std::move(frames),
        .expected = std::move(expected),
        .cut = cut,
        .decided = decided
    };
}

string sized_text(std::size_t size, char filling)
{
    return size == 0 ? string{} : '4' + string(size - 1, filling);
}

bool ends_as_engine_io_has_it(std::string_view id)
{
    constexpr std::array<std::string_view, 4> ids{"1.1.1", "6.1.1", "6.1.2", "9.7.1"};
    return std::ranges::find(ids, id) != ids.end();
}

std::vector<frame_case> framing()
{
    constexpr std::array<std::size_t, 8> sizes{0, 125, 126, 127, 128, 65'535, 65'536, 65'536};
    std::vector<frame_case> all;
    for (std::size_t i = 0; i != sizes.size(); ++i) {
        const string payload = sized_text(sizes[i]);
        const string id = fmt::format("1.1.{}", i + 1);
        all.push_back(
            ends_as_engine_io_has_it(id) ? said(id, {text(payload)}, {"close 1005"})
                                         : echoed(id, {text(payload)}, {"text " + payload})
        );
    }
    for (std::size_t i = 0; i != sizes.size(); ++i) {
        const string payload(sizes[i], '\xFE');
        all.push_back(echoed(fmt::format("1.2.{}", i + 1), {{0x82, payload}}, {"binary " + payload})
        );
    }
    return all;
}

std::vector<frame_case> pings_and_pongs()
{
    std::vector<sent_frame> ten;
    strings ten_answers;
    for (int i = 1; i <= 10; ++i) {
        ten.push_back(ping(fmt::format("ping {}", i)));
        ten_answers.push_back(fmt::format("pong ping {}", i));
    }
    return {
        echoed("2.1", {ping()}, {"pong "}),
        echoed("2.2", {ping("still there?")}, {"pong still there?"}),
        echoed("2.3", {ping(octets(6))}, {"pong " + octets(6)}),
        echoed("2.4", {ping(octets(125))}, {"pong " + octets(125)}),
        failed("2.5", {ping(octets(126))}, {0, 0}),
        echoed("2.6", {ping(octets(125))}, {"pong " + octets(125)}, octet_wise),
        echoed("2.7", {pong()}, {}),
        echoed("2.8", {pong("nobody asked")}, {}),
        echoed("2.9", {pong("nobody asked"), ping("still there?")}, {"pong still there?"}),
        echoed("2.10", ten, ten_answers),
        echoed("2.11", ten, ten_answers, octet_wise)
    };
}

std::vector<frame_case> reserved_bits()
{
    const strings before{"text " + hello};
    const auto second = [&](string id, unsigned first, delivery cut) {
        return failed(std::move(id), {text(), {first, hello}, ping()}, {1, 0}, 1002, before, cut);
    };
    return {
        failed("3.1", {{0x91, hello}}, {0, 0}),
        second("3.2", 0xA1, whole),
        second("3.3", 0xB1, frame_wise),
        second("3.4", 0xC1, octet_wise),
        failed("3.5", {{0xD2, octets(8)}}, {0, 0}),
        failed("3.6", {{0xE9, hello}}, {0, 0}),
        failed("3.7", {{0xF8, close_payload(1000)}}, {0, 0})
    };
}

std::vector<frame_case> opcodes()
{
    std::vector<frame_case> all;
    const strings before{"text " + hello};
    for (const unsigned kind : {1U, 2U}) {
        const unsigned base = kind == 1 ? 0x83 : 0x8B;
        const auto id = [kind](unsigned number) { return fmt::format("4.{}.{}", kind, number); };
        const auto second = [&](unsigned number, string payload, delivery cut) {
            const unsigned first = base + number - 1;
            all.push_back(failed(
                id(number), {text(), {first, std::move(payload)}, ping()}, {1, 0}, 1002, before, cut
            ));
        };
        all.push_back(failed(id(1), {{base, ""}}, {0, 0}));
        all.push_back(failed(id(2), {{base + 1, "reserved"}}, {0, 0}));
        second(3, "", whole);
        second(4, hello, whole);
        second(5, hello, octet_wise);
    }
    return all;
}

std::vector<frame_case> fragmentation()
{
    const std::vector<sent_frame> two{{0x01, "4first,"}, {0x80, "second"}};
    const std::vector<sent_frame> with_ping{two[0], ping("between"), two[1]};
    const strings joined{"text 4first,second"};
    const strings pong_first{"pong between", joined[0]};
    const std::vector<sent_frame> stray_last{{0x80, "continues nothing"}, text()};
    const std::vector<sent_frame> stray{{0x00, "continues nothing"}, text()};
    const auto twice = [](std::vector<sent_frame> frames) {
        const auto again = frames;
        frames.insert(frames.end(), again.begin(), again.end());
        return frames;
    };
    const std::vector<sent_frame> five{
        {0x01, "4one"},
        {0x00, "two"},
        ping("after two"),
        {0x00, "three"},
        {0x00, "four"},
        ping("after four"),
        {0x80, "five"}
    };
    const strings five_answers{"pong after two", "pong after four", "text 4onetwothreefourfive"};
    return {
        failed("5.1", {{0x09, "fragment"}, {0x80, "rest"}}, {0, 0}),
        failed("5.2", {{0x0A, "fragment"}, {0x80, "rest"}}, {0, 0}),
        echoed("5.3", two, joined),
        echoed("5.4", two, joined, frame_wise),
        echoed("5.5", two, joined, octet_wise),
        echoed("5.6", with_ping, pong_first),
        echoed("5.7", with_ping, pong_first, frame_wise),
        echoed("5.8", with_ping, pong_first, octet_wise),
        failed("5.9", stray_last, {0, 0}),
        failed("5.10", stray_last, {0, 0}, 1002, {}, frame_wise),
        failed("5.11", stray_last, {0, 0}, 1002, {}, octet_wise),
        failed("5.12", stray, {0, 0}),
        failed("5.13", stray, {0, 0}, 1002, {}, frame_wise),
        failed("5.14", stray, {0, 0}, 1002, {}, octet_wise),
        failed("5.15", {two[0], two[1], stray[0], text()}, {2, 0}, 1002, joined),
        failed("5.16", twice(stray), {0, 0}),
        failed("5.17", twice(stray_last), {0, 0}),
        failed("5.18", {two[0], text()}, {1, 0}),
        echoed("5.19", five, five_answers, frame_wise),
        echoed("5.20", five, five_answers)
    };
}

std::vector<frame_case> closing()
{
    const string large = sized_text(256 * 1024);
    std::vector<frame_case> all{
        said("7.1.1", {text(), goodbye()}, {"text " + hello, "close 1000"}),
        said("7.1.2", {goodbye(), goodbye()}, {"close 1000"}),
        said("7.1.3", {goodbye(), ping()}, {"close 1000"}),
        said("7.1.4", {goodbye(), text()}, {"close 1000"}),
        said("7.1.5", {{0x01, "4half"}, goodbye(), {0x80, "rest"}}, {"close 1000"}),
        said(
            "7.1.6",
            {text(large), text(), goodbye(), ping()},
            {"text " + large, "text " + hello, "close 1000"}
        ),
        said("7.3.1", {goodbye("")}, {"close 1005"}),
        failed("7.3.2", {goodbye("a")}, {0, 1}),
        said("7.3.3", {goodbye()}, {"close 1000"}),
        said("7.3.4", {goodbye(close_payload(1000, "Bye."))}, {"close 1000"}),
        said("7.3.5", {goodbye(close_payload(1000, string(123, '*')))}, {"close 1000"}),
        failed("7.3.6", {goodbye(close_payload(1000, string(124, '*')))}, {0, 0}),
        failed("7.5.1", {goodbye(close_payload(1000, "caf\xE9 \xED\xA0\x80"))}, {0, 10}, 1007)
    };
    unsigned number = 0;
    for (const unsigned code :
         {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 3000U, 3999U, 4000U, 4999U
         }) {
        const string id = fmt::format("7.7.{}", ++number);
        all.push_back(said(id, {goodbye(close_payload(code))}, {fmt::format("close {}", code)}));
    }
    number = 0;
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1016U, 1100U, 2000U, 2999U})
        all.push_back(
            failed(fmt::format("7.9.{}", ++number), {goodbye(close_payload(code))}, {0, 2})
        );
    all.push_back(failed("7.13.1", {goodbye(close_payload(5000))}, {0, 2}));
    all.push_back(failed("7.13.2", {goodbye(close_payload(65'535))}, {0, 2}));
    return all;
}

}  // namespace cosio::test::autobahn
