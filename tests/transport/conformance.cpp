// SPDX-License-Identifier: BSL-1.0
// What every link promises (cosio/transport.hpp), asked of all of them.

#include "links.hpp"
#include "support/check.hpp"

#include <tuple>

using namespace cosio;
using namespace cosio::test;

namespace {

using packets = std::vector<packet>;

using transport_links = std::tuple<
    transport_link<loopback_maker>,
    transport_link<websocket_maker>,
    transport_link<bytewise_websocket_maker>,
    transport_link<deflated_websocket_maker>,
    transport_link<context_websocket_maker>,
    transport_link<tcp_websocket_maker>,
    transport_link<tls_websocket_maker>,
    transport_link<bytewise_tls_websocket_maker>,
    transport_link<tls_tcp_websocket_maker>>;

using all_links = std::tuple<
    transport_link<loopback_maker>,
    transport_link<websocket_maker>,
    transport_link<bytewise_websocket_maker>,
    transport_link<deflated_websocket_maker>,
    transport_link<context_websocket_maker>,
    transport_link<tcp_websocket_maker>,
    transport_link<tls_websocket_maker>,
    transport_link<bytewise_tls_websocket_maker>,
    transport_link<tls_tcp_websocket_maker>,
    polling_link<simulated_arena>,
    polling_link<network_arena>>;

packet text(std::string data)
{
    return {frame_kind::text, std::move(data)};
}

packet binary_packet(std::string data)
{
    return {frame_kind::binary, std::move(data)};
}

/// Bytes that tell their place.
std::string pattern(std::size_t size, unsigned seed = 0)
{
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>((i * 7 + (i >> 8) + seed) & 0xff);
    return bytes;
}

packets numbered(std::size_t count, std::size_t size)
{
    packets all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(text("4" + std::to_string(i) + std::string(size, 'x')));
    return all;
}

/// Each direction of a fresh link.
template <class Link, class Test>
void both_ways(const Test& run)
{
    {
        BOOST_TEST_CONTEXT("from the server")
        {
            Link link;
            run(link, link.first(), link.second());
        }
    }
    {
        BOOST_TEST_CONTEXT("from the client")
        {
            Link link;
            run(link, link.second(), link.first());
        }
    }
}

template <class Link>
bool arrive(Link& link, const link_end& to, std::size_t count)
{
    return link.where().until([&] { return to.received().size() >= count; });
}

template <class Link>
bool both_end(Link& link)
{
    return link.where().until([&] { return link.first().ended() && link.second().ended(); });
}

void check(const packets& got, const packets& wanted)
{
    REQUIRE(got.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        REQUIRE(got[i] == wanted[i], "packet " << i << ": " << got[i]);
}

/// Sends more than the link takes while nobody reads; the rest is left with the sender.
template <class Link>
packets flood(Link& link, link_end& from, link_end& to)
{
    to.stop_reading();
    link.where().settle();
    const std::size_t size = Link::flood_bytes / 200;
    const packets all = numbered(200, size);
    // Apart from the rest: an answer to a poll takes all that is there, but only once.
    from.send(all.front());
    link.where().settle();
    for (std::size_t i = 1; i < all.size(); ++i)
        from.send(all[i]);
    link.where().settle();
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transport_conformance)

TYPED_CASE(messages_arrive_whole_and_in_order, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        const packets sent{
            text("4"),
            text("4a"),
            binary_packet(""),
            binary_packet("\x1e"),
            text("4\xe2\x82\xac \\ \""),
            binary_packet(pattern(125)),
            binary_packet(pattern(126)),
            text("4" + std::string(65'534, 'k')),
            binary_packet(pattern(64 * 1024)),
            binary_packet(pattern(65'535)),
            text("4last"),
        };
        for (const packet& one : sent)
            from.send(one);
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
        CHECK(link.where().until([&] { return from.drained(); }));
        CHECK(from.received().empty());
    });
}

TYPED_CASE(packets_of_every_type_arrive, Link, transport_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        const packets sent{
            text("0{\"sid\":\"x\"}"),
            text("2"),
            text("3"),
            text("2probe"),
            text("3probe"),
            text("42[\"e\"]"),
            text("5"),
            text("6"),
            text("1"),
        };
        for (const packet& one : sent)
            from.send(one);
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
    });
}

TYPED_CASE(messages_up_to_the_limit_arrive, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        // Base64 of the binary one must stay below the limit too.
        const packets sent{
            text("4" + std::string(Link::max_payload - 1, 'm')),
            binary_packet(pattern((Link::max_payload - 1) / 4 * 3)),
            text("4end"),
        };
        for (const packet& one : sent)
            from.send(one);
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
    });
}

TYPED_CASE(a_burst_arrives_in_order, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        const packets sent = numbered(3000, 5);
        for (const packet& one : sent)
            from.send(one);
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
    });
}

TYPED_CASE(both_directions_at_once_do_not_disturb_each_other, Link, all_links)
{
    Link link;
    const packets there = numbered(500, 100);
    const packets back = numbered(400, 130);
    for (const packet& one : there)
        link.first().send(one);
    for (const packet& one : back)
        link.second().send(one);
    CHECK(arrive(link, link.second(), there.size()));
    CHECK(arrive(link, link.first(), back.size()));
    check(link.second().received(), there);
    check(link.first().received(), back);
}

TYPED_CASE(a_link_that_fell_dry_goes_on, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        for (std::size_t i = 1; i <= 20; ++i) {
            from.send(text("4" + std::to_string(i)));
            REQUIRE(arrive(link, to, i));
            CHECK(to.received().back() == text("4" + std::to_string(i)));
            to.send(binary_packet(std::string(i, 'b')));
            REQUIRE(arrive(link, from, i));
            CHECK(from.received().back() == binary_packet(std::string(i, 'b')));
        }
    });
}

TYPED_CASE(what_a_peer_does_not_read_waits_and_then_comes_in_order, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        const packets sent = flood(link, from, to);
        CHECK(!from.drained());
        CHECK(to.received().size() < sent.size());
        to.resume_reading();
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
        CHECK(link.where().until([&] { return from.drained(); }));
    });
}

TYPED_CASE(a_stuck_direction_does_not_stop_the_other, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        const packets sent = flood(link, from, to);
        to.send(text("4back"));
        CHECK(arrive(link, from, 1));
        check(from.received(), {text("4back")});
        to.resume_reading();
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
    });
}

TYPED_CASE(close_ends_both_ends, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        from.close();
        CHECK(both_end(link));
        CHECK(to.received().empty());
        CHECK(from.received().empty());
    });
}

TYPED_CASE(close_while_much_is_under_way_ends_both_ends, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        const packets sent = flood(link, from, to);
        from.close();
        to.resume_reading();
        CHECK(both_end(link));
        // What did come is a beginning of what was sent.
        REQUIRE(to.received().size() < sent.size());
        check(to.received(), {sent.begin(), sent.begin() + std::ssize(to.received())});
    });
}

TYPED_CASE(closing_again_changes_nothing, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        from.close();
        from.close();
        CHECK(both_end(link));
        from.close();
        to.close();
        to.close();
        link.where().settle();
        CHECK(to.received().empty());
    });
}

TYPED_CASE(finish_delivers_what_was_flushed_before, Link, all_links)
{
    both_ways<Link>([](Link& link, link_end& from, link_end& to) {
        to.stop_reading();
        link.where().settle();
        const packets sent = numbered(20, 50);
        for (const packet& one : sent)
            from.send(one);
        link.where().settle();
        if (from.drained())  // else the other end must take something first
            from.finish();
        to.resume_reading();
        CHECK(link.where().until([&] { return from.drained(); }));
        from.finish();
        CHECK(arrive(link, to, sent.size()));
        CHECK(both_end(link));
        check(to.received(), sent);
    });
}

TYPED_CASE(views_survive_a_pause_after_retain, Link, transport_links)
{
    both_ways<Link>([](Link& link, transport_end& from, transport_end& to) {
        to.read_one_per_turn();
        const packets sent{
            text("4one"),
            binary_packet(pattern(300)),
            text("4" + std::string(20'000, 'y')),
            binary_packet(pattern(30'000, 3)),
            text("4five"),
            binary_packet(""),
            text("4seven"),
        };
        for (const packet& one : sent)
            from.send(one);
        CHECK(arrive(link, to, sent.size()));
        check(to.received(), sent);
    });
}

BOOST_AUTO_TEST_SUITE_END()
