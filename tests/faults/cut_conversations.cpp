// SPDX-License-Identifier: BSL-1.0
// Z01, Z02, Z06: a client of ours whose connection is cut, ends, is half closed or falls silent at any byte, while whatever
// may wait for something does, at both ends; and one whose WebSocket alone is lost, while it upgrades.

#include "relay.hpp"
#include "support/all_ways.hpp"

#include <cosio/transports/network_connector.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// A client that tries once, and what it is told.
class victim
{
public:
    victim(real_world& on, const relay& over, const transport_list& transports, gate& at_home)
        : on_{&on}, over_{&over}, at_home_{&at_home}
    {
        client_options options;
        options.transports = transports;
        options.reconnection = false;
        client_.emplace(on.home(), make_network_connector(on.home(), over.url(), options), options);
        client_->on_close([this](close_reason reason) { end(to_string(reason)); });
        client_->on_error([this](error_code, std::string_view) { end("error"); });
        socket_ = client_->socket();
        guarded_ = client_->socket("/guarded");
        watch(*socket_, "connect");
        watch(*guarded_, "let in");
        socket_->on("question", [this](ack<int> reply) -> task<> {
            told.push_back("question");
            auto waiting = at_home_->wait();
            co_await std::move(waiting);
            reply(1);
        });
        socket_->on("echo", [this](binary bytes) {
            told.push_back(fmt::format("{} bytes", bytes.size()));
        });
    }

    /// Goes on until it is over.
    void converse()
    {
        const auto lines = [this](std::string_view what) {
            return std::ranges::count(on_->log, what);
        };
        if (!until([&] { return socket_->connected() && on_->guarded->waiting() != 0; }))
            return;
        on_->guarded->open();
        if (!until([&] { return guarded_->connected(); }))
            return;
        socket_->emit("echo", binary{string(300, 'x')});
        if (!until([&] { return told.back() == "300 bytes"; }))
            return;
        socket_->emit("ask");
        if (!until([&] { return at_home_->waiting() != 0; }))
            return;
        ++asked;
        socket_->emit("nobody answers", [this](result<void>) { ++answered; });
        socket_->emit("park");
        if (!until([&] { return on_->parked->waiting() != 0; }))
            return;
        at_home_->open();
        if (!until([&] { return lines("answer") != 0; }))
            return;
        bytes_to_server = over_->to_server();
        bytes_to_client = over_->to_client();
        client_->close();
    }

    /// Whoever was told that he is connected was told once that he is not any more.
    [[nodiscard]] bool all_have_ended() const
    {
        return asked == answered && ends == 1 && connected == disconnected;
    }

    strings told;
    int asked = 0;
    int answered = 0;
    int ends = 0;  ///< of the connection
    int connected = 0;
    int disconnected = 0;
    string why;
    std::size_t bytes_to_server = 0;
    std::size_t bytes_to_client = 0;

private:
    void watch(const json_client_socket& socket, const string& name)
    {
        socket.on_connect([this, name] {
            told.push_back(name);
            ++connected;
        });
        socket.on_disconnect([this](close_reason) { ++disconnected; });
    }

    void end(std::string_view reason)
    {
        ++ends;
        why = reason;
    }

    /// False if it was over before.
    [[nodiscard]] bool until(const std::function<bool()>& done)
    {
        const auto is_decided = [&] { return ends != 0 || done(); };
        CHECK(on_->until([&] { return is_decided() || over_->cuts() != 0; }));
        if (over_->cuts() != 0) {
            on_->rounds(10);
            if (!is_decided())
                on_->pass(2min);  // nobody says a word: the heartbeat finds it
        }
        CHECK(is_decided(), fmt::format("{}", fmt::join(told, ", ")));
        return ends == 0 && done();
    }

    real_world* on_;
    const relay* over_;
    gate* at_home_;
    std::optional<json_manager> client_;
    std::optional<json_client_socket> socket_;
    std::optional<json_client_socket> guarded_;
};

const strings whole{"connect", "let in", "300 bytes", "question"};

template <class T>
[[nodiscard]] bool is_prefix(const std::vector<T>& some, const std::vector<T>& of)
{
    return some.size() <= of.size() && std::equal(some.begin(), some.end(), of.begin());
}

struct measure
{
    std::size_t to_server = 0;
    std::size_t to_client = 0;
    bool was_cut = false;
};

/// One conversation over such a relay.
measure suffer(real_world& on, const transport_list& transports, const relay_options& how)
{
    measure seen;
    gate at_home{on.home()};
    on.log.clear();
    {
        const relay over{on, how};
        victim client{on, over, transports, at_home};
        client.converse();
        on.rounds(4);  // what is not needed any more may still be cut
        seen = {client.bytes_to_server, client.bytes_to_client, over.cuts() != 0};
        const string story = fmt::format("{}; {}", fmt::join(client.told, ", "), client.why);
        CHECK(client.all_have_ended(), story);
        CHECK(is_prefix(client.told, whole), story);
        const bool is_whole = client.told == whole && client.why == "io client disconnect";
        CHECK((is_whole || seen.was_cut), story);
    }
    at_home.open();
    on.parked->open();
    on.guarded->open();
    if (on.sessions() != 0)
        on.pass(1min);
    CHECK(on.until([&] { return on.sessions() == 0 && !at_home.is_in_use(); }));
    // The server was told the same: each of its sockets has ended, and each question.
    const auto lines = [&](std::string_view what) {
        return std::ranges::count_if(on.log, [&](const string& one) {
            return one.starts_with(what);
        });
    };
    CHECK(lines("connect") == lines("disconnect: "));
    CHECK(lines("connect") <= 1);
    CHECK(lines("answer") + lines("no answer: ") <= 1);
    return seen;
}

void suffer_everywhere(const transport_list& transports, fault cut_by, std::size_t step)
{
    const bool upgrades = transports.size() > 1;
    real_world on;
    const measure all = suffer(on, transports, {});
    CHECK(!all.was_cut);
    CHECK(all.to_server > 500);
    CHECK(all.to_client > 500);
    std::size_t cut = 0;
    std::size_t tried = 0;
    for (const auto way : {&relay_options::to_server, &relay_options::to_client}) {
        const bool up = way == &relay_options::to_server;
        for (std::size_t at = 1; at < (up ? all.to_server : all.to_client); at += step) {
            relay_options how{.cut_by = cut_by};
            (how.*way).cut_at = at;
            const bool was_cut = suffer(on, transports, how).was_cut;
            ++tried;
            cut += was_cut ? 1U : 0U;
            // An upgrade may come earlier or later, and so more or less goes over each connection.
            CHECK((was_cut || upgrades), to_string(cut_by) << " at " << at);
        }
    }
    CHECK(2 * cut > tried);
    on.check_at_rest();
}

/// Both sides send numbers all the while, and the WebSocket alone is lost.
struct upgrading
{
    upgrading(real_world& on, const relay_options& how)
    {
        on.log.clear();
        const relay over{on, how};
        client_options options;
        options.transports = all_ways.back();
        options.reconnection = false;
        json_manager client{
            on.home(), make_network_connector(on.home(), over.url(), options), options
        };
        const json_client_socket socket = client.socket();
        bool connected = false;
        socket.on_connect([&] { connected = true; });
        socket.on_disconnect([&](close_reason) { ++ends; });
        socket.on("echo", [&](unsigned number) { echoed.push_back(number); });
        socket.on("news", [&](unsigned number) { heard.push_back(number); });
        REQUIRE(on.until([&] { return connected; }));
        for (unsigned i = 0; i < 20; ++i) {
            sent.push_back(i);
            if (ends == 0)
                socket.emit("echo", i);
            on.io->all().emit("news", i);
            on.rounds(2);
        }
        on.rounds(10);
        if (how.cut_by == fault::silence)
            on.pass(2min);
        was_cut = over.cuts() != 0;
        to_server = over.to_server();
        to_client = over.to_client();
        transport = client.socket().connected() ? string{socket.conn().transport_name()} : "";
    }

    [[nodiscard]] bool is_whole() const { return ends == 0 && echoed == sent && heard == sent; }

    /// What is lost is the end of it, and each side was told.
    [[nodiscard]] bool has_ended_cleanly() const
    {
        return ends == 1 && is_prefix(echoed, sent) && is_prefix(heard, sent);
    }

    std::vector<unsigned> sent;
    std::vector<unsigned> echoed;
    std::vector<unsigned> heard;
    int ends = 0;
    bool was_cut = false;
    std::size_t to_server = 0;
    std::size_t to_client = 0;
    string transport;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cut_conversations)

BOOST_AUTO_TEST_CASE(z01_a_client_of_ours_that_is_cut_while_all_wait)
{
    for (const transport_list& transports : all_ways)
        for (const fault by : {fault::reset, fault::fin})
            suffer_everywhere(transports, by, 83);
}

BOOST_AUTO_TEST_CASE(z01_z02_a_client_of_ours_that_is_half_closed_or_hears_nothing_more)
{
    for (const transport_list& transports : all_ways)
        for (const fault by : {fault::half_close, fault::silence})
            suffer_everywhere(transports, by, 251);
}

BOOST_AUTO_TEST_CASE(z06_the_websocket_of_an_upgrade_is_lost_and_nothing_else)
{
    real_world on;
    const upgrading all{on, {.cuts_upgrades_alone = true}};
    CHECK(all.is_whole());
    CHECK(all.transport == "websocket");
    CHECK(all.to_server > 200);
    CHECK(all.to_client > 200);
    CHECK(on.until([&] { return on.sessions() == 0; }));
    std::size_t lived = 0;
    std::size_t ended = 0;
    for (const fault by : {fault::reset, fault::fin, fault::half_close, fault::silence})
        for (const auto way : {&relay_options::to_server, &relay_options::to_client}) {
            const bool up = way == &relay_options::to_server;
            for (std::size_t at = 1; at < (up ? all.to_server : all.to_client); at += 13) {
                relay_options how{.cut_by = by, .cuts_upgrades_alone = true};
                (how.*way).cut_at = at;
                const upgrading one{on, how};
                const string where = fmt::format(
                    "{} {} at {}", to_string(by), up ? "of the client" : "of the server", at
                );
                CHECK((one.is_whole() || one.has_ended_cleanly()), where);
                if (one.is_whole())
                    CHECK((one.transport == "polling" || !one.was_cut), where);
                lived += one.is_whole() && one.was_cut ? 1U : 0U;
                ended += one.ends != 0 ? 1U : 0U;
                on.pass(1min);
                CHECK(on.until([&] { return on.sessions() == 0; }), where);
                CHECK(on.log.size() == 2, where);
            }
        }
    CHECK(lived > 20);
    CHECK(ended > 20);
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
