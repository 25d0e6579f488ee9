// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.3 (WS-1, 3..7, 11, 16..18), reliability.md E01..E08: packets in frames, and what ends a session.

using namespace cosio;
using namespace cosio::test;

namespace {

using wire::websocket_opcode;

constexpr std::string_view plain = "/socket.io/?EIO=4&transport=websocket";

struct fixture
{
    fixture() { open_sid = sid_of(session.take().at(0)); }

    ~fixture() { server.check_bystander(); }

    // The server has said goodbye with `code`; the session is over and the stream ends.
    void check_goodbye(unsigned code, const strings& events)
    {
        CHECK(session.take() == strings{fmt::format("close {}", code)});
        session.goodbye(static_cast<std::uint16_t>(code));
        CHECK(session.wire().ended());
        CHECK(server.sessions() == 0);
        BOOST_TEST(server.log().events == events, boost::test_tools::per_element());
        CHECK(
            server.ask("GET", "/socket.io/?EIO=4&transport=polling&sid=" + open_sid).body ==
            sid_unknown
        );
    }

    void check_alive()
    {
        session.text("4alive");
        CHECK(session.take() == strings{"4alive"});
        CHECK(server.log().events.back() == "text alive");
        CHECK(server.sessions() == 1);
    }

    raw_server server;
    raw_websocket session{server.world, server.http, plain};
    string open_sid;
};

// A session whose client reads as much as the test says, over a stream that holds little.
struct narrow_session
{
    explicit narrow_session(std::size_t capacity)
    {
        auto [server_end, client_end] =
            make_memory_streams(server.world.home(), {.capacity_bytes = capacity});
        stream = std::move(client_end);
        server.http.serve(std::move(server_end));
        write(websocket_request(plain));
        const string handshake = read(10'000);
        REQUIRE(handshake.ends_with("}"));
    }

    ~narrow_session() { server.check_bystander(); }

    void write(std::string_view bytes)
    {
        error_code ec;
        for (; !bytes.empty(); server.world.run()) {
            const bytes_view rest = as_bytes(bytes);
            bytes.remove_prefix(stream->try_write({&rest, 1}, ec));
            REQUIRE(!ec);
        }
    }

    // At most `limit` bytes, and as many as come.
    string read(std::size_t limit)
    {
        string all;
        error_code ec;
        for (std::size_t count = 1; count != 0 && all.size() < limit; server.world.run()) {
            server.world.run();
            string part(limit - all.size(), '\0');
            count = stream->try_read(std::as_writable_bytes(std::span{part}), ec);
            all.append(part, 0, count);
        }
        return all;
    }

    void emit(std::string_view packet)
    {
        server.log().peer->send(make_text_frame(packet));
        server.world.run();
    }

    raw_server server;
    std::unique_ptr<byte_stream> stream;
};

string unmasked_frame(websocket_opcode opcode, std::string_view payload)
{
    std::vector<std::byte> bytes;
    wire::append_websocket_frame(bytes, opcode, as_bytes(payload));
    return string{as_text(bytes)};
}

/// Another stream, of which one write fails, once: what is written later is taken, and reading goes on.
class failing_stream final : public byte_stream
{
public:
    failing_stream(std::unique_ptr<byte_stream> of, unsigned write) noexcept
        : of_{std::move(of)}, left_{write}
    {}

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        return of_->try_read(into, ec);
    }

    std::optional<error_code> park(parked& who) override { return of_->park(who); }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        if (left_ == 0 || --left_ != 0)
            return of_->try_write(from, ec);
        ec = engine::errc::connection_reset;
        return 0;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        of_->notify_writable(std::move(listener));
    }

    void interrupt() noexcept override { of_->interrupt(); }

    void shutdown_send() noexcept override { of_->shutdown_send(); }

    void close() noexcept override { of_->close(); }

    std::string remote_address() const override { return of_->remote_address(); }

private:
    std::unique_ptr<byte_stream> of_;
    unsigned left_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_packets)

BOOST_DATA_TEST_CASE(one_frame_is_one_packet_ws_1, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_websocket session{server.world, server.http, plain, sample};
    static_cast<void>(session.take());
    session.wire().send(
        websocket_frame(websocket_opcode::text, "4hello") +
        websocket_frame(websocket_opcode::binary, "\1\2\3") +
        websocket_frame(websocket_opcode::text, "4") + websocket_frame(websocket_opcode::binary, "")
    );
    CHECK(
        session.wire().take() == string(
                                     "\x81\6"
                                     "4hello\x82\3\1\2\3\x81\1"
                                     "4\x82\0",
                                     18
                                 )
    );
    CHECK((server.log().events == strings{"text hello", "binary \1\2\3", "text ", "binary "}));
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(what_is_no_packet_ends_the_session_ws_3_e01, fixture)
{
    session.text("");
    check_goodbye(1005, {"close parse error"});
}

BOOST_AUTO_TEST_CASE(unknown_types_end_the_session_ws_3_e01)
{
    raw_server server;
    unsigned index = 0;
    for (const string& bad :
         {string{"abc"}, string{"7"}, string(1, '\0'), string{"-1"}, string{"b!"}, string{"b"} + "A"
         }) {
        raw_websocket session{server.world, server.http, plain};
        static_cast<void>(session.take());
        session.text("4before");
        session.text(bad);
        session.text("4behind");
        CHECK((session.take() == strings{"4before", "close 1005"}), bad);
        CHECK(session.wire().ended());
        CHECK((server.log(index++).events == strings{"text before", "close parse error"}));
        CHECK(server.sessions() == 0);
    }
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_close_packet_ends_the_session_at_once_ws_4_e04, fixture)
{
    session.text("4last");
    session.text("1");
    CHECK((session.take() == strings{"4last", "close 1005"}));
    session.goodbye(1005);
    CHECK(session.wire().ended());
    CHECK(server.sessions() == 0);
    CHECK((server.log().events == strings{"text last", "close transport close"}));
}

BOOST_FIXTURE_TEST_CASE(what_a_client_does_not_owe_is_ignored_ws_5_e03, fixture)
{
    for (const string packet : {"0", "0{}", "5", "6", "3", "3probe", "3x"})
        session.text(packet);
    CHECK(session.take().empty());
    check_alive();
    CHECK(server.log().events.size() == 1);
}

BOOST_FIXTURE_TEST_CASE(base64_in_a_text_frame_is_binary_ws_6_e05, fixture)
{
    session.text("bAQID");
    CHECK(session.take() == strings{"binary \1\2\3"});
    CHECK(server.log().events == strings{"binary \1\2\3"});
}

BOOST_AUTO_TEST_CASE(binary_goes_as_base64_to_who_asks_for_that_ws_6)
{
    raw_server server;
    raw_websocket session{server.world, server.http, "/socket.io/?EIO=4&transport=websocket&b64=1"};
    CHECK(session.take().size() == 1U);
    session.text("bAQID");
    session.binary("\1\2");
    session.text("4text");
    CHECK((session.take() == strings{"bAQID", "bAQI=", "4text"}));
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_record_separator_is_data_e08, fixture)
{
    session.text("4a\x1e"
                 "4b");
    CHECK(
        session.take() == strings{"4a\x1e"
                                  "4b"}
    );
}

BOOST_FIXTURE_TEST_CASE(a_ping_packet_ends_the_session_e02, fixture)
{
    session.text("2");
    check_goodbye(1005, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(a_probe_on_a_session_ends_it_e02, fixture)
{
    session.text("2probe");
    check_goodbye(1005, {"close transport error"});
}

BOOST_AUTO_TEST_CASE(a_message_above_max_payload_gets_1009_ws_7)
{
    raw_server server{{.max_payload_bytes = 100}};
    const string full = "4" + string(99, 'x');
    unsigned index = 0;
    const auto check = [&](const string& bytes, const strings& before) {
        raw_websocket session{server.world, server.http, plain};
        static_cast<void>(session.take());
        session.text(full);
        session.wire().send(bytes);
        strings expected{full};
        expected.insert(expected.end(), before.begin(), before.end());
        expected.push_back("close 1009");
        CHECK(session.take() == expected);
        session.goodbye(1009);
        CHECK(session.wire().ended());
        CHECK(server.log(index++).events.back() == "close transport error");
        CHECK(server.sessions() == 0);
    };
    check(websocket_frame(websocket_opcode::text, full + "x"), {});
    check(websocket_frame(websocket_opcode::binary, full + "x"), {});
    // At the header of what is announced too large, before the payload.
    check(websocket_frame(websocket_opcode::text, full + "x").substr(0, 6), {});
    // In fragments: at the header of the one that goes beyond.
    string first = websocket_frame(websocket_opcode::text, full);
    first[0] = '\x01';
    check(first + websocket_frame(websocket_opcode::continuation, "x").substr(0, 6), {});
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_message_in_too_many_fragments_gets_1008)
{
    raw_server server{{}, {.max_websocket_fragments = 4}};
    raw_websocket session{server.world, server.http, plain};
    static_cast<void>(session.take());
    string frame = websocket_frame(websocket_opcode::text, "4");
    frame[0] = '\x01';
    string next = websocket_frame(websocket_opcode::continuation, "");
    next[0] = '\x00';
    session.wire().send(frame + next + next + next + next);
    CHECK(session.take() == strings{"close 1008"});
    CHECK(server.log().events == strings{"close transport error"});
    CHECK(server.sessions() == 0);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_second_link_for_a_websocket_session_is_closed_ws_11)
{
    raw_server server;
    raw_websocket session{server.world, server.http, plain};
    const string sid = sid_of(session.take().at(0));
    raw_websocket second{server.world, server.http, string{plain} + "&sid=" + sid};
    CHECK(second.take() == strings{"close 1005"});
    second.goodbye(1005);
    CHECK(second.wire().ended());
    session.text("4mine");
    CHECK(session.take() == strings{"4mine"});
    CHECK(server.sessions() == 1);
    CHECK(server.log().events == strings{"text mine"});
    server.check_bystander();
}

BOOST_DATA_TEST_CASE(pings_of_the_websocket_are_answered_ws_16_ws_17, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_websocket session{server.world, server.http, plain, sample};
    static_cast<void>(session.take());
    session.frame(websocket_opcode::ping, "are you there");
    CHECK(session.take() == strings{"pong are you there"});
    // Between the fragments of a message too.
    string first = websocket_frame(websocket_opcode::text, "4be");
    first[0] = '\x01';
    session.wire().send(first + websocket_frame(websocket_opcode::ping, ""));
    CHECK(session.take() == strings{"pong "});
    session.wire().send(websocket_frame(websocket_opcode::continuation, "have"));
    CHECK(session.take() == strings{"4behave"});
    session.frame(websocket_opcode::pong, "nobody asked");
    session.text("4on");
    CHECK(session.take() == strings{"4on"});
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(pings_of_all_sizes_are_answered_with_the_same_bytes_f24_a20, fixture)
{
    string payload;
    for (std::size_t size = 0; size <= 125; ++size) {
        session.frame(websocket_opcode::ping, payload);
        CHECK(session.take() == strings{"pong " + payload}, size);
        payload += static_cast<char>('!' + size % 90);
    }
    check_alive();
}

BOOST_FIXTURE_TEST_CASE(pings_of_the_websocket_are_no_heartbeat_ws_16, fixture)
{
    for (int second = 1; second <= 45; ++second) {
        server.pass(1s);
        session.frame(websocket_opcode::ping, "");
        session.frame(websocket_opcode::pong, "");
        CHECK(session.take() == (second == 25 ? strings{"2", "pong "} : strings{"pong "}));
    }
    server.pass(1ms);
    check_goodbye(1005, {"close ping timeout"});
}

BOOST_FIXTURE_TEST_CASE(an_unmasked_frame_gets_1002_ws_17, fixture)
{
    session.wire().send("\x81\2"
                        "4a");
    check_goodbye(1002, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(text_that_is_not_utf_8_gets_1007, fixture)
{
    session.text("4\xff");
    check_goodbye(1007, {"close transport error"});
}

BOOST_DATA_TEST_CASE(a_goodbye_is_answered_ws_18, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_websocket session{server.world, server.http, plain, sample};
    static_cast<void>(session.take());
    session.goodbye(1001);
    CHECK(session.take() == strings{"close 1001"});
    CHECK(session.wire().ended());
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close transport close"});
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(pongs_wait_until_a_frame_is_whole_and_only_the_last_is_kept_f26)
{
    const string packet = "4" + string(1'095, 'x');
    const string frame = unmasked_frame(websocket_opcode::text, packet);
    for (std::size_t first = 1; first <= 200; ++first) {
        narrow_session session{1'000};
        session.emit(packet);  // 100 bytes have no room
        session.write(websocket_frame(websocket_opcode::ping, "one"));
        string come = session.read(first);
        session.write(websocket_frame(websocket_opcode::ping, "two"));
        come += session.read(50);
        session.write(websocket_frame(websocket_opcode::ping, "three"));
        session.emit("4end");
        come += session.read(10'000);
        string pongs = come.substr(frame.size());
        BOOST_REQUIRE_EQUAL(come.substr(0, frame.size()), frame);
        const string end = unmasked_frame(websocket_opcode::text, "4end");
        REQUIRE(pongs.find(end) != string::npos);
        pongs.erase(pongs.find(end), end.size());
        REQUIRE(pongs.ends_with(unmasked_frame(websocket_opcode::pong, "three")));
        BOOST_REQUIRE_LE(pongs.size(), 5 + 5 + 7);
    }
}

BOOST_AUTO_TEST_CASE(a_goodbye_never_stands_inside_a_frame)
{
    narrow_session session{1'000};
    const string packet = "4" + string(2'000, 'x');
    session.emit(packet);
    session.write("\x81\2"
                  "4a");  // unmasked: 1002
    const string come = session.read(10'000);
    const string frame = unmasked_frame(websocket_opcode::text, packet);
    CHECK(come.size() < frame.size());
    CHECK(frame.starts_with(come));
    CHECK(session.server.log().events == strings{"close transport error"});
    CHECK(session.server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_ends_ends_the_session, fixture)
{
    session.wire().send(websocket_frame(websocket_opcode::text, "4half").substr(0, 5));
    session.wire().finish();
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close transport close"});
    CHECK(session.wire().ended());
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_is_reset_ends_the_session, fixture)
{
    session.wire().cut();
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close transport close"});
}

BOOST_FIXTURE_TEST_CASE(half_a_frame_and_silence_is_a_ping_timeout, fixture)
{
    session.wire().send(websocket_frame(websocket_opcode::text, "4half").substr(0, 5));
    server.pass(25s);
    CHECK(session.take() == strings{"2"});
    server.pass(20s);
    CHECK(server.sessions() == 1);
    server.pass(1ms);
    check_goodbye(1005, {"close ping timeout"});
}

BOOST_FIXTURE_TEST_CASE(who_does_not_answer_our_goodbye_is_cut_ws_18, fixture)
{
    server.log().peer->close(close_reason::forced_server_close);
    CHECK(session.take() == strings{"close 1005"});
    CHECK(server.log().events == strings{"close forced server close"});
    session.text("4ignored");
    server.pass(4999ms);
    CHECK(!session.wire().ended());
    server.pass(1ms);
    CHECK(session.wire().ended());
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close forced server close"});
}

BOOST_DATA_TEST_CASE(large_messages_and_many_go_both_ways_in_order, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_websocket session{server.world, server.http, plain, sample};
    static_cast<void>(session.take());
    strings expected;
    string bytes;
    for (unsigned i = 1; i <= 300; ++i) {
        expected.push_back(fmt::format("4{} {}", i, string(i % 130, 'x')));
        bytes += websocket_frame(websocket_opcode::text, expected.back());
        if (i % 50 == 0)
            bytes += websocket_frame(websocket_opcode::ping, "");
    }
    expected.push_back("4" + string(9'000, 'y'));
    bytes += websocket_frame(websocket_opcode::text, expected.back());
    session.wire().send(bytes);
    strings come = session.take();
    std::erase(come, "pong ");
    BOOST_TEST(come == expected, boost::test_tools::per_element());
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_is_closed)
{
    raw_server server{{.max_send_queue_bytes = 1'000'000}};
    raw_websocket session{server.world, server.http, plain};
    static_cast<void>(session.take());
    const auto peer = server.log().peer;
    const string message = "4" + string(100'000, 'x');
    unsigned sent = 0;
    while (peer->send(make_text_frame(message)) != send_status::closed && sent < 1'000) {
        ++sent;
        server.world.run();
    }
    CHECK(sent >= 10);
    CHECK(sent < 20);
    CHECK(server.log().events == strings{"close transport error"});
    server.pass(7s);
    CHECK(server.sessions() == 0);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_while_nothing_can_be_read_ends_the_session_once_a44)
{
    // The first write is the 101, the second has the OPEN packet.
    for (unsigned write = 2; write <= 6; ++write) {
        raw_server server;
        auto [server_end, client_end] = make_memory_streams(server.world.home());
        server.http.serve(std::make_unique<failing_stream>(std::move(server_end), write));
        raw_client client{server.world, std::move(client_end)};
        client.send(websocket_request(plain));
        for (unsigned i = 2; i < write; ++i)
            client.send(websocket_frame(websocket_opcode::text, "4a"));
        server.world.run_for(5s);
        CHECK(server.sessions() == 0, write);
        strings expected(write - 2, "text a");
        expected.emplace_back("close transport close");
        CHECK(server.log().events == expected, write);
        CHECK(client.take().starts_with("HTTP/1.1 101 "));
        CHECK(client.ended(), write);
        CHECK(server.http.connection_count() == 0);
        server.check_bystander();
    }
}

BOOST_AUTO_TEST_SUITE_END()
