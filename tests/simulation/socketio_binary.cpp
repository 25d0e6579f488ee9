// SPDX-License-Identifier: BSL-1.0
// features.md 3.7, BIN-*, and reliability.md 3.8: binary as a client sees it on the wire.
#include "support/codec_cases.hpp"

#include <boost/json/serialize.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// A server that echoes, and counts the events that reach a handler.
template <class Codec>
struct binary_case : server_case<Codec>
{
    explicit binary_case(server_options options = {}) : server_case<Codec>{std::move(options)}
    {
        this->io.on("echo", [this](basic_socket<Codec> socket, arguments all) {
            ++events;
            socket.emit("echo", all);
        });
    }

    /// After these packets, the last of them a text packet or an attachment, the connection is over.
    void check_closed(std::string_view packet, const std::vector<std::string>& attachments = {})
    {
        BOOST_TEST_CONTEXT(packet)
        {
            auto client = this->joined();
            CHECK(client.say(packet, attachments).heard() == "<end>");
            CHECK(events == 0);
        }
    }

    int events = 0;
};

const std::string one = R"(451-["echo",{"_placeholder":true,"num":0}])";

std::string announced(std::size_t count)
{
    std::string text = fmt::format(R"(45{}-["echo")", count);
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format(R"(,{{"_placeholder":true,"num":{}}})", i);
    return text + "]";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_binary)

TYPED_CASE(BIN_1_BIN_2_binary_goes_both_ways_in_the_order_of_traversal, Codec, codecs)
{
    binary_case<Codec> on;
    auto client = on.joined();
    const std::string packet = R"(453-["echo",{"_placeholder":true,"num":0},)"
                               R"({"a":[{"_placeholder":true,"num":1}],"b":1},)"
                               R"({"_placeholder":true,"num":2}])";
    CHECK(client.say(packet, {"abc", "", "x"}).heard() == packet + "\nbabc\nb\nbx");
}

TYPED_CASE(BIN_1_an_answer_may_be_binary, Codec, codecs)
{
    binary_case<Codec> on;
    on.io.of("/b").on("ask", [](binary bytes, ack<binary> reply) { reply(bytes); });
    auto client = on.client();
    client.join("/b");
    const std::string question = R"(451-/b,12["ask",{"_placeholder":true,"num":0}])";
    CHECK(
        client.say(question, {"abc"}).heard() == R"(461-/b,12[{"_placeholder":true,"num":0}])"
                                                 "\nbabc"
    );
}

TYPED_CASE(BIN_1_a_binary_answer_completes_its_question, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.emit("ask", [&](result<binary> answer) {
            on.log("{}", answer ? as_text(answer->bytes()) : answer.error().message());
        });
    });
    auto client = on.joined_after_events();
    CHECK(client.say(R"(461-0[{"_placeholder":true,"num":0}])", {"abc"}).heard() == "");
    CHECK(on.log.take() == "abc");
}

TYPED_CASE(BIN_3_the_auth_of_CONNECT_cannot_carry_binary, Codec, codecs)
{
    binary_case<Codec> on;
    on.watch();
    auto client = on.client();
    const std::string packet = R"(40{"a":{"_placeholder":true,"num":0}})";
    if constexpr (std::is_same_v<Codec, json>) {
        CHECK(client.say(packet).heard() == R"(40{"sid":"<sid>"})");
    } else {
        // Whatever becomes of such auth, the application does not see half of it.
        on.io.on_connection([&](basic_socket<Codec> socket) {
            on.log("auth {}", boost::json::serialize(socket.shake().auth()));
        });
        client.say(packet, {"abc"});
        on.world.run();
        CHECK(on.log.take().find("abc") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(BIN_4_BIN_5_A15_A16_B01_B04_the_number_of_attachments_is_limited)
{
    binary_case<json> on;
    on.check_closed("450-[\"echo\"]");
    on.check_closed("460-1[]");
    on.check_closed(R"(45-["echo"])");
    on.check_closed(R"(45["echo"])");
    on.check_closed(R"(451["echo"])");
    on.check_closed(R"(45-1-["echo"])");
    on.check_closed(R"(4511-["echo"])");
    on.check_closed(R"(451000000000-["echo"])");
    on.check_closed("45" + std::string(400, '1') + "-[]");
    on.check_closed("45" + std::string(900'000, '1') + "-[]");
}

BOOST_AUTO_TEST_CASE(BIN_4_B04_as_many_attachments_as_max_attachments)
{
    binary_case<json> on;
    auto client = on.joined();
    CHECK(client.say(announced(10)).heard() == "");
    for (int i = 0; i < 9; ++i)
        client.peer().send_binary(fmt::format("{}", i));
    CHECK(client.heard() == "");
    client.peer().send_binary("9");
    CHECK(client.heard() == announced(10) + "\nb0\nb1\nb2\nb3\nb4\nb5\nb6\nb7\nb8\nb9");
}

BOOST_AUTO_TEST_CASE(BIN_6_B03_the_number_of_attachments_is_plain_digits)
{
    binary_case<json> on;
    for (const char* count : {"1e1", "51e1", "0x1", "0x2", " 1", " 2", "1.0", "01", "+1", "-1"})
        on.check_closed(fmt::format(R"(45{}-["echo"])", count));
}

BOOST_AUTO_TEST_CASE(BIN_7_A13_B08_B09_a_placeholder_names_an_attachment_or_the_connection_ends)
{
    binary_case<json> on;
    for (const char* number :
         {R"("splice")",
          R"("0")",
          "-1",
          "1",
          "2",
          "0.5",
          "1e99",
          "null",
          "true",
          "{}",
          "[]",
          "18446744073709551616"})
        on.check_closed(
            fmt::format(R"(451-["echo",{{"_placeholder":true,"num":{}}}])", number), {"abc"}
        );
    on.check_closed(R"(451-["echo",{"_placeholder":true}])", {"abc"});
}

BOOST_AUTO_TEST_CASE(BIN_7_B10_B11_attachments_may_be_used_in_any_order_twice_or_not_at_all)
{
    binary_case<json> on;
    auto client = on.joined();
    CHECK(
        client
            .say(
                R"(453-["echo",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true,"x":1},{"_placeholder":true,"num":1}])",
                {"a", "b", "c"}
            )
            .heard() ==
        R"(453-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}])"
        "\nbb\nba\nbb"
    );
    CHECK(client.say(R"(451-["echo",1])", {"unused"}).heard() == R"(42["echo",1])");
}

BOOST_AUTO_TEST_CASE(BIN_8_B05_text_while_attachments_are_awaited_ends_the_connection)
{
    for (const char* packet :
         {R"(42["echo"])", R"(42/admin,["echo"])", "40/admin,", "41", "430[]"}) {
        BOOST_TEST_CONTEXT(packet)
        {
            binary_case<json> on;
            on.watch("/admin");
            auto client = on.joined();
            CHECK(client.say(one).heard() == "");
            CHECK(client.say(packet).heard() == "<end>");
            CHECK(on.events == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(BIN_8_B16_binary_that_nobody_awaits_ends_the_connection)
{
    binary_case<json> on;
    auto client = on.joined();
    client.peer().send_binary("abc");
    CHECK(client.heard() == "<end>");
    auto again = on.joined();
    again.say(one, {"abc", "one too many"});
    CHECK(again.heard() == one + "\nbabc\n<end>");
}

BOOST_AUTO_TEST_CASE(A43_S24_a_binary_header_for_a_namespace_not_joined_ends_the_connection)
{
    binary_case<json> on;
    on.watch("/admin");
    auto early = on.client();
    CHECK(early.say(one).heard() == "<end>");
    auto elsewhere = on.joined();
    CHECK(elsewhere.say(R"(451-/admin,["echo",{"_placeholder":true,"num":0}])").heard() == "<end>");
}

BOOST_AUTO_TEST_CASE(A45_a_binary_header_while_the_middleware_decides_ends_the_connection)
{
    binary_case<json> on;
    detail::wakeup answer{on.world.home().executor()};
    on.io.use([&](json_socket) -> task<verdict> {
        co_await answer.wait();
        co_return accept();
    });
    auto client = on.client();
    CHECK(client.say("40").heard() == "");
    CHECK(client.say(one).heard() == "<end>");
    answer.notify();
    on.world.run();
}

BOOST_AUTO_TEST_CASE(BIN_9_an_incomplete_packet_goes_with_its_connection)
{
    binary_case<json> on;
    on.watch();
    auto client = on.joined();
    client.say(announced(2), {std::string(100'000, 'x')});
    CHECK(client.heard() == "");
    client.peer().cut();
    on.world.run();
    CHECK(on.log.take() == "connection /\ndisconnect / transport close");
    // A shared decoder must not hand the rest of one connection's packet to the next.
    auto other = on.joined();
    CHECK(other.say(one, {"abc"}).heard() == one + "\nbabc");
}

BOOST_AUTO_TEST_CASE(packets_of_two_connections_may_be_incomplete_at_the_same_time)
{
    binary_case<json> on;
    auto a = on.joined();
    auto b = on.joined();
    CHECK(a.say(announced(2), {"a0"}).heard() == "");
    CHECK(b.say(one).heard() == "");
    auto c = on.joined();
    CHECK(c.say(R"(42["echo","c"])").heard() == R"(42["echo","c"])");
    b.peer().send_binary("b0");
    CHECK(b.heard() == one + "\nbb0");
    a.peer().send_binary("a1");
    CHECK(a.heard() == announced(2) + "\nba0\nba1");
}

BOOST_AUTO_TEST_CASE(BIN_9_B17_the_bytes_of_all_attachments_are_limited)
{
    server_options options;
    options.packet.max_attachment_bytes = 10;
    binary_case<json> on{options};
    auto client = on.joined();
    CHECK(
        client.say(announced(2), {"12345", "67890"}).heard() == announced(2) + "\nb12345\nb67890"
    );
    on.events = 0;
    on.check_closed(announced(2), {"12345", "678901"});
    on.check_closed(announced(2), {"12345678901"});
}

BOOST_AUTO_TEST_CASE(B17_the_bytes_of_all_attachments_are_at_most_max_payload_by_default)
{
    server_options options;
    options.engine.max_payload_bytes = 2'000'000;
    binary_case<json> on{options};
    const std::string million(1'000'000, 'm');
    auto client = on.joined();
    CHECK(
        client.say(announced(2), {million, million}).heard() ==
        announced(2) + "\nb" + million + "\nb" + million
    );
    on.events = 0;
    on.check_closed(announced(2), {million, million + "m"});
}

BOOST_AUTO_TEST_CASE(B06_the_heartbeat_goes_on_between_attachments)
{
    server_options options;
    options.attachment_timeout = 100s;
    binary_case<json> on{options};
    auto client = on.joined();
    CHECK(client.say(one).heard() == "");
    on.world.run_for(25s);
    CHECK(client.heard() == "2");
    client.peer().send_text("3");
    on.world.run_for(24s);
    client.peer().send_binary("abc");
    CHECK(client.heard() == one + "\nbabc");
}

BOOST_AUTO_TEST_CASE(B15_attachments_that_do_not_come_end_the_connection_at_attachment_timeout)
{
    server_options options;
    options.attachment_timeout = 5s;
    binary_case<json> on{options};
    on.watch();
    auto client = on.joined();
    CHECK(client.say(announced(2)).heard() == "");
    on.world.run_for(3s);
    client.peer().send_binary("progress does not help");
    on.world.run_for(2s - 1ns);
    CHECK(client.heard() == "");
    on.world.run_for(1ns);
    CHECK(client.heard() == "<end>");
    CHECK(on.log.take() == "connection /\ndisconnect / forced close");
}

BOOST_AUTO_TEST_CASE(B15_a_completed_packet_disarms_the_timeout)
{
    server_options options;
    options.attachment_timeout = 5s;
    binary_case<json> on{options};
    auto client = on.joined();
    for (int i = 0; i < 3; ++i) {
        CHECK(client.say(one).heard() == "");
        on.world.run_for(4s);
        client.peer().send_binary("abc");
        CHECK(client.heard() == one + "\nbabc");
    }
    on.world.run_for(6s);
    CHECK(client.heard() == "");
}

BOOST_AUTO_TEST_CASE(BIN_10_B12_B14_what_only_looks_like_a_placeholder_is_data)
{
    binary_case<json> on;
    auto client = on.joined();
    // The packet announces nothing, so it is data; it cannot be sent back unchanged, but read.
    on.io.on("read", [&](boost::json::value value) {
        on.log("{}", boost::json::serialize(value));
    });
    client.say(R"(42["read",{"_placeholder":true,"num":0}])");
    on.world.run();
    CHECK(on.log.take() == R"({"_placeholder":true,"num":0})");
    for (const char* truth : {"false", "1", R"("true")", "null"})
        client.say(fmt::format(R"(451-["read",{{"_placeholder":{},"num":0}}])", truth), {"unused"});
    on.world.run();
    CHECK(
        on.log.take() == R"({"_placeholder":false,"num":0})"
                         "\n"
                         R"({"_placeholder":1,"num":0})"
                         "\n"
                         R"({"_placeholder":"true","num":0})"
                         "\n"
                         R"({"_placeholder":null,"num":0})"
    );
}

BOOST_AUTO_TEST_CASE(B13_a_placeholder_is_no_event_name)
{
    binary_case<json> on;
    on.check_closed(R"(451-[{"_placeholder":true,"num":0}])", {"echo"});
}

BOOST_AUTO_TEST_CASE(B20_more_attachments_than_allowed_are_refused_where_they_are_emitted)
{
    binary_case<json> on;
    auto client = on.joined();
    const auto socket = on.io.main().sockets().at(0);
    asio::post(on.world.home().executor(), [&] {
        CHECK(socket.emit("x", std::vector<binary>(11, binary{"a"})) == send_status::rejected);
        CHECK(socket.emit("x", std::vector<binary>(2, binary{"a"})) == send_status::sent);
    });
    CHECK(
        client.heard() ==
        R"(452-["x",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]])"
        "\nba\nba"
    );
}

BOOST_AUTO_TEST_CASE(BIN_12_numbers_that_JSON_has_no_form_for)
{
    binary_case<json> on;
    auto client = on.joined();
    on.io.emit(
        "x",
        std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity(),
        -0.0,
        std::int64_t{9007199254740993},
        std::numeric_limits<std::uint64_t>::max(),
        1e21,
        nullptr
    );
    CHECK(
        client.heard() == R"(42["x",null,null,0,9007199254740993,18446744073709551615,1e+21,null])"
    );
}

BOOST_AUTO_TEST_SUITE_END()
