// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "websocket_support.hpp"

using namespace cosio;
using namespace cosio::test::websocket;
using namespace cosio::wire;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(websocket_memory)

// A decoder and the heap memory that its calls took and have not given back.
class metered
{
public:
    explicit metered(websocket_limits limits = {}) : decoder_{websocket_role::server, limits} {}

    // Feeds a copy and returns how many messages it held.
    std::size_t feed(std::string piece)
    {
        std::size_t messages = 0;
        const auto before = heap();
        decoder_.feed(std::as_writable_bytes(std::span{piece}));
        for (;;) {
            const auto outcome = decoder_.next();
            if (outcome.has_error() || !outcome->has_value())
                break;
            ++messages;
            longest_ = std::max(longest_, (*outcome)->payload.size());
        }
        const auto after = heap();
        held_ += after.live_bytes - before.live_bytes;
        allocations_ += after.allocations - before.allocations;
        allocated_ += after.total_bytes - before.total_bytes;
        return messages;
    }

    [[nodiscard]] std::size_t held() const { return held_; }

    [[nodiscard]] std::size_t allocations() const { return allocations_; }

    [[nodiscard]] std::size_t allocated() const { return allocated_; }

    [[nodiscard]] std::size_t longest() const { return longest_; }

private:
    using heap_use = test::heap_use;

    static heap_use heap() { return test::heap(); }

    websocket_decoder decoder_;
    std::size_t held_ = 0;
    std::size_t allocations_ = 0;
    std::size_t allocated_ = 0;
    std::size_t longest_ = 0;
};

BOOST_AUTO_TEST_CASE(the_meter_measures)
{
    metered peer;
    peer.feed(masked(0x81, std::string(3000, 'x')).substr(0, 2000));
    CHECK(peer.held() > 1900U);
    CHECK(peer.allocations() > 0U);
}

BOOST_AUTO_TEST_CASE(whole_messages_cost_no_allocation)
{
    static_assert(sizeof(websocket_decoder) <= 64);

    metered peer;
    CHECK(
        peer.feed(
            repeat(masked(0x81, "text") + masked(0x89, "ping"), 100) +
            masked(0x81, "not ASCII: \u20AC" + std::string(60'000, 'x')) +
            masked(0x82, std::string(70'000, 'x'))
        ) == 202U
    );
    CHECK(peer.allocations() == 0U);
}

BOOST_AUTO_TEST_CASE(whole_messages_stay_where_they_were_fed)
{
    auto input = masked(0x81, "first") + masked(0x82, "second");
    websocket_decoder decoder{websocket_role::server, {}};
    decoder.feed(std::as_writable_bytes(std::span{input}));
    const auto first = decoder.next().value();
    CHECK(first->text().data() == input.data() + 6);
    const auto second = decoder.next().value();
    CHECK(second->text().data() == input.data() + 6 + 5 + 6);
}

BOOST_AUTO_TEST_CASE(an_idle_decoder_has_no_heap_memory)
{
    metered peer;
    for (const auto& input :
         {masked(0x81, "text"),
          masked(0x82, std::string(5000, 'x')),
          masked(0x01, std::string(5000, 'x')) + masked(0x89, "") + masked(0x80, "y"),
          masked(0x02, "") + masked(0x80, ""),
          masked(0x89, "ping")}) {
        for (std::size_t split = 0; split < input.size(); split += 1 + split / 20) {
            peer.feed(input.substr(0, split));
            CHECK((split == 0 || peer.held() != 0));
            peer.feed(input.substr(split));
            CHECK(peer.held() == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_closed_or_failed_decoder_has_no_heap_memory)
{
    for (const auto& end : {octets({0xFF}), close_frame(1000, "bye")}) {
        metered peer;
        for (const auto opcode : {0x01U, 0x00U, 0x00U})
            peer.feed(masked(opcode, std::string(5000, 'x')));
        CHECK(peer.held() > 15'000U);
        peer.feed(end);
        CHECK(peer.held() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(A25_memory_under_assembly_is_the_payload_received_and_4_KiB)
{
    constexpr std::size_t size = 1'000'000;
    const auto one_frame = masked(0x82, std::string(size, 'x'));
    auto many_frames = masked(0x02, std::string(977, 'x'));
    while (many_frames.size() < size)
        many_frames += masked(0x00, std::string(977, 'x'));
    many_frames += masked(0x80, "x");

    for (const auto fragmented : {false, true}) {
        const auto& input = fragmented ? many_frames : one_frame;
        for (const std::size_t piece : {1U, 2U, 100U, 2047U, 4096U, 5000U, 65536U, 400'000U}) {
            BOOST_TEST_CONTEXT("pieces of " << piece)
            {
                metered peer;
                auto worst = std::size_t{0};
                std::size_t messages = 0;
                for (std::size_t at = 0; at < input.size(); at += piece) {
                    messages += peer.feed(input.substr(at, piece));
                    // Headers are not payload, and are received too.
                    const auto headers = fragmented ? at / 985 * 8 : 0;
                    const auto received = std::min(at + piece, input.size()) - headers;
                    if (peer.held() > received)
                        worst = std::max(worst, peer.held() - received);
                }
                CHECK(messages == 1U);
                CHECK(worst <= 4096U);
                CHECK(peer.held() == 0U);
                // Assembly is linear: no byte is stored more than a few times.
                CHECK(peer.allocated() <= 5 * size);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(A25_the_bound_does_not_grow_with_the_message)
{
    constexpr std::size_t size = 8'000'000;
    const auto input = masked(0x82, std::string(size, 'x'));
    metered peer{{.max_payload = size}};
    auto worst = std::size_t{0};
    for (std::size_t at = 0; at < input.size(); at += 3000) {
        peer.feed(input.substr(at, 3000));
        const auto received = std::min(at + 3000, input.size());
        if (peer.held() > received)
            worst = std::max(worst, peer.held() - received);
    }
    CHECK(peer.longest() == size);
    CHECK(worst <= 4096U);
    CHECK(peer.allocated() <= 6 * size);
}

BOOST_AUTO_TEST_CASE(a_short_message_cut_in_two_takes_what_it_needs)
{
    metered peer;
    peer.feed(masked(0x81, std::string(100, 'x')).substr(0, 50));
    CHECK(peer.held() > 0U);
    CHECK(peer.held() < 600U);
}

BOOST_AUTO_TEST_CASE(A25_one_byte_fragments)
{
    metered peer;
    peer.feed(masked(0x02, "x"));
    for (std::size_t received = 2; received != 1024; ++received) {
        peer.feed(masked(0x00, "x"));
        CHECK(peer.held() <= received + 4096);
    }
    CHECK(peer.feed(masked(0x80, "x")) == 1U);
    CHECK(peer.longest() == 1024U);
    CHECK(peer.allocations() < 10U);
}

BOOST_AUTO_TEST_CASE(an_announced_length_reserves_nothing)
{
    metered peer;
    peer.feed(masked(0x82, std::string(1'000'000, 'x')).substr(0, 20));
    CHECK(peer.held() <= 4096U);
}

BOOST_AUTO_TEST_SUITE_END()
