// SPDX-License-Identifier: BSL-1.0
// Control frames stand between the frames of data, whatever the stream takes of them and when.

#include "link_end.hpp"
#include "support/check.hpp"
#include "support/raw_http.hpp"

#include <cosio/transports/websocket.hpp>

#include <boost/test/data/test_case.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::size_t room = 16;

/// A link over a stream that takes 16 bytes until they are read; its other end is played by hand.
struct played_link
{
    explicit played_link(engine::role of)
        : side{of},
          streams{make_memory_streams(world.home(), {.capacity_bytes = room})},
          decoder{
              of == engine::role::client ? wire::websocket_role::server
                                         : wire::websocket_role::client,
              {}
          },
          link{
              world.home(), make_websocket_transport(world.home(), std::move(streams.first), of, {})
          }
    {
        world.run();
    }

    /// The first message fills the stream, with the head that this side needs.
    [[nodiscard]] std::string filling() const
    {
        const std::size_t head = side == engine::role::client ? 6 : 2;
        return "4" + std::string(room - head - 1, 'f');
    }

    void send(std::string_view message)
    {
        link.send({.data = std::string{message}});
        world.run();
    }

    void ping(std::string_view payload)
    {
        std::vector<std::byte> frame;
        const std::array<std::byte, 4> mask{};
        wire::append_websocket_frame(
            frame,
            wire::websocket_opcode::ping,
            as_bytes(payload),
            side == engine::role::server ? &mask : nullptr
        );
        const bytes_view all{frame};
        error_code ec;
        REQUIRE(streams.second->try_write({&all, 1}, ec) == frame.size());
        world.run();
    }

    /// Reads all that comes: text as it is, "pong ..." for PONG frames.
    std::vector<std::string> heard()
    {
        std::vector<std::string> all;
        std::array<std::byte, room> block;
        error_code ec;
        while (const std::size_t count = streams.second->try_read(block, ec)) {
            decoder.feed(std::span{block}.first(count));
            while (true) {
                const auto next = decoder.next();
                REQUIRE(next.has_value());
                if (!*next)
                    break;
                const bool pong = (*next)->opcode == wire::websocket_opcode::pong;
                all.push_back((pong ? "pong " : "") + std::string{(*next)->text()});
            }
            decoder.retain();
            world.run();
        }
        return all;
    }

    simulation world;
    engine::role side;
    std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>> streams;
    wire::websocket_decoder decoder;
    transport_end link;
};

using strings = std::vector<std::string>;

const engine::role sides[] = {engine::role::server, engine::role::client};

std::string name_of(engine::role side)
{
    return side == engine::role::server ? "of the server" : "of the client";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_control)

BOOST_AUTO_TEST_CASE(of_pongs_that_wait_only_the_newest_is_sent)
{
    for (const engine::role side : sides) {
        BOOST_TEST_CONTEXT(name_of(side))
        {
            played_link on{side};
            on.send(on.filling());
            for (const char* payload : {"one", "two", "three"})
                on.ping(payload);
            CHECK((on.heard() == strings{on.filling(), "pong three"}));
        }
    }
}

BOOST_AUTO_TEST_CASE(F26_of_five_thousand_pings_that_wait_one_is_answered)
{
    for (const engine::role side : sides) {
        BOOST_TEST_CONTEXT(name_of(side))
        {
            played_link on{side};
            on.send(on.filling());
            for (int i = 1; i <= 5'000; ++i)
                on.ping(std::to_string(i));
            CHECK((on.heard() == strings{on.filling(), "pong 5000"}));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_newer_pong_takes_nothing_along_that_stands_behind_the_older_one)
{
    for (const engine::role side : sides) {
        BOOST_TEST_CONTEXT(name_of(side))
        {
            played_link on{side};
            on.send(on.filling());
            on.ping("one");
            on.send("4second");
            on.ping("two");
            CHECK((on.heard() == strings{on.filling(), "pong one", "4second", "pong two"}));
            CHECK(on.link.drained());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
