// SPDX-License-Identifier: BSL-1.0
// Packets that wait, and are replaced or taken back.
#include "support/check.hpp"

#include <cosio/outbox.hpp>
#include <cosio/protocol/packet.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace cosio;

namespace {

constexpr std::size_t unlimited = 1'000'000;

/// A packet of a head and letters that follow it, one frame each.
protocol::encoded_packet packet(
    std::string_view head, std::string_view letters = "", std::string_view key = ""
)
{
    protocol::encoded_packet made{make_text_frame(head)};
    for (const char letter : letters)
        made.attachments.push_back(make_text_frame(std::string(1, letter)));
    if (!key.empty())
        made.set_key(std::string{key});
    return made;
}

void push(outbox& box, const protocol::encoded_packet& what)
{
    box.push(what.head);
    for (const frame_ref& one : what.attachments)
        box.push(one);
}

bool replace(
    outbox& box,
    const protocol::encoded_packet& with,
    std::size_t max_bytes = unlimited,
    std::size_t max_frames = unlimited
)
{
    return box.replace_latest(with.head, with.attachments, max_bytes, max_frames);
}

/// All that waits, in order.
std::string all(const outbox& box)
{
    std::string text;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < box.size(); ++i) {
        bytes += box[i]->size();
        text += fmt::format("{}{}", i == 0 ? "" : " ", as_text(box[i]->payload()));
    }
    CHECK(box.bytes() == bytes);
    return text;
}

frame_ref deflated(std::string_view text)
{
    frame_builder form{frame_kind::text};
    form.append(text);
    return form.finish_deflated(15);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outbox_latest)

BOOST_AUTO_TEST_CASE(a_packet_takes_the_place_of_that_of_its_key)
{
    outbox box;
    push(box, packet("one"));
    push(box, packet("a1", "", "a"));
    push(box, packet("b1", "", "b"));
    push(box, packet("two"));
    CHECK(replace(box, packet("a22", "", "a")));
    CHECK(all(box) == "one a22 b1 two");
    CHECK(!replace(box, packet("c1", "", "c")));
    CHECK(replace(box, packet("b2", "", "b")));
    CHECK(replace(box, packet("a3", "", "a")));
    CHECK(all(box) == "one a3 b2 two");
    box.pop(2);
    CHECK(!replace(box, packet("a4", "", "a")));
    CHECK(replace(box, packet("b3", "", "b")));
    CHECK(all(box) == "b3 two");
}

BOOST_AUTO_TEST_CASE(the_frame_in_front_is_replaced_if_it_is_not_half_written)
{
    outbox box;
    push(box, packet("a1", "", "a"));
    CHECK(replace(box, packet("a2", "", "a")));
    CHECK(all(box) == "a2");
    box.consume(1);
    CHECK(!replace(box, packet("a3", "", "a")));
    push(box, packet("a3", "", "a"));
    CHECK(!replace(box, packet("a4", "", "a")));  // the first of that key is what is looked at
    box.consume(3);
    CHECK(replace(box, packet("a4", "", "a")));
    CHECK(all(box) == "a4");
}

BOOST_AUTO_TEST_CASE(packets_of_several_frames_are_replaced_whole)
{
    const std::vector<std::string> sizes{"", "1", "12", "12345"};
    for (const std::string& before : sizes)
        for (const std::string& after : sizes)
            for (std::size_t turned = 0; turned < 16; ++turned) {
                outbox box;
                for (std::size_t i = 0; i < turned; ++i) {  // the ring begins somewhere else
                    push(box, packet("x", "yz"));
                    box.pop(3);
                }
                push(box, packet("one"));
                push(box, packet("a", before, "key"));
                push(box, packet("two", "t"));
                CHECK(replace(box, packet("b", after, "key")));
                std::string expected = "one b";
                for (const char letter : after)
                    expected += fmt::format(" {}", letter);
                CHECK(all(box) == expected + " two t");
            }
}

BOOST_AUTO_TEST_CASE(what_a_link_may_have_copied_is_not_torn_apart)
{
    outbox box;
    push(box, packet("a", "12", "key"));
    CHECK(!replace(box, packet("b", "12", "key")));
    CHECK(!replace(box, packet("b", "", "key")));
    box.clear();
    push(box, packet("a", "", "key"));
    CHECK(!replace(box, packet("b", "1", "key")));
    CHECK(all(box) == "a");
}

BOOST_AUTO_TEST_CASE(nothing_is_replaced_beyond_the_limits)
{
    outbox box;
    push(box, packet("one"));
    push(box, packet("a", "1", "key"));
    CHECK(!replace(box, packet("abc", "1", "key"), 6));
    CHECK(!replace(box, packet("a", "12", "key"), unlimited, 3));
    CHECK(all(box) == "one a 1");
    CHECK(replace(box, packet("abc", "1", "key"), 7, 3));
    CHECK(all(box) == "one abc 1");
}

BOOST_AUTO_TEST_CASE(what_a_compressor_has_seen_is_sent)
{
    outbox box;
    push(box, packet("one"));
    push(box, packet("a", "", "key"));
    box.replace(1, deflated("smaller"));
    CHECK(!replace(box, packet("b", "", "key")));
    CHECK(!box.take_back(1));
    push(box, packet("a", "1", "key"));
    box.replace(3, deflated("also"));
    CHECK(!replace(box, packet("b", "1", "key")));
    CHECK(all(box) == "one smaller a also");
}

BOOST_AUTO_TEST_CASE(what_was_pushed_last_is_taken_back)
{
    outbox box;
    push(box, packet("one"));
    CHECK(!box.take_back(1));
    push(box, packet("a", "12", "key"));
    CHECK(!box.take_back(4));
    CHECK(box.take_back(3));
    CHECK(all(box) == "one");
    CHECK(!replace(box, packet("b", "12", "key")));
    push(box, packet("two"));
    CHECK(all(box) == "one two");
}

// Against a plain list of packets.
BOOST_AUTO_TEST_CASE(any_order_of_calls)
{
    std::mt19937 random{7};
    for (int run = 0; run < 100; ++run) {
        outbox box;
        std::vector<std::pair<std::string, protocol::encoded_packet>> model;  // by key
        std::size_t begun = 0;  // frames of the first packet that have gone
        for (int step = 0; step < 200; ++step) {
            const std::string key = random() % 2 == 0 ? "" : std::string(1, "abc"[random() % 3]);
            const std::string letters(random() % 3, 'l');
            const auto made = packet(fmt::format("{}{}", key, step), letters, key);
            switch (random() % 4) {
            case 0:
            case 1: {
                const auto old = std::ranges::find_if(model, [&](const auto& one) {
                    return !key.empty() && one.first == key &&
                           (begun == 0 || &one != &model.front());
                });
                const bool fits =
                    old != model.end() &&
                    (old != model.begin() || (letters.empty() && old->second.attachments.empty()));
                CHECK((!key.empty() && replace(box, made)) == fits);
                if (fits) {
                    old->second = made;
                } else {
                    push(box, made);
                    model.emplace_back(key, made);
                }
                break;
            }
            case 2:
                push(box, made);
                if (box.take_back(1 + letters.size())) {
                    CHECK(!model.empty());
                } else {
                    CHECK(model.empty());
                    model.emplace_back(key, made);
                }
                break;
            default:
                if (!model.empty()) {
                    box.pop(1);
                    if (++begun == 1 + model.front().second.attachments.size()) {
                        model.erase(model.begin());
                        begun = 0;
                    }
                }
            }
            std::string expected;
            for (std::size_t i = 0; i < model.size(); ++i) {
                std::vector<std::string> frames{std::string{as_text(model[i].second.head->payload())
                }};
                for (const frame_ref& one : model[i].second.attachments)
                    frames.emplace_back(as_text(one->payload()));
                for (std::size_t frame = i == 0 ? begun : 0; frame < frames.size(); ++frame)
                    expected += fmt::format("{}{}", expected.empty() ? "" : " ", frames[frame]);
            }
            CHECK(all(box) == expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
