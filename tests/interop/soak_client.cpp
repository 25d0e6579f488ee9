// SPDX-License-Identifier: BSL-1.0
// A fleet of cosio's clients that keeps a server of CONTRACT.md at work and accounts for every message; soak.mjs runs it
// and says what its lines mean. soak_clients.mjs is the same with npm's client.
#include "soak_client.hpp"

#include <cosio/transports/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

namespace {

namespace sio = cosio;
namespace asio = sio::asio;
using namespace std::chrono_literals;
using namespace sio::soak;
using sio::engine::transport_kind;

struct settings
{
    std::string url;
    std::uint32_t clients = 200;
    std::uint32_t seconds = 300;
};

class fleet final : private fleet_view
{
public:
    fleet(sio::runtime& runtime, const settings& chosen)
        : runtime_{&runtime}, chosen_{chosen}, tick_{runtime.home().executor()}
    {
        fleet_view& self = *this;
        constexpr std::array names{"polling", "websocket", "upgrade"};
        const std::vector<transport_kind> transports[] = {
            {transport_kind::polling},
            {transport_kind::websocket},
            {transport_kind::polling, transport_kind::websocket}
        };
        for (std::uint32_t i = 0; i < chosen.clients; ++i) {
            sio::client_options options;
            options.transports = transports[i % 3];
            options.reconnection = false;
            clients_.push_back(std::make_unique<soak_client>(
                runtime.home(),
                chosen.url,
                options,
                fmt::format("client {} ({})", i, names[i % 3]),
                i,
                self
            ));
        }
    }

    /// True if all has come.
    [[nodiscard]] bool run()
    {
        for (const auto& one : clients_)
            spawn(one->run());
        spawn(watch());
        runtime_->run();
        return done_;
    }

private:
    void spawn(sio::task<> what)
    {
        asio::co_spawn(
            runtime_->home().executor(),
            std::move(what),
            [](const std::exception_ptr& thrown) {
                if (thrown)
                    std::rethrow_exception(thrown);
            }
        );
    }

    void fail(const std::string& line) override
    {
        if (!std::exchange(failed_, true))
            tell({{"failed", line}});
        runtime_->stop();
    }

    void joined() override
    {
        if (++joined_ < clients_.size())
            return;
        end_ = now() + std::chrono::seconds{chosen_.seconds};
        tell({{"joined", joined_}});
        for (const auto& one : clients_)
            one->start();
    }

    void ended() override
    {
        if (++ended_ % clients_.size() != 0)
            return;
        if (std::exchange(settling_, true)) {
            done_ = true;
            tell(totals("done"));
            runtime_->stop();
            return;
        }
        for (const auto& one : clients_)
            spawn(one->settle());
    }

    [[nodiscard]] bool over() const override { return now() >= end_; }

    [[nodiscard]] std::uint32_t news_of(std::uint32_t sender) const override
    {
        return sender < clients_.size() ? clients_[sender]->so_far().news.sent.count : 0;
    }

    [[nodiscard]] sio::time_point now() const { return runtime_->home().now(); }

    /// Tells each second how far all are, and who is stuck.
    sio::task<> watch()
    {
        while (!failed_ && !done_) {
            tick_.expires_after(1s);
            auto waiting = tick_.async_wait(asio::as_tuple(asio::deferred));
            co_await std::move(waiting);
            tell(totals("so far"));
            if (settling_)
                continue;
            for (const auto& one : clients_) {
                const auto [what, since] = one->waits_for(now());
                if (what != "the others" && now() - since > patience + 5s)
                    co_return one->fail("never got " + std::string{what});
            }
        }
    }

    [[nodiscard]] boost::json::object totals(std::string_view name) const
    {
        accounts all;
        for (const auto& one : clients_)
            all.add(one->so_far());
        return {
            {name,
             boost::json::object{
                 {"echo", to_json(all.echo)},
                 {"ack", to_json(all.ack)},
                 {"news", to_json(all.news)},
                 {"flood", to_json(all.flood)}
             }}
        };
    }

    static void tell(const boost::json::object& line)
    {
        std::printf("%s\n", serialize(line).c_str());
        std::fflush(stdout);
    }

    sio::runtime* runtime_;
    settings chosen_;
    asio::steady_timer tick_;
    std::vector<std::unique_ptr<soak_client>> clients_;
    sio::time_point end_;
    std::size_t joined_ = 0;
    std::size_t ended_ = 0;
    bool settling_ = false;
    bool done_ = false;
    bool failed_ = false;
};

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Clients of cosio's that account for every message"};
    settings chosen;
    app.add_option("--url", chosen.url, "of a server that keeps CONTRACT.md")->required();
    app.add_option("--clients", chosen.clients, "how many")->check(CLI::Range(1, 10'000));
    app.add_option("--seconds", chosen.seconds, "how long they work")
        ->check(CLI::Range(1, 864'000));
    try {
        app.parse(argc, argv);
        sio::runtime runtime;
        fleet all{runtime, chosen};
        return all.run() ? 0 : 1;
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_soak_client: %s\n", error.what());
        return 2;
    }
}
