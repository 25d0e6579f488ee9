// SPDX-License-Identifier: BSL-1.0
// Replaces the global allocation functions: an executable of its own.

#include "support/check.hpp"

#include <cosio/codecs/json.hpp>

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::size_t allocations = 0;
std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

}  // namespace

void* operator new(std::size_t size)
{
    void* const memory = std::malloc(size);
    if (!memory)
        std::abort();
    ++allocations;
    live_bytes += malloc_usable_size(memory);
    peak_bytes = std::max(peak_bytes, live_bytes);
    return memory;
}

void operator delete(void* memory) noexcept
{
    live_bytes -= memory ? malloc_usable_size(memory) : 0;
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    operator delete(memory);
}

namespace {

using namespace cosio;

template <class Action>
std::size_t allocations_of(Action action)
{
    const std::size_t before = allocations;
    action();
    return allocations - before;
}

struct connection
{
    std::unique_ptr<packet_decoder> decoder = json::make_decoder({});
    std::unique_ptr<partial_packet> partial = nullptr;

    const json::packet* text(std::string_view message)
    {
        const auto fed = decoder->feed(partial, frame_kind::text, as_bytes(message));
        REQUIRE(fed);
        return static_cast<const json::packet*>(*fed);
    }

    const json::packet* bytes(std::string_view message)
    {
        const auto fed = decoder->feed(partial, frame_kind::binary, as_bytes(message));
        REQUIRE(fed);
        return static_cast<const json::packet*>(*fed);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(json_allocations)

BOOST_AUTO_TEST_CASE(a_small_packet_is_decoded_without_allocating)
{
    connection peer;
    const std::string_view small =
        R"(2/chat,12["message",{"from":"ann\n","to":["bob","eve"],"at":1.5e3,"seen":null}])";
    peer.text(small);
    CHECK(allocations_of([&] { REQUIRE(peer.text(small)->argument_count() == 1U); }) == 0U);
    CHECK(allocations_of([&] { peer.text("0"); }) == 0U);
    CHECK(allocations_of([&] { peer.text("312[]"); }) == 0U);
}

BOOST_AUTO_TEST_CASE(a_typical_packet_is_encoded_into_one_block_that_was_used_before)
{
    const std::string text(64, 'x');
    const auto emit = [&] {
        json::encoder out{{}, {}};
        out.begin_array(2);
        out.string("echo");
        out.string(text);
        out.end_array();
        const auto packet = out.finish();
        REQUIRE(packet->head->size() == 77U);
    };
    emit();
    CHECK(allocations_of(emit) == 0U);
}

BOOST_AUTO_TEST_CASE(received_binary_is_copied_once_and_sent_on_without_copying)
{
    connection peer;
    const std::string megabyte(1'000'000, 'x');
    const std::size_t before = live_bytes;
    peer.text(R"(51-["e",{"_placeholder":true,"num":0}])");
    peak_bytes = live_bytes;
    const json::packet* packet = peer.bytes(megabyte);
    CHECK(peak_bytes - before < 1'010'000U);
    const auto forward = [&] {
        json::encoder out{{}, {}};
        out.begin_array(1);
        out.bytes(packet->argument(0).bytes());
        out.end_array();
        REQUIRE(out.finish()->attachments.size() == 1U);
    };
    peak_bytes = live_bytes;
    CHECK(allocations_of(forward) == 1U);  // the list of attachments
    CHECK(peak_bytes - before < 1'010'000U);
}

BOOST_AUTO_TEST_CASE(memory_of_a_large_packet_is_given_back)
{
    connection peer;
    std::string many = "2[\"many\",[0";
    for (int i = 0; i < 400'000; ++i)
        many += ",0";
    many += "]]";
    peer.text(R"(2["small"])");
    const std::size_t before = live_bytes;
    peer.text("2[\"text\",\"" + std::string(900'000, 'x') + "\"]");
    CHECK(live_bytes - before < 910'000U);  // J14
    peer.text(R"(2["small"])");
    CHECK(live_bytes - before < 1'000U);
    peer.text(many);
    CHECK(live_bytes - before > 1'000'000U);
    peer.text(R"(2["small"])");
    CHECK(live_bytes - before < 1'000U);
}

BOOST_AUTO_TEST_CASE(J14_a_text_of_escapes_costs_what_it_says)
{
    connection peer;
    constexpr std::size_t characters = 166'000;
    std::string escaped = R"(2["text",")";
    for (std::size_t i = 0; i < characters; ++i)
        escaped += R"(\u0041)";
    escaped += "\"]";
    REQUIRE(escaped.size() > 990'000);
    REQUIRE(escaped.size() < 1'000'000);
    peer.text(R"(2["small"])");
    const std::size_t before = live_bytes;
    peak_bytes = live_bytes;
    const json::packet* packet = peer.text(escaped);
    CHECK(packet->argument(0).string() == std::string(characters, 'A'));
    CHECK(peak_bytes - before < 2 * escaped.size());
    peer.text(R"(2["small"])");
    CHECK(live_bytes - before < 1'000U);
}

BOOST_AUTO_TEST_CASE(an_announced_packet_reserves_next_to_nothing)  // B04, B15
{
    connection peer;
    peer.text(R"(2["small"])");
    const std::size_t before = live_bytes;
    peer.text(R"(510-["e"])");
    CHECK(live_bytes - before < 400U);
    peer.partial.reset();
    CHECK(live_bytes == before);
}

BOOST_AUTO_TEST_SUITE_END()
