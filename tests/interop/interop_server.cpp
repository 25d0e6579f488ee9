// SPDX-License-Identifier: BSL-1.0
// The server that run.mjs drives with stock clients. What it does stands in CONTRACT.md.
#include "self_signed.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

std::vector<std::string> names(const boost::json::object& spec, std::string_view key)
{
    std::vector<std::string> found;
    if (const boost::json::value* const list = spec.if_contains(key); list && list->is_array())
        for (const boost::json::value& name : list->get_array())
            found.emplace_back(name.get_string());
    return found;
}

bool flag(const boost::json::object& spec, std::string_view key)
{
    const boost::json::value* const value = spec.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

/// What `set` keeps with a socket.
using memory = std::map<std::string, sio::any_value>;

/// The contract's events on one namespace.
template <class Codec>
class contract
{
public:
    using socket = sio::basic_socket<Codec>;

    explicit contract(sio::basic_namespace<Codec> nsp) : nsp_{nsp}
    {
        nsp_.on_connection([this](socket client) { welcome(client); });
        add_echoes();
        add_questions();
        add_rooms();
        add_sequences();
        add_rest();
    }

private:
    void welcome(const socket& client)
    {
        client.emit("hello", client.id(), nsp_.name());
        auto rooms = std::make_shared<std::vector<std::string>>();
        client.on_disconnecting([client, rooms](sio::close_reason) { *rooms = client.rooms(); });
        client.on_disconnect([this, client, rooms](sio::close_reason reason) {
            nsp_.to("observers").emit("gone", client.id(), sio::to_string(reason), *rooms);
        });
    }

    void add_echoes()
    {
        nsp_.on("echo", [](socket client, sio::arguments all) { client.emit("echo", all); });
        nsp_.on("ack", [](sio::arguments all, sio::ack<sio::arguments> reply) { reply(all); });
    }

    void add_questions()
    {
        const auto ask = [this](socket client, int timeout_ms, sio::arguments all) -> sio::task<> {
            const std::string id{client.id()};
            const sio::duration timeout = std::chrono::milliseconds{timeout_ms};
            const sio::result<sio::arguments> answer =
                co_await client.template emit_with_ack<sio::arguments>(timeout, "question", all);
            report(id, answer);
        };
        // A client may be asked many questions at once, and be heard meanwhile.
        nsp_.on("ask", sio::unordered(ask));
        const auto ask_room =
            [this](
                int timeout_ms, std::string room, sio::arguments all, answers_ack reply
            ) -> sio::task<> {
            const sio::duration timeout = std::chrono::milliseconds{timeout_ms};
            auto asking = nsp_.to(room).timeout(timeout).template emit_with_ack<sio::arguments>(
                "question", all
            );
            const sio::broadcast_replies<sio::arguments> came = co_await std::move(asking);
            std::vector<sio::any_value> answers;
            for (const sio::arguments& one : came.values)
                if (!one.values.empty())
                    answers.push_back({one.values.front(), one.attachments});
            reply(came.why ? "timeout" : "ok", answers);
        };
        nsp_.on("ask-room", sio::unordered(ask_room));
    }

    using answers_ack = sio::ack<std::string, std::vector<sio::any_value>>;

    void report(const std::string& id, const sio::result<sio::arguments>& answer)
    {
        std::string outcome = "ok";
        if (!answer)
            outcome = answer.error() == sio::errc::timeout ? "timeout" : "disconnected";
        sio::arguments values;
        if (answer)
            values = *answer;
        nsp_.to(id).to("observers").emit("asked", id, outcome, as_list(values));
    }

    /// One array argument that holds all of them.
    static sio::any_value as_list(const sio::arguments& all)
    {
        return {all.values, all.attachments};
    }

    void add_rooms()
    {
        using room_list = sio::ack<std::vector<std::string>>;
        nsp_.on("join", [](socket client, boost::json::value rooms, room_list reply) {
            if (rooms.is_string())
                client.join(std::string_view{rooms.get_string()});
            else
                for (const boost::json::value& room : rooms.as_array())
                    client.join(std::string_view{room.as_string()});
            reply(client.rooms());
        });
        nsp_.on("leave", [](socket client, std::string room, room_list reply) {
            client.leave(room);
            reply(client.rooms());
        });
        nsp_.on(
            "relay",
            [this](
                socket client,
                boost::json::object spec,
                std::string event,
                sio::arguments all,
                sio::ack<> reply
            ) {
                auto whom = flag(spec, "sender") ? nsp_.all() : client.broadcast();
                for (const std::string& room : names(spec, "to"))
                    whom = whom.to(room);
                for (const std::string& room : names(spec, "in"))
                    whom = whom.in(room);
                for (const std::string& room : names(spec, "except"))
                    whom = whom.except(room);
                if (flag(spec, "volatile"))
                    whom = whom.volatile_();
                whom.emit(event, all);
                reply();
            }
        );
    }

    void add_sequences()
    {
        nsp_.on("volatile", [](socket client, int count) {
            for (int i = 0; i < count; ++i)
                client.emit_volatile("volatile", i);
            client.emit("volatile-end", count);
        });
        nsp_.on("flood", [](socket client, int count) {
            for (int i = 0; i < count; ++i)
                client.emit("flood", i);
        });
        using reply = sio::ack<sio::arguments>;
        nsp_.on("in-order", [](int ms, sio::arguments all, reply done) -> sio::task<> {
            const auto executor = co_await boost::asio::this_coro::executor;
            boost::asio::steady_timer timer{executor, std::chrono::milliseconds{ms}};
            auto waiting = timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
            co_await std::move(waiting);
            done(all);
        });
    }

    void add_rest()
    {
        nsp_.on("set", [](socket client, std::string key, sio::any_value value, sio::ack<> reply) {
            client.template data<memory>()[key] = std::move(value);
            reply();
        });
        nsp_.on("get", [](socket client, std::string key, sio::ack<sio::any_value> reply) {
            const memory& kept = client.template data<memory>();
            const auto found = kept.find(key);
            reply(found == kept.end() ? sio::any_value{} : found->second);
        });
        nsp_.on("handshake", [](socket client, sio::ack<boost::json::object> reply) {
            reply(describe(client.shake()));
        });
        nsp_.on("kick", [](socket client, std::optional<bool> close) {
            client.disconnect(close.value_or(false));
        });
        nsp_.on("cut", [](socket client) { client.close_connection(); });
    }

    static boost::json::object describe(const sio::handshake& shake)
    {
        boost::json::object headers;
        shake.headers().for_each([&](std::string_view name, std::string_view value) {
            std::string lower{name};
            std::ranges::transform(lower, lower.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            headers[lower] = value;
        });
        boost::json::object query;
        shake.for_each_query([&](std::string_view key, std::string_view value) {
            query[key] = value;
        });
        return {
            {"address", shake.address()},
            {"secure", shake.secure()},
            {"url", shake.url()},
            {"query", query},
            {"headers", headers},
            {"auth", shake.auth().is_null() ? boost::json::object{} : shake.auth().as_object()}
        };
    }

    sio::basic_namespace<Codec> nsp_;
};

/// Writes a fresh certificate and its key, for servers that cannot make one.
void write_identity(const std::string& folder)
{
    const sio::bench::identity fresh = sio::bench::make_identity();
    std::ofstream{folder + "/certificate.pem"} << fresh.certificate;
    std::ofstream{folder + "/key.pem"} << fresh.private_key;
}

/// https if there is a file to write the certificate to: clients have to trust it.
sio::listener_options listening(
    std::uint16_t port, const std::string& unix_path, const std::string& certificate_file
)
{
    sio::listener_options options;
    options.port = port;
    options.unix_path = unix_path;
    if (certificate_file.empty())
        return options;
    const sio::bench::identity fresh = sio::bench::make_identity();
    std::ofstream{certificate_file} << fresh.certificate;
    sio::tls_options tls;
    tls.certificate_chain = fresh.certificate;
    tls.private_key = fresh.private_key;
    options.tls = sio::tls_context::make(tls).value();
    return options;
}

/// `messages`: each compressed for itself; `context`: with those before it.
std::optional<sio::deflate_options> deflate_of(std::string_view how)
{
    if (how == "off")
        return std::nullopt;
    sio::deflate_options options{.threshold_bytes = 0};
    if (how == "context")
        options.server_no_context_takeover = options.client_no_context_takeover = false;
    return options;
}

template <class Codec>
void serve(const sio::listener_options& where, std::string_view deflate, unsigned shards, bool eio3)
{
    sio::runtime runtime{{.shards = shards}};
    sio::server_options options;
    options.cleanup_empty_child_namespaces = true;
    options.engine.allow_eio3 = eio3;
    options.engine.ping_interval = 500ms;
    options.engine.ping_timeout = 4000ms;
    options.engine.websocket.deflate = deflate_of(deflate);
    options.engine.log = {
        .level = sio::log_level::debug,
        .write = [](sio::log_level, std::string_view text
                 ) { std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data()); }
    };
    sio::basic_server<Codec> io{runtime.shards(), options};
    io.of("/auth").use([](sio::basic_socket<Codec> client) {
        if (client.shake().auth("token") == "secret")
            return sio::accept();
        return sio::reject(
            "not authorized",
            boost::json::object{
                {"code", "E_TOKEN"}, {"expected", boost::json::array{"secret"}}, {"retry", false}
            }
        );
    });
    io.of(sio::name_pattern{"^/made-[0-9]+$"})
        .on_connection([](sio::basic_socket<Codec> client) {
            client.emit("hello", client.id(), client.nsp_name());
        })
        .on("echo",
            [&io](sio::basic_socket<Codec> client, sio::arguments all) {
                io.of(client.nsp_name()).emit("echo", all);
            })
        .on("ack", [](sio::arguments all, sio::ack<sio::arguments> reply) { reply(all); });
    contract<Codec> main{io.of("/")};
    contract<Codec> custom{io.of("/custom")};
    contract<Codec> guarded{io.of("/auth")};

    sio::listener listener{runtime.shards(), io, where};
    runtime.on_signal([&] {
        listener.close();
        io.close();
        runtime.stop();
    });
    if (where.unix_path.empty())
        std::printf("listening on port %u\n", listener.port());
    else
        std::printf("listening on %s\n", where.unix_path.c_str());
    std::fflush(stdout);
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"The server that the stock client suite drives"};
    std::uint16_t port = 3000;
    std::string codec = "json";
    std::string unix_path;
    std::string certificate_file;
    std::string identity_folder;
    std::string deflate = "off";
    unsigned shards = 1;
    bool eio3 = false;
    app.add_option("--port", port, "TCP port, 0 lets the system choose");
    app.add_option("--unix", unix_path, "a Unix socket instead of a port");
    app.add_option("--codec", codec, "json or msgpack")->check(CLI::IsMember({"json", "msgpack"}));
    app.add_option("--tls", certificate_file, "https; a fresh certificate is written to this file");
    app.add_option(
        "--make-identity", identity_folder, "writes certificate.pem and key.pem there, and ends"
    );
    app.add_option("--deflate", deflate, "off, messages or context")
        ->check(CLI::IsMember({"off", "messages", "context"}));
    app.add_option("--shards", shards, "threads, 0 for one per processor");
    app.add_flag("--eio3", eio3, "clients of Socket.IO 1 and 2 too");
    try {
        app.parse(argc, argv);
        if (!identity_folder.empty()) {
            write_identity(identity_folder);
            return 0;
        }
        const sio::listener_options where = listening(port, unix_path, certificate_file);
        codec == "json" ? serve<sio::json>(where, deflate, shards, eio3)
                        : serve<sio::msgpack>(where, deflate, shards, eio3);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_interop_server: %s\n", error.what());
        return 1;
    }
    return 0;
}
