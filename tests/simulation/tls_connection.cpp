// SPDX-License-Identifier: BSL-1.0
// HTTP, long-polling and WebSocket over TLS; hostile and unlucky clients (reliability X12, Z29, H24).

#include "support/check.hpp"
#include "tls_support.hpp"

#include <boost/test/data/test_case.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

const string request = http_text("GET", "/a");
const string closing_request = http_text("GET", "/a", {}, "Connection: close\r\n");

std::size_t open_connections(tls_server& on)
{
    return on.server.http.connection_count();
}

/// Frames that have come, as text.
strings frames(string bytes)
{
    wire::websocket_decoder decoder{wire::websocket_role::client, {}};
    decoder.feed(std::as_writable_bytes(std::span{bytes}));
    strings all;
    while (true) {
        const auto next = decoder.next();
        REQUIRE(next);
        if (!*next)
            return all;
        all.emplace_back((*next)->text());
    }
}

string text_frame(std::string_view payload)
{
    return websocket_frame(wire::websocket_opcode::text, payload);
}

/// As a TCP socket does it: interrupt() ends every wait, and who waits to write is not told.
class forgetful_stream final : public byte_stream
{
public:
    explicit forgetful_stream(std::unique_ptr<byte_stream> inner) : inner_{std::move(inner)} {}

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

    void interrupt() noexcept override
    {
        inner_->notify_writable(nullptr);
        inner_->interrupt();
    }

    void shutdown_send() noexcept override { inner_->shutdown_send(); }

    void close() noexcept override { inner_->close(); }

    std::string remote_address() const override { return inner_->remote_address(); }

private:
    std::unique_ptr<byte_stream> inner_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_connection)

BOOST_DATA_TEST_CASE(requests_are_served_and_known_to_be_secure, all_segments(), cut)
{
    tls_server on;
    tls_client client = on.client({.trusted = server_identity().certificate, .cut = cut});
    CHECK(client.shake());
    CHECK(client.error() == "");
    CHECK(client.protocol() == "http/1.1");
    CHECK(body_of(client.ask(request)) == "/a true 0");
    CHECK(body_of(client.ask(http_text("POST", "/b", string(20'000, 'b')))) == "/b true 20000");
    CHECK(body_of(on.server.client().ask("GET", "/a").body.insert(0, "\r\n\r\n")) == "/a false 0");
    CHECK(on.log.empty());
    on.server.check_bystander();
}

BOOST_DATA_TEST_CASE(a_session_polls_and_upgrades, all_segments(), cut)
{
    tls_server on;
    tls_client polling = on.client({.cut = cut});
    const string sid = sid_of(body_of(polling.ask(http_text("GET", tls_open))));
    const string target = fmt::format("{}&sid={}", tls_open, sid);
    CHECK(body_of(polling.ask(http_text("POST", target, "4over polling"))) == "ok");
    CHECK(body_of(polling.ask(http_text("GET", target))) == "4over polling");

    tls_client socket = on.client({.cut = cut});
    const string shaken =
        socket.ask(websocket_request("/socket.io/?EIO=4&transport=websocket&sid=" + sid));
    CHECK(shaken.starts_with("HTTP/1.1 101 "));
    CHECK(frames(socket.ask(text_frame("2probe"))) == strings{"3probe"});
    CHECK(frames(socket.ask(text_frame("5"))).empty());
    const string large = "4" + string(20'000, 'w');
    CHECK((frames(socket.ask(text_frame(large))) == strings{large}));
    CHECK(on.server.log().events.size() == 3U);
    on.server.check_bystander();
}

BOOST_AUTO_TEST_CASE(an_answer_larger_than_the_connection_holds_comes_as_it_is_read)
{
    tls_server on;
    tls_client client = on.client({.cut = {.write = 1000}, .capacity = 4096});
    CHECK(client.shake());
    client.stop_reading();
    client.send(http_text("GET", "/large"));
    CHECK(client.take() == "");

    tls_client other = on.client({.capacity = 4096});
    const string answer = other.ask(http_text("GET", "/large"));
    CHECK(body_of(answer).size() == tls_server::large);
    // Nobody waits for ever for the one that does not read.
    on.server.pass(21s);
    on.server.pass(5s);
    CHECK(open_connections(on) == 0U);
}

BOOST_AUTO_TEST_CASE(the_server_says_goodbye_when_it_closes)
{
    tls_server on;
    tls_client client = on.client();
    CHECK(body_of(client.ask(closing_request)) == "/a true 0");
    CHECK(client.was_told_goodbye());
    CHECK(client.ended());

    tls_client idle = on.client();
    CHECK(body_of(idle.ask(request)) == "/a true 0");
    CHECK(!idle.was_told_goodbye());
    on.server.pass(5s);  // keep_alive_timeout
    CHECK(idle.was_told_goodbye());
    CHECK(idle.ended());
}

BOOST_AUTO_TEST_CASE(a_goodbye_follows_an_answer_that_still_waits_to_be_written)
{
    tls_server on;
    tls_client client = on.client({.cut = {.write = 7}, .capacity = 64});
    const string answer = client.ask(http_text("GET", "/large", {}, "Connection: close\r\n"));
    CHECK(body_of(answer).size() == tls_server::large);
    CHECK(client.was_told_goodbye());
}

BOOST_AUTO_TEST_CASE(a_client_that_says_goodbye_and_one_that_does_not_both_have_left)
{
    for (const bool politely : {true, false}) {
        BOOST_TEST_CONTEXT((politely ? "close_notify" : "FIN only"))
        {
            tls_server on;
            tls_client client = on.client();
            const string shaken =
                client.ask(websocket_request("/socket.io/?EIO=4&transport=websocket"));
            CHECK(shaken.starts_with("HTTP/1.1 101 "));
            client.send(text_frame("4last words"));
            politely ? client.say_goodbye() : client.finish();
            on.server.world.run();
            CHECK((on.server.log().events == strings{"text last words", "close transport close"}));
            CHECK(on.log.empty());
            on.server.check_bystander();
        }
    }
}

// The tickets that the server sends at the end of the handshake meet nobody any more.
BOOST_AUTO_TEST_CASE(the_last_words_of_a_client_that_has_left_are_read)
{
    tls_server on;
    tls_client client = on.client();
    client.send_and_cut(http_text("POST", "/beacon", "bye"));
    CHECK(on.requests == 1U);
    on.server.pass(2s);
    CHECK(open_connections(on) == 0U);
}

// What one read takes ends inside the fifth record; its rest waits in OpenSSL, and nothing comes behind it.
BOOST_AUTO_TEST_CASE(what_openssl_still_holds_is_read_before_waiting_for_more)
{
    tls_server on;
    tls_client client = on.client({.record = 16'000});
    CHECK(client.shake());
    const std::size_t head = http_text("POST", "/b", string(65'000, 'b')).size() - 65'000;
    for (const std::size_t rest : {1U, 500U, 5000U}) {
        const std::size_t body = shard::scratch_size + rest - head;
        CHECK(
            body_of(client.ask(http_text("POST", "/b", string(body, 'b')))) ==
            fmt::format("/b true {}", body)
        );
    }
}

BOOST_AUTO_TEST_CASE(an_interrupt_does_not_lose_what_waits_to_be_written)
{
    simulation world;
    const tls_context tls = tls_context::make(options_of(server_identity())).value();
    auto [server_end, client_end] = make_memory_streams(world.home(), {.capacity_bytes = 1000});
    const auto server = tls.accept(std::make_unique<forgetful_stream>(std::move(server_end)));
    const auto client = make_tls_stream(std::move(client_end), make_client_ssl());
    const auto read = [&](byte_stream& from) {
        std::array<std::byte, 20'000> block;
        error_code ec;
        const std::size_t count = from.try_read(block, ec);
        REQUIRE(!ec);
        world.run();
        return count;
    };
    const string text(5000, 't');
    const bytes_view all = as_bytes(text);
    std::size_t written = 0;
    while (written == 0) {
        static_cast<void>(read(*client));
        static_cast<void>(read(*server));
        error_code ec;
        written = server->try_write({&all, 1}, ec);
    }
    CHECK(written == text.size());
    server->interrupt();
    world.run();
    std::size_t come = 0;
    for (int i = 0; i < 100; ++i)
        come += read(*client);
    CHECK(come == text.size());
}

// Z29: cut after every byte of the handshake and of the request behind it.
BOOST_AUTO_TEST_CASE(a_connection_cut_anywhere_leaves_nothing_behind)
{
    tls_server on;
    std::size_t whole = 0;
    {
        tls_client client = on.client({.protocol = ""});
        CHECK(body_of(client.ask(request)) == "/a true 0");
        whole = client.sent_bytes();
    }
    on.server.pass(6s);
    for (std::size_t most = 0; most < whole; ++most) {
        for (const bool reset : {false, true}) {
            tls_client client = on.client({.protocol = "", .most_bytes = most});
            client.send(request);
            // Signatures differ in length by a few bytes; only what is whole is answered.
            REQUIRE((client.take() == "" || most + 8 > whole), "after " << most);
            reset ? client.cut() : client.finish();
            on.server.world.run();
            if (open_connections(on) != 0)
                on.server.pass(2s);  // linger
            REQUIRE(open_connections(on) == 0U, "after " << most);
        }
    }
    CHECK(on.log.empty());
    on.server.check_bystander();
}

BOOST_AUTO_TEST_CASE(plain_http_is_told_apart_from_noise)
{
    tls_server on;
    const auto say = [&](std::string_view bytes) {
        auto [server_end, client_end] = make_memory_streams(on.server.world.home());
        on.server.http.serve(on.tls.accept(std::move(server_end)));
        const bytes_view all = as_bytes(bytes);
        error_code ec;
        CHECK(client_end->try_write({&all, 1}, ec) == bytes.size());
        on.server.world.run();
        std::array<std::byte, 4096> block;
        std::size_t come = 0;
        while (!ec) {
            const std::size_t count = client_end->try_read(block, ec);
            if (count == 0 && !ec)
                return fmt::format("waits, {} bytes came", come);
            come += count;
        }
        return fmt::format("ended, {} bytes came", come);
    };
    CHECK(say(request) == "ended, 0 bytes came");
    CHECK(on.log == strings{"127.0.0.1: plain HTTP was sent where TLS is spoken"});
    on.log.clear();
    for (const std::string_view noise :
         {std::string_view{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
          std::string_view{"\r\n\r\n\r\n\r\n\r\n\r\n"},
          std::string_view{"SSH-2.0-OpenSSH_9.2p1\r\n"},
          std::string_view{"\0\0\0\0\0\0\0\0\0\0\0\0", 12},
          std::string_view{"\x16\x03\x01\xff\xff\xff\xff\xff\xff", 9},
          std::string_view{"\x16\x03\x01\0\4\1\0\0\0\0\0\0\0", 13},
          std::string_view{"\x15\x03\x01\0\2\2\x28", 7}}) {
        BOOST_TEST_CONTEXT(noise)
        {
            CHECK(say(noise).starts_with("ended, "));
            CHECK(on.log.size() == 1U);
            on.log.clear();
        }
    }
    // Random bytes in the place of a record's contents.
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        string bytes(300, '\0');
        simulation dice{seed};
        dice.home().random().fill(std::as_writable_bytes(std::span{bytes}));
        if (seed % 2 == 0)
            bytes.replace(0, 6, std::string_view{"\x16\x03\x01\x00\x80\x01", 6});
        const string outcome = say(bytes);
        CHECK(outcome != "");
    }
    on.server.pass(15s);
    CHECK(open_connections(on) == 0U);
    on.server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_handshake_that_never_ends_is_cut_by_the_header_timeout)
{
    tls_server on;
    tls_client silent = on.client({.most_bytes = 0});
    tls_client begun = on.client({.most_bytes = 100});
    tls_client slow = on.client({.most_bytes = 1});
    static_cast<void>(begun.shake());
    on.server.world.run_for(9s);
    CHECK(open_connections(on) == 3U);
    on.server.world.run_for(1s);
    CHECK(open_connections(on) == 0U);
    CHECK(silent.ended());
    CHECK(begun.ended());
    CHECK(slow.ended());
}

BOOST_AUTO_TEST_CASE(a_finished_handshake_without_a_request_is_cut_too)
{
    tls_server on;
    tls_client client = on.client();
    CHECK(client.shake());
    on.server.world.run_for(10s);
    CHECK(client.take().starts_with("HTTP/1.1 408 "));
    CHECK(client.was_told_goodbye());
}

// X12, Z29.
BOOST_AUTO_TEST_CASE(tls_1_2_is_spoken_and_never_renegotiated)
{
    tls_server on;
    tls_client client = on.client({.tls1_2 = true});
    CHECK(body_of(client.ask(request)) == "/a true 0");
    CHECK(!client.renegotiate());
    CHECK(client.error() == "no renegotiation");
}

BOOST_AUTO_TEST_CASE(keys_can_be_updated_but_not_without_end)
{
    tls_server on;
    tls_client client = on.client();
    CHECK(client.shake());
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.update_keys());
        REQUIRE(body_of(client.ask(request)) == "/a true 0");
    }
    // Each is answered. Who asks for more and more, and reads nothing, is shown out.
    tls_client flood = on.client({.capacity = 4096});
    CHECK(body_of(flood.ask(request)) == "/a true 0");
    flood.stop_reading();
    const std::size_t before = open_connections(on);
    int updates = 0;
    while (open_connections(on) == before && updates < 10'000) {
        static_cast<void>(flood.update_keys());
        ++updates;
    }
    CHECK(open_connections(on) == before - 1);
    CHECK(on.log == strings{"127.0.0.1: the peer broke TLS"});
    on.server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
