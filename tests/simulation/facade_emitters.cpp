// SPDX-License-Identifier: BSL-1.0
// What can be chained before an emit to one socket.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(facade_emitters)

TYPED_CASE(a_timeout_of_one_emit, Codec, codecs)
{
    pair_case<Codec> on;
    const auto far = on.connect();
    const auto note = [&](std::string_view who) {
        return [&on, who](result<void> answer) { on.log("{} {}", who, text_of(answer)); };
    };
    on.act([&] {
        far.timeout(3s).emit("never", note("callback"));
        far.timeout(2s).emit_with_ack("never")(note("token"));
        far.emit("never", note("default"));
    });
    on.world.run_for(2s - 1ns);
    CHECK(on.told() == "");
    on.world.run_for(1ns);
    CHECK(on.told() == "token operation has timed out");
    on.world.run_for(1s);
    CHECK(on.told() == "callback operation has timed out");
    on.world.run_for(27s);
    CHECK(on.told() == "default operation has timed out");
}

TYPED_CASE(a_chain_can_be_used_again, Codec, codecs)
{
    pair_case<Codec> on;
    on.near.on("n", [&](int n, ack<int> reply) { reply(n + 1); });
    const auto far = on.connect();
    const socket_emitter<Codec> chain = far.timeout(3s).compress(false);
    on.act([&] {
        for (int i = 0; i < 2; ++i)
            chain.emit("n", i, [&](result<int> answer) { on.log("{}", text_of(answer)); });
    });
    CHECK(on.told() == "1\n2");
}

TYPED_CASE(send_emits_message, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("message", [&](std::string text) { on.log("server {}", text); });
    on.near.on("message", [&](std::string text, int n) { on.log("client {} {}", text, n); });
    const auto far = on.connect();
    on.near.send("a");
    far.send("b", 1);
    far.compress(true).send("c", 2);
    on.io.send("d", 3);
    CHECK(on.told() == "server a\nclient b 1\nclient c 2\nclient d 3");
}

TYPED_CASE(VOL_4_a_dropped_question_is_answered_with_a_timeout, Codec, codecs)
{
    pair_case<Codec> on;
    const auto far = on.connect();
    on.act([&] {
        const auto chain = far.volatile_();
        CHECK(chain.emit("first") == send_status::sent);
        CHECK(chain.emit("second", [&](result<void> answer) {
            on.log("{}", text_of(answer));
        }) == send_status::dropped);
    });
    CHECK(on.told() == "operation has timed out");
}

TYPED_CASE(emitters_of_no_socket_answer_closed, Codec, codecs)
{
    const basic_socket<Codec> none;
    CHECK(none.timeout(1s).emit("x") == send_status::closed);
    bool told = false;
    none.timeout(1s).emit("x", [&](result<void> answer) { told = answer.error() == errc::closed; });
    CHECK(told);
}

BOOST_AUTO_TEST_SUITE_END()
