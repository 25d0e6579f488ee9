// SPDX-License-Identifier: BSL-1.0
// features.md HB-4: a client whose process was stopped for a while, in the middle of a turn.
#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/loopback.hpp>

#include <string>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

/// Time that the test sets; no timer fires by itself.
class set_time final : public time_source
{
public:
    [[nodiscard]] time_point now() const noexcept override { return now_; }

    [[nodiscard]] std::int64_t wall_clock_ms() const noexcept override { return 0; }

    void pass(duration span) noexcept { now_ += span; }

private:
    void wake_at(time_point) override {}

    time_point now_{1'000s};
};

class no_random final : public random_source
{
public:
    void fill(std::span<std::byte> out) noexcept override { std::ranges::fill(out, std::byte{1}); }
};

struct world
{
    void run()
    {
        context.restart();
        context.poll();
    }

    asio::io_context context;
    set_time time;
    no_random random;
    shard home{context, time, random};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stopped_client)

BOOST_AUTO_TEST_CASE(HB_4_an_emit_finds_out_that_the_server_has_long_given_up)
{
    for (const duration stopped : {44s, 46s}) {
        world on;
        json_server io{on.home};
        auto [near, far] = make_loopback_pair(on.home);
        http_request request;
        request.target = "/socket.io/?EIO=4&transport=loopback";
        static_cast<void>(io.engine().open(request, std::move(far)));
        json_client client{on.home, std::move(near)};
        const json_client_socket socket = client.socket();
        std::string ended;
        socket.on_disconnect([&](close_reason reason) { ended = to_string(reason); });
        on.run();
        REQUIRE(socket.connected());
        on.time.pass(stopped);
        asio::post(on.context, [&] { socket.emit("x"); });
        on.run();
        CHECK(socket.connected() == (stopped < 45s));
        CHECK(ended == (stopped < 45s ? "" : "ping timeout"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
