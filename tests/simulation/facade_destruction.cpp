// SPDX-License-Identifier: BSL-1.0
#include "facade_support.hpp"

#include <boost/test/data/test_case.hpp>

// A32: server and client are destroyed from inside their own handlers, and in the middle of an upgrade.

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(facade_destruction)

TYPED_CASE(A32_a_handler_destroys_its_server, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    const std::string kept(50, 'k');
    far.on("end", [&on, far, kept](std::string text) {
        on.io.reset();
        on.log("{} {} {}", text, kept.size(), far.connected());
    });
    far.on("end", [&on] { on.log("not reached"); });
    on.near.emit("end", std::string(100, 't'));
    CHECK(on.told() == std::string(100, 't') + " 50 false");
}

TYPED_CASE(a_handler_destroys_its_server_and_throws, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    far.on("end", [&on](std::string) {
        on.io.reset();
        throw std::runtime_error{"nobody is told any more"};
    });
    on.near.emit("end", std::string(100, 't'));
    CHECK(on.told() == "");
}

TYPED_CASE(a_shared_handler_destroys_its_server, Codec, codecs)
{
    doomed_case<Codec> on;
    const std::string kept(50, 'k');
    on.io->on("end", [&on, kept](basic_socket<Codec> far, std::string text) {
        on.io.reset();
        on.log("{} {} {}", text.size(), kept.size(), far.connected());
    });
    on.connect();
    on.near.emit("end", std::string(100, 't'));
    CHECK(on.told() == "100 50 false");
}

TYPED_CASE(a_connection_handler_destroys_its_server, Codec, codecs)
{
    doomed_case<Codec> on;
    const std::string kept(50, 'k');
    on.io->on_connection([&on, kept](basic_socket<Codec> far) {
        on.io.reset();
        on.log("{} {}", kept.size(), far.connected());
    });
    on.io->on_connection([&on](basic_socket<Codec>) { on.log("not reached"); });
    on.near = on.client->watch();
    CHECK(on.told().starts_with("50 false"));
}

TYPED_CASE(a_middleware_destroys_its_server, Codec, codecs)
{
    doomed_case<Codec> on;
    const std::string kept(50, 'k');
    on.io->main().use([&on, kept](basic_socket<Codec>) {
        on.io.reset();
        on.log("{}", kept.size());
        return accept();
    });
    on.io->main().use([&on](basic_socket<Codec>) {
        on.log("not reached");
        return accept();
    });
    on.io->on_connection([&on](basic_socket<Codec>) { on.log("not reached"); });
    on.near = on.client->watch();
    CHECK(on.told().starts_with("50"));
}

TYPED_CASE(an_ack_callback_destroys_its_server, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    on.near.on("ask", [](std::string text, ack<std::string> reply) { reply(text); });
    far.emit("ask", std::string(100, 'a'), [&on](result<std::string> answer) {
        on.io.reset();
        on.log("{}", answer->size());
    });
    CHECK(on.told() == "100");
}

TYPED_CASE(a_handler_destroys_its_client, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    const std::string kept(50, 'k');
    on.near.on("end", [&on, near = on.near, kept](std::string text) {
        on.client.reset();
        on.log("{} {} {}", text.size(), kept.size(), near.connected());
    });
    far.on_disconnect([&on](close_reason reason) { on.log("{}", to_string(reason)); });
    far.emit("end", std::string(100, 't'));
    CHECK(on.told() == "100 50 false\ntransport close");
}

TYPED_CASE(a_connect_handler_destroys_its_client, Codec, codecs)
{
    doomed_case<Codec> on;
    on.near.on_connect([&on] {
        on.client.reset();
        on.log("connected, and gone");
    });
    CHECK(on.told() == "connected, and gone");
}

TYPED_CASE(a_refusal_destroys_its_client, Codec, codecs)
{
    doomed_case<Codec> on;
    on.io->main().use([](basic_socket<Codec>) { return reject("no"); });
    on.near.on_connect_error([&on](const std::string& message, const boost::json::value&) {
        on.client.reset();
        on.log("refused, and gone: {}", message);
    });
    CHECK(on.told() == "refused, and gone: no");
}

TYPED_CASE(a_timeout_of_an_ack_destroys_its_client, Codec, codecs)
{
    doomed_case<Codec> on;
    on.connect();
    for (int i = 0; i < 2; ++i)
        on.near.emit("nobody answers", [&on](result<int> answer) {
            on.client.reset();
            on.log("{}", text_of(answer));
        });
    on.world.run_for(31s);
    CHECK(on.told() == "socket has been disconnected\noperation has timed out");
}

TYPED_CASE(what_is_registered_on_a_socket_that_is_over_is_not_kept, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    const auto witness = std::make_shared<int>(0);
    far.on_disconnect([far, witness](close_reason) {
        far.on("x", [far, witness] {});
        far.once("x", [far, witness] {});
        far.on_disconnect([far, witness](close_reason) {});
        far.on_disconnecting([far, witness](close_reason) {});
    });
    far.disconnect();
    on.world.run();
    CHECK(witness.use_count() == 1);
    far.on("x", [far, witness] {});
    CHECK(witness.use_count() == 1);
}

TYPED_CASE(a_socket_whose_connect_reply_overflows_its_queue_never_connects, Codec, codecs)
{
    server_options options;
    options.engine.max_send_queue_packets = 1;
    server_case<Codec> on{options};
    on.watch();
    on.watch("/b");
    auto slow = on.joined();
    on.log.clear();
    slow.peer().stop_reading();
    for (int i = 0; i < 1'025; ++i) {  // the link takes 1024 packets, then one is queued
        on.io.emit("x");
        on.world.run();
    }
    CHECK(on.log.take() == "");
    slow.say("40/b,");
    on.world.run();
    CHECK(on.log.take() == "disconnect / transport error");
    CHECK(on.io.main().socket_count() == 0U);
    CHECK(on.io.of("/b").socket_count() == 0U);
}

TYPED_CASE(what_is_registered_after_the_server_is_gone_is_not_kept, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    const auto witness = std::make_shared<int>(0);
    on.io.reset();
    far.on("x", [far, witness] {});
    far.on_disconnect([far, witness](close_reason) {});
    CHECK(witness.use_count() == 1);
}

TYPED_CASE(what_an_answer_throws_while_its_client_is_destroyed_is_told_to_nobody, Codec, codecs)
{
    doomed_case<Codec> on;
    on.connect();
    on.near.emit("nobody answers", [&on](result<int> answer) {
        on.log("{}", text_of(answer));
        throw std::runtime_error{"what would be told may be gone"};
    });
    on.world.run();
    on.client.reset();
    CHECK(on.told() == "socket has been disconnected");
}

BOOST_AUTO_TEST_SUITE_END()
