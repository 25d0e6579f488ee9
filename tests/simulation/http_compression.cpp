// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/decompress.hpp"
#include "support/raw_server.hpp"

#include <fmt/format.h>

// features.md HTTP-18: what a poll brings is compressed, and nothing else.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";

/// What a poll brings that waits for a message of so many bytes, a character over and over.
raw_answer poll_of(raw_server& server, std::size_t bytes, std::string_view fields)
{
    raw_poller session{server};
    raw_client client = server.client();
    client.send(http_text("GET", session.target(), {}, fields));
    CHECK(session.post(string(bytes, '4')).body == "ok");
    return client.answer();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_compression)

BOOST_AUTO_TEST_CASE(a_long_poll_answer_is_compressed_as_the_client_prefers_http_18)
{
    raw_server server;
    for (const auto& [accepted, coding] : std::vector<std::pair<string, string>>{
             {"gzip", "gzip"},
             {"deflate", "deflate"},
             {"br", "br"},
             {"gzip, deflate, br", "br"},
             {"deflate, gzip;q=0.9, br;q=0.5", "deflate"},
             {"gzip;q=0.2, *", "br"},
         }) {
        const raw_answer answer = poll_of(server, 5'000, "Accept-Encoding: " + accepted + "\r\n");
        CHECK(answer["content-encoding"] == coding, accepted);
        CHECK(answer.body.size() < 100, accepted);
        CHECK(decompress(coding, answer.body) == string(5'000, '4'), accepted);
        CHECK(answer["content-type"] == "text/plain; charset=UTF-8");
    }
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(packets_that_are_not_to_be_compressed_are_sent_as_they_are_http_18)
{
    raw_server server;
    raw_poller session{server};
    raw_client client = server.client();
    const auto poll = [&](std::vector<bool> compress) {
        for (const bool wanted : compress) {
            frame_ref packet = make_text_frame(string(5'000, '4'));
            if (!wanted)
                packet.forbid_compression();
            server.log().peer->send(packet);
        }
        return client.ask("GET", session.target(), {}, "Accept-Encoding: gzip\r\n");
    };
    CHECK(poll({false, false})["content-encoding"] == "(none)");
    CHECK(poll({false, true})["content-encoding"] == "gzip");
    CHECK(poll({true})["content-encoding"] == "gzip");
}

BOOST_AUTO_TEST_CASE(it_is_not_compressed_for_who_does_not_ask_http_18)
{
    raw_server server;
    for (const string fields :
         {"",
          "Accept-Encoding:\r\n",
          "Accept-Encoding: zstd, identity\r\n",
          "Accept-Encoding: gzip;q=0, br;q=0\r\n",
          "Accept-Encoding: gzip;q=0.5, identity\r\n"}) {
        const raw_answer answer = poll_of(server, 5'000, fields);
        CHECK(answer["content-encoding"] == "(none)", fields);
        CHECK(answer.body == string(5'000, '4'), fields);
    }
}

BOOST_AUTO_TEST_CASE(the_threshold_is_a_length_of_the_body_http_18)
{
    raw_server server;
    const auto coding = [&](std::size_t bytes) {
        return poll_of(server, bytes, "Accept-Encoding: gzip\r\n")["content-encoding"];
    };
    CHECK(coding(1'023) == "(none)");
    CHECK(coding(1'024) == "gzip");

    raw_server low{{.http_compression = http_compression_options{.threshold_bytes = 50}}};
    CHECK(poll_of(low, 50, "Accept-Encoding: gzip\r\n")["content-encoding"] == "gzip");
}

BOOST_AUTO_TEST_CASE(what_does_not_shrink_is_sent_as_it_is)
{
    raw_server server{{.http_compression = http_compression_options{.threshold_bytes = 0}}};
    const raw_answer answer = poll_of(server, 3, "Accept-Encoding: gzip, br\r\n");
    CHECK(answer["content-encoding"] == "(none)");
    CHECK(answer.body == "444");
}

BOOST_AUTO_TEST_CASE(handshakes_and_uploads_and_refusals_are_never_compressed_http_18)
{
    raw_server server{
        {.http_compression = http_compression_options{.threshold_bytes = 0},
         .initial_packet = string(5'000, 'a')}
    };
    const string fields = "Accept-Encoding: gzip\r\n";
    raw_client client = server.client();
    const raw_answer open = client.ask("GET", handshake, {}, fields);
    CHECK(open["content-encoding"] == "(none)");
    CHECK(open.body.size() > 5'000);
    const string session = fmt::format("{}&sid={}", handshake, sid_of(open.body));
    CHECK(client.ask("POST", session, string(5'000, '4'), fields).body == "ok");
    CHECK(client.ask("PUT", session, {}, fields)["content-encoding"] == "(none)");
    CHECK(client.ask("GET", session, {}, fields)["content-encoding"] == "gzip");
}

BOOST_AUTO_TEST_CASE(compression_can_be_switched_off_http_18)
{
    raw_server off{{.http_compression = std::nullopt}};
    CHECK(poll_of(off, 5'000, "Accept-Encoding: gzip\r\n")["content-encoding"] == "(none)");
    raw_server old{{.http_compression = http_compression_options{.brotli = false}}};
    CHECK(poll_of(old, 5'000, "Accept-Encoding: br, gzip\r\n")["content-encoding"] == "gzip");
    CHECK(poll_of(old, 5'000, "Accept-Encoding: br\r\n")["content-encoding"] == "(none)");
}

BOOST_AUTO_TEST_SUITE_END()
