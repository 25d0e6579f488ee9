// SPDX-License-Identifier: BSL-1.0
// features.md 1.10: a parser of one's own, at a server and at a client.
#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/simulation.hpp>

#include <algorithm>
#include <string>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr char head_mark = 'h';
constexpr char attachment_mark = 'a';

void veil(std::string& bytes)
{
    for (char& c : bytes)
        c = static_cast<char>(c ^ 0x2a);
}

frame_ref veiled(char mark, std::string_view bytes)
{
    std::string all{bytes};
    veil(all);
    all.insert(all.begin(), mark);
    return make_frame(frame_kind::binary, as_bytes(all));
}

/// JSON that nobody can read on the wire.
struct veiled_json
{
    static constexpr std::string_view name = "veiled";

    using reader = json::reader;
    using packet = json::packet;

    class encoder : public json::encoder
    {
    public:
        using json::encoder::encoder;

        [[nodiscard]] result<protocol::encoded_packet> finish()
        {
            auto made = json::encoder::finish();
            if (!made)
                return made;
            made->head = veiled(head_mark, as_text(made->head->payload()).substr(1));
            for (frame_ref& attachment : made->attachments)
                attachment = veiled(attachment_mark, as_text(attachment->payload()));
            return made;
        }
    };

    class decoder final : public packet_decoder
    {
    public:
        explicit decoder(const protocol::packet_limits& limits) : inner_{json::make_decoder(limits)}
        {}

        result<const decoded_packet*> feed(
            std::unique_ptr<partial_packet>& partial, frame_kind kind, bytes_view message
        ) override
        {
            if (kind != frame_kind::binary || message.empty())
                return protocol::errc::invalid_payload;
            const bool is_head = as_text(message).front() == head_mark;
            plain_ = as_text(message.subspan(1));
            veil(plain_);
            return inner_->feed(
                partial, is_head ? frame_kind::text : frame_kind::binary, as_bytes(plain_)
            );
        }

    private:
        std::unique_ptr<packet_decoder> inner_;
        std::string plain_;
    };

    [[nodiscard]] static std::unique_ptr<packet_decoder> make_decoder(
        const protocol::packet_limits& limits
    )
    {
        return std::make_unique<decoder>(limits);
    }
};

static_assert(codec<veiled_json>);

}  // namespace

BOOST_AUTO_TEST_SUITE(own_codec)

BOOST_AUTO_TEST_CASE(events_answers_and_binaries_go_through_a_codec_of_the_application)
{
    simulation world;
    basic_server<veiled_json> io{world.home()};
    io.on("sum", [](int a, int b, ack<int> reply) { reply(a + b); });
    io.on("echo", [](basic_socket<veiled_json> socket, const arguments& all) {
        socket.emit("echo", all);
    });
    basic_client<veiled_json> client{world.home(), world.connect(io)};
    const basic_client_socket<veiled_json> socket = client.socket();
    std::string heard;
    socket.on("echo", [&](std::string text, binary bytes) {
        heard += text + std::to_string(bytes.size());
    });
    world.run();
    REQUIRE(socket.connected());
    socket.emit("echo", "some text", binary{"\1\2\3"});
    socket.emit("sum", 2, 3, [&](result<int> sum) { heard += " " + std::to_string(sum.value()); });
    world.run();
    CHECK(heard == "some text3 5");
}

BOOST_AUTO_TEST_CASE(a_client_of_another_codec_does_not_get_in)
{
    simulation world;
    basic_server<veiled_json> io{world.home()};
    json_client client{world.home(), world.connect(io)};
    const json_client_socket socket = client.socket();
    world.run();
    CHECK(!socket.connected());
    CHECK(!client.is_open());
}

BOOST_AUTO_TEST_SUITE_END()
