// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "support/check.hpp"

#include <cosio/outbox.hpp>

#include <array>
#include <deque>
#include <random>
#include <string>

using namespace cosio;

namespace {

/// A text frame of `size` payload bytes; its WebSocket form has two bytes more up to 125.
frame_ref text(std::string_view payload)
{
    return make_text_frame(payload);
}

/// All that waits, in the form of the wire.
std::string wire(const outbox& box)
{
    std::array<bytes_view, 64> views;
    std::string bytes;
    const std::size_t count = box.gather(views);
    for (std::size_t i = 0; i < count; ++i)
        bytes += as_text(views[i]);
    return bytes;
}

void fill(outbox& box, const frame_ref& frame, int count)
{
    for (int i = 0; i < count; ++i)
        box.push(frame);
}

std::size_t allocations_of(const auto& action)
{
    const auto before = test::heap().allocations;
    action();
    return test::heap().allocations - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outboxes)

BOOST_AUTO_TEST_CASE(first_in_first_out)
{
    outbox box;
    CHECK(box.empty());
    CHECK(wire(box) == "");
    box.push(text("4a"));
    box.push(text("4bc"));
    CHECK(box.size() == 2U);
    CHECK(box.bytes() == 5U);
    CHECK(as_text(box[0]->payload()) == "4a");
    CHECK(as_text(box[1]->payload()) == "4bc");
    CHECK(
        wire(box) == "\x81\x02"
                     "4a\x81\x03"
                     "4bc"
    );
    box.pop(1);
    CHECK(
        wire(box) == "\x81\x03"
                     "4bc"
    );
    CHECK(box.bytes() == 3U);
    box.pop(0);
    box.pop(1);
    CHECK(box.empty());
    CHECK(box.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(every_way_to_cut_one_write_in_two)
{
    const std::string whole = "\x81\x02"
                              "4a\x81\x03"
                              "4bc\x81\x01"
                              "2";
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        outbox box;
        for (const auto* packet : {"4a", "4bc", "2"})
            box.push(text(packet));
        box.consume(cut);
        CHECK(wire(box) == whole.substr(cut));
        const bool between = cut == 0 || cut == 4 || cut == 9 || cut == 12;
        CHECK(box.mid_frame() == !between);
        CHECK(box.size() == (cut < 4 ? 3U : cut < 9 ? 2U : cut < 12 ? 1U : 0U));
        // A frame that is half written counts whole until it is gone.
        CHECK(box.bytes() == (cut < 4 ? 6U : cut < 9 ? 4U : cut < 12 ? 1U : 0U));
        box.consume(whole.size() - cut);
        CHECK(box.empty());
        CHECK(!box.mid_frame());
    }
}

BOOST_AUTO_TEST_CASE(gather_shows_no_more_than_there_is_room_for)
{
    outbox box;
    fill(box, text("2"), 10);
    std::array<bytes_view, 4> few;
    CHECK(box.gather(few) == 4U);
    CHECK(box.gather({}) == 0U);
    box.consume(1);
    CHECK(box.gather(few) == 4U);
    CHECK(
        as_text(few[0]) == "\x01"
                           "2"
    );
    CHECK(
        as_text(few[1]) == "\x81\x01"
                           "2"
    );
}

BOOST_AUTO_TEST_CASE(clearing_forgets_a_half_written_frame)
{
    outbox box;
    fill(box, text("4abc"), 3);
    box.consume(1);
    CHECK(box.mid_frame());
    box.clear();
    CHECK(box.empty());
    CHECK(!box.mid_frame());
    CHECK(box.bytes() == 0U);
    box.push(text("4d"));
    CHECK(
        wire(box) == "\x81\x02"
                     "4d"
    );
}

BOOST_AUTO_TEST_CASE(frames_are_let_go_as_soon_as_they_are_written)
{
    outbox box;
    const std::size_t before = test::heap().live_bytes;
    for (int i = 0; i < 4; ++i)
        box.push(text(std::string(10'000, 'x')));
    const std::size_t full = test::heap().live_bytes;
    CHECK(full - before >= 40'000U);
    box.consume(10'004);
    CHECK(test::heap().live_bytes <= full - 10'000);
    box.pop(1);
    CHECK(test::heap().live_bytes <= full - 20'000);
    box.clear();
    CHECK(test::heap().live_bytes <= full - 40'000);
}

BOOST_AUTO_TEST_CASE(steady_traffic_of_few_frames_does_not_allocate)
{
    outbox box;
    const frame_ref frame = text("2");
    CHECK(allocations_of([&] { fill(box, frame, 4); }) == 1U);
    box.clear();
    CHECK(allocations_of([&] {
              for (int round = 0; round < 100; ++round) {
                  fill(box, frame, 4);
                  box.consume(4 * 3);
                  REQUIRE(box.empty());
              }
          }) == 0U);
}

BOOST_AUTO_TEST_CASE(a_frame_takes_the_place_of_another)
{
    outbox box;
    fill(box, text("4abc"), 3);
    box.consume(2);
    CHECK(box.mid_frame());
    box.replace(1, text("4longer"));
    box.replace(2, text("4"));
    CHECK(box.bytes() == 4U + 7U + 1U);
    CHECK(
        wire(box) == "4abc\x81\x07"
                     "4longer\x81\x01"
                     "4"
    );
    box.clear();
    CHECK(box.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_drained_outbox_returns_the_memory_of_a_burst)
{
    outbox box;
    const frame_ref frame = text("2");
    const std::size_t before = test::heap().live_bytes;
    fill(box, frame, 1'000);
    CHECK(test::heap().live_bytes - before >= 1'000 * sizeof(frame_ref));
    box.pop(999);
    CHECK(test::heap().live_bytes > before);
    box.pop(1);
    CHECK(test::heap().live_bytes == before);
    box.push(frame);
    CHECK(
        wire(box) == "\x81\x01"
                     "2"
    );
}

BOOST_AUTO_TEST_CASE(an_outbox_never_used_has_no_memory)
{
    CHECK(allocations_of([] {
              outbox box;
              box.clear();
              box.consume(0);
          }) == 0U);
}

BOOST_AUTO_TEST_CASE(against_a_byte_model)
{
    for (unsigned seed = 1; seed <= 200; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 engine{seed};
            const auto random = [&engine](unsigned below) {
                return static_cast<unsigned>(engine()) % below;
            };
            outbox box;
            std::deque<frame_ref> model;
            std::size_t written = 0;  // of the model's front
            for (int step = 0; step < 300; ++step) {
                const auto size = random(20) == 0 ? random(70'000) : random(300);
                const frame_ref frame = make_frame(
                    random(2) == 0 ? frame_kind::text : frame_kind::binary,
                    as_bytes(std::string(size, static_cast<char>('a' + random(26))))
                );
                switch (random(8)) {
                case 1:
                    if (written == 0) {
                        const std::size_t frames = random(static_cast<unsigned>(model.size()) + 1);
                        box.pop(frames);
                        model.erase(
                            model.begin(), model.begin() + static_cast<std::ptrdiff_t>(frames)
                        );
                    }
                    break;
                case 2:
                    if (random(20) == 0) {
                        box.clear();
                        model.clear();
                        written = 0;
                    }
                    break;
                case 3:
                case 4: {
                    std::array<bytes_view, 8> room;
                    const std::span<bytes_view> views{room.data(), random(9)};
                    const std::size_t count = box.gather(views);
                    CHECK(count == std::min(views.size(), model.size()));
                    std::size_t shown = 0;
                    for (std::size_t i = 0; i < count; ++i) {
                        const bytes_view expected =
                            model[i]->websocket().subspan(i == 0 ? written : 0);
                        CHECK((views[i].data() == expected.data()));  // shared, never copied
                        CHECK(views[i].size() == expected.size());
                        shown += expected.size();
                    }
                    std::size_t taken =
                        shown == 0 || random(3) == 0 ? shown : random(static_cast<unsigned>(shown));
                    box.consume(taken);
                    taken += written;
                    while (!model.empty() && model.front()->websocket().size() <= taken) {
                        taken -= model.front()->websocket().size();
                        model.pop_front();
                    }
                    written = taken;
                    break;
                }
                default: box.push(frame); model.push_back(frame);
                }
                std::size_t bytes = 0;
                for (std::size_t i = 0; i < model.size(); ++i) {
                    CHECK((box[i] == model[i]));
                    bytes += model[i]->size();
                }
                CHECK(box.size() == model.size());
                CHECK(box.bytes() == bytes);
                CHECK(box.empty() == model.empty());
                CHECK(box.mid_frame() == (written != 0));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
