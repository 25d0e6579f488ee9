// SPDX-License-Identifier: BSL-1.0
// features.md 3.10: clients of Socket.IO 1 and 2, over HTTP and by hand.
#include "socketio_http.hpp"

#include <cosio/detail/url.hpp>

using namespace cosio;
using namespace cosio::test;
using namespace std::string_view_literals;

namespace {

using strings = std::vector<std::string>;

server_options with_eio3()
{
    server_options options;
    options.engine.allow_eio3 = true;
    return options;
}

constexpr std::string_view legacy_polling = "/socket.io/?EIO=3&transport=polling";
constexpr std::string_view legacy_websocket = "/socket.io/?EIO=3&transport=websocket";

std::string sid_in(std::string open)
{
    std::erase(open, '\\');  // it may stand in a script
    constexpr std::string_view mark = R"("sid":")";
    const std::size_t at = open.find(mark);
    REQUIRE((at != open.npos));
    open.erase(0, at + mark.size());
    return open.substr(0, open.find('"'));
}

/// A long-polling session of the third revision.
class legacy_poller
{
public:
    explicit legacy_poller(http_case<json>& on, std::string_view query = {})
        : on_{&on}, target_{std::string{legacy_polling} + std::string{query}}
    {
        open = get();
        REQUIRE(open.status == 200);
        sid = sid_in(open.body);
        target_ += "&sid=" + sid;
    }

    [[nodiscard]] raw_answer get() { return raw_client{on_->world, on_->http}.ask("GET", target_); }

    [[nodiscard]] std::string poll() { return get().body; }

    [[nodiscard]] raw_answer post(std::string_view body, std::string_view fields = {})
    {
        return raw_client{on_->world, on_->http}.ask("POST", target_, body, fields);
    }

    /// Where a WebSocket asks to take the session over.
    [[nodiscard]] std::string websocket_target() const
    {
        return std::string{legacy_websocket} + "&sid=" + sid;
    }

    raw_answer open;
    std::string sid;

private:
    http_case<json>* on_;
    std::string target_;
};

/// Echoes `x` with its arguments, and writes down who comes and goes.
struct legacy_case : http_case<json>
{
    explicit legacy_case(server_options options = with_eio3()) : http_case{std::move(options)}
    {
        watch();
        io.on("x", [](basic_socket<json> socket, const arguments& all) { socket.emit("x", all); });
    }
};

constexpr std::string_view octets = "Content-Type: application/octet-stream\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(legacy_clients)

BOOST_AUTO_TEST_CASE(V3_1_V3_7_polling_from_the_handshake_to_an_event)
{
    legacy_case on;
    legacy_poller client{on};
    CHECK(
        client.open.body == fmt::format(
                                R"(97:0{{"sid":"{}","upgrades":["websocket"],)"
                                R"("pingInterval":25000,"pingTimeout":20000}})",
                                client.sid
                            )
    );
    CHECK(client.open["Content-Type"] == "text/plain; charset=UTF-8");
    CHECK(client.poll() == "2:40");
    CHECK(on.log.take() == "connection /");
    CHECK(client.post("11:42[\"x\",\"\xe2\x82\xac\"]").body == "ok");
    CHECK(client.poll() == "11:42[\"x\",\"\xe2\x82\xac\"]");
    CHECK(client.post("1:1").body == "ok");
    CHECK(on.log.take() == "disconnect / transport close");
}

BOOST_AUTO_TEST_CASE(V3_2_a_binary_event_over_polling)
{
    legacy_case on;
    legacy_poller client{on};
    CHECK(client.poll() == "2:40");
    const std::string placeholder = R"(451-["x",{"_placeholder":true,"num":0}])";
    const std::string body =
        std::string{"\0\3\x09\xff"sv} + placeholder + std::string{"\1\3\xff\4\1\2"sv};
    CHECK(client.post(body, octets).body == "ok");
    const raw_answer answer = client.get();
    CHECK(answer["Content-Type"] == "application/octet-stream");
    CHECK(answer.body == body);
}

BOOST_AUTO_TEST_CASE(V3_4_a_binary_event_for_who_reads_base64_only)
{
    legacy_case on;
    legacy_poller client{on, "&b64=1"};
    CHECK(client.poll() == "2:40");
    const std::string body = R"(39:451-["x",{"_placeholder":true,"num":0}]6:b4AQI=)";
    CHECK(client.post(body).body == "ok");
    const raw_answer answer = client.get();
    CHECK(answer["Content-Type"] == "text/plain; charset=UTF-8");
    CHECK(answer.body == body);
}

BOOST_AUTO_TEST_CASE(V3_4_what_replaces_an_event_that_waits_is_written_as_that_was)
{
    legacy_case on;
    legacy_poller client{on, "&b64=1"};
    CHECK(client.poll() == "2:40");
    on.act([&] {
        const basic_socket<json> socket = on.io.main().sockets().at(0);
        socket.emit("first");  // what stands in front has perhaps been begun, and stays
        socket.latest().emit("x", binary{"\x09"});
        socket.latest().emit("x", binary{"\1\2"});
    });
    CHECK(client.poll() == R"(11:42["first"]39:451-["x",{"_placeholder":true,"num":0}]6:b4AQI=)");
}

BOOST_AUTO_TEST_CASE(V3_5_JSONP)
{
    legacy_case on;
    legacy_poller client{on, "&j=3"};
    CHECK(client.open["Content-Type"] == "text/javascript; charset=UTF-8");
    CHECK(client.open.body.starts_with(R"(___eio[3]("97:0{\"sid\":)"));
    CHECK(client.open.body.ends_with(R"(");)"));
    CHECK(client.poll() == R"(___eio[3]("2:40");)");
    const std::string form = "d=" + std::string{R"(11%3A42%5B%22x%22%2C%22a%22%5D)"};
    CHECK(client.post(form, "Content-Type: application/x-www-form-urlencoded\r\n").body == "ok");
    CHECK(client.poll() == R"(___eio[3]("11:42[\"x\",\"a\"]");)");
    CHECK(client.post("11:42[\"x\",\"a\"]").status == 400);
    CHECK(on.log.take() == "connection /\ndisconnect / parse error");
}

BOOST_AUTO_TEST_CASE(V3_5_no_JSONP_where_origins_are_enforced)
{
    server_options options = with_eio3();
    options.engine.allowed_origins = {"https://chat.example"};
    legacy_case on{std::move(options)};
    const auto ask = [&](std::string_view query, std::string_view fields) {
        return raw_client{on.world, on.http}
            .ask("GET", std::string{legacy_polling} + std::string{query}, {}, fields)
            .status;
    };
    CHECK(ask("&j=0", {}) == 403);
    CHECK(ask("&j=0", "Origin: https://other.example\r\n") == 403);
    CHECK(ask("&j=0", "Origin: https://chat.example\r\n") == 200);
    CHECK(ask("", {}) == 200);
}

BOOST_AUTO_TEST_CASE(V3_3_V3_7_a_websocket)
{
    legacy_case on;
    raw_websocket client{on.world, on.http, legacy_websocket};
    const strings heard = client.take();
    REQUIRE(heard.size() == 2U);
    CHECK(heard[0].starts_with(R"(0{"sid":")"));
    CHECK(heard[0].ends_with(R"("upgrades":[],"pingInterval":25000,"pingTimeout":20000})"));
    CHECK(heard[1] == "40");
    const std::string head = R"(451-["x",{"_placeholder":true,"num":0}])";
    client.text(head);
    client.binary("\4\1\2");
    CHECK((client.take() == strings{head, "binary \4\1\2"}));
    client.text(head);
    client.text("b4AQI=");
    CHECK((client.take() == strings{head, "binary \4\1\2"}));
}

BOOST_AUTO_TEST_CASE(V3_3_bytes_of_no_type_end_the_session)
{
    legacy_case on;
    raw_websocket client{on.world, on.http, legacy_websocket};
    CHECK(client.take().size() == 2U);
    client.binary("\7\1\2");
    CHECK(client.take() == strings{"close 1005"});
    CHECK(on.log.take() == "connection /\ndisconnect / parse error");
}

BOOST_AUTO_TEST_CASE(V3_4_base64_over_a_websocket)
{
    legacy_case on;
    raw_websocket client{on.world, on.http, std::string{legacy_websocket} + "&b64=1"};
    CHECK(client.take().size() == 2U);
    const std::string head = R"(451-["x",{"_placeholder":true,"num":0}])";
    client.text(head);
    client.text("b4AQI=");
    CHECK((client.take() == strings{head, "b4AQI="}));
}

BOOST_AUTO_TEST_CASE(V3_6_the_client_pings)
{
    legacy_case on;
    raw_websocket client{on.world, on.http, legacy_websocket};
    CHECK(client.take().size() == 2U);
    for (int round = 0; round < 10; ++round) {
        on.world.run_for(25s);
        CHECK(client.take() == strings{});
        client.text("2");
        CHECK(client.take() == strings{"3"});
    }
    on.world.run_for(45s);
    CHECK(client.take() == strings{});
    on.world.run_for(1s);
    CHECK(client.take() == strings{"close 1005"});
    CHECK(on.log.take() == "connection /\ndisconnect / ping timeout");
}

BOOST_AUTO_TEST_CASE(V3_6_pings_over_polling)
{
    legacy_case on;
    legacy_poller client{on};
    CHECK(client.poll() == "2:40");
    on.world.run_for(25s);
    CHECK(client.post("1:2").body == "ok");
    CHECK(client.poll() == "1:3");
}

BOOST_AUTO_TEST_CASE(V3_7_an_upgrade)
{
    legacy_case on;
    legacy_poller client{on};
    CHECK(client.poll() == "2:40");
    raw_client waiting{on.world, on.http};
    waiting.send(http_text("GET", std::string{legacy_polling} + "&sid=" + client.sid));
    raw_websocket next{on.world, on.http, client.websocket_target()};
    next.text("2probe");
    CHECK(next.take() == strings{"3probe"});
    CHECK(waiting.answer().body == "1:6");
    next.text("5");
    next.text(R"(42["x",1])");
    CHECK(next.take() == strings{R"(42["x",1])"});
    next.text("2");
    CHECK(next.take() == strings{"3"});
}

BOOST_AUTO_TEST_CASE(V3_7_ids_of_sockets_are_made_of_the_session)
{
    legacy_case on;
    std::string main_id;
    std::string chat_id;
    on.io.on_connection([&](basic_socket<json> socket) {
        main_id = socket.id();
        CHECK(socket.conn().protocol() == 3);
    });
    on.io.of("/chat").on_connection([&](basic_socket<json> socket) { chat_id = socket.id(); });
    legacy_poller client{on};
    CHECK(client.poll() == "2:40");
    CHECK(client.post("8:40/chat,").body == "ok");
    CHECK(client.poll() == "8:40/chat,");
    CHECK(main_id == client.sid);
    CHECK(chat_id == "/chat#" + client.sid);
    on.io.of("/chat").to(chat_id).emit("hi");
    CHECK(client.poll() == R"(14:42/chat,["hi"])");
    CHECK(client.post("8:41/chat,").body == "ok");
    CHECK(on.io.of("/chat").socket_count() == 0U);
    CHECK(client.post("8:40/chat,").body == "ok");
    CHECK(client.poll() == "8:40/chat,");
}

BOOST_AUTO_TEST_CASE(V3_7_the_query_of_a_namespace_is_its_auth)
{
    legacy_case on;
    std::string seen;
    on.io.of("/chat").on_connection([&](basic_socket<json> socket) {
        seen = fmt::format("{} {}", socket.shake().auth("token"), socket.shake().auth("name"));
    });
    legacy_poller client{on};
    CHECK(client.poll() == "2:40");
    CHECK(client.post("31:40/chat?token=a%20b&name=ada+l,").body == "ok");
    CHECK(client.poll() == "8:40/chat,");
    CHECK(seen == "a b ada l");
}

BOOST_AUTO_TEST_CASE(V3_8_errors_are_strings)
{
    legacy_case on;
    on.io.of("/data").use([](basic_socket<json>) {
        return reject("not you", boost::json::object{{"code", 7}});
    });
    on.io.of("/words").use([](basic_socket<json>) { return reject("not you"); });
    legacy_poller client{on};
    CHECK(client.poll() == "2:40");
    CHECK(client.post("9:40/words,8:40/data,8:40/none,").body == "ok");
    CHECK(
        client.poll() == R"(18:44/words,"not you")"
                         R"(18:44/data,{"code":7})"
                         R"(27:44/none,"Invalid namespace")"
    );
}

BOOST_AUTO_TEST_CASE(V3_8_the_main_namespace_may_refuse_too)
{
    legacy_case on;
    on.io.use([](basic_socket<json>) { return reject("not you"); });
    legacy_poller client{on};
    CHECK(client.poll() == R"(11:44"not you")");
    CHECK(on.io.main().socket_count() == 0U);
}

BOOST_AUTO_TEST_CASE(V3_9_both_revisions_on_one_server)
{
    legacy_case on;
    legacy_poller old_client{on};
    CHECK(old_client.poll() == "2:40");
    polling_client<json> new_client{on};
    on.io.emit("news", binary{"\1\2"});
    CHECK(
        old_client.poll() == std::string{"\0\4\2\xff"sv} +
                                 R"(451-["news",{"_placeholder":true,"num":0}])" +
                                 std::string{"\1\3\xff\4\1\2"sv}
    );
    CHECK(
        new_client.poll() == "451-[\"news\",{\"_placeholder\":true,\"num\":0}]\x1e"
                             "bAQI="
    );
}

BOOST_AUTO_TEST_CASE(V3_9_a_session_keeps_its_revision)
{
    legacy_case on;
    legacy_poller client{on};
    const std::string other = "/socket.io/?EIO=4&transport=polling&sid=" + client.sid;
    CHECK(
        raw_client(on.world, on.http).ask("GET", other).body ==
        R"({"code":3,"message":"Bad request"})"
    );
    CHECK(client.poll() == "2:40");
}

BOOST_AUTO_TEST_CASE(V3_9_who_is_not_allowed_is_told_so)
{
    http_case<json> on;
    CHECK(
        raw_client(on.world, on.http).ask("GET", legacy_polling).body ==
        R"({"code":5,"message":"Unsupported protocol version"})"
    );
}

BOOST_AUTO_TEST_CASE(V3_9_no_revision_at_all_is_the_third)
{
    legacy_case on;
    const raw_answer open =
        raw_client(on.world, on.http).ask("GET", "/socket.io/?transport=polling");
    CHECK(open.status == 200);
    CHECK(open.body.starts_with("97:0{"));
}

BOOST_AUTO_TEST_SUITE_END()
