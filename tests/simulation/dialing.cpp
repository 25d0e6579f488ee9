// SPDX-License-Identifier: BSL-1.0
// How a client gets a stream: the addresses of a name (reliability X11), the tunnel of a proxy.

#include "src/address_dialer.hpp"
#include "src/tunnel_dialer.hpp"
#include "support/check.hpp"
#include "support/dialers.hpp"
#include "support/raw_http.hpp"

#include <map>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using std::string;
using strings = std::vector<string>;

namespace {

/// Addresses that do what the test says; those that it has said nothing of are silent for ever.
struct scripted_addresses final : stream_dialer
{
    struct behaviour
    {
        duration after;
        bool reached;
    };

    explicit scripted_addresses(std::size_t number) : count{number} {}

    struct connecting final : attempt, timer_node
    {
        connecting(scripted_addresses& of, std::size_t which, dialed told)
            : on{&of}, address{which}, done{std::move(told)}
        {
            if (const auto known = on->script.find(address); known != on->script.end())
                on->world.home().time().arm(*this, on->world.home().now() + known->second.after);
        }

        ~connecting() override { --on->under_way; }

        void on_deadline(time_point) override
        {
            const dialed told = std::move(done);
            const std::size_t which = address;
            if (on->script.at(which).reached)
                told(make_memory_streams(on->world.home(), {.address = std::to_string(which)}).first
                );
            else
                told(link_failure{
                    .why = engine::errc::connection_reset, .text = fmt::format("{} refuses", which)
                });
        }

        scripted_addresses* on;
        std::size_t address;
        dialed done;
    };

    std::unique_ptr<attempt> dial(dialed done) override
    {
        const auto one = [this](std::size_t address, dialed told) {
            ++under_way;
            tried.push_back(fmt::format("{} ms: {}", world.now() / 1ms, address));
            return std::make_unique<connecting>(*this, address, std::move(told));
        };
        return race_addresses(world.home(), count, 250ms, one, std::move(done));
    }

    simulation world;
    std::size_t count;
    std::map<std::size_t, behaviour> script;
    strings tried;
    int under_way = 0;
};

/// A proxy that reads one request and says what the test wants.
struct scripted_proxy
{
    explicit scripted_proxy(proxy_url url = {.host = "proxy.example", .port = 3128})
        : dialer{make_tunnel_dialer(
              world.home(),
              std::make_unique<serving_dialer>(
                  world.home(),
                  [this](std::unique_ptr<byte_stream> far) { wire.emplace(world, std::move(far)); }
              ),
              std::move(url),
              "chat.example:443"
          )},
          dialed{*dialer}
    {
        world.run();
    }

    /// What comes of dialing when the proxy answers so.
    [[nodiscard]] string answer(std::string_view text)
    {
        for (const char one : text)
            if (!dialed.over())
                wire->send({&one, 1});
        return dialed.text();
    }

    simulation world;
    std::optional<raw_client> wire;
    std::unique_ptr<stream_dialer> dialer;
    dialed_stream dialed;
};

const string connect_request = "CONNECT chat.example:443 HTTP/1.1\r\nHost: chat.example:443\r\n";
const string established = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(dialing)

BOOST_AUTO_TEST_CASE(X11_when_five_addresses_are_silent_the_sixth_is_tried_in_time)
{
    scripted_addresses on{1'000};
    on.script[5] = {30ms, true};
    dialed_stream dialed{on};
    on.world.run_for(1280ms);
    REQUIRE(dialed.text() == "a stream");
    CHECK(dialed.take()->remote_address() == "5");
    const strings expected{
        "0 ms: 0", "250 ms: 1", "500 ms: 2", "750 ms: 3", "1000 ms: 4", "1250 ms: 5"
    };
    CHECK((on.tried == expected));
    CHECK(on.under_way == 0);
    on.world.run_for(1min);
    CHECK(on.tried.size() == 6U);
}

BOOST_AUTO_TEST_CASE(X11_addresses_that_refuse_are_passed_at_once)
{
    scripted_addresses on{6};
    for (std::size_t dead = 0; dead < 5; ++dead)
        on.script[dead] = {1ms, false};
    on.script[5] = {1ms, true};
    const dialed_stream dialed{on};
    on.world.run_for(6ms);
    CHECK(dialed.text() == "a stream");
}

BOOST_AUTO_TEST_CASE(one_that_is_late_may_still_be_the_first)
{
    scripted_addresses on{2};
    on.script[0] = {300ms, true};
    on.script[1] = {100ms, true};
    dialed_stream dialed{on};
    on.world.run_for(1s);
    CHECK(dialed.take()->remote_address() == "0");
    CHECK(on.under_way == 0);
}

BOOST_AUTO_TEST_CASE(when_all_fail_the_last_failure_is_told_once)
{
    scripted_addresses on{3};
    on.script[0] = {600ms, false};
    on.script[1] = {10ms, false};
    on.script[2] = {10ms, false};
    const dialed_stream dialed{on};
    on.world.run_for(599ms);
    CHECK(dialed.text() == "waits");
    on.world.run_for(1ms);
    CHECK(dialed.text() == "0 refuses");
}

BOOST_AUTO_TEST_CASE(who_gives_up_leaves_nothing_behind)
{
    scripted_addresses on{3};
    dialed_stream dialed{on};
    on.world.run_for(300ms);
    CHECK(on.under_way == 2);
    dialed.give_up();
    CHECK(on.under_way == 0);
    on.world.run_for(1min);
    CHECK(on.tried.size() == 2U);
    CHECK(dialed.text() == "waits");
}

BOOST_AUTO_TEST_CASE(a_proxy_opens_a_tunnel)
{
    scripted_proxy proxy;
    CHECK(proxy.wire->take() == connect_request + "\r\n");
    CHECK(proxy.dialed.text() == "waits");
    CHECK(proxy.answer("HTTP/1.1 102 Processing\r\n\r\n" + established) == "a stream");
    const auto through = proxy.dialed.take();
    const string words = "through";
    const bytes_view all = as_bytes(words);
    error_code ec;
    CHECK(through->try_write({&all, 1}, ec) == words.size());
    CHECK(proxy.wire->take() == words);
}

BOOST_AUTO_TEST_CASE(a_proxy_is_told_who_asks)
{
    scripted_proxy proxy{{.host = "p", .port = 1, .user = "Aladdin", .password = "open sesame"}};
    CHECK(
        proxy.wire->take() ==
        connect_request + "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
    );
    CHECK(proxy.answer(established) == "a stream");
}

BOOST_AUTO_TEST_CASE(a_proxy_that_does_not_is_named_with_its_reason)
{
    const string endless = "HTTP/1.1 200 OK\r\nx: " + string(20'000, 'x');
    const std::pair<string, string> answers[] = {
        {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
         "answers 407: the proxy wants other credentials"},
        {"HTTP/1.1 503 Service Unavailable\r\n\r\n", "answers 503: the proxy opens no tunnel"},
        {"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n",
         "answers 302: the proxy opens no tunnel"},
        {"SSH-2.0-OpenSSH\r\n\r\n", "the response is malformed"},
        {endless, "the header fields are too large or too many"},
    };
    for (const auto& [answer, reason] : answers) {
        scripted_proxy proxy;
        CHECK(proxy.answer(answer) == "proxy proxy.example:3128: " + reason);
        static_cast<void>(proxy.wire->take());
        CHECK(proxy.wire->ended());
    }
    scripted_proxy gone;
    gone.wire->finish();
    CHECK(gone.dialed.text() == "proxy proxy.example:3128: the connection was closed");
}

BOOST_AUTO_TEST_CASE(what_a_proxy_adds_to_its_answer_is_not_taken_for_the_servers)
{
    scripted_proxy proxy;
    proxy.wire->send(established + "HTTP/1.1 200 OK\r\n\r\n");
    CHECK(proxy.dialed.text() == "proxy proxy.example:3128: sends more than its answer");
}

BOOST_AUTO_TEST_SUITE_END()
