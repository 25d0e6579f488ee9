// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"

#include <cosio/detail/base64.hpp>
#include <cosio/frame.hpp>

#include <boost/test/unit_test.hpp>

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
    BOOST_TEST((packet->kind() == frame_kind::text));
    BOOST_TEST(packet->size() == 6U);
    BOOST_TEST(chars(packet->payload()) == "4hello");
    BOOST_TEST(
        chars(packet->websocket()) == "\x81\x06"
                                      "4hello"
    );
    BOOST_TEST(chars(packet->polling()) == "4hello");
    BOOST_TEST(packet->polling_size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_binary_frame)
{
    const auto packet = binary_frame("\1\2\3\4");
    BOOST_TEST((packet->kind() == frame_kind::binary));
    BOOST_TEST(chars(packet->payload()) == "\1\2\3\4");
    BOOST_TEST(chars(packet->websocket()) == "\x82\x04\1\2\3\4");
    BOOST_TEST(chars(packet->polling()) == "bAQIDBA==");
    BOOST_TEST(packet->polling_size() == 9U);
}

BOOST_AUTO_TEST_CASE(empty_frames)
{
    BOOST_TEST(chars(make_text_frame("")->websocket()) == "\x81\0"s);
    BOOST_TEST(chars(make_text_frame("")->polling()) == "");
    BOOST_TEST(chars(binary_frame("")->websocket()) == "\x82\0"s);
    BOOST_TEST(chars(binary_frame("")->polling()) == "b");
}

BOOST_AUTO_TEST_CASE(websocket_header_of_each_length_form)
{
    const auto header = [](std::size_t size) {
        const auto packet = binary_frame(std::string(size, 'x'));
        const auto whole = chars(packet->websocket());
        BOOST_TEST(whole.substr(whole.size() - size) == std::string(size, 'x'));
        return whole.substr(0, whole.size() - size);
    };
    BOOST_TEST(header(1) == "\x82\x01");
    BOOST_TEST(header(125) == "\x82\x7D");
    BOOST_TEST(header(126) == "\x82\x7E\0\x7E"s);
    BOOST_TEST(header(65535) == "\x82\x7E\xFF\xFF");
    BOOST_TEST(header(65536) == "\x82\x7F\0\0\0\0\0\1\0\0"s);
    BOOST_TEST(header(100000) == "\x82\x7F\0\0\0\0\0\1\x86\xA0"s);
}

BOOST_AUTO_TEST_CASE(polling_form_is_computed_once)
{
    const auto packet = binary_frame("foobar");
    const auto* const first = packet->polling().data();
    BOOST_TEST(allocations_of([&] { BOOST_TEST(packet->polling().data() == first); }) == 0U);
    BOOST_TEST(chars(packet->polling()) == "bZm9vYmFy");

    const auto text = make_text_frame("4hello");
    BOOST_TEST(text->polling().data() == text->payload().data());
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
    BOOST_TEST(chars(first->websocket()) == "\xC1\3abc");
    BOOST_TEST(first->is_deflated());
    BOOST_TEST((form(15, "other") == first));
    BOOST_TEST(chars(form(9, "narrow")->websocket()) == "\xC1\6narrow");
    BOOST_TEST(chars(form(9, "other")->payload()) == "narrow");
    BOOST_TEST(!form(10, ""));
    BOOST_TEST(!form(10, "now it pays"));
    BOOST_TEST(made == 3);
    BOOST_TEST(!packet->is_deflated());
    BOOST_TEST(chars(packet->polling()) == "4hello");
    BOOST_TEST(
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
            BOOST_TEST(chars(packet->polling()) == "bZm9vYmFy");
        }
        BOOST_TEST(chars(kept->websocket()) == "\xC2\1p");
    }
    BOOST_TEST(test::heap().live_bytes == before);
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
            BOOST_TEST((forms == seen[0]));
        BOOST_TEST((seen[0][0] != seen[0][1]));
    }
}

BOOST_AUTO_TEST_CASE(polling_size_is_the_size_of_polling)
{
    for (std::size_t size = 0; size != 20; ++size) {
        const auto packet = binary_frame(std::string(size, 'x'));
        BOOST_TEST(packet->polling_size() == packet->polling().size());
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
            BOOST_TEST(view.data() == packet->polling().data());
            BOOST_TEST(chars(view) == "bc2hhcmVkIGJ5IGFsbCB3aG8gcG9sbA==");
        }
    }
}

BOOST_AUTO_TEST_CASE(frames_are_shared_and_freed)
{
    const auto before = test::heap().live_bytes;
    {
        auto first = binary_frame("payload");
        auto second = first;
        BOOST_TEST((first == second));
        static_cast<void>(second->polling());
        first = {};
        BOOST_TEST(!first);
        BOOST_TEST(chars(second->payload()) == "payload");
        const auto third = std::move(second);
        BOOST_TEST(chars(third->payload()) == "payload");
        BOOST_TEST((third != binary_frame("payload")));
    }
    BOOST_TEST(test::heap().live_bytes == before);
}

BOOST_AUTO_TEST_CASE(a_frame_is_one_allocation)
{
    const std::string large(100'000, 'x');
    BOOST_TEST(allocations_of([] { static_cast<void>(make_text_frame("4hello")); }) == 1U);
    BOOST_TEST(allocations_of([&] { static_cast<void>(binary_frame(large)); }) == 1U);
    BOOST_TEST(allocations_of([] {
                   frame_builder builder{frame_kind::text};
                   builder.append(std::string_view{"42[\"an event of ordinary size\""});
                   builder.push_back(']');
                   static_cast<void>(builder.finish());
               }) == 1U);
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
            BOOST_TEST(chars(builder.written()) == expected);
            BOOST_TEST(builder.size() == expected.size());
        }
        const auto packet = builder.finish();
        BOOST_TEST((packet->kind() == frame_kind::text));
        BOOST_TEST(chars(packet->payload()) == expected);
        BOOST_TEST(chars(packet->websocket()) == "\x81\x7E\x03\x84" + expected);
    }
}

BOOST_AUTO_TEST_CASE(growing_costs_few_allocations)
{
    BOOST_TEST(allocations_of([] {
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
    BOOST_TEST(chars(builder.finish()->payload()) == "xAByz");
}

BOOST_AUTO_TEST_CASE(a_builder_can_move_and_be_given_up)
{
    const auto before = test::heap().live_bytes;
    {
        frame_builder builder{frame_kind::binary};
        builder.append(std::string_view{"one"});
        auto moved = std::move(builder);
        moved.append(std::string_view{"two"});
        BOOST_TEST(chars(moved.written()) == "onetwo");
    }
    BOOST_TEST(test::heap().live_bytes == before);
}

BOOST_AUTO_TEST_SUITE_END()
