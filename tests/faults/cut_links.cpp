// SPDX-License-Identifier: BSL-1.0
// Z01, Z29: the connection of a client of ours that is cut after so many bytes, in either direction, with TLS and
// without, and after each record of TLS. Over TLS nobody says goodbye then, and an answer that is cut is none.

#include "relay.hpp"

#include <cosio/transports/network_connector.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// Bytes that had passed, over the connection over which most had, when a client heard of something.
struct mark
{
    string heard;
    std::size_t to_server;
    std::size_t to_client;
};

/// What a client sees that joins, has one echo, and tries once; and when it saw that.
struct outcome
{
    strings told;
    std::vector<mark> marks;
};

[[nodiscard]] outcome attempt(real_world& on, const relay& over, engine::transport_kind by)
{
    client_options options;
    options.transports = {by};
    options.reconnection = false;
    network_options network;
    network.tls.ca = on.certificate();
    outcome seen;
    strings& told = seen.told;
    const auto hear = [&](string what) {
        seen.marks.push_back({what, over.to_server(), over.to_client()});
    };
    json_manager client{
        on.home(), make_network_connector(on.home(), over.url(), options, network), options
    };
    const json_client_socket socket = client.socket();
    bool over_now = false;
    client.on_open([&] { hear("open"); });
    socket.on_connect([&] {
        hear("connect");
        told.push_back("connect");
        socket.emit("echo", 1);
    });
    socket.on("echo", [&](int) {
        hear("echo");
        told.push_back("echo");
        over_now = true;
    });
    socket.on_disconnect([&](close_reason why) {
        told.push_back(fmt::format("disconnect: {}", to_string(why)));
        over_now = true;
    });
    client.on_close([&](close_reason why) {
        if (told.empty())
            told.push_back(fmt::format("close: {}", to_string(why)));
        over_now = true;
    });
    client.on_error([&](error_code, std::string_view) {
        told.push_back("error");
        over_now = true;
    });
    CHECK(on.until([&] { return over_now; }));
    const outcome until_then = seen;
    on.rounds(4);  // a connection that carries no more of this may still be cut
    return until_then;
}

/// What a client sees that is cut at such a byte: he had come as far as the bytes before brought him.
[[nodiscard]] strings story_of_a_cut(
    std::size_t at, std::size_t mark::* way, const std::vector<mark>& marks, std::string_view reason
)
{
    if (at < marks[0].*way)
        return {"error"};
    if (at < marks[1].*way)
        return {fmt::format("close: {}", reason)};
    return {"connect", fmt::format("disconnect: {}", reason)};
}

/// Whoever is cut before his echo has come hears of it, at once and once.
void cut_everywhere(real_world& on, std::size_t step)
{
    for (const auto by : {engine::transport_kind::polling, engine::transport_kind::websocket}) {
        std::vector<mark> marks;
        std::size_t up = 0;
        std::size_t down = 0;
        {
            const relay over{on};
            const outcome whole = attempt(on, over, by);
            CHECK(whole.told == (strings{"connect", "echo"}));
            marks = whole.marks;
            REQUIRE(marks.size() == 3);
            up = marks.back().to_server;
            down = marks.back().to_client;
        }
        CHECK(up > 200);
        CHECK(down > 200);
        for (const fault cut_by : {fault::reset, fault::fin})
            for (const bool of_client : {true, false})
                for (std::size_t at = 1; at < (of_client ? up : down); at += step) {
                    relay_options how{.cut_by = cut_by};
                    (of_client ? how.to_server : how.to_client).cut_at = at;
                    const relay over{on, how};
                    const strings told = attempt(on, over, by).told;
                    const auto way = of_client ? &mark::to_server : &mark::to_client;
                    bool expected = told == story_of_a_cut(at, way, marks, "transport close");
                    // An answer of which a part has come is an error of the transport.
                    if (by == engine::transport_kind::polling && !of_client)
                        expected =
                            expected || told == story_of_a_cut(at, way, marks, "transport error");
                    CHECK(
                        expected,
                        to_string(cut_by)
                            << (of_client ? " of the client" : " of the server") << " at " << at
                            << ": " << fmt::format("{}", fmt::join(told, ", "))
                    );
                    CHECK(over.cuts() > 0, at);
                }
        on.pass(1min);
        CHECK(on.sessions() == 0);
    }
    on.check_at_rest();
}

/// What becomes of a client whose records pass up to the first, up to the second and so on, until he has his echo;
/// what happens again is not said again.
[[nodiscard]] string cut_after_each_record(
    real_world& on, engine::transport_kind by, passage relay_options::* way, fault cut_by
)
{
    strings seen{""};
    for (std::size_t records = 1; seen.back() != "connect, echo" && records < 100; ++records) {
        relay_options how{.cut_by = cut_by};
        (how.*way).cut_after_records = records;
        const relay over{on, how};
        const string told = fmt::format("{}", fmt::join(attempt(on, over, by).told, ", "));
        if (told != seen.back())
            seen.push_back(told);
    }
    on.pass(1min);
    CHECK(on.sessions() == 0);
    return fmt::format("{}", fmt::join(seen, " | "));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cut_links)

BOOST_AUTO_TEST_CASE(z01_of_a_client_of_ours_after_so_many_bytes)
{
    real_world on;
    cut_everywhere(on, 17);
}

BOOST_AUTO_TEST_CASE(z29_of_a_client_of_ours_over_tls_after_so_many_bytes)
{
    real_world on = world_with_tls();
    cut_everywhere(on, 59);
}

BOOST_AUTO_TEST_CASE(z29_of_a_client_of_ours_over_tls_after_each_record)
{
    constexpr auto polling = engine::transport_kind::polling;
    constexpr auto websocket = engine::transport_kind::websocket;
    const string open = " | error | close: transport close | ";
    const string joined = open + "connect, disconnect: transport close | connect, echo";
    real_world on = world_with_tls();
    for (const fault by : {fault::reset, fault::fin}) {
        const auto seen = [&](engine::transport_kind over, passage relay_options::* way) {
            return cut_after_each_record(on, over, way, by);
        };
        CHECK(seen(websocket, &relay_options::to_server) == joined, to_string(by));
        CHECK(seen(websocket, &relay_options::to_client) == joined, to_string(by));
        // Of a client that hears of CONNECT the next poll is on its way, and that brings the echo.
        CHECK(seen(polling, &relay_options::to_server) == open + "connect, echo", to_string(by));
        CHECK(seen(polling, &relay_options::to_client) == joined, to_string(by));
    }
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
