// SPDX-License-Identifier: BSL-1.0
// One server on several shards: rooms and broadcasts span them, requests find their session.
#include "shards_support.hpp"
#include "support/raw_http.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// An echo server on three shards, behind HTTP on each of them.
struct http_shards
{
    explicit http_shards(server_options options = {}) : io{world.shards(), std::move(options)}
    {
        io.on("echo", [this](json_socket socket, std::string text) {
            places.insert(where());
            socket.emit("echo", text);
        });
        for (shard* const one : world.shards())
            parts.push_back(std::make_unique<http_server>(
                *one, std::vector{io.engine().part_on(one->index())}, http_options{}
            ));
        const std::array all{parts[0].get(), parts[1].get(), parts[2].get()};
        http_server::unite(all);
    }

    /// The shard that runs now.
    [[nodiscard]] unsigned where()
    {
        for (shard* const one : world.shards())
            if (one->is_current())
                return one->index();
        return shard_count;
    }

    [[nodiscard]] std::string open(raw_client& client)
    {
        constexpr std::string_view mark = R"("sid":")";
        const std::string body = client.ask("GET", base).body;
        const std::size_t at = body.find(mark) + mark.size();
        return base + "&sid=" + body.substr(at, body.find('"', at) - at);
    }

    const std::string base = "/socket.io/?EIO=4&transport=polling";
    simulation world{7, shard_count};
    json_server io;
    std::vector<std::unique_ptr<http_server>> parts;
    std::set<unsigned> places;  // where handlers ran
};

}  // namespace

BOOST_AUTO_TEST_SUITE(shards)

TYPED_CASE(sockets_live_on_the_shard_of_their_connection, Codec, codecs)
{
    shards_case<Codec> on;
    CHECK(on.io.main().socket_count() == 6U);
    CHECK(on.io.clients_count() == 6U);
    std::string counts;
    for (const std::size_t i : {0U, 1U, 2U})
        static_cast<void>(on.on_shard(i, [&] {
            counts += fmt::format("{} ", ids<Codec>(on.io.main().sockets(), on));
        }));
    CHECK(counts == "ad be cf ");
}

TYPED_CASE(broadcasts_reach_all_shards_from_any, Codec, codecs)
{
    shards_case<Codec> on;
    for (const std::size_t i : {0U, 1U, 2U})
        CHECK(on.on_shard(i, [&] {
            on.io.emit("x", "all");
        }) == "a all\nb all\nc all\nd all\ne all\nf all");
    on.io.emit("x", "off all shards");
    CHECK(
        on.heard() == "a off all shards\nb off all shards\nc off all shards\n"
                      "d off all shards\ne off all shards\nf off all shards"
    );
}

TYPED_CASE(rooms_span_shards, Codec, codecs)
{
    shards_case<Codec> on;
    static_cast<void>(on.on_shard(1, [&] {
        for (const std::size_t i : {0U, 1U, 5U})
            static_cast<void>(on.far[i].join("r"));
        static_cast<void>(on.far[5].join("quiet"));
    }));
    CHECK(on.on_shard(2, [&] { on.io.to("r").emit("x", "hi"); }) == "a hi\nb hi\nf hi");
    CHECK(on.on_shard(2, [&] { on.io.to("r").except("quiet").emit("x", "hi"); }) == "a hi\nb hi");
    // The sender is left out wherever it is, and its own id is a room on its shard.
    CHECK(on.on_shard(0, [&] { on.far[0].to("r").emit("x", "from a"); }) == "b from a\nf from a");
    CHECK(on.on_shard(2, [&] { on.far[0].to("r").emit("x", "from a"); }) == "b from a\nf from a");
    CHECK(on.on_shard(0, [&] { on.io.to(on.far[4].id()).emit("x", "you"); }) == "e you");
    static_cast<void>(on.on_shard(0, [&] { on.far[5].leave("r"); }));
    CHECK(on.on_shard(2, [&] { on.io.to("r").emit("x", "left"); }) == "a left\nb left");
}

TYPED_CASE(a_socket_is_used_from_any_shard, Codec, codecs)
{
    shards_case<Codec> on;
    CHECK(on.on_shard(2, [&] {
        CHECK(on.far[1].emit("x", "one") == send_status::queued);
        on.far[1].emit("x", "two");
    }) == "b one\nb two");
    on.near[1].on("ask", [](ack<int> reply) { reply(42); });
    CHECK(on.on_shard(0, [&] {
        on.far[1].emit("ask", [&](result<int> answer) { on.log("answer {}", answer.value()); });
    }) == "answer 42");
    CHECK(on.on_shard(2, [&] { on.far[0].disconnect(); }) == "a io server disconnect");
    CHECK(on.io.main().socket_count() == 5U);
}

TYPED_CASE(fetch_sockets_sees_all_shards, Codec, codecs)
{
    shards_case<Codec> on;
    static_cast<void>(on.on_shard(0, [&] {
        for (const std::size_t i : {1U, 2U, 3U})
            static_cast<void>(on.far[i].join("r"));
    }));
    const auto fetch = [&](auto audience) {
        std::string names = "nothing";
        const auto ask = [](auto from, auto* to, auto* world_case) -> task<> {
            auto fetching = from.fetch_sockets();
            const auto found = co_await std::move(fetching);
            *to = ids<Codec>(found, *world_case);
        };
        asio::co_spawn(
            on.world.shards()[1]->executor(), ask(audience, &names, &on), asio::detached
        );
        on.world.run();
        return names;
    };
    CHECK(fetch(on.io.main()) == "abcdef");
    CHECK(fetch(on.io.to("r")) == "bcd");
    CHECK(fetch(on.io.except("r")) == "aef");
    CHECK(fetch(on.far[2].to("r")) == "bd");
    CHECK(fetch(on.io.to("nobody")) == "");
}

TYPED_CASE(all_sockets_gives_the_ids_of_all_shards, Codec, codecs)
{
    shards_case<Codec> on;
    std::vector<std::string> ids;
    const auto ask = [](auto from, auto* to) -> task<> {
        auto asking = from.all_sockets();
        *to = co_await std::move(asking);
    };
    asio::co_spawn(on.world.shards()[1]->executor(), ask(on.io.main(), &ids), asio::detached);
    on.world.run();
    CHECK(ids.size() == 6U);
    for (std::size_t i = 0; i < 6; ++i)
        CHECK(std::ranges::count(ids, std::string{on.far[i].id()}) == 1);
}

TYPED_CASE(ORD_5_local_is_all_of_this_server_and_nothing_else, Codec, codecs)
{
    shards_case<Codec> on;
    basic_server<Codec> another{on.world.shards()};
    basic_client<Codec> stranger{on.world.home(), on.world.connect(another)};
    const auto other = stranger.socket();
    other.on("x", [&](std::string text) { on.log("stranger {}", text); });
    on.world.run();
    on.io.local().emit("x", "near");
    CHECK(on.heard() == "a near\nb near\nc near\nd near\ne near\nf near");
    another.local().emit("x", "there");
    CHECK(on.heard() == "stranger there");
}

TYPED_CASE(the_ids_of_all_sessions, Codec, codecs)
{
    shards_case<Codec> on;
    std::vector<std::string> ids;
    const auto ask = [](auto* io, auto* to) -> task<> {
        auto asking = io->client_ids();
        *to = co_await std::move(asking);
    };
    asio::co_spawn(on.world.shards()[2]->executor(), ask(&on.io, &ids), asio::detached);
    on.world.run();
    CHECK(ids.size() == on.io.clients_count());
    for (std::size_t i = 0; i < 6; ++i)
        CHECK(std::ranges::count(ids, std::string{on.far[i].conn().id()}) == 1);
}

TYPED_CASE(sockets_of_all_shards_join_leave_and_go, Codec, codecs)
{
    shards_case<Codec> on;
    CHECK(on.on_shard(1, [&] {
        for (const std::size_t i : {0U, 4U})
            static_cast<void>(on.far[i].join("r"));
        on.io.to("r").sockets_join("s");
    }) == "");
    CHECK(on.on_shard(2, [&] { on.io.to("s").emit("x", "s"); }) == "a s\ne s");
    static_cast<void>(on.on_shard(2, [&] { on.io.to(on.far[4].id()).sockets_leave("s"); }));
    CHECK(on.on_shard(2, [&] { on.io.to("s").emit("x", "s"); }) == "a s");
    CHECK(
        on.on_shard(0, [&] { on.io.except("r").disconnect_sockets(); }) ==
        "b io server disconnect\nc io server disconnect\nd io server disconnect\n"
        "f io server disconnect"
    );
    CHECK(on.io.main().socket_count() == 2U);
}

TYPED_CASE(a_namespace_made_on_one_shard_is_joined_on_all, Codec, codecs)
{
    shards_case<Codec> on;
    static_cast<void>(on.on_shard(1, [&] {
        on.io.of("/new").on_connection([&](basic_socket<Codec> socket) {
            socket.emit("x", "welcome");
        });
    }));
    std::vector<basic_client_socket<Codec>> joined;
    for (const std::size_t i : {0U, 1U, 2U}) {
        joined.push_back(on.clients[i]->socket("/new"));
        joined.back().on("x", [&on, i](std::string text) { on.log("{} {}", i, text); });
    }
    CHECK(on.heard() == "0 welcome\n1 welcome\n2 welcome");
    CHECK(on.on_shard(2, [&] { on.io.of("/new").emit("x", "new"); }) == "0 new\n1 new\n2 new");
    CHECK(on.on_shard(0, [&] {
        on.io.of("/new").on("late", [](basic_socket<Codec> socket) { socket.emit("x", "late"); });
    }) == "");
    for (const auto& socket : joined)
        socket.emit("late");
    CHECK(on.heard() == "0 late\n1 late\n2 late");
}

TYPED_CASE(close_ends_the_sockets_of_all_shards, Codec, codecs)
{
    shards_case<Codec> on;
    CHECK(
        on.on_shard(1, [&] { on.io.close(); }) ==
        "a transport close\nb transport close\nc transport close\nd transport close\n"
        "e transport close\nf transport close"
    );
    CHECK(on.io.main().socket_count() == 0U);
}

TYPED_CASE(a_handler_that_cannot_be_copied_is_refused, Codec, codecs)
{
    shards_case<Codec> on;
    BOOST_CHECK_THROW(
        on.io.on(
            "x",
            [owned = std::make_unique<int>(1)](int given) { static_cast<void>(*owned + given); }
        ),
        std::invalid_argument
    );
}

TYPED_CASE(max_sessions_counts_for_all_shards, Codec, codecs)
{
    simulation world{1, shard_count};
    server_options options;
    options.engine.max_sessions = 2;
    basic_server<Codec> io{world.shards(), options};
    const http_request handshake{.method = "GET", .target = "/socket.io/?EIO=4&transport=polling"};
    std::vector<std::unique_ptr<transport>> links;
    for (const unsigned on : {1U, 2U}) {
        CHECK(io.engine().part_on(0)->admit(handshake).what == admission::verdict::open);
        links.push_back(world.connect(io, on));
    }
    for (const unsigned on : {0U, 1U, 2U})
        CHECK(io.engine().part_on(on)->admit(handshake).why.status == 503U);
    links.pop_back();
    world.run();
    CHECK(io.engine().part_on(0)->admit(handshake).what == admission::verdict::open);
}

BOOST_AUTO_TEST_CASE(the_same_seed_takes_the_same_course)
{
    const auto course = [](std::uint64_t seed) {
        shards_case<json> on{seed};
        for (const std::size_t i : {0U, 1U, 2U})
            on.world.shards()[i]->post([&on, i] {
                for (int n = 0; n < 4; ++n)
                    on.io.emit("x", fmt::format("{}{}", i, n));
            });
        on.world.run();
        return on.log.take();
    };
    const std::string first = course(1);
    CHECK(first == course(1));
    std::set<std::string> others;
    for (std::uint64_t seed = 1; seed <= 8; ++seed)
        others.insert(course(seed));
    CHECK(others.size() > 1U);
}

BOOST_AUTO_TEST_CASE(requests_find_their_session_on_another_shard)
{
    http_shards on;
    raw_client opening{on.world, *on.parts[1]};
    const std::string target = on.open(opening);
    // Each request comes in over a connection of its own, on each shard in turn.
    raw_client joining{on.world, *on.parts[0]};
    CHECK(joining.ask("POST", target, "40").body == "ok");
    raw_client polling{on.world, *on.parts[2]};
    CHECK(polling.ask("GET", target).body.starts_with("40{\"sid\":"));
    raw_client posting{on.world, *on.parts[2]};
    CHECK(posting.ask("POST", target, R"(42["echo","one"])").body == "ok");
    CHECK(joining.ask("GET", target).body == R"(42["echo","one"])");
    // What has moved once stays: the next request of that connection needs no move.
    CHECK(posting.ask("POST", target, R"(42["echo","two"])").body == "ok");
    CHECK(polling.ask("GET", target).body == R"(42["echo","two"])");
    CHECK((on.places == std::set<unsigned>{1}));
    CHECK(on.parts[0]->connection_count() == 4U);
}

BOOST_AUTO_TEST_CASE(a_request_cut_anywhere_finds_its_session)
{
    http_shards on;
    raw_client opening{on.world, *on.parts[1]};
    const std::string target = on.open(opening);
    CHECK(opening.ask("POST", target, "40").body == "ok");
    CHECK(opening.ask("GET", target).body.starts_with("40{\"sid\":"));
    const std::string post = http_text("POST", target, R"(42["echo","cut"])");
    for (std::size_t at = 1; at < post.size(); ++at) {
        raw_client posting{on.world, *on.parts[at % 3]};
        posting.send(post.substr(0, at));
        posting.send(post.substr(at));
        REQUIRE(posting.answer().body == "ok");
        REQUIRE(opening.ask("GET", target).body == R"(42["echo","cut"])");
    }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_of_several_shards_are_answered_in_order)
{
    http_shards on;
    std::vector<std::string> targets;
    std::string requests;
    for (const auto& part : on.parts) {
        raw_client opening{on.world, *part};
        targets.push_back(on.open(opening));
    }
    for (const std::string& target : targets)
        requests += http_text("POST", target, "40") + http_text("GET", target);
    raw_client all{on.world, *on.parts[1]};
    all.send(requests);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        CHECK(all.answer().body == "ok");
        CHECK(all.answer().body.starts_with("40{\"sid\":"));
    }
    CHECK(all.silent());
}

BOOST_AUTO_TEST_CASE(an_upgrade_comes_in_on_another_shard)
{
    http_shards on;
    raw_client opening{on.world, *on.parts[1]};
    const std::string target = on.open(opening);
    CHECK(opening.ask("POST", target, "40").body == "ok");
    CHECK(opening.ask("GET", target).body.starts_with("40{\"sid\":"));
    std::string upgrade = target;
    upgrade.replace(upgrade.find("polling"), 7, "websocket");
    raw_websocket link{on.world, *on.parts[0], upgrade};
    link.text("2probe");
    CHECK((link.take() == std::vector<std::string>{"3probe"}));
    link.text("5");
    link.text(R"(42["echo","up"])");
    CHECK((link.take() == std::vector<std::string>{R"(42["echo","up"])"}));
    CHECK((on.places == std::set<unsigned>{1}));
}

BOOST_AUTO_TEST_CASE(a_session_id_that_names_no_session_is_refused_on_any_shard)
{
    http_shards on;
    raw_client opening{on.world, *on.parts[1]};
    const std::string target = on.open(opening);
    for (const char* const end : {"AA", "AB", "AC", "AD", "__", "!!", "A", ""}) {
        std::string wrong = target.substr(0, target.size() - 2) + end;
        if (wrong == target)
            wrong[wrong.size() - 5] ^= 1;
        raw_client asking{on.world, *on.parts[0]};
        const raw_answer answer = asking.ask("GET", wrong);
        BOOST_TEST_CONTEXT("ending \"" << end << '"')
        {
            CHECK(answer.status == 400);
            CHECK(answer.body == R"({"code":1,"message":"Session ID unknown"})");
        }
    }
}

BOOST_AUTO_TEST_CASE(an_id_of_the_applications_finds_its_shard)
{
    server_options options;
    options.engine.generate_id = [next = 0](const http_request& request) mutable {
        // Each shard counts for itself: it has a copy of the hook.
        return fmt::format("{}:{}", request.headers["x-name"], ++next);
    };
    http_shards on{options};
    for (unsigned shard = 0; shard < shard_count; ++shard) {
        raw_client opening{on.world, *on.parts[shard]};
        const std::string body = opening.ask("GET", on.base, {}, "X-Name: mine\r\n").body;
        const std::string sid = fmt::format("mine:1A{}", static_cast<char>('A' + shard));
        CHECK(body.starts_with(fmt::format(R"(0{{"sid":"{}",)", sid)));
        raw_client posting{on.world, *on.parts[(shard + 1) % shard_count]};
        CHECK(posting.ask("POST", on.base + "&sid=" + sid, "40").body == "ok");
        CHECK(opening.ask("GET", on.base + "&sid=" + sid).body.starts_with("40{"));
    }
}

BOOST_AUTO_TEST_CASE(handshakes_live_where_they_come_in)
{
    http_shards on;
    for (const auto& part : on.parts) {
        raw_websocket link{on.world, *part, "/socket.io/?EIO=4&transport=websocket"};
        link.text("40");
        link.text(R"(42["echo","here"])");
        static_cast<void>(link.take());
        link.goodbye();
    }
    on.world.run_for(10s);
    CHECK((on.places == std::set<unsigned>{0, 1, 2}));
    CHECK(on.parts[0]->connection_count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
