// SPDX-License-Identifier: BSL-1.0
// What a connection and a message may cost. A number that goes up here is a decision.

#include "src/polling_endpoint.hpp"
#include "src/websocket_deflate.hpp"
#include "support/alloc_counter.hpp"
#include "support/check.hpp"
#include "support/raw_http.hpp"

#include <cosio/detail/multiplexer.hpp>
#include <cosio/json.hpp>
#include <cosio/transports/simulation.hpp>

#include <fmt/format.h>

#include <deque>
#include <functional>

using namespace cosio;
using namespace cosio::test;

static_assert(sizeof(frame_ref) == 8);
static_assert(sizeof(engine::session) <= 64);
static_assert(sizeof(outbox) <= 48);
static_assert(sizeof(timer_node) <= 48);
static_assert(sizeof(engine::polling_gate) <= 32);
static_assert(sizeof(wire::websocket_decoder) <= 64);
static_assert(sizeof(websocket_deflate) <= 40);
static_assert(sizeof(polling_transport) <= 32);
static_assert(sizeof(polling_endpoint) <= 208);
static_assert(sizeof(engine::peer) <= 312);
static_assert(sizeof(protocol::connection) <= 136);
static_assert(sizeof(detail::multiplexer) <= 184);
static_assert(sizeof(detail::socket_state) <= 176);

namespace {

constexpr std::size_t idle_websocket_bytes = 1495;  // with its coroutine, without the socket
constexpr std::size_t half_a_head_bytes = 1056;
constexpr std::size_t unclaimed_session_bytes = 2560;  // with the connection it came over
constexpr std::size_t string_allocations = 1;          // a std::string too long for its own buffer
constexpr std::size_t burst_allocations = 3;           // the queue that grows
constexpr std::size_t broadcast_allocations = 0;
constexpr std::size_t idle_deflate_bytes = 48;     // on top, nothing of it in zlib
constexpr std::size_t context_bytes = 320 * 1024;  // on top, after a message in each direction
constexpr std::size_t heartbeat_allocations = 0;

/// Server end of a connection without buffers of its own: what is read was put there by the test, and
/// what is written goes nowhere. Only what cosio itself keeps is counted then.
class bare_stream final : public byte_stream
{
public:
    struct line
    {
        explicit line(shard& home) : arrived{home.executor()} {}

        detail::wakeup arrived;
        bytes_view incoming;
        std::size_t written = 0;
        std::size_t writes = 0;
        bool closed = false;
    };

    explicit bare_stream(std::shared_ptr<line> on) : line_{std::move(on)} {}

    ~bare_stream() override { close(); }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        if (line_->closed)
            ec = engine::errc::connection_closed;
        const std::size_t count = std::min(into.size(), line_->incoming.size());
        std::copy_n(line_->incoming.begin(), count, into.begin());
        line_->incoming = line_->incoming.subspan(count);
        return count;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (!line_->incoming.empty() || line_->closed)
            return error_code{};
        return line_->arrived.park(who);
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code&) noexcept override
    {
        std::size_t count = 0;
        for (const bytes_view& view : from)
            count += view.size();
        line_->written += count;
        ++line_->writes;
        return count;
    }

    void notify_writable(boost::intrusive_ptr<link_listener>) override {}

    void interrupt() noexcept override { line_->arrived.notify(); }

    void shutdown_send() noexcept override {}

    void close() noexcept override
    {
        line_->closed = true;
        line_->arrived.notify();
    }

    std::string remote_address() const override { return "127.0.0.1"; }

private:
    std::shared_ptr<line> line_;
};

using line_ptr = std::shared_ptr<bare_stream::line>;

/// A JSON server in simulation with WebSocket clients that are byte strings.
class crowd
{
public:
    explicit crowd(
        std::size_t count,
        std::optional<deflate_options> deflate = std::nullopt,
        bool offers_deflate = false
    )
        : offers_deflate_{offers_deflate}, io_{world.home(), {.engine = {.websocket = {deflate}}}}
    {
        io_.on("echo", [](json_socket client, std::string text) { client.emit("echo", text); });
        io_.on("view", [](json_socket client, std::string_view text) {
            client.emit("view", text);
        });
        io_.on("any", [](json_socket client, arguments all) { client.emit("any", all); });
        for (std::size_t i = 0; i < count; ++i)
            add();
    }

    /// One more connection, which has sent this.
    void connect(std::string_view bytes)
    {
        lines_.push_back(std::make_shared<bare_stream::line>(world.home()));
        http_.serve(std::make_unique<bare_stream>(lines_.back()));
        say(lines_.size() - 1, bytes);
    }

    /// Brings one more client into `/`.
    void add()
    {
        connect(websocket_request(
            "/socket.io/?EIO=4&transport=websocket",
            offers_deflate_ ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
        ));
        say(lines_.size() - 1, websocket_frame(wire::websocket_opcode::text, "40"));
    }

    void say(std::size_t index, std::string_view bytes)
    {
        lines_[index]->incoming = as_bytes(bytes);
        lines_[index]->arrived.notify();
        world.run();
        REQUIRE(lines_[index]->incoming.empty());
    }

    [[nodiscard]] bare_stream::line& line(std::size_t index) { return *lines_[index]; }

    [[nodiscard]] json_server& io() noexcept { return io_; }

    simulation world;

private:
    bool offers_deflate_;
    json_server io_;
    http_server http_{world.home(), {&io_.engine()}, {}};
    std::deque<line_ptr> lines_;
};

template <class F>
std::size_t allocations_of(F&& act)
{
    const std::size_t before = heap().allocations;
    act();
    return heap().allocations - before;
}

void check_allocations(
    std::string_view what, std::size_t budget, const std::function<void()>& action
)
{
    const std::size_t count = allocations_of(action);
    BOOST_TEST_MESSAGE(what << ": " << count << " allocations");
    CHECK(count <= budget);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(budget)

BOOST_AUTO_TEST_CASE(sizes)
{
    CHECK(
        sizeof(engine::peer) + sizeof(detail::multiplexer) + sizeof(detail::socket_state) <= 672U
    );
    BOOST_TEST_MESSAGE(
        "session " << sizeof(engine::session) << ", outbox " << sizeof(outbox) << ", timer_node "
                   << sizeof(timer_node) << ", websocket_decoder "
                   << sizeof(wire::websocket_decoder) << ", peer " << sizeof(engine::peer)
                   << ", polling_transport " << sizeof(polling_transport) << ", polling_endpoint "
                   << sizeof(polling_endpoint) << ", connection " << sizeof(protocol::connection)
                   << ", multiplexer " << sizeof(detail::multiplexer) << ", socket_state "
                   << sizeof(detail::socket_state)
    );
}

BOOST_AUTO_TEST_CASE(an_idle_websocket_client)
{
    crowd clients{64};  // tables and caches are warm
    constexpr std::size_t count = 1024;
    const std::size_t before = heap().live_bytes;
    for (std::size_t i = 0; i < count; ++i)
        clients.add();
    CHECK(clients.io().main().socket_count() == count + 64);
    // The line, which stands for the operating system's socket, is not cosio's.
    const std::size_t line = sizeof(bare_stream::line) + 2 * sizeof(void*);
    const std::size_t bytes = (heap().live_bytes - before) / count - line;
    BOOST_TEST_MESSAGE("an idle WebSocket client: " << bytes << " bytes");
    CHECK(bytes <= idle_websocket_bytes);
}

/// Bytes that the server keeps of one more connection, which has sent this.
std::size_t bytes_of_a_connection(std::string_view sent)
{
    crowd clients{0};
    const auto connect = [&](int count) {
        for (; count != 0; --count)
            clients.connect(sent);
    };
    connect(64);
    constexpr int count = 1024;
    const std::size_t before = heap().live_bytes;
    connect(count);
    const std::size_t line = sizeof(bare_stream::line) + 2 * sizeof(void*);
    return (heap().live_bytes - before) / count - line;
}

BOOST_AUTO_TEST_CASE(R02_half_a_head)
{
    const std::string head = http_text("GET", "/socket.io/?EIO=4&transport=polling");
    const std::size_t bytes = bytes_of_a_connection(head.substr(0, head.size() / 2));
    BOOST_TEST_MESSAGE("half a head: " << bytes << " bytes");
    CHECK(bytes <= half_a_head_bytes);
    // Nearly all that a head may be is kept once.
    const std::string large = "GET / HTTP/1.1\r\nX: " + std::string(15'000, 'x');
    CHECK(bytes_of_a_connection(large) <= half_a_head_bytes + 16 * 1024);
}

BOOST_AUTO_TEST_CASE(R03_a_handshake_over_long_polling_whose_session_nobody_claims)
{
    const std::size_t bytes =
        bytes_of_a_connection(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
    BOOST_TEST_MESSAGE("an unclaimed session: " << bytes << " bytes");
    CHECK(bytes <= unclaimed_session_bytes);
}

/// Bytes of one more client that has sent and got `messages` compressed ones.
std::size_t bytes_of_a_client(std::optional<deflate_options> deflate, int messages)
{
    crowd clients{0, deflate, true};
    const std::string packet = R"(42["echo",")" + std::string(3000, 'e') + R"("])";
    constexpr std::size_t warm = 32;
    constexpr std::size_t count = 64;
    std::size_t before = 0;
    for (std::size_t i = 0; i < warm + count; ++i) {
        if (i == warm)
            before = heap().live_bytes;
        clients.add();
        wire::deflate_buffer out;
        wire::deflater sender{out, 15, 6, 8, true};
        for (int message = 0; message < messages; ++message) {
            std::string frame = websocket_frame(
                wire::websocket_opcode::text, as_text(sender.deflate(as_bytes(packet)))
            );
            frame[0] = '\xC1';
            const std::size_t written = clients.line(i).written;
            clients.say(i, frame);
            REQUIRE(clients.line(i).written > written);
        }
    }
    return (heap().live_bytes - before) / count;
}

BOOST_AUTO_TEST_CASE(a_client_with_compression)
{
    constexpr deflate_options context{
        .server_no_context_takeover = false, .client_no_context_takeover = false
    };
    const std::size_t plain = bytes_of_a_client(std::nullopt, 0);
    const std::size_t idle = bytes_of_a_client(deflate_options{}, 0) - plain;
    const std::size_t used = bytes_of_a_client(deflate_options{}, 1) - plain;
    const std::size_t idle_context = bytes_of_a_client(context, 0) - plain;
    const std::size_t used_context = bytes_of_a_client(context, 2) - plain;
    BOOST_TEST_MESSAGE(
        "compression of one client: " << idle << " bytes, " << used
                                      << " after messages; with context " << idle_context << ", "
                                      << used_context << " after messages"
    );
    CHECK(idle <= idle_deflate_bytes);
    CHECK(used <= idle_deflate_bytes + 512);  // what any client keeps that has sent something
    CHECK(used_context <= context_bytes);
}

/// Allocations of one broadcast of 4 KB to 100 clients, and the bytes that each got.
std::pair<std::size_t, std::size_t> cost_of_a_large_broadcast(std::optional<deflate_options> deflate
)
{
    crowd clients{100, deflate, true};
    const std::string text(4000, 'b');
    const auto send = [&] {
        clients.world.home().post([&] { clients.io().emit("news", text); });
        clients.world.run();
    };
    send();
    const std::size_t written = clients.line(99).written;
    const std::size_t count = allocations_of(send);
    return {count, clients.line(99).written - written};
}

BOOST_AUTO_TEST_CASE(a_compressed_broadcast)
{
    const auto [plain_count, plain_bytes] = cost_of_a_large_broadcast(std::nullopt);
    const auto [count, bytes] = cost_of_a_large_broadcast(deflate_options{});
    BOOST_TEST_MESSAGE(
        "a compressed broadcast to 100: " << count << " allocations, plain " << plain_count
    );
    CHECK(plain_bytes > 4000U);
    CHECK(bytes < 100U);
    CHECK(count == plain_count);  // the compressed form is a block that was used before
}

/// Allocations of a hundred echoes of 40 bytes.
std::size_t cost_of_echoes(std::string_view event)
{
    crowd clients{1};
    const std::string packet =
        fmt::format(R"(42["{}","0123456789012345678901234567890123456789"])", event);
    const std::string bytes = websocket_frame(wire::websocket_opcode::text, packet);
    const auto send = [&] {
        for (int i = 0; i < 100; ++i)
            clients.say(0, bytes);
    };
    send();
    const std::size_t written = clients.line(0).written;
    const std::size_t count = allocations_of(send);
    CHECK(clients.line(0).written - written == 100 * (2 + packet.size()));
    BOOST_TEST_MESSAGE("100 echoes, \"" << event << "\": " << count << " allocations");
    return count;
}

BOOST_AUTO_TEST_CASE(an_echo)
{
    CHECK(cost_of_echoes("echo") == 100 * string_allocations);
    CHECK(cost_of_echoes("view") == 0U);
    CHECK(cost_of_echoes("any") == 0U);
}

BOOST_AUTO_TEST_CASE(echoes_that_come_together_share_one_write)
{
    crowd clients{1};
    const std::string one = websocket_frame(wire::websocket_opcode::text, R"(42["echo","x"])");
    std::string many;
    for (int i = 0; i < 32; ++i)
        many += one;
    clients.say(0, many);
    const std::size_t writes = clients.line(0).writes;
    check_allocations("32 echoes at once", burst_allocations, [&] { clients.say(0, many); });
    CHECK(clients.line(0).writes - writes == 1U);
}

BOOST_AUTO_TEST_CASE(a_broadcast)
{
    crowd clients{100};
    const std::string text(64, 'b');
    const auto send = [&] {
        clients.world.home().post([&] { clients.io().emit("news", text); });
        clients.world.run();
    };
    send();
    const std::size_t writes = clients.line(99).writes;
    check_allocations("a broadcast to 100", broadcast_allocations, send);
    CHECK(clients.line(99).writes - writes == 1U);
}

BOOST_AUTO_TEST_CASE(a_pong)
{
    crowd clients{1};
    const std::string pong = websocket_frame(wire::websocket_opcode::text, "3");
    const auto beat = [&] {
        clients.world.run_for(std::chrono::seconds{25});
        clients.say(0, pong);
    };
    beat();
    check_allocations("a heartbeat", heartbeat_allocations, beat);
    CHECK(clients.io().main().socket_count() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
