// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"
#include "wire/deflate.hpp"

#include <fmt/format.h>

#include <random>

// features.md WS-7, WS-15; reliability.md F01, A27, D01 to D10: permessage-deflate on the wire.

using namespace cosio;
using namespace cosio::test;

namespace {

using wire::websocket_opcode;

constexpr std::string_view plain = "/socket.io/?EIO=4&transport=websocket";
constexpr deflate_options keeping_contexts{
    .server_no_context_takeover = false, .client_no_context_takeover = false
};

engine_options with(std::optional<deflate_options> deflate)
{
    engine_options options;
    options.websocket.deflate = deflate;
    return options;
}

/// A packet of `size` bytes with words in it.
string packet_of(std::size_t size, std::string_view word = "compressible ")
{
    string packet = "4";
    while (packet.size() < size)
        packet += word;
    packet.resize(size);
    return packet;
}

/// One that does not repeat itself.
string varied_packet(std::size_t size, unsigned seed)
{
    string packet = "4";
    for (unsigned i = seed; packet.size() < size; ++i)
        packet += fmt::format("{} {}, ", i * 7919, i * i * 104729);
    packet.resize(size);
    return packet;
}

string noise(std::size_t size)
{
    std::mt19937 random{7};
    string all(size, '\0');
    std::ranges::generate(all, [&] { return static_cast<char>(random()); });
    return all;
}

/// Takes the first frame that a server sent off `bytes`; empty if it is not whole.
string take_frame(string& bytes)
{
    const auto octet = [&](std::size_t at) {
        return std::size_t{static_cast<unsigned char>(bytes.at(at))};
    };
    if (bytes.size() < 4)
        return std::exchange(bytes, {});
    std::size_t size = 2 + octet(1);
    if (octet(1) == 126)
        size = 4 + (octet(2) << 8 | octet(3));
    REQUIRE(octet(1) < 127);
    BOOST_REQUIRE_LE(size, bytes.size());
    const string frame = bytes.substr(0, size);
    bytes.erase(0, size);
    return frame;
}

/// A client that has offered compression; it compresses what it is told to.
class deflating_client
{
public:
    explicit deflating_client(
        raw_server& server, std::string_view offer = "permessage-deflate", string target = ""
    )
        : client{server.client()}
    {
        client.send(websocket_request(
            target.empty() ? plain : target,
            offer.empty() ? string{} : fmt::format("Sec-WebSocket-Extensions: {}\r\n", offer)
        ));
        const raw_answer handshake = client.answer();
        BOOST_REQUIRE_EQUAL(handshake.status, 101);
        answer = handshake["sec-websocket-extensions"];
        const bool forgets = answer.find("server_no_context_takeover") != string::npos;
        const bool forgetful = answer.find("client_no_context_takeover") != string::npos;
        inflater.emplace(inflated, 15, !forgets);
        deflater.emplace(deflated, 15, 6, 8, !forgetful);
        if (answer != "(none)")
            decoder.decompress(*inflater);
    }

    /// What has come; "z " stands before what was compressed. Payload bytes of the last message: `size`.
    strings take()
    {
        strings all;
        for (string bytes = client.take(); !bytes.empty();) {
            frame = take_frame(bytes);
            string copy = frame;
            decoder.feed(std::as_writable_bytes(std::span{copy}));
            const auto next = decoder.next();
            REQUIRE((next && *next));
            const string mark = (frame[0] & 0x40) != 0 ? "z " : "";
            all.push_back(mark + describe(**next));
            static_cast<void>(decoder.next());
        }
        return all;
    }

    string compressed(std::string_view message)
    {
        return string{as_text(deflater->deflate(as_bytes(message)))};
    }

    /// One frame with any first byte.
    void send(unsigned first, std::string_view payload)
    {
        string bytes = websocket_frame(websocket_opcode::binary, payload);
        bytes[0] = static_cast<char>(first);
        client.send(bytes);
    }

    void send_compressed(std::string_view packet) { send(0xC1, compressed(packet)); }

    raw_client client;
    string answer;
    string frame;  ///< the last that was taken

private:
    static string describe(const wire::websocket_message& message)
    {
        switch (message.opcode) {
        case websocket_opcode::text: return string{message.text()};
        case websocket_opcode::binary: return fmt::format("binary {}", message.text());
        case websocket_opcode::pong: return fmt::format("pong {}", message.text());
        case websocket_opcode::close: return fmt::format("close {}", message.close_code);
        case websocket_opcode::ping:
        case websocket_opcode::continuation: break;
        }
        return "?";
    }

    wire::deflate_buffer inflated;
    wire::deflate_buffer deflated;
    std::optional<wire::inflater> inflater;
    std::optional<wire::deflater> deflater;
    wire::websocket_decoder decoder{wire::websocket_role::client, {}};
};

struct fixture
{
    explicit fixture(std::optional<deflate_options> deflate = deflate_options{})
        : server{with(deflate)}
    {}

    ~fixture() { server.check_bystander(); }

    string negotiated(std::string_view offer) { return deflating_client{server, offer}.answer; }

    void check_goodbye(deflating_client& client, unsigned code)
    {
        CHECK(client.take().back() == fmt::format("close {}", code));
        CHECK(server.sessions() == 0);
        CHECK(server.log().events.back() == "close transport error");
    }

    raw_server server;
};

struct context_fixture : fixture
{
    context_fixture() : fixture{keeping_contexts} {}
};

struct plain_fixture : fixture
{
    plain_fixture() : fixture{std::nullopt} {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_deflate)

BOOST_FIXTURE_TEST_CASE(nothing_is_agreed_on_by_default_ws_15, plain_fixture)
{
    CHECK(negotiated("permessage-deflate; client_max_window_bits") == "(none)");
}

BOOST_FIXTURE_TEST_CASE(an_offer_is_answered, fixture)
{
    CHECK(
        negotiated("permessage-deflate; client_max_window_bits") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
    CHECK(negotiated("") == "(none)");
    CHECK(negotiated("permessage-bzip2") == "(none)");
    CHECK(negotiated("permessage-deflate; server_max_window_bits=7") == "(none)");
    CHECK(
        negotiated("permessage-deflate; x, permessage-deflate; server_max_window_bits=10") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10"
    );
}

BOOST_FIXTURE_TEST_CASE(what_is_not_to_be_compressed_is_sent_as_it_is_WS_15, fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    const string large = "4" + string(3000, 'x');
    frame_ref plain_frame = make_text_frame(large);
    plain_frame.forbid_compression();
    server.log().peer->send(plain_frame);
    server.log().peer->send(make_text_frame(large));
    server.world.run();
    const strings expected{large, "z " + large};
    CHECK(client.take() == expected);
}

BOOST_FIXTURE_TEST_CASE(contexts_are_kept_if_the_server_wants_it, context_fixture)
{
    CHECK(negotiated("permessage-deflate") == "permessage-deflate");
    CHECK(
        negotiated("permessage-deflate; server_no_context_takeover") ==
        "permessage-deflate; server_no_context_takeover"
    );
}

BOOST_FIXTURE_TEST_CASE(packets_below_the_threshold_are_sent_as_they_are_ws_15, fixture)
{
    deflating_client client{server};
    CHECK(client.take().at(0).starts_with("0{"));
    client.send(0x81, packet_of(1023));
    CHECK(client.take() == strings{packet_of(1023)});
    client.send(0x81, packet_of(1024));
    CHECK(client.take() == strings{"z " + packet_of(1024)});
    CHECK(client.frame.size() < 100);
    client.send(0x82, packet_of(2000));
    CHECK(client.take() == strings{"z binary " + packet_of(2000)});
}

BOOST_FIXTURE_TEST_CASE(who_did_not_offer_gets_plain_packets, fixture)
{
    deflating_client client{server, ""};
    static_cast<void>(client.take());
    client.send(0x81, packet_of(5000));
    CHECK(client.take() == strings{packet_of(5000)});
}

BOOST_FIXTURE_TEST_CASE(what_does_not_shrink_is_sent_as_it_is, fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    client.send(0x82, noise(5000));
    CHECK(client.take() == strings{"binary " + noise(5000)});
}

BOOST_FIXTURE_TEST_CASE(compressed_packets_arrive, fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    client.send_compressed("4hello");
    client.send(0xC2, client.compressed("\1\2\3"));
    const string payload = client.compressed("4in three parts");
    client.send(0x41, payload.substr(0, 2));
    client.send(0x00, payload.substr(2, 5));
    client.send(0x89, "between");
    client.send(0x80, payload.substr(7));
    client.send(0x81, "4plain");
    BOOST_TEST(
        client.take() ==
            (strings{"4hello", "binary \1\2\3", "pong between", "4in three parts", "4plain"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(
        server.log().events ==
            (strings{"text hello", "binary \1\2\3", "text in three parts", "text plain"}),
        boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(an_empty_compressed_message_is_no_packet_d09, fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    client.send(0xC1, string(1, '\0'));
    CHECK(client.take() == strings{"close 1005"});
    CHECK(server.log().events == strings{"close parse error"});
}

BOOST_FIXTURE_TEST_CASE(rsv1_where_it_may_not_stand_gets_1002_f01_d03, fixture)
{
    deflating_client without{server, ""};
    without.send(0xC1, without.compressed("4hello"));
    check_goodbye(without, 1002);
    for (const unsigned first : {0xC9U, 0xCAU, 0xC8U, 0xC0U, 0xA1U, 0x91U}) {
        deflating_client client{server};
        client.send(first, "4hello");
        check_goodbye(client, 1002);
    }
    deflating_client client{server};
    client.send(0x41, client.compressed("4hello"));
    client.send(0xC0, "");
    check_goodbye(client, 1002);
}

BOOST_FIXTURE_TEST_CASE(damaged_packets_get_1007_d04_d08_d10, fixture)
{
    const string garbage = noise(64);
    deflating_client broken{server};
    broken.send(0xC1, garbage);
    check_goodbye(broken, 1007);

    deflating_client cut{server};
    const string payload = cut.compressed("4hello");
    cut.send(0xC1, payload.substr(0, payload.size() - 1));
    check_goodbye(cut, 1007);

    deflating_client latin{server};
    latin.send_compressed("4caf\xE9");
    check_goodbye(latin, 1007);

    wire::deflate_buffer out;
    wire::deflater keeps{out, 15, 6, 8, true};
    deflating_client remembers{server};
    const string once = string{as_text(keeps.deflate(as_bytes(packet_of(100))))};
    const string again = string{as_text(keeps.deflate(as_bytes(packet_of(100))))};
    remembers.send(0xC1, once);
    remembers.send(0xC1, again);
    check_goodbye(remembers, 1007);
}

BOOST_FIXTURE_TEST_CASE(a_bomb_gets_1009_ws_7_a27, fixture)
{
    deflating_client neighbour{server};
    static_cast<void>(neighbour.take());
    for (const std::size_t size : {1'000'001U, 20'000'000U}) {
        deflating_client bomber{server};
        bomber.send_compressed(packet_of(size, "x"));
        CHECK(bomber.take().back() == "close 1009");
        CHECK(server.sessions() == 1);
        neighbour.send_compressed("4alive");
        CHECK(neighbour.take() == strings{"4alive"});
    }
    CHECK(server.log(1).events == strings{"close transport error"});
    server.echo = false;
    neighbour.send_compressed(packet_of(1'000'000, "x"));
    CHECK(server.log().events.back().size() == 5 + 999'999);
}

BOOST_FIXTURE_TEST_CASE(a_broadcast_is_compressed_once_and_shared, fixture)
{
    std::vector<std::unique_ptr<deflating_client>> clients;
    for (int i = 0; i != 5; ++i) {
        clients.push_back(std::make_unique<deflating_client>(server));
        static_cast<void>(clients.back()->take());
    }
    clients.push_back(
        std::make_unique<deflating_client>(server, "permessage-deflate; server_max_window_bits=9")
    );
    static_cast<void>(clients.back()->take());
    const frame_ref packet = make_text_frame(packet_of(3000));
    for (unsigned i = 0; i != 6; ++i)
        server.log(i).peer->send(packet);
    server.world.run();

    const auto known = [&](unsigned window_bits) {
        return packet->deflated(window_bits, [] {
            BOOST_ERROR("it was not kept");
            return frame_builder{frame_kind::text}.finish_deflated(10);
        });
    };
    for (unsigned i = 0; i != 6; ++i) {
        CHECK(clients[i]->take() == strings{"z " + packet_of(3000)});
        CHECK(clients[i]->frame == as_text(known(i == 5 ? 9 : 15)->websocket()));
    }
}

BOOST_FIXTURE_TEST_CASE(with_context_each_connection_compresses_for_itself, context_fixture)
{
    deflating_client one{server};
    deflating_client other{server};
    deflating_client forgetful{server, "permessage-deflate; server_no_context_takeover"};
    for (deflating_client* client : {&one, &other, &forgetful})
        static_cast<void>(client->take());
    const frame_ref packet = make_text_frame(varied_packet(1500, 1));
    const auto broadcast = [&](std::initializer_list<unsigned> to) {
        for (const unsigned index : to)
            server.log(index).peer->send(packet);
        server.world.run();
    };
    const strings expected{fmt::format("z {}", as_text(packet->payload()))};
    broadcast({0, 2});
    CHECK(one.take() == expected);
    const std::size_t first = one.frame.size();
    broadcast({0, 1, 2});
    CHECK(one.take() == expected);
    CHECK(one.frame.size() < first / 2);
    CHECK(other.take() == expected);
    CHECK(other.frame.size() == first);
    CHECK((forgetful.take() == strings{expected[0], expected[0]}));
    CHECK(forgetful.frame.size() == first);
}

BOOST_FIXTURE_TEST_CASE(the_clients_context_is_kept, context_fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    server.echo = false;
    const string packet = packet_of(500, "ever the same, ");
    const string once = client.compressed(packet);
    const string again = client.compressed(packet);
    CHECK(again.size() < once.size() / 2);
    client.send(0xC1, once);
    client.send(0x81, "4plain");
    client.send(0xC1, again);
    const string text = "text " + packet.substr(1);
    BOOST_TEST(
        server.log().events == (strings{text, "text plain", text}), boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(incompressible_packets_keep_both_contexts_in_step, context_fixture)
{
    deflating_client client{server};
    static_cast<void>(client.take());
    for (const string& packet : {packet_of(2000), noise(3000), packet_of(2000), noise(3000)}) {
        client.send(0xC2, client.compressed(packet));
        CHECK(client.take() == strings{"z binary " + packet});
    }
}

BOOST_FIXTURE_TEST_CASE(a_session_upgrades_to_a_compressed_link, fixture)
{
    raw_poller poller{server};
    deflating_client client{server, "permessage-deflate", poller.target("websocket")};
    CHECK(client.answer.starts_with("permessage-deflate"));
    client.send_compressed("2probe");
    CHECK(client.take() == strings{"3probe"});
    client.send_compressed("5");
    client.send_compressed(packet_of(2000));
    CHECK(client.take() == strings{"z " + packet_of(2000)});
}

// What waits for a slow reader leaves in order, each packet compressed once for this connection.
BOOST_AUTO_TEST_CASE(a_slow_reader_gets_all_packets_in_order)
{
    for (const deflate_options& options : {deflate_options{}, keeping_contexts}) {
        raw_server server{with(options)};
        auto [server_end, client_end] =
            make_memory_streams(server.world.home(), {.capacity_bytes = 300});
        server.http.serve(std::move(server_end));
        error_code ec;
        const auto write = [&](string bytes) {
            for (; !bytes.empty(); server.world.run()) {
                const bytes_view rest = as_bytes(bytes);
                bytes.erase(0, client_end->try_write({&rest, 1}, ec));
            }
        };
        string come;
        const auto read = [&](std::size_t limit) {
            for (std::size_t count = 1; count != 0 && limit != 0; limit -= count) {
                server.world.run();
                string part(std::min<std::size_t>(limit, 64), '\0');
                count = client_end->try_read(std::as_writable_bytes(std::span{part}), ec);
                come.append(part, 0, count);
            }
        };
        write(websocket_request(plain, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
        read(100'000);
        come.clear();

        strings expected;
        for (unsigned i = 0; i != 200; ++i) {
            expected.push_back(varied_packet(1000 + i * 13, i / 2));
            server.log().peer->send(make_text_frame(expected.back()));
            if (i % 10 == 0)
                write(websocket_frame(websocket_opcode::ping, "in between"));
            if (i % 3 == 0)
                read(50);
        }
        read(10'000'000);

        wire::deflate_buffer inflated;
        wire::inflater inflater{inflated, 15, !options.server_no_context_takeover};
        wire::websocket_decoder decoder{wire::websocket_role::client, {}};
        decoder.decompress(inflater);
        decoder.feed(std::as_writable_bytes(std::span{come}));
        strings packets;
        for (auto next = decoder.next(); next && *next; next = decoder.next())
            if ((*next)->opcode == websocket_opcode::text)
                packets.emplace_back((*next)->text());
        CHECK((packets == expected));
        CHECK(!decoder.mid_message());
        server.check_bystander();
    }
}

BOOST_AUTO_TEST_SUITE_END()
