// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "support/check.hpp"

#include <cosio/detail/base64.hpp>
#include <cosio/frame.hpp>

#include <array>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

using namespace cosio;
using namespace std::string_literals;

namespace {

std::string chars(bytes_view bytes)
{
    return std::string{as_text(bytes)};
}

frame_ref binary_frame(std::string_view payload)
{
    return make_frame(frame_kind::binary, as_bytes(payload));
}

std::size_t allocations_of(const auto& action)
{
    const auto before = test::heap().allocations;
    action();
    return test::heap().allocations - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(a_text_frame)
{
    const auto packet = make_text_frame("4hello");
    CHECK((packet->kind() == frame_kind::text));
    CHECK(packet->size() == 6U);
    CHECK(chars(packet->payload()) == "4hello");
    CHECK(
        chars(packet->websocket()) == "\x81\x06"
                                      "4hello"
    );
    CHECK(chars(packet->polling()) == "4hello");
    CHECK(packet->polling_size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_binary_frame)
{
    const auto packet = binary_frame("\1\2\3\4");
    CHECK((packet->kind() == frame_kind::binary));
    CHECK(chars(packet->payload()) == "\1\2\3\4");
    CHECK(chars(packet->websocket()) == "\x82\x04\1\2\3\4");
    CHECK(chars(packet->polling()) == "bAQIDBA==");
    CHECK(packet->polling_size() == 9U);
}

BOOST_AUTO_TEST_CASE(empty_frames)
{
    CHECK(chars(make_text_frame("")->websocket()) == "\x81\0"s);
    CHECK(chars(make_text_frame("")->polling()) == "");
    CHECK(chars(binary_frame("")->websocket()) == "\x82\0"s);
    CHECK(chars(binary_frame("")->polling()) == "b");
}

BOOST_AUTO_TEST_CASE(websocket_header_of_each_length_form)
{
    const auto header = [](std::size_t size) {
        const auto packet = binary_frame(std::string(size, 'x'));
        const auto whole = chars(packet->websocket());
        CHECK(whole.substr(whole.size() - size) == std::string(size, 'x'));
        return whole.substr(0, whole.size() - size);
    };
    CHECK(header(1) == "\x82\x01");
    CHECK(header(125) == "\x82\x7D");
    CHECK(header(126) == "\x82\x7E\0\x7E"s);
    CHECK(header(65535) == "\x82\x7E\xFF\xFF");
    CHECK(header(65536) == "\x82\x7F\0\0\0\0\0\1\0\0"s);
    CHECK(header(100000) == "\x82\x7F\0\0\0\0\0\1\x86\xA0"s);
}

BOOST_AUTO_TEST_CASE(polling_form_is_computed_once)
{
    const auto packet = binary_frame("foobar");
    const auto* const first = packet->polling().data();
    CHECK(allocations_of([&] { CHECK(packet->polling().data() == first); }) == 0U);
    CHECK(chars(packet->polling()) == "bZm9vYmFy");

    const auto text = make_text_frame("4hello");
    CHECK(text->polling().data() == text->payload().data());
}

BOOST_AUTO_TEST_CASE(deflated_form_is_made_once_for_a_window)
{
    const auto packet = make_text_frame("4hello");
    int made = 0;
    const auto form = [&](unsigned bits, std::string_view payload) {
        return packet->deflated(bits, [&, payload] {
            ++made;
            frame_builder builder{packet->kind()};
            builder.append(payload);
            return builder.finish_deflated(bits);
        });
    };
    const frame_ref first = form(15, "abc");
    CHECK(chars(first->websocket()) == "\xC1\3abc");
    CHECK(first->is_deflated());
    CHECK((form(15, "other") == first));
    CHECK(chars(form(9, "narrow")->websocket()) == "\xC1\6narrow");
    CHECK(chars(form(9, "other")->payload()) == "narrow");
    CHECK(!form(10, ""));
    CHECK(!form(10, "now it pays"));
    CHECK(made == 3);
    CHECK(!packet->is_deflated());
    CHECK(chars(packet->polling()) == "4hello");
    CHECK(
        chars(packet->websocket()) == "\x81\x06"
                                      "4hello"
    );
}

BOOST_AUTO_TEST_CASE(a_deflated_form_outlives_its_packet)
{
    const auto before = test::heap().live_bytes;
    {
        frame_ref kept;
        {
            const auto packet = binary_frame("foobar");
            for (const unsigned bits : {9U, 15U, 12U}) {
                const auto form = packet->deflated(bits, [&] {
                    frame_builder builder{packet->kind()};
                    builder.push_back(static_cast<char>('a' + bits));
                    return builder.finish_deflated(bits);
                });
                if (bits == 15)
                    kept = form;
            }
            CHECK(chars(packet->polling()) == "bZm9vYmFy");
        }
        CHECK(chars(kept->websocket()) == "\xC2\1p");
    }
    CHECK(test::heap().live_bytes == before);
}

BOOST_AUTO_TEST_CASE(threads_get_the_same_deflated_forms)
{
    constexpr std::size_t threads = 4;
    for (int round = 0; round != 200; ++round) {
        const auto packet = binary_frame("shared by all who deflate");
        std::array<std::array<frame_ref, 3>, threads> seen;
        {
            std::barrier start{threads};
            std::vector<std::jthread> readers;
            for (auto& forms : seen)
                readers.emplace_back([&start, &forms, mine = packet] {
                    start.arrive_and_wait();
                    for (unsigned i = 0; i != 3; ++i)
                        forms[i] = mine->deflated(9 + i, [&] {
                            frame_builder builder{mine->kind()};
                            builder.append(mine->payload());
                            return builder.finish_deflated(9 + i);
                        });
                    static_cast<void>(mine->polling());
                });
        }
        for (const auto& forms : seen)
            CHECK((forms == seen[0]));
        CHECK((seen[0][0] != seen[0][1]));
    }
}

BOOST_AUTO_TEST_CASE(polling_size_is_the_size_of_polling)
{
    for (std::size_t size = 0; size != 20; ++size) {
        const auto packet = binary_frame(std::string(size, 'x'));
        CHECK(packet->polling_size() == packet->polling().size());
    }
}

BOOST_AUTO_TEST_CASE(threads_get_the_same_polling_form)
{
    constexpr std::size_t threads = 4;
    for (int round = 0; round != 200; ++round) {
        const auto packet = binary_frame("shared by all who poll");
        std::array<bytes_view, threads> seen;
        {
            std::barrier start{threads};
            std::vector<std::jthread> readers;
            for (auto& view : seen)
                readers.emplace_back([&start, &view, mine = packet] {
                    start.arrive_and_wait();
                    view = mine->polling();
                });
        }
        for (const auto view : seen) {
            CHECK(view.data() == packet->polling().data());
            CHECK(chars(view) == "bc2hhcmVkIGJ5IGFsbCB3aG8gcG9sbA==");
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_are_shared_and_freed)
{
    const auto before = test::heap().live_bytes;
    {
        auto first = binary_frame("payload");
        auto second = first;
        CHECK((first == second));
        static_cast<void>(second->polling());
        first = {};
        CHECK(!first);
        CHECK(chars(second->payload()) == "payload");
        const auto third = std::move(second);
        CHECK(chars(third->payload()) == "payload");
        CHECK((third != binary_frame("payload")));
    }
    CHECK(test::heap().live_bytes == before);
}

BOOST_AUTO_TEST_CASE(a_frame_is_a_block_that_was_used_before)
{
    const auto ordinary = [] {
        frame_builder builder{frame_kind::text};
        builder.append(std::string_view{"42[\"an event of ordinary size\""});
        builder.push_back(']');
        static_cast<void>(builder.finish());
    };
    const auto small = [] { static_cast<void>(make_text_frame("4hello")); };
    small();
    ordinary();
    CHECK(allocations_of(small) == 0U);
    CHECK(allocations_of(ordinary) == 0U);
    const std::string large(100'000, 'x');
    CHECK(allocations_of([&] { static_cast<void>(binary_frame(large)); }) == 1U);
}

BOOST_AUTO_TEST_CASE(a_builder_grows_from_any_size)
{
    for (const std::size_t hint : {0U, 1U, 5U, 118U}) {
        frame_builder builder{frame_kind::text, hint};
        std::string expected;
        for (int i = 0; i != 300; ++i) {
            const auto c = static_cast<char>('a' + i % 26);
            builder.push_back(c);
            builder.append(std::string_view{"<>"});
            builder.append(bytes_view{});
            expected += c + "<>"s;
            CHECK(chars(builder.written()) == expected);
            CHECK(builder.size() == expected.size());
        }
        const auto packet = builder.finish();
        CHECK((packet->kind() == frame_kind::text));
        CHECK(chars(packet->payload()) == expected);
        CHECK(chars(packet->websocket()) == "\x81\x7E\x03\x84" + expected);
    }
}

BOOST_AUTO_TEST_CASE(growing_costs_few_allocations)
{
    CHECK(allocations_of([] {
              frame_builder builder{frame_kind::text, 0};
              for (int i = 0; i != 1'000'000; ++i)
                  builder.push_back('x');
          }) < 30U);
}

BOOST_AUTO_TEST_CASE(prepare_commit_and_patch)
{
    frame_builder builder{frame_kind::binary, 4};
    auto* const room = builder.prepare(10);
    for (std::size_t i = 0; i != 10; ++i)
        room[i] = std::byte{'x'};
    builder.commit(3);
    builder.append(std::string_view{"yz"});
    builder.patch(1, as_bytes("AB"));
    builder.patch(5, {});
    CHECK(chars(builder.finish()->payload()) == "xAByz");
}

BOOST_AUTO_TEST_CASE(a_builder_can_move_and_be_given_up)
{
    const auto before = test::heap().live_bytes;
    {
        frame_builder builder{frame_kind::binary};
        builder.append(std::string_view{"one"});
        auto moved = std::move(builder);
        moved.append(std::string_view{"two"});
        CHECK(chars(moved.written()) == "onetwo");
    }
    CHECK(test::heap().live_bytes == before);
}

BOOST_AUTO_TEST_SUITE_END()
