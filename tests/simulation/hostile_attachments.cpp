// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.8: packets whose attachments are misused, over the transports that carry them.
#include "socketio_http.hpp"
#include "support/alloc_counter.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

const std::string header = R"(451-["echo",{"_placeholder":true,"num":0}])";

struct attachment_case : http_case<json>
{
    explicit attachment_case(server_options options = {}) : http_case<json>{std::move(options)}
    {
        watch();
        io.on("echo", [](json_socket socket, arguments all) { socket.emit("echo", all); });
    }

    /// A client in the main namespace, over a WebSocket of its own.
    [[nodiscard]] raw_websocket websocket()
    {
        raw_websocket client{world, http, websocket_target};
        client.text("40");
        REQUIRE(client.take().size() == 2);
        log.clear();
        return client;
    }
};

using lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_attachments)

BOOST_AUTO_TEST_CASE(B06_pings_of_the_websocket_between_attachments)
{
    attachment_case on;
    raw_websocket client = on.websocket();
    client.text(header);
    client.frame(cosio::wire::websocket_opcode::ping, "still there?");
    client.frame(cosio::wire::websocket_opcode::pong, "unasked");
    CHECK(client.take() == lines{"pong still there?"});
    client.binary("abc");
    CHECK(client.take() == (lines{header, "binary abc"}));
}

BOOST_AUTO_TEST_CASE(B10_one_attachment_is_used_thirty_thousand_times)
{
    constexpr std::size_t uses = 30'000;
    server_case<json> on;
    std::size_t shared = 0;
    on.io.on("read", [&](const std::vector<binary>& all) {
        for (const binary& one : all)
            shared += one.bytes().data() == all.front().bytes().data();
    });
    auto client = on.joined();
    std::string packet = R"(451-["read",[{"_placeholder":true,"num":0})";
    for (std::size_t i = 1; i < uses; ++i)
        packet += R"(,{"_placeholder":true,"num":0})";
    client.say(packet + "]]");
    const std::string megabyte(1'000'000, 'm');
    const std::size_t before = heap().live_bytes;
    reset_heap_peak();
    client.peer().send_binary(megabyte);
    CHECK(client.heard() == "");
    CHECK(shared == uses);
    // So many values cost a few times what they were written in, whatever they are; the attachment is there once.
    CHECK(heap().peak_bytes - before < megabyte.size() + 10 * packet.size());
}

BOOST_AUTO_TEST_CASE(B18_a_namespace_is_left_between_header_and_attachments)
{
    attachment_case on;
    raw_websocket client = on.websocket();
    client.text(header);
    client.text("41");
    CHECK(client.take() == lines{"close 1005"});
    CHECK(on.log.take() == "disconnect / forced close");
}

// What a client sends to a namespace that the server has just left is taken for a fault, as Node's server does:
// nothing tells it from one that was never joined.
BOOST_AUTO_TEST_CASE(B18_the_server_leaves_between_header_and_attachments)
{
    attachment_case on;
    raw_websocket client = on.websocket();
    client.text(header);
    on.act([&] { on.io.main().sockets().front().disconnect(); });
    CHECK(client.take() == lines{"41"});
    CHECK(on.log.take() == "disconnect / server namespace disconnect");
    client.binary("abc");
    CHECK(client.take() == lines{"close 1005"});
    CHECK(on.log.take() == "");
}

BOOST_AUTO_TEST_CASE(B18_what_the_server_left_is_not_kept_beyond_attachment_timeout)
{
    server_options options;
    options.attachment_timeout = 5s;
    attachment_case on{options};
    raw_websocket client = on.websocket();
    client.text(R"(452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    client.binary(std::string(500'000, 'x'));
    on.act([&] { on.io.main().sockets().front().disconnect(); });
    CHECK(client.take() == lines{"41"});
    const std::size_t before = heap().live_bytes;
    on.world.run_for(5s);
    CHECK(client.take() == lines{"close 1005"});
    CHECK(heap().live_bytes + 490'000 < before);
}

BOOST_AUTO_TEST_CASE(B18_a_packet_is_completed_on_the_transport_that_was_upgraded_to)
{
    attachment_case on;
    polling_client<json> client{on};
    CHECK(client.post(header) == "ok");
    raw_websocket upgrade{on.world, on.http, client.websocket_target()};
    upgrade.text("2probe");
    upgrade.text("5");
    CHECK(upgrade.take() == lines{"3probe"});
    upgrade.binary("abc");
    CHECK(upgrade.take() == (lines{header, "binary abc"}));
}

BOOST_AUTO_TEST_CASE(B19_attachments_come_in_other_POSTs_than_their_header)
{
    attachment_case on;
    polling_client<json> client{on};
    const std::string two =
        R"(452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])";
    CHECK(client.post(two) == "ok");
    CHECK(client.post("bAQID") == "ok");
    CHECK(client.post("bBAUG\x1e" + header) == "ok");
    CHECK(client.post("bBwgJ") == "ok");
    CHECK(
        client.poll() == two +
                             "\x1e"
                             "bAQID\x1e"
                             "bBAUG\x1e" +
                             header +
                             "\x1e"
                             "bBwgJ"
    );
    CHECK(client.post(header) == "ok");
    client.begin_poll();
    CHECK(client.post(R"(42["echo"])") == "ok");
    CHECK(client.end_poll() == "1");
    CHECK(on.log.take() == "connection /\ndisconnect / forced close");
}

BOOST_AUTO_TEST_CASE(E06_an_empty_frame_is_an_attachment_or_nothing)
{
    attachment_case on;
    raw_websocket client = on.websocket();
    client.text(header);
    client.binary("");
    CHECK(client.take() == (lines{header, "binary "}));
    client.binary("");
    CHECK(client.take() == lines{"close 1005"});
    CHECK(on.log.take() == "disconnect / forced close");
}

BOOST_AUTO_TEST_CASE(E05_base64_as_text_is_left_to_the_parser)
{
    http_case<json> on;
    on.watch();
    on.io.on("echo", [](json_socket socket, arguments all) { socket.emit("echo", all); });
    raw_websocket client{on.world, on.http, websocket_target};
    client.text("40");
    CHECK(client.take().size() == 2);
    client.text(R"(451-["echo",{"_placeholder":true,"num":0}])");
    client.text("bAQID");
    CHECK(client.take().back() == "binary \1\2\3");
    client.text("bAQID");  // nobody awaits it
    CHECK(client.take() == std::vector<std::string>{"close 1005"});
    CHECK(on.log.take() == "connection /\ndisconnect / forced close");
}

BOOST_AUTO_TEST_CASE(E08_a_record_separator_in_a_frame_is_no_JSON)
{
    http_case<json> on;
    on.watch();
    raw_websocket client{on.world, on.http, websocket_target};
    client.text("40");
    CHECK(client.take().size() == 2);
    client.text("42[\"a\x1e"
                "b\"]");
    CHECK(client.take() == std::vector<std::string>{"close 1005"});
    CHECK(on.log.take() == "connection /\ndisconnect / forced close");
}

BOOST_AUTO_TEST_SUITE_END()
