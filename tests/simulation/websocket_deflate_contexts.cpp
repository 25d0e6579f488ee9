// SPDX-License-Identifier: BSL-1.0
// What is compressed for all, what for one connection, and in which order (features.md WS-15).
#include "deflate_support.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(websocket_deflate)

BOOST_FIXTURE_TEST_CASE(a_broadcast_is_compressed_once_and_shared, deflate_fixture)
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

BOOST_FIXTURE_TEST_CASE(a_session_upgrades_to_a_compressed_link, deflate_fixture)
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
