// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/json.hpp>
#include <cosio/transports/http_connector.hpp>
#include <cosio/transports/network_dialer.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <load/process_stats.hpp>
#include <memory>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace cosio::bench {

struct client_work
{
    std::string mode;
    std::string url;
    std::size_t clients = 2000;
    double rate = 4000;  ///< of `ack`, per second, all clients together
    double seconds = 4;
    double warmup = 2;
};

/// Clients over WebSocket, as many as are wanted, and the work that all of them do. Thread: the one that calls run().
template <class Codec>
class client_fleet
{
public:
    client_fleet(runtime& on, client_work work)
        : runtime_{&on},
          work_{std::move(work)},
          before_{rss_kib()},
          phase_{on.home().executor()},
          tick_{on.home().executor()},
          started_{on.home().now()}
    {}

    /// What it has cost. Throws std::runtime_error if a client was lost.
    [[nodiscard]] boost::json::object run()
    {
        connect_some();
        runtime_->run();
        if (!failed_.empty())
            throw std::runtime_error{failed_};
        return report_;
    }

private:
    using socket = basic_client_socket<Codec>;

    struct client
    {
        client(shard& home, std::unique_ptr<connector> network, const client_options& options)
            : manager{home, std::move(network), options}, main{manager.socket()}
        {}

        basic_manager<Codec> manager;
        socket main;
    };

    static constexpr std::size_t connecting_at_once = 64;
    static constexpr duration tick = std::chrono::milliseconds{5};

    static std::uint64_t rss_kib() { return load::memory_of(::getpid())->rss_kib; }

    static std::int64_t cpu_ns() { return *load::cpu_time(::getpid()); }

    static duration to_duration(double seconds)
    {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>{seconds});
    }

    [[nodiscard]] static double seconds_of(duration span)
    {
        return std::chrono::duration<double>{span}.count();
    }

    void connect_some()
    {
        while (all_.size() < work_.clients && all_.size() - joined_ < connecting_at_once)
            add_client();
    }

    void add_client()
    {
        shard& home = runtime_->home();
        client_options options;
        options.transports = {engine::transport_kind::websocket};
        options.reconnection = false;
        const server_url where = server_url::parse(work_.url);
        all_.push_back(std::make_unique<client>(
            home,
            make_http_connector(home, where, make_network_dialer(home, where), options),
            options
        ));
        const socket& main = all_.back()->main;
        main.on_connect([this] { on_joined(); });
        main.on_connect_error([this](const std::string& why, const boost::json::value&) {
            fail(why);
        });
        main.on_disconnect([this](close_reason why) { fail(std::string{to_string(why)}); });
        if (work_.mode == "echo")
            main.on("echo", [this, main](std::string_view) {
                ++messages_;
                main.emit("echo", payload_);
            });
        if (work_.mode == "broadcast")
            main.on("bcast", [this](std::string_view) { on_delivery(); });
    }

    void on_joined()
    {
        ++joined_;
        connect_some();
        if (joined_ < work_.clients)
            return;
        report_ = {
            {"mode", work_.mode},
            {"clients", work_.clients},
            {"connect_seconds", seconds_of(runtime_->home().now() - started_)}
        };
        begin();
        after(work_.warmup, [this] {
            messages_before_ = messages_;
            cpu_before_ = cpu_ns();
            measured_from_ = runtime_->home().now();
            after(work_.seconds, [this] { finish(); });
        });
    }

    void begin()
    {
        if (work_.mode == "echo")
            for (const auto& one : all_)
                one->main.emit("echo", payload_);
        else if (work_.mode == "broadcast")
            all_.front()->main.emit("bcast", payload_);
        else if (work_.mode == "ack")
            pace();
    }

    /// The next broadcast when the last client has this one.
    void on_delivery()
    {
        if (++messages_ % all_.size() == 0)
            all_.front()->main.emit("bcast", payload_);
    }

    /// Emits what has become due, the clients in turn.
    void pace()
    {
        if (!paced_since_)
            paced_since_ = runtime_->home().now();
        const double due = seconds_of(runtime_->home().now() - *paced_since_) * work_.rate;
        for (; static_cast<double>(emitted_) < due; ++emitted_)
            all_[emitted_ % all_.size()]
                ->main.emit("ack", payload_, [this](result<std::string> answer) {
                    if (answer)
                        ++messages_;
                });
        tick_.expires_after(tick);
        tick_.async_wait([this](const error_code& ec) {
            if (!ec)
                pace();
        });
    }

    template <class F>
    void after(double seconds, F then)
    {
        phase_.expires_after(to_duration(seconds));
        phase_.async_wait([then = std::move(then)](const error_code& ec) {
            if (!ec)
                then();
        });
    }

    void finish()
    {
        const double seconds = seconds_of(runtime_->home().now() - measured_from_);
        const double cpu_us = static_cast<double>(cpu_ns() - cpu_before_) / 1000;
        const auto messages = static_cast<double>(messages_ - messages_before_);
        const std::uint64_t rss = rss_kib();
        const double grown = static_cast<double>(rss) - static_cast<double>(before_);
        report_["seconds"] = seconds;
        report_["messages"] = messages_ - messages_before_;
        report_["messages_per_second"] = messages / seconds;
        report_["cpu_percent"] = cpu_us / seconds / 10'000;
        if (messages > 0)
            report_["cpu_us_per_message"] = cpu_us / messages;
        report_["rss_kib"] = boost::json::object{
            {"before", before_},
            {"after", rss},
            {"per_client", grown / static_cast<double>(work_.clients)}
        };
        runtime_->stop();
    }

    void fail(std::string why)
    {
        if (failed_.empty())
            failed_ = "a client was lost: " + std::move(why);
        runtime_->stop();
    }

    runtime* runtime_;
    client_work work_;
    std::uint64_t before_;
    asio::steady_timer phase_;
    asio::steady_timer tick_;
    time_point started_;
    time_point measured_from_;
    std::optional<time_point> paced_since_;
    std::string payload_ = std::string(64, 'x');
    std::size_t joined_ = 0;
    std::uint64_t emitted_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t messages_before_ = 0;
    std::int64_t cpu_before_ = 0;
    boost::json::object report_;
    std::string failed_;
    std::vector<std::unique_ptr<client>> all_;
};

}  // namespace cosio::bench
