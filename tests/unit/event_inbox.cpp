// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/event_inbox.hpp>

#include <fmt/format.h>

#include <deque>
#include <random>
#include <string>

using namespace cosio;
using namespace cosio::detail;

namespace {

protocol::encoded_packet event(std::string_view text)
{
    return {make_text_frame(text)};
}

std::string text_of(const protocol::encoded_packet& packet)
{
    return std::string{as_text(packet.head->payload())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_inboxes)

BOOST_AUTO_TEST_CASE(first_in_first_out_whatever_the_order_of_calls)
{
    event_inbox box;
    std::deque<std::string> model;
    std::mt19937 random{1};
    for (int step = 0; step < 10'000; ++step) {
        if (model.empty() || random() % 100 < 52) {
            model.push_back(fmt::format("42[\"{}\"]", step));
            CHECK(box.push(event(model.back())) == 1U);
        } else {
            CHECK(text_of(box.pop()) == model.front());
            model.pop_front();
        }
        CHECK(box.size() == model.size());
        CHECK(box.empty() == model.empty());
        CHECK(box.weight() == model.size());
    }
}

BOOST_AUTO_TEST_CASE(large_events_weigh_more_up_to_a_limit)
{
    const auto weight = [](std::size_t bytes) {
        return event_inbox::weight_of(event(std::string(bytes, 'x')));
    };
    CHECK(weight(1) == 1U);
    CHECK(weight(16'383) == 1U);
    CHECK(weight(16'384) == 2U);
    CHECK(weight(1'000'000) == 62U);
    CHECK(weight(1'023 * 16'384) == 1'024U);
    CHECK(weight(1'024 * 16'384) == 1'024U);
}

BOOST_AUTO_TEST_CASE(attachments_weigh_too)
{
    protocol::encoded_packet packet = event("451-[]");
    packet.attachments.push_back(make_frame(frame_kind::binary, as_bytes(std::string(20'000, 'b')))
    );
    event_inbox box;
    CHECK(box.push(packet) == 2U);
    CHECK(box.weight() == 2U);
    static_cast<void>(box.pop());
    CHECK(box.weight() == 0U);
}

BOOST_AUTO_TEST_CASE(a_message_is_kept_in_the_form_in_which_it_is_sent)
{
    const auto text = keep_message({frame_kind::text, as_bytes(R"(2["x"])")});
    CHECK(text_of(text) == R"(42["x"])");
    CHECK(text.head->kind() == frame_kind::text);
    const auto bytes = keep_message({frame_kind::binary, as_bytes("abc")});
    CHECK(text_of(bytes) == "abc");
    CHECK(bytes.head->kind() == frame_kind::binary);
}

BOOST_AUTO_TEST_SUITE_END()
