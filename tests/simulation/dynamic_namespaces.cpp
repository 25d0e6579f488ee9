// SPDX-License-Identifier: BSL-1.0
// Namespaces that are made when a client asks for them.
#include "shards_support.hpp"

#include <set>

using namespace cosio;
using namespace cosio::test;

namespace {

/// A client whose CONNECTs are written by hand, and a server that says what it makes.
template <class Codec>
struct dynamic_case : server_case<Codec>
{
    explicit dynamic_case(server_options options = {})
        : server_case<Codec>{std::move(options)}, client{this->world, this->io}
    {
        this->io.on_new_namespace([this](basic_namespace<Codec> made) {
            this->log("new {}", made.name());
        });
    }

    /// Asks for a namespace; the answer and what the server noted.
    std::string ask(std::string_view connect)
    {
        client.say(connect);
        const std::string heard = client.heard();
        const std::string noted = this->log.take();
        return noted.empty() ? heard : noted + "\n" + heard;
    }

    wire_client<Codec> client;
};

/// Names of the form /room-<digits>.
const name_pattern rooms{"^/room-[0-9]+$"};

/// Handlers of a namespace's sockets, of which that of the kind `when` lets its socket leave.
template <class Codec>
void leave_in(const basic_parent_namespace<Codec>& nsp, std::string_view when)
{
    const auto leave = [](const basic_socket<Codec>& socket) { socket.disconnect(); };
    if (when == "shared event")
        nsp.on("x", [leave](basic_socket<Codec> socket) { leave(socket); });
    else if (when == "middleware")
        nsp.use([leave](basic_socket<Codec> socket) {
            leave(socket);
            return accept();
        });
    else if (when == "middleware that waits")
        nsp.use([leave](basic_socket<Codec> socket) -> task<verdict> {
            leave(socket);
            const verdict answer = accept();
            co_return answer;
        });
    nsp.on_connection([leave, when](basic_socket<Codec> socket) {
        if (when == "connection")
            leave(socket);
        else if (when == "event")
            socket.on("x", [leave, socket] { leave(socket); });
        else if (when == "coroutine")
            socket.on("x", [leave, socket]() -> task<> {
                leave(socket);
                co_return;
            });
        else if (when == "any event")
            socket.on_any([leave, socket](std::string_view, const arguments&) { leave(socket); });
        else if (when == "outgoing event")
            socket.on("x", [leave, socket] {
                socket.on_any_outgoing([leave, socket](std::string_view, const arguments&) {
                    leave(socket);
                });
                socket.emit("y");
            });
        else if (when == "socket's middleware")
            socket.use([leave, socket](std::string_view, const arguments&) {
                leave(socket);
                return accept();
            });
        else if (when == "answer")
            socket.emit("y", [leave, socket](result<void>) { leave(socket); });
        else if (when == "disconnecting")
            socket.on_disconnecting([leave, socket](close_reason) { leave(socket); });
        else if (when == "disconnect")
            socket.on_disconnect([leave, socket](close_reason) { leave(socket); });
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dynamic_namespaces)

TYPED_CASE(a_pattern_makes_a_namespace_for_each_name_that_fits, Codec, codecs)
{
    dynamic_case<Codec> on;
    on.io.of(rooms).on_connection([&](basic_socket<Codec> socket) {
        on.log("connection in {}", socket.nsp_name());
    });
    CHECK(
        on.ask("40/room-1,") == "new /room-1\nconnection in /room-1\n40/room-1,{\"sid\":\"<sid>\"}"
    );
    CHECK(
        on.ask("40/room-2,") == "new /room-2\nconnection in /room-2\n40/room-2,{\"sid\":\"<sid>\"}"
    );
    CHECK(on.ask("40/room-x,") == "44/room-x,{\"message\":\"Invalid namespace\"}");
    CHECK(on.ask("40/room-1x,") == "44/room-1x,{\"message\":\"Invalid namespace\"}");
    wire_client<Codec> other{on.world, on.io};
    CHECK(other.say("40/room-1,").heard() == "40/room-1,{\"sid\":\"<sid>\"}");
    CHECK(on.log.take() == "connection in /room-1");
}

TYPED_CASE(a_pattern_is_found_anywhere_in_the_name, Codec, codecs)
{
    dynamic_case<Codec> on;
    on.io.of(name_pattern{"[0-9]"});
    CHECK(on.ask("40/a7b,") == "new /a7b\n40/a7b,{\"sid\":\"<sid>\"}");
    BOOST_CHECK_EXCEPTION(
        on.io.of(name_pattern{"("}),
        std::invalid_argument,
        [](const auto& error) {
            return std::string_view{error.what()}.starts_with("namespace pattern \"(\": ");
        }
    );
}

TYPED_CASE(the_longest_name_is_matched, Codec, codecs)
{
    dynamic_case<Codec> on;
    on.io.of(name_pattern{"^/(room-)?.*[0-9]$"});
    std::string name = "/" + std::string(on.io.options().packet.max_namespace_bytes - 2, 'x');
    CHECK(on.ask("40" + name + "x,") == "44" + name + "x,{\"message\":\"Invalid namespace\"}");
    name += '1';
    CHECK(on.ask("40" + name + ",") == "new " + name + "\n40" + name + ",{\"sid\":\"<sid>\"}");
}

TYPED_CASE(a_function_decides_by_name_and_auth, Codec, codecs)
{
    dynamic_case<Codec> on;
    on.io.of([&](std::string_view name, const boost::json::value& auth) {
        on.log("asked {} {}", name, boost::json::serialize(auth));
        return auth.is_object() && auth.as_object().contains("token");
    });
    CHECK(on.ask("40/a,") == "asked /a null\n44/a,{\"message\":\"Invalid namespace\"}");
    CHECK(
        on.ask("40/a,{\"token\":1}") == "asked /a {\"token\":1}\nnew /a\n40/a,{\"sid\":\"<sid>\"}"
    );
}

TYPED_CASE(a_coroutine_decides_later, Codec, codecs)
{
    dynamic_case<Codec> on;
    gate open{on.world.home().executor()};
    on.io.of([&](std::string name, boost::json::value) -> task<bool> {
        on.log("asked {}", name);
        co_await open.wait();
        co_return name != "/no";
    });
    CHECK(on.ask("40/yes,") == "asked /yes\n");
    open.notify();
    CHECK(on.client.heard() == "40/yes,{\"sid\":\"<sid>\"}");
    CHECK(on.log.take() == "new /yes");
    CHECK(on.ask("40/no,") == "asked /no\n");
    open.notify();
    CHECK(on.client.heard() == "44/no,{\"message\":\"Invalid namespace\"}");
}

TYPED_CASE(SIO_15_a_client_may_go_while_a_coroutine_decides, Codec, codecs)
{
    dynamic_case<Codec> on;
    gate open{on.world.home().executor()};
    on.io.of([&](std::string, boost::json::value) -> task<bool> {
        co_await open.wait();
        co_return true;
    });
    CHECK(on.ask("40/a,") == "");
    CHECK(on.ask("41/a,") == "");
    open.notify();
    CHECK(on.client.heard() == "");
    CHECK(on.log.take() == "");
}

TYPED_CASE(SIO_14_two_who_ask_at_once_get_one_namespace, Codec, codecs)
{
    dynamic_case<Codec> on;
    gate first{on.world.home().executor()};
    gate second{on.world.home().executor()};
    int asked = 0;
    on.io.of([&](std::string, boost::json::value) -> task<bool> {
        gate& mine = ++asked == 1 ? first : second;
        co_await mine.wait();
        co_return true;
    });
    wire_client<Codec> other{on.world, on.io};
    CHECK(on.ask("40/a,") == "");
    CHECK(other.say("40/a,").heard() == "");
    second.notify();
    first.notify();
    CHECK(on.client.heard() == "40/a,{\"sid\":\"<sid>\"}");
    CHECK(other.heard() == "40/a,{\"sid\":\"<sid>\"}");
    CHECK(on.log.take() == "new /a");
    CHECK(on.io.of("/a").socket_count() == 2U);
}

TYPED_CASE(SIO_14_dynamic_namespaces_are_asked_in_order, Codec, codecs)
{
    dynamic_case<Codec> on;
    for (const std::string which : {"first", "second"})
        on.io
            .of([&on, which](std::string_view name, const boost::json::value&) {
                on.log("{} asked", which);
                return name.ends_with(which) || name == "/both";
            })
            .on_connection([&on, which](basic_socket<Codec>) { on.log("{} has it", which); });
    CHECK(
        on.ask("40/both,") == "first asked\nnew /both\nfirst has it\n40/both,{\"sid\":\"<sid>\"}"
    );
    CHECK(
        on.ask("40/second,") ==
        "first asked\nsecond asked\nnew /second\nsecond has it\n40/second,{\"sid\":\"<sid>\"}"
    );
}

TYPED_CASE(a_predicate_that_throws_says_no, Codec, codecs)
{
    dynamic_case<Codec> on;
    on.io.of([](std::string_view, const boost::json::value&) -> bool {
        throw std::runtime_error{"oops"};
    });
    on.io.of([](std::string, boost::json::value) -> task<bool> {
        throw std::runtime_error{"later"};
        co_return true;
    });
    CHECK(
        on.ask("40/a,") == "error /a namespace: oops\nerror /a namespace: later\n"
                           "44/a,{\"message\":\"Invalid namespace\"}"
    );
}

TYPED_CASE(what_is_registered_counts_for_children_there_are_and_those_to_come, Codec, codecs)
{
    dynamic_case<Codec> on;
    const auto parent = on.io.of(rooms);
    parent.use([](const basic_socket<Codec>& socket) {
        return socket.shake().auth("token") == "yes" ? accept() : reject("token");
    });
    CHECK(on.ask("40/room-1,") == "new /room-1\n44/room-1,{\"message\":\"token\"}");
    CHECK(on.ask("40/room-1,{\"token\":\"yes\"}") == "40/room-1,{\"sid\":\"<sid>\"}");
    parent.on("x", [&](basic_socket<Codec> socket, int n) {
        on.log("x {} in {}", n, socket.nsp_name());
    });
    CHECK(on.ask("42/room-1,[\"x\",1]") == "x 1 in /room-1\n");
    CHECK(on.ask("40/room-2,{\"token\":\"yes\"}") == "new /room-2\n40/room-2,{\"sid\":\"<sid>\"}");
    CHECK(on.ask("42/room-2,[\"x\",2]") == "x 2 in /room-2\n");
}

TYPED_CASE(SIO_14_a_parent_speaks_to_all_its_children, Codec, codecs)
{
    dynamic_case<Codec> on;
    const auto parent = on.io.of(rooms);
    static_cast<void>(on.ask("40/room-1,"));
    static_cast<void>(on.ask("40/room-2,"));
    static_cast<void>(on.ask("40"));
    CHECK(parent.children().size() == 2U);
    CHECK(parent.children()[1].name() == "/room-2");
    parent.emit("news", 1);
    CHECK(on.client.heard() == "42/room-1,[\"news\",1]\n42/room-2,[\"news\",1]");
    on.io.of("/room-2").sockets_join("r");
    parent.to("r").emit("room");
    parent.except("r").emit("rest");
    CHECK(on.client.heard() == "42/room-2,[\"room\"]\n42/room-1,[\"rest\"]");
}

TYPED_CASE(a_child_stays_without_sockets_unless_it_is_cleaned_up, Codec, codecs)
{
    dynamic_case<Codec> on;
    on.io.of(rooms);
    CHECK(on.ask("40/room-1,") == "new /room-1\n40/room-1,{\"sid\":\"<sid>\"}");
    CHECK(on.ask("41/room-1,") == "");
    CHECK(on.ask("40/room-1,") == "40/room-1,{\"sid\":\"<sid>\"}");
}

TYPED_CASE(an_empty_child_is_cleaned_up, Codec, codecs)
{
    server_options options;
    options.cleanup_empty_child_namespaces = true;
    options.max_child_namespaces = 1;
    dynamic_case<Codec> on{options};
    const auto parent = on.io.of(rooms);
    parent.on_connection([&](basic_socket<Codec> socket) {
        socket.on_disconnect([&](close_reason why) { on.log("{}", to_string(why)); });
    });
    CHECK(on.ask("40/room-1,") == "new /room-1\n40/room-1,{\"sid\":\"<sid>\"}");
    const auto kept = parent.children().at(0);
    CHECK(on.ask("41/room-1,") == "client namespace disconnect\n");
    CHECK(parent.children().empty());
    CHECK(kept.emit("x") == send_status::closed);
    CHECK(on.ask("40/room-1,") == "new /room-1\n40/room-1,{\"sid\":\"<sid>\"}");
    CHECK(!(parent.children().at(0) == kept));
}

TYPED_CASE(I12_a_child_that_comes_again_gives_no_offset_twice, Codec, codecs)
{
    server_options options;
    options.cleanup_empty_child_namespaces = true;
    options.recovery.emplace();
    dynamic_case<Codec> on{options};
    const auto parent = on.io.of(rooms);
    std::set<std::string> events;
    for (int life = 1; life <= 10; ++life) {
        static_cast<void>(on.ask("40/room-1,"));
        parent.children().at(0).emit("x");
        on.world.run();
        events.insert(on.client.heard());
        static_cast<void>(on.ask("41/room-1,"));
        CHECK(parent.children().empty());
    }
    CHECK(events.begin()->starts_with("42/room-1,[\"x\",\""));
    CHECK(events.size() == 10U);
}

TYPED_CASE(A47_what_a_child_owns_may_name_another_as_it_goes, Codec, codecs)
{
    server_options options;
    options.cleanup_empty_child_namespaces = true;
    dynamic_case<Codec> on{options};
    const auto parent = on.io.of(rooms);
    CHECK(on.ask("40/room-1,") == "new /room-1\n40/room-1,{\"sid\":\"<sid>\"}");
    std::shared_ptr<void> owned{nullptr, [&](void*) { static_cast<void>(on.io.of("/other")); }};
    parent.children().at(0).on_connection([owned](basic_socket<Codec>) {});
    owned.reset();
    CHECK(on.ask("41/room-1,") == "new /other\n");
    CHECK(parent.children().empty());
}

TYPED_CASE(A47_a_child_may_end_in_each_handler_of_its_last_socket, Codec, codecs)
{
    const std::string joined = "new /room-1\n40/room-1,{\"sid\":\"<sid>\"}";
    const std::string left = "41/room-1,";
    const std::string event = "42/room-1,[\"x\"]";

    struct ending
    {
        std::string_view in;
        std::string after_connect;  // what its client hears
        std::string then_said = {};
        std::string then_heard = {};
    };

    for (const ending& one : {
             ending{"connection", joined + "\n" + left},
             ending{"middleware", "new /room-1\n"},
             ending{"middleware that waits", "new /room-1\n"},
             ending{"event", joined, event, left},
             ending{"shared event", joined, event, left},
             ending{"coroutine", joined, event, left},
             ending{"any event", joined, event, left},
             ending{"outgoing event", joined, event, left},
             ending{"socket's middleware", joined, event, left},
             ending{"answer", joined + "\n42/room-1,0[\"y\"]", "43/room-1,0[]", left},
             ending{"disconnecting", joined, left, ""},
             ending{"disconnect", joined, left, ""},
         }) {
        server_options options;
        options.cleanup_empty_child_namespaces = true;
        dynamic_case<Codec> on{options};
        const auto parent = on.io.of(rooms);
        leave_in<Codec>(parent, one.in);
        for (int life = 1; life <= 2; ++life) {
            CHECK(on.ask("40/room-1,") == one.after_connect, one.in);
            if (!one.then_said.empty()) {
                CHECK(parent.children().size() == 1U, one.in);
                CHECK(on.ask(one.then_said) == one.then_heard, one.in);
            }
            CHECK(parent.children().empty(), one.in);
        }
    }
}

TYPED_CASE(a_refused_client_leaves_an_empty_child_behind_to_be_cleaned_up, Codec, codecs)
{
    server_options options;
    options.cleanup_empty_child_namespaces = true;
    dynamic_case<Codec> on{options};
    const auto parent = on.io.of(rooms);
    parent.use([](const basic_socket<Codec>&) { return reject("no"); });
    CHECK(on.ask("40/room-1,") == "new /room-1\n44/room-1,{\"message\":\"no\"}");
    CHECK(parent.children().empty());
}

TYPED_CASE(static_namespaces_are_never_cleaned_up, Codec, codecs)
{
    server_options options;
    options.cleanup_empty_child_namespaces = true;
    dynamic_case<Codec> on{options};
    static_cast<void>(on.io.of("/fixed"));
    CHECK(on.ask("40/fixed,") == "new /fixed\n40/fixed,{\"sid\":\"<sid>\"}");
    CHECK(on.ask("41/fixed,") == "");
    CHECK(on.ask("40/fixed,") == "40/fixed,{\"sid\":\"<sid>\"}");
}

TYPED_CASE(no_more_than_max_child_namespaces, Codec, codecs)
{
    server_options options;
    options.max_child_namespaces = 2;
    dynamic_case<Codec> on{options};
    on.io.of(rooms);
    CHECK(on.ask("40/room-1,") == "new /room-1\n40/room-1,{\"sid\":\"<sid>\"}");
    CHECK(on.ask("40/room-2,") == "new /room-2\n40/room-2,{\"sid\":\"<sid>\"}");
    CHECK(on.ask("40/room-3,") == "44/room-3,{\"message\":\"Invalid namespace\"}");
    CHECK(on.io.limits_reached()[limit::max_child_namespaces] == 1U);
}

TYPED_CASE(children_span_shards, Codec, codecs)
{
    shards_case<Codec> on;
    const auto parent = on.io.of(rooms);
    parent.on_connection([&](basic_socket<Codec> socket) {
        static_cast<void>(socket.join("r"));
        socket.on("x", [&, socket](int n) { socket.to("r").emit("x", fmt::format("from {}", n)); });
    });
    on.io.on_new_namespace([&](basic_namespace<Codec> made) { on.log("new {}", made.name()); });
    std::vector<basic_client_socket<Codec>> near;
    for (const auto& client : on.clients) {
        near.push_back(client->socket("/room-1"));
        near.back().on("x", [&, index = near.size() - 1](std::string text) {
            on.log("{} {}", index, text);
        });
    }
    CHECK(on.heard() == "new /room-1");
    CHECK(parent.children().at(0).socket_count() == 6U);
    near[1].emit("x", 1);
    CHECK(on.heard() == "0 from 1\n2 from 1\n3 from 1\n4 from 1\n5 from 1");
}

TYPED_CASE(a_child_on_shards_ends_with_its_last_socket, Codec, codecs)
{
    server_options options;
    options.cleanup_empty_child_namespaces = true;
    simulation world{1, shard_count};
    basic_server<Codec> io{world.shards(), options};
    const auto parent = io.of(rooms);
    int made = 0;
    io.on_new_namespace([&](basic_namespace<Codec>) { ++made; });
    std::vector<std::unique_ptr<wire_client<Codec>>> clients;
    for (unsigned i = 0; i < shard_count; ++i)
        clients.push_back(std::make_unique<wire_client<Codec>>(world, io, i));
    for (int round = 1; round <= 3; ++round) {
        for (const auto& client : clients)
            CHECK(client->say("40/room-1,").heard() == "40/room-1,{\"sid\":\"<sid>\"}");
        CHECK(made == round);
        for (const auto& client : clients) {
            CHECK(parent.children().size() == 1U);
            CHECK(client->say("41/room-1,").heard() == "");
        }
        CHECK(parent.children().empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
