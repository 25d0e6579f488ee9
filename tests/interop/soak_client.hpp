// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "soak_accounts.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/network_connector.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>

namespace cosio::soak {

inline constexpr std::size_t room_size = 10;
inline constexpr std::uint32_t echoes_at_once = 4;
inline constexpr std::uint32_t flood_size = 5;
inline constexpr auto patience = std::chrono::seconds{30};
inline constexpr auto pace = std::chrono::milliseconds{100};

/// Who hears of failures, and knows what the others have sent.
class fleet_view
{
public:
    virtual ~fleet_view() = default;
    virtual void fail(const std::string& line) = 0;
    virtual void joined() = 0;
    virtual void ended() = 0;
    [[nodiscard]] virtual bool over() const = 0;
    [[nodiscard]] virtual std::uint32_t news_of(std::uint32_t sender) const = 0;
};

/// One client, which does all kinds of work in turn. Lifetime: its fleet; it calls fail() with what does not add up.
class soak_client
{
public:
    soak_client(
        shard& home,
        const std::string& url,
        const client_options& options,
        std::string name,
        std::uint32_t index,
        fleet_view& fleet
    )
        : fleet_{&fleet},
          name_{std::move(name)},
          index_{index},
          room_{fmt::format("room-{}", index / room_size)},
          first_of_room_{index / std::uint32_t{room_size} * std::uint32_t{room_size}},
          manager_{home, make_network_connector(home, url, options), options},
          changed_{home.executor()},
          pause_{home.executor()}
    {
        listen();
    }

    /// Joins its room, waits for start(), works until the fleet's time is over.
    task<> run()
    {
        expect("its connection");
        while (!socket_.connected())
            co_await changed_.wait();
        auto joining = socket_.template emit_with_ack<arguments>(patience, "join", room_);
        const auto rooms = co_await std::move(joining);
        if (!rooms)
            co_return fail("join: " + rooms.error().message());
        expect("the others");
        fleet_->joined();
        while (!started_)
            co_await changed_.wait();
        while (!fleet_->over()) {
            co_await echoes();
            co_await acknowledged();
            co_await news();
            co_await flood();
            expect("the next round");
            pause_.expires_after(pace);
            auto pausing = pause_.async_wait(asio::as_tuple(asio::deferred));
            co_await std::move(pausing);
        }
        expect("the others");
        fleet_->ended();
    }

    void start()
    {
        started_ = true;
        changed_.notify();
    }

    /// Once all senders have ended: what was sent to it before has come when this is answered.
    task<> settle()
    {
        expect("the last answer");
        auto asking = socket_.template emit_with_ack<arguments>(patience, "ack");
        const auto answer = co_await std::move(asking);
        if (!answer)
            co_return fail("the last answer: " + answer.error().message());
        for (std::size_t i = 0; i < heard_.size(); ++i) {
            const std::uint32_t sender = first_of_room_ + static_cast<std::uint32_t>(i);
            const std::uint32_t sent = sender == index_ ? 0 : fleet_->news_of(sender);
            if (heard_[i] != sent)
                co_return fail(
                    fmt::format("{} of the {} news of client {} came", heard_[i], sent, sender)
                );
        }
        leaving_ = true;
        manager_.close();
        fleet_->ended();
    }

    /// What it has waited for since then, for somebody who finds that too long.
    [[nodiscard]] std::pair<std::string_view, time_point> waits_for(time_point now)
    {
        if (since_ == time_point{})
            since_ = now;
        return {awaited_, since_};
    }

    [[nodiscard]] const accounts& so_far() const { return accounts_; }

    void fail(const std::string& why) { fleet_->fail(name_ + ": " + why); }

private:
    void listen()
    {
        socket_.on_connect([this] { changed_.notify(); });
        socket_.on_connect_error([this](const std::string& text, const boost::json::value&) {
            fail("connect_error: " + text);
        });
        socket_.on_disconnect([this](close_reason reason) {
            if (!leaving_)
                fail("disconnect: " + std::string{to_string(reason)});
        });
        socket_.on("echo", [this](std::uint32_t n, std::string text, std::optional<binary> bytes) {
            hear("echo", accounts_.echo.received, index_, n, {std::move(text), bytes});
        });
        socket_.on(
            "news",
            [this](
                std::uint32_t sender, std::uint32_t n, std::string text, std::optional<binary> bytes
            ) { hear_news(sender, n, {std::move(text), std::move(bytes)}); }
        );
        socket_.on("flood", [this](std::uint32_t n) {
            if (n != accounts_.flood.received.count % flood_size)
                fail(fmt::format("flood {} came out of order", n));
            accounts_.flood.received.add(index_, accounts_.flood.received.count);
            changed_.notify();
        });
    }

    void hear(
        std::string_view what,
        tally& received,
        std::uint32_t sender,
        std::uint32_t n,
        const content& carried
    )
    {
        if (n != received.count)
            fail(fmt::format("{} {} came where {} was next", what, n, received.count));
        else if (carried != content_of(sender, n))
            fail(fmt::format("{} {} came with other contents", what, n));
        received.add(sender, n);
        changed_.notify();
    }

    void hear_news(std::uint32_t sender, std::uint32_t n, const content& carried)
    {
        const std::uint32_t place = sender - first_of_room_;
        if (place >= heard_.size() || sender == index_)
            return fail(fmt::format("news of client {}", sender));
        if (n != heard_[place])
            fail(
                fmt::format("news {} of client {} came where {} was next", n, sender, heard_[place])
            );
        else if (carried != content_of(sender, n))
            fail(fmt::format("news {} of client {} came with other contents", n, sender));
        ++heard_[place];
        accounts_.news.received.add(sender, n);
    }

    task<> echoes()
    {
        for (std::uint32_t i = 0; i < echoes_at_once; ++i) {
            const std::uint32_t n = accounts_.echo.sent.count;
            const content carried = content_of(index_, n);
            socket_.emit("echo", n, carried.text, carried.bytes);
            accounts_.echo.sent.add(index_, n);
        }
        expect("an echo");
        while (accounts_.echo.received.count < accounts_.echo.sent.count)
            co_await changed_.wait();
    }

    task<> acknowledged()
    {
        const std::uint32_t n = accounts_.ack.sent.count;
        const content carried = content_of(index_, n);
        accounts_.ack.sent.add(index_, n);
        expect("an acknowledgement");
        auto asking =
            socket_.template emit_with_ack<std::uint32_t, std::string, std::optional<binary>>(
                patience, "ack", n, carried.text, carried.bytes
            );
        const auto answer = co_await std::move(asking);
        if (!answer)
            co_return fail(fmt::format("ack {}: {}", n, answer.error().message()));
        const auto& [number, text, bytes] = *answer;
        hear("ack", accounts_.ack.received, index_, number, {text, bytes});
    }

    task<> news()
    {
        const std::uint32_t n = accounts_.news.sent.count;
        const content carried = content_of(index_, n);
        accounts_.news.sent.add(index_, n);
        const boost::json::object spec{{"to", boost::json::array{room_}}};
        expect("the answer to news");
        auto asking = socket_.template emit_with_ack<>(
            patience, "relay", spec, "news", index_, n, carried.text, carried.bytes
        );
        const auto done = co_await std::move(asking);
        if (!done)
            fail(fmt::format("news {}: {}", n, done.error().message()));
    }

    task<> flood()
    {
        for (std::uint32_t i = 0; i < flood_size; ++i)
            accounts_.flood.sent.add(index_, accounts_.flood.sent.count);
        socket_.emit("flood", flood_size);
        expect("a flood");
        while (accounts_.flood.received.count < accounts_.flood.sent.count)
            co_await changed_.wait();
    }

    void expect(std::string_view what)
    {
        awaited_ = what;
        since_ = {};
    }

    fleet_view* fleet_;
    std::string name_;
    std::uint32_t index_;
    std::string room_;
    std::uint32_t first_of_room_;
    json_manager manager_;
    json_client_socket socket_ = manager_.socket();
    detail::wakeup changed_;
    asio::steady_timer pause_;
    accounts accounts_;
    std::array<std::uint32_t, room_size> heard_{};
    std::string_view awaited_;
    time_point since_;
    bool started_ = false;
    bool leaving_ = false;
};

}  // namespace cosio::soak
