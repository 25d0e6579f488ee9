// SPDX-License-Identifier: BSL-1.0
#include "stage.hpp"

#include "src/tcp_stream.hpp"
#include "support/check.hpp"
#include "support/packet_peer.hpp"
#include "support/reached.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <filesystem>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace cosio::test::hostile {
namespace {

constexpr duration gone_for_sure = 1min;

/// A server and its handlers.
template <class Codec>
class server_of final : public played_server
{
public:
    server_of(
        shard& home,
        server_options options,
        journal_of_application& seen,
        const std::function<void(basic_server<Codec>&)>& prepare
    )
        : seen_{&seen}, io_{home, std::move(options)}
    {
        for (const std::string_view name : {"/", "/custom", "/bystander"})
            set_up(io_.of(name));
        if (prepare)
            prepare(io_);
    }

    engine_host& engine() override { return io_.engine(); }

    std::size_t sessions() const override { return io_.clients_count(); }

    std::size_t sockets() override
    {
        return io_.of("/").socket_count() + io_.of("/custom").socket_count();
    }

    const limit_counters& limits_reached() const override { return io_.limits_reached(); }

private:
    void set_up(const basic_namespace<Codec>& nsp)
    {
        nsp.on("echo", [](basic_socket<Codec> client, arguments all) { client.emit("echo", all); });
        nsp.on("ack", [](arguments all, ack<arguments> reply) { reply(all); });
        nsp.on_room_event([seen = seen_](const room_event& event) {
            seen->rooms += event.kind == room_event_kind::create ? 1 : 0;
            seen->rooms -= event.kind == room_event_kind::remove ? 1 : 0;
        });
        if (nsp.name() == "/bystander")
            return;
        const string before = nsp.name() == "/" ? "" : nsp.name() + " ";
        nsp.on("call", [seen = seen_, before](basic_socket<Codec> client) {
            client.emit(
                "called",
                [seen, before, kept = seen->callbacks](const result<arguments>& reply) {
                    seen->lines.push_back(
                        reply ? fmt::format(
                                    "{}answer {}", before, boost::json::serialize(reply->values)
                                )
                              : fmt::format("{}no answer: {}", before, reply.error().message())
                    );
                }
            );
        });
        nsp.on_connection([seen = seen_, before](basic_socket<Codec> client) {
            ++seen->connects;
            seen->lines.push_back(before + "connect");
            static_cast<void>(client.on_any([seen,
                                             before](std::string_view event, const arguments& all) {
                seen->lines.push_back(
                    fmt::format("{}{} {}", before, event, boost::json::serialize(all.values))
                );
            }));
            client.on_disconnect([seen, before](close_reason reason) {
                ++seen->disconnects;
                seen->lines.push_back(fmt::format("{}disconnect {}", before, to_string(reason)));
            });
        });
    }

    journal_of_application* seen_;
    basic_server<Codec> io_;
};

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Without what is drawn by lot.
string shown(string message)
{
    if (message.starts_with(R"(0{"sid":)"))
        return "open";
    if (message.starts_with("40") && message.ends_with(R"("})"))
        if (const std::size_t at = message.find(R"({"sid":")"); at != string::npos)
            message.resize(at);
    return message;
}

}  // namespace

stage::stage(const row& of, venue where)
    : msgpack_{static_cast<bool>(of.prepare_msgpack)}, where_{where}
{
    const logger log{log_level::info, [this](log_level level, std::string_view line) {
                         log_.emplace_back(line);
                         CHECK(level == log_level::info, line);
                     }};
    server_options options = of.server;
    options.engine.log = log;
    http_options http = of.http;
    http.log = log;
    if (msgpack_)
        server_ = std::make_unique<server_of<msgpack>>(
            world.home(), std::move(options), application, of.prepare_msgpack
        );
    else
        server_ = std::make_unique<server_of<json>>(
            world.home(), std::move(options), application, of.prepare
        );
    if (where == venue::tcp)
        listening_.emplace(
            world.home(),
            std::vector{&server_->engine()},
            listener_options{.address = "127.0.0.1", .http = std::move(http)}
        );
    else
        http_.emplace(world.home(), std::vector{&server_->engine()}, std::move(http));
    open_bystander();
    descriptors_ = open_descriptors();
    rooms_ = application.rooms;
}

stage::~stage() = default;

bool stage::until(const std::function<bool()>& done)
{
    world.run();
    if (done())
        return true;
    if (where_ != venue::tcp)
        return false;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
        world.home().context().run_one_for(1ms);
        world.run();
        if (done())
            return true;
    }
    return false;
}

std::unique_ptr<byte_stream> stage::dial(int& descriptor)
{
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(listening_->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor >= 0);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    tcp_socket socket{world.home().context()};
    socket.assign(asio::ip::tcp::v4(), descriptor);
    socket.non_blocking(true);
    return make_tcp_stream(std::move(socket));
}

connection stage::open(bool whole)
{
    ++opened_;
    if (where_ == venue::tcp) {
        int descriptor = -1;
        auto stream = dial(descriptor);
        return {.wire = {world, std::move(stream)}, .descriptor = descriptor};
    }
    const segments cut =
        where_ == venue::bytewise && !whole ? segments{.read = 1, .write = 1} : segments{};
    return {.wire = {world, *http_, cut}};
}

connection& stage::connect(const string& name)
{
    const auto found = connections_.find(name);
    return found != connections_.end() ? found->second
                                       : connections_.emplace(name, open(false)).first->second;
}

string stage::filled_in(string text) const
{
    constexpr std::string_view mark = "$sid";
    for (std::size_t at = text.find(mark); at != string::npos;
         at = text.find(mark, at + sid.size()))
        text.replace(at, mark.size(), sid);
    return text;
}

raw_answer stage::take_answer()
{
    connection& from = current();
    std::optional<raw_answer> got;
    static_cast<void>(until([&] {
        got = from.wire.poll_answer();
        return got || from.wire.ended();
    }));
    REQUIRE(got.has_value(), "on " << current_ << ": no answer, but '" << from.wire.take() << '\'');
    return std::move(*got);
}

void stage::read_frames()
{
    connection& from = current();
    for (string& message : from.frames->read(from.wire.take())) {
        if (msgpack_ && message.starts_with("binary "))
            for (string& line : from_msgpack(message.substr(7)))
                from.messages.push_back(shown(std::move(line)));
        else
            from.messages.push_back(shown(std::move(message)));
    }
}

void stage::pass(duration span)
{
    while (span > duration::zero()) {
        const duration step = std::min<duration>(span, 5s);
        world.run_for(step);
        span -= step;
        serve_bystander();
    }
}

string stage::limits() const
{
    const string of_http = reached(http_ ? http_->limits_reached() : listening_->limits_reached());
    const string others = reached(server_->limits_reached());
    return of_http.empty() || others.empty() ? of_http + others : of_http + ", " + others;
}

void stage::open_bystander()
{
    bystander_.emplace(open(true));
    opened_ = 0;
    connection& own = *bystander_;
    own.wire.send(websocket_request(server_->engine().options().path + "?EIO=4&transport=websocket")
    );
    std::optional<raw_answer> got;
    REQUIRE(until([&] { return (got = own.wire.poll_answer()).has_value(); }));
    REQUIRE(got->status == 101);
    own.frames.emplace();
    const auto joining =
        msgpack_
            ? websocket_frame(cosio::wire::websocket_opcode::binary, to_msgpack("40/bystander,"))
            : websocket_frame(cosio::wire::websocket_opcode::text, "40/bystander,");
    own.wire.send(joining);
    strings come;
    REQUIRE(until([&] {
        for (string& message : own.frames->read(own.wire.take()))
            come.push_back(std::move(message));
        return come.size() == 2;
    }));
    bystanders_ = 1;
}

/// Answers a ping and sees to it that the server has read the answer: pings, and one echo.
void stage::serve_bystander()
{
    if (!bystander_)
        return;
    connection& own = *bystander_;
    const auto say = [&](const string& packet) {
        const bool as_msgpack = msgpack_ && packet.starts_with("42");
        own.wire.send(websocket_frame(
            as_msgpack ? cosio::wire::websocket_opcode::binary
                       : cosio::wire::websocket_opcode::text,
            as_msgpack ? to_msgpack(packet) : packet
        ));
    };
    const string word = fmt::format(R"(42/bystander,["echo",{}])", ++echoes_);
    say(word);
    strings come;
    CHECK(
        until([&] {
            for (string& message : own.frames->read(own.wire.take())) {
                if (message == "2")
                    say("3");
                else if (msgpack_ && message.starts_with("binary "))
                    come.push_back(from_msgpack(message.substr(7)).front());
                else
                    come.push_back(std::move(message));
            }
            return !come.empty();
        }),
        "the bystander hears nothing"
    );
    CHECK(come == strings{word}, "what the bystander heard");
}

void stage::check_bystander()
{
    serve_bystander();
}

void stage::check_traces()
{
    CHECK(application.lines == strings{}, "the application was told of what the row does not name");
    CHECK(log_.size() <= opened_, "lines of the log for " << opened_ << " connections");
    for (const string& line : log_)
        CHECK((sid.empty() || line.find(sid) == string::npos), line);
    connections_.clear();
    pass(gone_for_sure);
    CHECK(until([&] { return sessions() == 0; }), sessions() << " sessions");
    CHECK(
        until([&] { return open_descriptors() == descriptors_; }),
        open_descriptors() << " descriptors"
    );
    CHECK(server_->sockets() == 0);
    CHECK(application.connects == application.disconnects);
    CHECK(application.rooms == rooms_);
    CHECK(application.callbacks.use_count() == 1);
    if (http_)
        CHECK(http_->connection_count() == 0);

    serve_bystander();
    bystander_.reset();
    CHECK(until([&] { return server_->sessions() == 0; }));
    world.run_for(gone_for_sure);
    CHECK(until([&] { return world.home().time().timers().empty(); }), "a timer is armed");
}

}  // namespace cosio::test::hostile
