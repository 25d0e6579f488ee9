// SPDX-License-Identifier: BSL-1.0
// Each limit of packets and sockets counts how often it was reached, and no other does.
#include "facade_support.hpp"
#include "support/reached.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// A server with small limits, and what it counted after one client had its say.
template <class Codec>
struct limits_case : server_case<Codec>
{
    static server_options small()
    {
        server_options options;
        options.packet.max_attachments = 2;
        options.packet.max_attachment_bytes = 100;
        options.packet.max_args = 3;
        options.packet.max_depth = 8;
        options.packet.max_namespace_bytes = 10;
        options.packet.max_event_bytes = 5;
        options.max_namespaces_per_client = 1;
        options.max_pending_acks = 1;
        options.max_rooms_per_socket = 1;
        options.connect_timeout = 3s;
        options.namespace_idle_timeout = 4s;
        options.attachment_timeout = 5s;
        options.ack_timeout = 6s;
        return options;
    }

    limits_case() : server_case<Codec>{small()} { static_cast<void>(this->io.of("/b")); }

    std::string after(std::string_view packet, const std::vector<std::string>& attachments = {})
    {
        auto client = this->joined();
        CHECK(client.say(packet, attachments).heard() == "<end>");
        return told();
    }

    std::string told() { return reached(this->io.limits_reached()); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(limits_of_sockets)

TYPED_CASE(packets, Codec, codecs)
{
    CHECK(limits_case<Codec>{}.after(R"(42["a",1,2,3,4])") == "max_args 1");
    CHECK(limits_case<Codec>{}.after(R"(42["a",[[[[[[[[1]]]]]]]]])") == "max_depth 1");
    CHECK(limits_case<Codec>{}.after(R"(42["longer"])") == "max_event_bytes 1");
    CHECK(limits_case<Codec>{}.after("40/a_long_name,") == "max_namespace_bytes 1");
    CHECK(limits_case<Codec>{}.after("40/b,") == "max_namespaces_per_client 1");
}

BOOST_AUTO_TEST_CASE(attachments)
{
    CHECK(limits_case<json>{}.after(R"(453-["a"])") == "max_attachments 1");
    CHECK(
        limits_case<json>{}.after(
            R"(451-["a",{"_placeholder":true,"num":0}])", {std::string(101, 'x')}
        ) == "max_attachment_bytes 1"
    );
    limits_case<json> on;
    auto client = on.joined();
    client.say(R"(451-["a",{"_placeholder":true,"num":0}])");
    on.world.run_for(5s);
    CHECK(client.heard() == "<end>");
    CHECK(on.told() == "attachment_timeout 1");
}

TYPED_CASE(namespaces_in_time, Codec, codecs)
{
    limits_case<Codec> on;
    auto never = on.client();
    on.world.run_for(3s);
    CHECK(on.told() == "connect_timeout 1");
    auto left = on.joined();
    CHECK(left.say("41").heard() == "");
    on.world.run_for(4s);
    CHECK(on.told() == "connect_timeout 1, namespace_idle_timeout 1");
}

TYPED_CASE(acknowledgements_and_rooms, Codec, codecs)
{
    limits_case<Codec> on;
    auto client = on.joined();
    const auto socket = on.io.main().sockets().at(0);
    const auto ask = [&] {
        on.world.home().post([socket] { socket.emit("ask", [](result<void>) {}); });
        on.world.run();
    };
    ask();
    CHECK(on.told() == "");
    ask();
    CHECK(on.told() == "max_pending_acks 1");
    on.world.run_for(6s);
    CHECK(on.told() == "max_pending_acks 1, ack_timeout 1");
    on.world.home().post([socket] {
        static_cast<void>(socket.join("one"));
        static_cast<void>(socket.join("one"));
        static_cast<void>(socket.join("two"));
    });
    on.world.run();
    CHECK(on.told() == "max_pending_acks 1, ack_timeout 1, max_rooms_per_socket 1");
}

BOOST_AUTO_TEST_SUITE_END()
