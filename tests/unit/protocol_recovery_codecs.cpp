// SPDX-License-Identifier: BSL-1.0
#include "msgpack_support.hpp"
#include "support/check.hpp"

#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/emit.hpp>
#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>

using namespace cosio;
using namespace cosio::test::msgpack_wire;

namespace {

template <class Codec, class... Args>
protocol::encoded_packet event(std::string_view nsp, std::string_view name, const Args&... args)
{
    const auto packet = detail::encode_event<Codec>(nsp, std::nullopt, {}, name, args...);
    REQUIRE(packet);
    return *packet;
}

template <class Codec, class... Args>
std::string appended(std::string_view nsp, std::string_view name, const Args&... args)
{
    const auto packet =
        detail::functions_of<Codec>.append_text(event<Codec>(nsp, name, args...), nsp, "k3-x0-2s");
    return std::string{as_text(packet.head->payload())};
}

/// What an encoder says that is given the text with the other arguments.
template <class Codec, class... Args>
std::string encoded(std::string_view nsp, std::string_view name, const Args&... args)
{
    return std::string{
        as_text(event<Codec>(nsp, name, args..., std::string_view{"k3-x0-2s"}).head->payload())
    };
}

/// A codec of a user who does without recovery.
struct modest_codec
{
    static constexpr std::string_view name = "modest";
    using packet = json::packet;
    using encoder = json::encoder;
    using reader = json::reader;

    static std::unique_ptr<packet_decoder> make_decoder(const protocol::packet_limits& limits)
    {
        return json::make_decoder(limits);
    }
};

static_assert(codec<modest_codec>);

}  // namespace

BOOST_AUTO_TEST_SUITE(protocol_recovery_codecs)

BOOST_AUTO_TEST_CASE(json_events_get_one_more_argument_CSR_2)
{
    CHECK(appended<json>("/", "hi") == R"(42["hi","k3-x0-2s"])");
    CHECK(appended<json>("/", "hi", 1, "]") == R"(42["hi",1,"]","k3-x0-2s"])");
    CHECK(appended<json>("/admin", "hi", std::vector<int>{}) == R"(42/admin,["hi",[],"k3-x0-2s"])");
}

BOOST_AUTO_TEST_CASE(json_attachments_are_shared_CSR_2)
{
    const binary bytes{std::string_view{"\1\2\3"}};
    const protocol::encoded_packet before = event<json>("/", "b", bytes, 2);
    const protocol::encoded_packet after = json::append_text(before, "/", "k3-x0-2s");
    CHECK(
        as_text(after.head->payload()) == R"(451-["b",{"_placeholder":true,"num":0},2,"k3-x0-2s"])"
    );
    REQUIRE(after.attachments.size() == 1U);
    CHECK((after.attachments[0] == before.attachments[0]));
    CHECK((after.head->kind() == frame_kind::text));
}

BOOST_AUTO_TEST_CASE(msgpack_events_get_one_more_argument_CSR_2)
{
    CHECK(
        appended<msgpack>("/", "hi", 1) ==
        wire("83 'type' 02 'data' 93 'hi' 01 'k3-x0-2s' 'nsp' '/'")
    );
    CHECK(
        appended<msgpack>("/admin", "hi", binary{std::string_view{"\1"}}) ==
        wire("83 'type' 02 'data' 93 'hi' c4 01 01 'k3-x0-2s' 'nsp' '/admin'")
    );
}

BOOST_AUTO_TEST_CASE(msgpack_arrays_of_every_size)
{
    for (const std::size_t count : {0U, 1U, 12U, 13U, 14U, 15U, 16U, 254U, 1022U, 1023U}) {
        arguments all;
        all.values = boost::json::array(count, nullptr);
        CHECK((appended<msgpack>("/", "hi", all) == encoded<msgpack>("/", "hi", all)), count);
    }
    // More than the default limit lets anybody send, but a server may allow it.
    const protocol::packet_limits limits{.max_args = 100'000};
    for (const std::size_t count : {65'533U, 65'534U, 65'535U}) {
        arguments all;
        all.values = boost::json::array(count, nullptr);
        const auto before = detail::encode_event<msgpack>("/", std::nullopt, limits, "hi", all);
        all.values.emplace_back("k3-x0-2s");
        const auto wanted = detail::encode_event<msgpack>("/", std::nullopt, limits, "hi", all);
        const auto after = msgpack::append_text(*before, "/", "k3-x0-2s");
        CHECK((as_text(after.head->payload()) == as_text((*wanted).head->payload())), count);
    }
}

BOOST_AUTO_TEST_CASE(msgpack_namespaces_of_every_size)
{
    for (const std::size_t size : {1U, 2U, 31U, 32U, 255U, 256U, 1'024U}) {
        const std::string nsp = "/" + std::string(size - 1, 'n');
        CHECK((appended<msgpack>(nsp, "hi", 1) == encoded<msgpack>(nsp, "hi", 1)), size);
        CHECK((appended<json>(nsp, "hi", 1) == encoded<json>(nsp, "hi", 1)), size);
    }
}

BOOST_AUTO_TEST_CASE(a_codec_that_cannot)
{
    CHECK((detail::append_text_of<json>() == &json::append_text));
    CHECK((detail::append_text_of<modest_codec>() == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
