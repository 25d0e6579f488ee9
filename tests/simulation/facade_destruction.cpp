// SPDX-License-Identifier: BSL-1.0
#include "facade_support.hpp"
#include "socketio_http.hpp"

#include <boost/test/data/test_case.hpp>

// A32: server and client are destroyed from inside their own handlers, and in the middle of an upgrade.

using namespace cosio;
using namespace cosio::test;

namespace {

/// Registers a handler of the kind `when`, that ends the server, and lets happen what calls it.
template <class Codec>
void end_server_in(
    doomed_case<Codec>& on,
    const basic_socket<Codec>& far,
    std::string_view when,
    const std::function<void()>& end
)
{
    const auto act = [&on](auto what) {
        on.world.home().post([&on, what] {
            if (on.io)
                what();
        });
        on.world.run();
    };
    if (when == "disconnecting") {
        far.on_disconnecting([end](close_reason) { end(); });
        on.near.disconnect();
    } else if (when == "disconnect") {
        far.on_disconnect([end](close_reason) { end(); });
        on.near.disconnect();
    } else if (when == "any event") {
        far.on_any([end](std::string_view, const arguments&) { end(); });
        on.near.emit("x", 1);
    } else if (when == "outgoing event") {
        far.on_any_outgoing([end](std::string_view, const arguments&) { end(); });
        act([far] { far.emit("x", 1); });
    } else if (when == "outgoing question") {
        far.on_any_outgoing([end](std::string_view, const arguments&) { end(); });
        act([far] { far.emit("x", 1, [](result<int>) {}); });
    } else if (when == "outgoing broadcast") {
        far.on_any_outgoing([end](std::string_view, const arguments&) { end(); });
        act([&on] { on.io->emit("x", 1); });
    } else if (when == "middleware that accepts" || when == "middleware that refuses") {
        const bool accepts = when.ends_with("accepts");
        far.use([end, accepts](std::string_view, const arguments&) {
            end();
            return accepts ? accept() : reject("no");
        });
        on.near.emit("x", 1);
    } else if (when == "middleware that waits") {
        far.use([end](std::string, arguments) -> task<verdict> {
            end();
            const verdict answer = accept();
            co_return answer;
        });
        on.near.emit("x", 1);
    } else if (when == "refused event") {
        far.use([](std::string_view, const arguments&) { return reject("no"); });
        far.on_error([end](const verdict&) { end(); });
        on.near.emit("x", 1);
    } else if (when == "room of a newcomer") {
        on.io->main().on_room_event([end](const room_event&) { end(); });
        on.near.disconnect();
        on.world.run();
    } else if (when == "joined room") {
        on.io->main().on_room_event([end](const room_event&) { end(); });
        act([far] { static_cast<void>(far.join("r")); });
    } else if (when == "left room") {
        act([far] { static_cast<void>(far.join("r")); });
        on.io->main().on_room_event([end](const room_event&) { end(); });
        act([far] { far.leave("r"); });
    } else if (when == "new namespace") {
        on.io->of(name_pattern{"^/room-[0-9]+$"});
        on.io->on_new_namespace([end](basic_namespace<Codec>) { end(); });
        on.near = on.client->client.socket("/room-1");
    } else if (when == "predicate that says yes" || when == "predicate that says no") {
        const bool fits = when.ends_with("yes");
        on.io->of([end, fits](std::string_view, const boost::json::value&) {
            end();
            return fits;
        });
        on.near = on.client->client.socket("/room-1");
    } else if (when == "predicate that throws") {
        on.io->of([end](std::string_view, const boost::json::value&) -> bool {
            end();
            throw std::runtime_error{"nobody is told any more"};
        });
        on.near = on.client->client.socket("/room-1");
    } else if (when == "predicate that waits") {
        on.io->of([end](std::string, boost::json::value) -> task<bool> {
            end();
            co_return true;
        });
        on.near = on.client->client.socket("/room-1");
    } else if (when == "drain") {
        far.conn().on_drain(end);
        act([far] { far.emit("x", 1); });
    }
}

}  // namespace

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

TYPED_CASE(A32_each_handler_may_destroy_or_close_its_server, Codec, codecs)
{
    for (const bool destroys : {true, false})
        for (const std::string_view when :
             {"disconnecting",
              "disconnect",
              "any event",
              "outgoing event",
              "outgoing question",
              "outgoing broadcast",
              "middleware that accepts",
              "middleware that refuses",
              "middleware that waits",
              "refused event",
              "room of a newcomer",
              "joined room",
              "left room",
              "new namespace",
              "predicate that says yes",
              "predicate that says no",
              "predicate that throws",
              "predicate that waits",
              "drain"}) {
            doomed_case<Codec> on;
            const auto far = on.connect();
            const auto witness = std::make_shared<int>(1);
            int ended = 0;
            end_server_in<Codec>(on, far, when, [&on, &ended, destroys, kept = witness] {
                if (destroys)
                    on.io.reset();
                else
                    on.io->close();
                ended += *kept;
            });
            on.world.run();
            // Closing, it leaves its rooms and sends what waits: of that some are told again.
            CHECK((destroys ? ended == 1 : ended >= 1), when << " " << ended);
            CHECK(!far.connected(), when);
            CHECK(!on.near.connected(), when);
            if (!destroys) {
                CHECK(on.io->main().socket_count() == 0U, when);
                CHECK(on.io->clients_count() == 0U, when);
            }
            const bool throws = !destroys && when == "predicate that throws";
            CHECK(on.told() == (throws ? "error namespace: nobody is told any more" : ""), when);
            on.io.reset();
            on.world.run();
            CHECK(witness.use_count() == 1, when);
        }
}

TYPED_CASE(A32_what_is_told_of_errors_may_destroy_or_close_its_server, Codec, codecs)
{
    for (const bool destroys : {true, false}) {
        doomed_case<Codec> on;
        on.client.reset();
        server_options options;
        options.on_handler_error =
            [&on, destroys, kept = std::string(50, 'k')](const handler_error& error) {
                if (destroys)
                    on.io.reset();
                else
                    on.io->close();
                on.log("{}: {} {}", error.event, error.message, kept.size());
            };
        on.io.emplace(on.world.home(), options);
        on.client.emplace(on.world, *on.io, on.log, "client");
        on.near = on.client->client.socket();
        const auto far = on.connect();
        far.on("x", [] { throw std::runtime_error{"oops"}; });
        far.on("x", [&on] { on.log("not reached"); });
        on.near.emit("x");
        CHECK(on.told() == "x: oops 50");
        CHECK(!far.connected());
        CHECK(!on.near.connected());
    }
}

BOOST_AUTO_TEST_CASE(A32_who_hears_of_an_upgrade_may_destroy_or_close_its_server)
{
    for (const bool destroys : {true, false}) {
        simulation world;
        journal log;
        std::optional<json_server> io{std::in_place, world.home()};
        std::optional<http_server> http{
            std::in_place, world.home(), std::vector<engine_host*>{&io->engine()}, http_options{}
        };
        io->on_connection([&, kept = std::string(50, 'k')](json_socket far) {
            far.on_disconnect([&](close_reason reason) { log("{}", to_string(reason)); });
            far.conn().on_upgrade([&, far, kept](std::string_view) {
                if (destroys) {
                    http.reset();
                    io.reset();
                } else {
                    io->close();
                }
                log("{} {}", kept.size(), far.connected());
            });
        });
        raw_client polling{world, *http};
        const std::string open = polling.ask("GET", "/socket.io/?EIO=4&transport=polling").body;
        constexpr std::string_view mark = R"("sid":")";
        const std::size_t at = open.find(mark) + mark.size();
        const std::string sid = "&sid=" + open.substr(at, open.find('"', at) - at);
        const std::string target = "/socket.io/?EIO=4&transport=polling" + sid;
        REQUIRE(polling.ask("POST", target, "40").body == "ok");
        REQUIRE(polling.ask("GET", target).body.starts_with("40"));
        raw_websocket link{world, *http, std::string{websocket_target} + sid};
        link.text("2probe");
        CHECK(link.take() == std::vector<std::string>{"3probe"});
        link.text("5");
        CHECK(log.take() == (destroys ? "50 false" : "server shutting down\n50 false"));
        static_cast<void>(link.take());
        link.goodbye();
        world.run_for(10s);
        CHECK(link.wire().ended());
    }
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
