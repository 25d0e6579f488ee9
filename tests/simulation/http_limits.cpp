// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/transports/loopback.hpp>

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// Every limit of http_options, set to something else than its default, at the limit and one beyond.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr duration instant{1};

/// A request whose head is `size` bytes long.
string head_of(std::size_t size)
{
    const string empty = http_text("GET", "/nobody", {}, "X: \r\n");
    return http_text("GET", "/nobody", {}, fmt::format("X: {:x<{}}\r\n", "", size - empty.size()));
}

/// A request with `count` header fields.
string fields_of(std::size_t count)
{
    string fields;
    for (std::size_t i = 1; i < count; ++i)  // Host is the first
        fields += fmt::format("X-{}: y\r\n", i);
    return http_text("GET", "/nobody", {}, fields);
}

/// A handshake whose target is `size` bytes long.
string target_of(std::size_t size)
{
    return http_text(
        "GET", fmt::format("{}&x={:x<{}}", handshake, "", size - handshake.size() - 3)
    );
}

/// Two requests at the limit are served on one connection; one beyond it ends another connection.
void check_head_limit(
    const http_options& options,
    const segments& cut,
    const strings& served,
    const string& refused,
    int good,
    int bad
)
{
    raw_server server{{}, options, cut};
    raw_client client = server.client();
    for (const string& request : served) {
        client.send(request);
        CHECK(client.answer().status == good);
    }
    CHECK(!client.ended());

    const std::size_t sessions = server.sessions();
    raw_client other = server.client();
    other.send(refused);
    const raw_answer refusal = other.answer();
    CHECK(refusal.status == bad);
    CHECK(refusal["connection"] == "close");
    CHECK(other.ended());
    CHECK(server.sessions() == sessions);
    client.send(served.front());
    CHECK(client.answer().status == good);
    server.check_bystander();
}

/// A connection whose client reads and writes only what the test says.
struct bare_connection
{
    explicit bare_connection(std::unique_ptr<byte_stream> end) : stream{std::move(end)} {}

    explicit bare_connection(raw_server& server, std::size_t capacity = 256 * 1024)
    {
        auto [server_end, client_end] =
            make_memory_streams(server.world.home(), {.capacity_bytes = capacity});
        stream = std::move(client_end);
        server.http.serve(std::move(server_end));
        server.world.run();
    }

    /// True if the other end still takes bytes.
    bool takes(std::string_view bytes)
    {
        error_code ec;
        const bytes_view all = as_bytes(bytes);
        return stream->try_write({&all, 1}, ec) == bytes.size();
    }

    string read(std::size_t most)
    {
        error_code ec;
        string come(most, '\0');
        come.resize(stream->try_read(std::as_writable_bytes(std::span{come}), ec));
        return come;
    }

    std::unique_ptr<byte_stream> stream;
};

/// The server's end of a connection, that says whether it was let go of. A memory stream itself takes
/// nothing any more once the other end has said its last words.
class watched_stream final : public byte_stream
{
public:
    watched_stream(std::unique_ptr<byte_stream> inner, bool& open)
        : inner_{std::move(inner)}, open_{&open}
    {
        *open_ = true;
    }

    ~watched_stream() override { *open_ = false; }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        return inner_->try_read(into, ec);
    }

    std::optional<error_code> park(parked& who) override { return inner_->park(who); }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        return inner_->try_write(from, ec);
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        inner_->notify_writable(std::move(listener));
    }

    void interrupt() noexcept override { inner_->interrupt(); }

    void shutdown_send() noexcept override { inner_->shutdown_send(); }

    void close() noexcept override
    {
        *open_ = false;
        inner_->close();
    }

    std::string remote_address() const override { return inner_->remote_address(); }

private:
    std::unique_ptr<byte_stream> inner_;
    bool* open_;
};

/// A hook that answers below /files/ and /socket.io/files/, and writes down what it is asked.
struct hook
{
    http_handler function()
    {
        return [this](const http_request& request) -> std::optional<http_response> {
            asked.push_back(fmt::format("{} {}", request.method, request.path()));
            if (request.path().find("/files/") == std::string_view::npos)
                return std::nullopt;
            http_response response;
            response.body = fmt::format("file {}", request.body);
            return response;
        };
    }

    strings take() { return std::exchange(asked, {}); }

    strings asked;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_limits)

BOOST_DATA_TEST_CASE(max_header_bytes_counts_the_whole_head, all_segments())
{
    BOOST_REQUIRE_EQUAL(head_of(300).size(), 300);
    const strings served{head_of(299), head_of(300), head_of(300)};
    check_head_limit({.max_header_bytes = 300}, sample, served, head_of(301), 404, 431);
}

BOOST_DATA_TEST_CASE(max_headers_counts_the_fields, all_segments())
{
    const strings served{fields_of(6), fields_of(7), fields_of(7)};
    check_head_limit({.max_headers = 7}, sample, served, fields_of(8), 404, 431);
}

BOOST_DATA_TEST_CASE(max_target_bytes_counts_path_and_query, all_segments())
{
    const strings served{target_of(63), target_of(64), target_of(64)};
    check_head_limit({.max_target_bytes = 64}, sample, served, target_of(65), 200, 414);
}

BOOST_AUTO_TEST_CASE(header_timeout_counts_from_connecting)
{
    raw_server server{{}, {.header_timeout = 2s}};
    raw_client client = server.client();
    server.pass(1s);
    client.send("GET /nob");
    server.pass(1s - instant);
    CHECK(client.silent());
    CHECK(!client.ended());
    server.pass(instant);
    CHECK(client.answer().status == 408);
    CHECK(client.ended());
}

BOOST_AUTO_TEST_CASE(header_timeout_counts_from_the_first_byte_of_a_later_request)
{
    raw_server server{{}, {.header_timeout = 2s, .keep_alive_timeout = 1h}};
    raw_client client = server.client();
    CHECK(client.ask("GET", "/nobody").status == 404);
    server.pass(10min);
    // The same if that byte comes together with the end of the request before.
    const string whole = http_text("GET", "/nobody");
    client.send(whole.substr(0, 5));
    server.pass(1s);
    client.send(whole.substr(5) + "G");
    CHECK(client.answer().status == 404);
    server.pass(2s - instant);
    CHECK(client.silent());
    CHECK(!client.ended());
    server.pass(instant);
    CHECK(client.answer().status == 408);
    CHECK(client.ended());
}

BOOST_AUTO_TEST_CASE(keep_alive_timeout_counts_between_two_requests)
{
    raw_server server{{}, {.keep_alive_timeout = 3s}};
    raw_client client = server.client();
    for (int i = 0; i < 3; ++i) {
        CHECK(client.ask("GET", "/nobody").status == 404);
        server.pass(3s - instant);
        CHECK(!client.ended());
    }
    server.pass(instant);
    CHECK(client.ended());
    CHECK(server.http.connection_count() == 0);
}

BOOST_AUTO_TEST_CASE(a_body_must_come_at_the_least_rate_in_every_span_of_body_grace)
{
    raw_server server{{}, {.body_grace = 2s, .min_body_bytes_per_second = 100}};
    raw_poller session{server};
    session.begin_post(1'000, "4");
    for (int i = 0; i < 2; ++i) {
        session.more_post(string(100, 'x'));
        server.pass(2s - instant);
        session.more_post(string(100, 'x'));
        server.pass(instant);
        CHECK(!session.posting->ended());
    }
    session.more_post(string(199, 'x'));
    server.pass(2s - instant);
    CHECK(session.posting->silent());
    CHECK(!session.posting->ended());
    server.pass(instant);
    CHECK(session.posting->answer().status == 408);
    CHECK(session.posting->ended());
    CHECK(server.log().events == strings{"close transport error"});
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_body_that_stalls_ends_even_if_the_least_rate_is_less_than_a_byte)
{
    raw_server server{{}, {.body_grace = 100ms, .min_body_bytes_per_second = 1}};
    raw_poller session{server};
    session.begin_post(1'000, "4");
    for (int i = 0; i < 5; ++i) {
        session.more_post("x");
        server.pass(100ms);
        CHECK(!session.posting->ended());
    }
    server.pass(100ms);
    CHECK(session.posting->answer().status == 408);
    CHECK(session.posting->ended());
}

BOOST_AUTO_TEST_CASE(the_next_body_is_measured_by_itself)
{
    raw_server server{{}, {.body_grace = 2s, .min_body_bytes_per_second = 100}};
    raw_poller session{server};
    session.begin_post(10'001, "4" + string(1, 'x'));
    session.more_post(string(5'000, 'x'));
    server.pass(2s);
    // The end of one body and the beginning of the next in one segment.
    session.more_post(
        string(4'999, 'x') +
        http_text("POST", session.target(), {}, "Content-Length: 1000\r\n").append("4")
    );
    CHECK(session.posting->answer().body == "ok");
    for (int i = 0; i < 2; ++i) {
        session.more_post(string(200, 'x'));
        server.pass(2s);
        CHECK(session.posting->silent());
        CHECK(!session.posting->ended());
    }
    session.more_post(string(599, 'x'));
    CHECK(session.posting->answer().body == "ok");
}

BOOST_AUTO_TEST_CASE(write_timeout_cuts_who_takes_nothing)
{
    raw_server server{{}, {.write_timeout = 3s}};
    bare_connection client{server, 60};
    CHECK(client.takes(http_text("GET", "/nobody")));
    server.pass(3s - instant);
    CHECK(server.http.connection_count() == 1);
    CHECK(client.read(1) == "H");  // begins anew
    server.pass(3s - instant);
    CHECK(server.http.connection_count() == 1);
    server.pass(instant);
    CHECK(server.http.connection_count() == 0);
    CHECK(!client.takes("x"));
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(R13_an_answer_to_a_poll_is_read_a_byte_a_second)
{
    raw_server server;
    raw_poller session{server};
    session.polling.reset();
    bare_connection client{server, 200};
    CHECK(client.takes(http_text("GET", session.target())));
    server.world.run();
    server.log().peer->send(make_text_frame("4" + string(10'000, 'x')));
    server.world.run();
    const auto read_for = [&](int seconds) {
        for (; seconds != 0; --seconds) {
            CHECK(client.read(1).size() == 1);
            server.pass(1s);
        }
    };
    read_for(45);
    CHECK(server.sessions() == 1);
    server.pass(instant);
    CHECK(server.log().events == strings{"close ping timeout"});
    // Nothing is kept but the rest of the answer, while somebody takes something of it.
    read_for(60);
    CHECK(server.http.connection_count() == 1);
    server.pass(http_options{}.write_timeout);
    CHECK(server.http.connection_count() == 0);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(linger_is_how_long_a_client_may_go_on_after_the_last_answer)
{
    raw_server server{{}, {.linger = 1500ms}};
    auto [server_end, client_end] = make_memory_streams(server.world.home());
    bool open = false;
    server.http.serve(std::make_unique<watched_stream>(std::move(server_end), open));
    bare_connection client{std::move(client_end)};
    CHECK(client.takes("nonsense\r\n\r\n"));
    server.world.run();
    CHECK(client.read(1'000).starts_with("HTTP/1.1 400 "));
    server.pass(1500ms - instant);
    CHECK(open);
    CHECK(server.http.connection_count() == 1);
    server.pass(instant);
    CHECK(!open);
    CHECK(server.http.connection_count() == 0);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(linger_is_how_long_a_websocket_waits_for_the_close_frame)
{
    raw_server server{{}, {.linger = 1500ms}};
    raw_client client = server.client();
    client.send(websocket_request("/socket.io/?EIO=4&transport=websocket"));
    CHECK(client.answer().status == 101);
    static_cast<void>(client.take());
    bare_connection other{server};
    CHECK(other.takes(websocket_request("/socket.io/?EIO=4&transport=websocket")));
    server.world.run();
    CHECK(other.takes(websocket_frame(wire::websocket_opcode::text, "1")));
    server.world.run();
    CHECK(server.log(1).events == strings{"close transport close"});
    server.pass(1500ms - instant);
    CHECK(other.takes("more"));
    server.pass(instant);
    CHECK(!other.takes("more"));
    CHECK(!client.ended());
}

BOOST_AUTO_TEST_CASE(max_connections_are_served_and_the_next_is_closed_at_once)
{
    raw_server server{{}, {.max_connections = 2}};
    // That of the bystander is upgraded, which does not count.
    CHECK(server.http.connection_count() == 0);
    raw_client first = server.client();
    raw_client second = server.client();
    raw_client third = server.client();
    CHECK(server.http.connection_count() == 2);
    CHECK(!first.ended());
    CHECK(!second.ended());
    CHECK(third.ended());
    third.send(http_text("GET", "/nobody"));
    CHECK(third.silent());
    CHECK(first.ask("GET", "/nobody").status == 404);

    second.send(websocket_request("/socket.io/?EIO=4&transport=websocket"));
    CHECK(second.answer().status == 101);
    raw_client fourth = server.client();
    CHECK(fourth.ask("GET", "/nobody").status == 404);
    CHECK(server.client().ended());

    first.cut();
    CHECK(server.client().ask("GET", "/nobody").status == 404);
    CHECK(fourth.ask("GET", "/nobody").status == 404);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(before_answers_what_it_wants_and_leaves_the_rest)
{
    hook files;
    raw_server server{{}, {.before = files.function()}};
    CHECK(files.take() == strings{});  // the bystander's handshake
    raw_client client = server.client();
    CHECK(client.ask("GET", "/files/a").body == "file ");
    CHECK(client.ask("PUT", "/files/b", "new").body == "file new");
    CHECK(client.ask("GET", "/socket.io/files/c").body == "file ");
    CHECK(client.ask("GET", "/nobody").status == 404);
    const raw_answer head = client.ask("GET", "/files/d", {}, "Connection: close\r\n");
    CHECK(head.body == "file ");
    CHECK(client.ended());
    CHECK(
        files.take() ==
        (strings{
            "GET /files/a", "PUT /files/b", "GET /socket.io/files/c", "GET /nobody", "GET /files/d"
        })
    );
    CHECK(server.sessions() == 0);
}

BOOST_AUTO_TEST_CASE(before_is_asked_about_the_requests_of_a_session_too)
{
    hook files;
    raw_server server{{}, {.before = files.function()}};
    raw_poller session{server};
    CHECK(files.take() == strings{"GET /socket.io/"});
    CHECK(session.post("4abc").body == "ok");
    CHECK(session.poll() == "4abc");
    CHECK(files.take() == (strings{"POST /socket.io/", "GET /socket.io/"}));

    // About an upload in pieces at its head, and not again.
    session.begin_post(4, "4d");
    CHECK(files.take() == strings{"POST /socket.io/"});
    session.more_post("ef");
    CHECK(session.posting->answer().body == "ok");
    CHECK(files.take() == strings{});
    CHECK(server.log().events == (strings{"text abc", "text def"}));
}

BOOST_AUTO_TEST_CASE(before_refuses_an_upload_at_its_head)
{
    hook files;
    raw_server server{{}, {.before = files.function()}};
    raw_poller session{server};
    static_cast<void>(files.take());
    raw_client client = server.client();
    client.send(http_text(
        "POST",
        "/socket.io/files/?EIO=4&transport=polling&sid=" + session.sid,
        {},
        "Content-Length: 4\r\n"
    ));
    CHECK(client.answer().body == "file ");
    CHECK(client.ended());
    CHECK(files.take() == strings{"POST /socket.io/files/"});
    client.send("4abc");
    CHECK(server.log().events.empty());
    CHECK(session.post("4def").body == "ok");
    CHECK(server.log().events == strings{"text def"});
}

BOOST_AUTO_TEST_CASE(before_is_never_asked_about_websocket_handshakes)
{
    hook files;
    raw_server server{{}, {.before = files.function()}};
    raw_client lost = server.client();
    lost.send(websocket_request("/files/a"));
    CHECK(lost.answer().status == 404);
    raw_client client = server.client();
    client.send(websocket_request("/socket.io/files/?EIO=4&transport=websocket"));
    CHECK(client.answer().status == 101);
    raw_poller session{server};
    static_cast<void>(files.take());
    raw_websocket second = session.open_websocket();
    CHECK(files.take() == strings{});
}

BOOST_AUTO_TEST_SUITE_END()
