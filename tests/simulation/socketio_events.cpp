// SPDX-License-Identifier: BSL-1.0
// features.md 3.7, EV-*: events as a client sees them on the wire.
#include "support/codec_cases.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::string_literals;

namespace {

/// A server that echoes `echo` and writes every other event down whose name is asked for.
template <class Codec>
struct echo_case : server_case<Codec>
{
    explicit echo_case(server_options options = {}) : server_case<Codec>{std::move(options)}
    {
        this->watch();
        this->io.on("echo", [](basic_socket<Codec> socket, arguments all) {
            socket.emit("echo", all);
        });
    }

    /// What a joined client hears after one packet.
    std::string answer(std::string_view packet, const std::vector<std::string>& attachments = {})
    {
        auto client = this->joined();
        return client.say(packet, attachments).heard();
    }

    /// That packet is ignored: nothing comes back, and an echo still works.
    void check_ignored(std::string_view packet)
    {
        BOOST_TEST_CONTEXT(packet)
        {
            auto client = this->joined();
            CHECK(client.say(packet).heard() == "");
            CHECK(client.say(R"(42["echo"])").heard() == R"(42["echo"])");
        }
    }

    void check_closed(std::string_view packet)
    {
        this->world.run();  // clients of before have gone
        this->log.clear();
        BOOST_TEST_CONTEXT(packet)
        {
            CHECK(answer(packet) == "<end>");
            CHECK(this->log.take() == "connection /\ndisconnect / forced close");
        }
    }
};

std::string nested(std::size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_events)

TYPED_CASE(an_event_is_echoed_as_it_came, Codec, codecs)
{
    echo_case<Codec> on;
    for (const char* packet :
         {R"(42["echo"])",
          R"(42["echo",1,-1,128,70000,-70000,9007199254740993,18446744073709551615])",
          R"(42["echo",null,true,false,"","zażółć €","\u0000"])",
          R"(42["echo",[],{},[[1],{"a":{"b":[null]}}]])"})
        CHECK(on.answer(packet) == packet);
}

TYPED_CASE(EV_1_A14_A44_S02_the_payload_is_an_array_that_begins_with_a_name, Codec, codecs)
{
    echo_case<Codec> on;
    for (const char* packet :
         {"42[]",
          "42[null]",
          "42[{}]",
          R"(42[{"toString":"x"}])",
          "42[[]]",
          "42[true]",
          "42[false,1]",
          "42{}",
          R"(42{"a":1})",
          "42null",
          "42",
          "427"})
        on.check_closed(packet);
}

BOOST_AUTO_TEST_CASE(S02_the_payload_is_no_string)
{
    echo_case<json> on;
    on.check_closed(R"(42"x")");
}

TYPED_CASE(EV_2_S04_reserved_names_end_the_connection, Codec, codecs)
{
    echo_case<Codec> on;
    for (const char* name :
         {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"
         })
        on.check_closed(fmt::format(R"(42["{}"])", name));
}

TYPED_CASE(EV_2_A10_S05_other_names_without_a_handler_are_ignored, Codec, codecs)
{
    echo_case<Codec> on;
    for (const char* name :
         {"error",
          "close",
          "open",
          "message",
          "data",
          "drain",
          "upgrade",
          "ping",
          "pong",
          "packet",
          "connection",
          "__proto__",
          "hasOwnProperty",
          "constructor",
          ""})
        on.check_ignored(fmt::format(R"(42["{}",1])", name));
}

TYPED_CASE(EV_2_error_and_connection_are_events_like_others, Codec, codecs)
{
    echo_case<Codec> on;
    for (const char* name : {"error", "connection", "message"})
        on.io.on(name, [](basic_socket<Codec> socket) { socket.emit("seen"); });
    for (const char* name : {"error", "connection", "message"})
        CHECK(on.answer(fmt::format(R"(42["{}"])", name)) == R"(42["seen"])");
}

TYPED_CASE(EV_3_S03_a_number_is_a_name, Codec, codecs)
{
    echo_case<Codec> on;
    for (const char* name : {"1", "-7", "1.5"})
        on.io.on(name, [name](basic_socket<Codec> socket, std::string text) {
            socket.emit("seen", name, text);
        });
    CHECK(on.answer(R"(42[1,"x"])") == R"(42["seen","1","x"])");
    CHECK(on.answer(R"(42[-7,"x"])") == R"(42["seen","-7","x"])");
    CHECK(on.answer(R"(42[1.5,"x"])") == R"(42["seen","1.5","x"])");
}

BOOST_AUTO_TEST_CASE(EV_4_S06_what_follows_the_payload_ends_the_connection)
{
    echo_case<json> on;
    for (const char* packet :
         {R"(42["echo"]x)",
          R"(42["echo"]["y"])",
          R"(42["echo"]])",
          R"(42["echo",])",
          "42['echo']",
          R"(42["echo")",
          R"(42["echo)",
          R"(42["echo"] 1)"})
        on.check_closed(packet);
}

BOOST_AUTO_TEST_CASE(EV_4_S32_unknown_packet_types_end_the_connection)
{
    echo_case<json> on;
    for (const char* packet : {"47", "48[]", R"(49["echo"])", R"(4x["echo"])", "4", "4\xd9\xa2"})
        on.check_closed(packet);
}

BOOST_AUTO_TEST_CASE(EV_5_S07_S08_S12_an_ack_id_is_digits)
{
    echo_case<json> on;
    for (const char* packet :
         {R"(42 ["echo"])",
          "42\t[\"echo\"]",
          "42\xc2\xa0[\"echo\"]",
          "42\xef\xbb\xbf[\"echo\"]",
          R"(42 1 2["echo"])",
          R"(42-1["echo"])",
          R"(421.5["echo"])",
          R"(421e5["echo"])",
          R"(42abc["echo"])"})
        on.check_closed(packet);
}

TYPED_CASE(EV_5_S09_S10_an_ack_id_is_at_most_2_to_53_minus_1, Codec, codecs)
{
    echo_case<Codec> on;
    on.io.on("ask", [](ack<int> reply) { reply(1); });
    CHECK(on.answer(R"(4212["ask"])") == "4312[1]");
    CHECK(on.answer(R"(420["ask"])") == "430[1]");
    CHECK(on.answer(R"(429007199254740991["ask"])") == "439007199254740991[1]");
    on.check_closed(R"(429007199254740992["ask"])");
    on.check_closed(R"(429007199254740993["ask"])");
    on.check_closed(R"(4218446744073709551615["ask"])");
}

BOOST_AUTO_TEST_CASE(EV_5_S09_S11_A12_zeros_and_endless_digits)
{
    echo_case<json> on;
    on.io.on("ask", [](ack<int> reply) { reply(1); });
    CHECK(on.answer(R"(42007["ask"])") == "437[1]");
    on.check_closed("42" + std::string(400, '1') + R"(["ask"])");
    on.check_closed("42" + std::string(1'000'000, '1') + R"(["ask"])");
}

TYPED_CASE(S17_as_many_arguments_as_max_args, Codec, codecs)
{
    server_options options;
    options.packet.max_args = 3;
    echo_case<Codec> on{options};
    CHECK(on.answer(R"(42["echo",1,2,3])") == R"(42["echo",1,2,3])");
    on.check_closed(R"(42["echo",1,2,3,4])");
    std::string many = R"(42["echo")";
    for (int i = 0; i < 100'000; ++i)
        many += ",0";
    on.check_closed(many + "]");
}

TYPED_CASE(S36_a_name_as_long_as_max_event_bytes, Codec, codecs)
{
    server_options options;
    options.packet.max_event_bytes = 8;
    echo_case<Codec> on{options};
    on.check_ignored(R"(42["12345678"])");
    on.check_closed(R"(42["123456789"])");
    on.check_closed(R"(42[")" + std::string(90'000, 'x') + R"("])");
}

TYPED_CASE(BIN_11_values_nested_as_deeply_as_max_depth, Codec, codecs)
{
    for (const std::size_t limit : {protocol::packet_limits{}.max_depth, detail::max_any_depth}) {
        server_options options;
        options.packet.max_depth = limit;
        echo_case<Codec> on{options};
        const std::size_t allowed = limit - 1;  // the payload is an array itself
        const std::string deep = R"(42["echo",)" + nested(allowed) + "]";
        CHECK(on.answer(deep) == deep);
        on.check_closed(R"(42["echo",)" + nested(allowed + 1) + "]");
    }
}

BOOST_AUTO_TEST_CASE(BIN_11_nesting_without_end_cannot_overflow_the_stack)
{
    echo_case<json> on;
    on.check_closed("42[\"echo\"," + nested(400'000) + "]");
    on.check_closed("42" + std::string(900'000, '['));
    echo_case<msgpack> packed;
    auto client = packed.joined();
    client.peer().send_binary(
        std::string{"\x83\xa4type\x02\xa4"
                    "data\x92\xa4"
                    "echo"} +
        std::string(900'000, '\x91')
    );
    CHECK(client.heard() == "<end>");
}

TYPED_CASE(BIN_11_repeated_and_strange_keys_are_harmless, Codec, codecs)
{
    echo_case<Codec> on;
    CHECK(
        on.answer(R"(42["echo",{"__proto__":1,"constructor":{}}])") ==
        R"(42["echo",{"__proto__":1,"constructor":{}}])"
    );
    if constexpr (std::is_same_v<Codec, json>)
        CHECK(on.answer(R"(42["echo",{"a":1,"a":2}])") == R"(42["echo",{"a":2}])");
}

TYPED_CASE(S37_after_DISCONNECT_no_handler_runs, Codec, codecs)
{
    echo_case<Codec> on;
    on.io.on("x", [&] { on.log("x"); });
    auto client = on.joined();
    CHECK(client.say("41").say(R"(42["x"])").heard() == "<end>");
    CHECK(on.log.take() == "connection /\ndisconnect / client namespace disconnect");
}

TYPED_CASE(C19_a_handler_that_throws_ends_its_socket_only, Codec, codecs)
{
    echo_case<Codec> on;
    on.watch("/admin");
    on.io.on("throw", [] { throw std::runtime_error{"secret"}; });
    auto client = on.joined();
    client.join("/admin");
    on.log.clear();

    CHECK(client.say(R"(42["throw"])").heard() == "41");
    CHECK(on.log.take() == "error / throw: secret\ndisconnect / server namespace disconnect");
    CHECK(client.say("40").heard() == R"(40{"sid":"<sid>"})");
    CHECK(client.say(R"(42["echo",1])").heard() == R"(42["echo",1])");
}

TYPED_CASE(arguments_that_do_not_fit_are_reported_and_the_socket_lives, Codec, codecs)
{
    echo_case<Codec> on;
    on.io.on("add", [](basic_socket<Codec> socket, int a, int b) { socket.emit("sum", a + b); });
    auto client = on.joined();
    on.log.clear();
    for (const char* packet :
         {R"(42["add"])",
          R"(42["add",1])",
          R"(42["add",1,2,3])",
          R"(42["add",1,"2"])",
          R"(42["add",1,4294967296])"})
        client.say(packet);
    CHECK(client.say(R"(42["add",1,2])").heard() == R"(42["sum",3])");
    CHECK(
        on.log.take() == "error / add: the handler takes another number of arguments\n"
                         "error / add: the handler takes another number of arguments\n"
                         "error / add: the handler takes another number of arguments\n"
                         "error / add: an argument has not the type that the handler takes\n"
                         "error / add: a number does not fit the handler's parameter"
    );
}

BOOST_AUTO_TEST_CASE(MSG_1_every_packet_is_one_binary_message)
{
    server_case<msgpack> on;
    auto client = on.client();
    client.peer().send_binary("\x82\xa4type\x00\xa3nsp\xa1/"s);
    on.world.run();
    const auto reply = client.peer().take();
    REQUIRE(reply.size() == 1U);
    CHECK(reply.front().kind == frame_kind::binary);
    CHECK(reply.front().data.starts_with("\x83\xa4type\x00\xa4"
                                         "data\x81\xa3sid\xb4"s));

    on.io.emit("x", binary{"abc"});
    on.world.run();
    const auto event = client.peer().take();
    REQUIRE(event.size() == 1U);
    CHECK(
        event.front().data == "\x83\xa4type\x02\xa4"
                              "data\x92\xa1x\xc4\x03"
                              "abc\xa3nsp\xa1/"s
    );
}

BOOST_AUTO_TEST_CASE(MSG_1_a_peer_of_another_parser_is_sent_away)
{
    server_case<msgpack> packed;
    auto text = packed.client();
    text.peer().send_text("40");
    CHECK(text.heard() == "<end>");

    server_case<json> plain;
    auto bytes = plain.client();
    bytes.peer().send_binary(to_msgpack("40"));
    CHECK(bytes.heard() == "<end>");
}

BOOST_AUTO_TEST_SUITE_END()
