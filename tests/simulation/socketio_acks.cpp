// SPDX-License-Identifier: BSL-1.0
// features.md 3.7, EV-5 to EV-13: acknowledgements as a client sees them on the wire.
#include "support/codec_cases.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Writes an answer down.
template <class Codec>
auto note(server_case<Codec>& on, std::string_view name)
{
    return [&on, name](result<int> answer) {
        if (answer)
            on.log("{}: {}", name, *answer);
        else
            on.log("{}: {}", name, answer.error().message());
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_acks)

TYPED_CASE(EV_5_the_answer_carries_the_id_of_the_question, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on("add", [](int a, int b, ack<int, std::string> reply) { reply(a + b, "ok"); });
    on.io.of("/math").on("two", [](ack<> reply) { reply(); });
    auto client = on.joined();
    client.join("/math");

    CHECK(client.say(R"(427["add",1,2])").heard() == R"(437[3,"ok"])");
    CHECK(client.say(R"(42/math,8["two"])").heard() == "43/math,8[]");
}

TYPED_CASE(EV_5_without_an_id_nobody_is_answered, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on("add", [&](int a, int b, ack<int> reply) {
        on.log("wanted: {}", reply.wanted());
        reply(a + b);
    });
    auto client = on.joined();
    CHECK(client.say(R"(42["add",1,2])").heard() == "");
    CHECK(on.log.take() == "wanted: false");
}

TYPED_CASE(EV_6_S13_answers_that_nobody_awaits_are_ignored, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on("ping", [](basic_socket<Codec> socket) { socket.emit("pong"); });
    auto client = on.joined();
    for (const char* packet : {"430[1]", "439007199254740991[]", "43[1]", "43[]"})
        client.say(packet);
    CHECK(client.say(R"(42["ping"])").heard() == R"(42["pong"])");
}

TYPED_CASE(EV_6_S14_the_payload_of_an_answer_is_an_array, Codec, codecs)
{
    for (const char* packet : {"430{}", R"(430{"a":1})"}) {
        server_case<Codec> on;
        on.io.on_connection([&](basic_socket<Codec> socket) { socket.emit("ask", note(on, "ask")); }
        );
        auto client = on.client();
        CHECK(
            client.say("40").heard() == R"(40{"sid":"<sid>"})"
                                        "\n"
                                        R"(420["ask"])"
        );
        CHECK(client.say(packet).heard() == "<end>");
        CHECK(on.log.take() == "ask: socket has been disconnected");
    }
}

BOOST_AUTO_TEST_CASE(S14_an_answer_without_payload_has_no_arguments)
{
    server_case<json> on;
    on.io.on_connection([&](json_socket socket) {
        socket.emit("ask", [&](result<void> answer) { on.log("{}", answer.has_value()); });
    });
    auto client = on.joined_after_events();
    CHECK(client.say("430").heard() == "");
    CHECK(on.log.take() == "true");
}

TYPED_CASE(EV_7_S13_an_answer_counts_once, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.emit("a", note(on, "a"));
        socket.emit("b", note(on, "b"));
    });
    auto client = on.joined_after_events();
    CHECK(client.say("431[2]").say("431[3]").say("430[1]").say("430[4]").heard() == "");
    CHECK(on.log.take() == "b: 2\na: 1");
}

TYPED_CASE(EV_8_S16_a_handler_answers_once, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on("ask", [](ack<int> reply) {
        reply(1);
        reply(2);
    });
    auto client = on.joined();
    CHECK(client.say(R"(425["ask"])").heard() == "435[1]");
}

TYPED_CASE(EV_8_S16_an_answer_after_the_end_is_not_sent, Codec, codecs)
{
    server_case<Codec> on;
    std::optional<ack<int>> kept;
    on.io.on("ask", [&](ack<int> reply) { kept.emplace(std::move(reply)); });
    auto client = on.joined();
    CHECK(client.say(R"(425["ask"])").heard() == "");
    CHECK(kept->wanted());
    CHECK(client.say("41").say("40").heard() == R"(40{"sid":"<sid>"})");
    CHECK(!kept->wanted());
    (*kept)(1);
    CHECK(client.heard() == "");
}

TYPED_CASE(EV_9_ids_are_counted_per_socket_and_direction, Codec, codecs)
{
    server_case<Codec> on;
    for (const char* nsp : {"/", "/b"}) {
        on.io.of(nsp).on("go", [&, nsp](basic_socket<Codec> socket, ack<int> reply) {
            socket.emit("ask", note(on, nsp));
            reply(-1);
        });
    }
    auto client = on.joined();
    client.join("/b");
    CHECK(
        client.say(R"(420["go"])").heard() == R"(420["ask"])"
                                              "\n430[-1]"
    );
    CHECK(
        client.say(R"(42/b,0["go"])").heard() == R"(42/b,0["ask"])"
                                                 "\n43/b,0[-1]"
    );
    CHECK(
        client.say(R"(421["go"])").heard() == R"(421["ask"])"
                                              "\n431[-1]"
    );
    client.say("43/b,0[20]").say("431[11]").say("43/b,1[99]").say("430[10]");
    on.world.run();
    CHECK(on.log.take() == "/b: 20\n/: 11\n/: 10");
}

TYPED_CASE(EV_12_S15_without_an_answer_the_callback_gets_a_timeout, Codec, codecs)
{
    server_options options;
    options.ack_timeout = 3s;
    server_case<Codec> on{options};
    on.io.on_connection([&](basic_socket<Codec> socket) { socket.emit("ask", note(on, "ask")); });
    auto client = on.joined_after_events();

    on.world.run_for(3s - 1ns);
    CHECK(on.log.take() == "");
    on.world.run_for(1ns);
    CHECK(on.log.take() == "ask: operation has timed out");
    CHECK(client.say("430[1]").heard() == "");
    CHECK(on.log.take() == "");
}

TYPED_CASE(an_answer_of_another_shape_is_an_error_of_that_answer, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        for (const char* name : {"text", "none", "two"})
            socket.emit("ask", note(on, name));
    });
    auto client = on.joined_after_events();
    CHECK(client.say(R"(430["x"])").say("431[]").say("432[1,2]").heard() == "");
    CHECK(
        on.log.take() == "text: an argument has not the type that the handler takes\n"
                         "none: the handler takes another number of arguments\n"
                         "two: the handler takes another number of arguments"
    );
}

TYPED_CASE(EV_13_R10_the_end_completes_all_answers_once, Codec, codecs)
{
    for (const std::string how : {"41", "cut", "violation"}) {
        BOOST_TEST_CONTEXT(how)
        {
            server_case<Codec> on;
            on.watch();
            on.io.on_connection([&](basic_socket<Codec> socket) {
                socket.emit("a", note(on, "a"));
                socket.emit("b", note(on, "b"));
            });
            auto client = on.joined_after_events();
            on.log.clear();
            if (how == "cut")
                client.peer().cut();
            else
                client.say(how == "41" ? "41" : "40");
            on.world.run_for(40s);
            const std::string all = on.log.take();
            CHECK(
                all.starts_with("a: socket has been disconnected\nb: socket has been disconnected\n"
                                "disconnect / ")
            );
            CHECK(std::ranges::count(all, '\n') == 2);
        }
    }
}

TYPED_CASE(C20_a_callback_that_throws_ends_its_socket, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.emit("ask", [](result<int>) { throw std::runtime_error{"oops"}; });
        socket.emit("ask", note(on, "other"));
    });
    auto client = on.joined_after_events();
    on.log.clear();
    CHECK(client.say("430[1]").heard() == "41");
    CHECK(
        on.log.take() == "error / acknowledgement: oops\nother: socket has been disconnected\n"
                         "disconnect / server namespace disconnect"
    );
}

BOOST_AUTO_TEST_SUITE_END()
