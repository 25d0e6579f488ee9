// SPDX-License-Identifier: BSL-1.0
// A server with connection state recovery, for recovery.mjs; reference_recovery.mjs says what it does.
#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>

namespace {

namespace sio = cosio;

using done = sio::ack<std::nullptr_t>;

/// How often something happened, by the name that a client gives itself. Thread: any.
class tally
{
public:
    void add(std::string_view name)
    {
        const std::lock_guard lock{several_};
        ++counts_[std::string{name}];
    }

    [[nodiscard]] int of(std::string_view name)
    {
        const std::lock_guard lock{several_};
        return counts_[std::string{name}];
    }

private:
    std::mutex several_;
    std::map<std::string, int> counts_;
};

std::vector<std::string> names(const boost::json::object& target, std::string_view key)
{
    const boost::json::value* const list = target.if_contains(key);
    return list ? boost::json::value_to<std::vector<std::string>>(*list)
                : std::vector<std::string>{};
}

template <class Codec>
class recovering_namespace
{
public:
    using socket = sio::basic_socket<Codec>;

    explicit recovering_namespace(sio::basic_namespace<Codec> nsp) : nsp_{nsp}
    {
        nsp_.use([this](socket client) {
            runs_.add(client.shake().auth("name"));
            return sio::accept();
        });
        nsp_.on_connection([this](socket client) { connections_.add(client.shake().auth("name")); }
        );
        add_state();
        add_events();
    }

private:
    void add_state()
    {
        nsp_.on("join", [](socket client, std::string room, done reply) {
            client.join(room);
            reply(nullptr);
        });
        nsp_.on("leave", [](socket client, std::string room, done reply) {
            client.leave(room);
            reply(nullptr);
        });
        nsp_.on("set", [](socket client, boost::json::value value, done reply) {
            client.template data<boost::json::value>() = std::move(value);
            reply(nullptr);
        });
        nsp_.on("state", [this](socket client, sio::ack<boost::json::object> reply) {
            std::vector<std::string> rooms = client.rooms();
            std::ranges::sort(rooms);
            const std::string_view name = client.shake().auth("name");
            reply(boost::json::object{
                {"recovered", client.recovered()},
                {"id", client.id()},
                {"rooms", boost::json::value_from(rooms)},
                {"data", client.template data<boost::json::value>()},
                {"runs", runs_.of(name)},
                {"connections", connections_.of(name)}
            });
        });
    }

    void add_events()
    {
        nsp_.on("is-here", [this](std::string id, sio::ack<bool> reply) -> sio::task<> {
            auto fetching = nsp_.all().to(id).fetch_sockets();
            const std::vector<socket> found = co_await std::move(fetching);
            reply(!found.empty());
        });
        nsp_.on("say", [this](boost::json::object target, sio::arguments all, done reply) {
            auto whom = nsp_.all();
            for (const std::string& room : names(target, "rooms"))
                whom = whom.to(room);
            for (const std::string& room : names(target, "except"))
                whom = whom.except(room);
            whom.emit("said", all);
            reply(nullptr);
        });
        nsp_.on("others", [](socket client, sio::arguments all, done reply) {
            client.broadcast().emit("said", all);
            reply(nullptr);
        });
        nsp_.on("direct", [this](std::string id, sio::arguments all, done reply) -> sio::task<> {
            auto fetching = nsp_.all().to(id).fetch_sockets();
            const std::vector<socket> found = co_await std::move(fetching);
            for (const socket& one : found)
                one.emit("said", all);
            reply(nullptr);
        });
        nsp_.on("volatile", [this](sio::arguments all, done reply) {
            nsp_.all().volatile_().emit("said", all);
            reply(nullptr);
        });
        nsp_.on("ask", [](socket client, sio::arguments all, done reply) {
            client.emit("asked", all, [](sio::result<sio::arguments>) {});
            reply(nullptr);
        });
        nsp_.on("kick", [this](std::string id, done reply) {
            nsp_.all().to(id).disconnect_sockets();
            reply(nullptr);
        });
    }

    sio::basic_namespace<Codec> nsp_;
    tally runs_;
    tally connections_;
};

template <class Codec>
void serve(std::uint16_t port, unsigned shards, std::chrono::milliseconds away)
{
    sio::runtime runtime{{.shards = shards}};
    sio::server_options options;
    options.recovery.emplace().max_disconnection_duration = away;
    sio::basic_server<Codec> io{runtime.shards(), options};
    const recovering_namespace<Codec> main{io.of("/")};
    const recovering_namespace<Codec> other{io.of("/other")};
    sio::listener listener{runtime.shards(), io, {.port = port}};
    runtime.on_signal();
    std::printf("listening on port %u\n", listener.port());
    std::fflush(stdout);
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"A server with connection state recovery"};
    std::uint16_t port = 3000;
    unsigned shards = 1;
    std::string codec = "json";
    int away_ms = 2'000;
    app.add_option("--port", port, "TCP port, 0 lets the system choose");
    app.add_option("--shards", shards, "threads");
    app.add_option("--codec", codec, "json or msgpack")->check(CLI::IsMember({"json", "msgpack"}));
    app.add_option("--away", away_ms, "milliseconds for which a session is kept");
    try {
        app.parse(argc, argv);
        const std::chrono::milliseconds away{away_ms};
        codec == "json" ? serve<sio::json>(port, shards, away)
                        : serve<sio::msgpack>(port, shards, away);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_recovery_server: %s\n", error.what());
        return 1;
    }
    return 0;
}
