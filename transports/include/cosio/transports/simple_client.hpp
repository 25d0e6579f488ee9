// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/manager.hpp>
#include <cosio/transports/network_connector.hpp>
#include <cosio/transports/runtime.hpp>

#include <deque>
#include <optional>
#include <string>

namespace cosio {

/// An event that has come.
struct received_event
{
    std::string name;
    arguments all;
};

/// A blocking client for scripts: one socket of one namespace.
///
///     json_simple_client client;
///     if (const error_code why = client.connect("http://localhost:3000"))
///         return complain(client.last_error());
///     const result<int> sum = client.call<int>(5s, "sum", 1, 2);
///
/// There is no thread but the caller's, who runs the connection while a call of this class waits: who stays away for
/// longer than the server's heartbeat allows is disconnected, and connects again in his next call; wait() stays.
/// Thread: one.
template <codec Codec>
class basic_simple_client
{
public:
    /// Events that nobody has received yet; those that come later are dropped.
    static constexpr std::size_t max_unread_events = 16'384;

    explicit basic_simple_client(client_options options = {}, network_options network = {})
        : options_{std::move(options)}, network_{std::move(network)}
    {
        options_.auto_connect = false;
    }

    basic_simple_client(const basic_simple_client&) = delete;
    basic_simple_client& operator=(const basic_simple_client&) = delete;

    /// As disconnect().
    ~basic_simple_client() { disconnect(); }

    /// Connects to a server_url, whose path is the namespace; `auth` goes with the CONNECT: an object, or null for none.
    /// Waits for `handshake_timeout` at most. Errors: connect_refused, timeout, or why there is no connection;
    /// throws std::invalid_argument with one line that says what is wrong with the URL or an option.
    [[nodiscard]] error_code connect(std::string_view url, boost::json::value auth = nullptr)
    {
        disconnect();
        const server_url where = server_url::parse(url);
        manager_.emplace(home(), make_network_connector(home(), url, options_, network_), options_);
        socket_ = manager_->socket(where.nsp, std::move(auth));
        listen();
        manager_->open();
        const bool done =
            run_until(options_.handshake_timeout, [&] { return socket_.connected() || failure_; });
        if (socket_.connected())
            return {};
        const error_code why = done ? *failure_ : error_code{errc::timeout};
        if (!done)
            last_error_ = why.message();
        manager_.reset();
        return why;
    }

    /// Sends an event, and waits until it has been written, or `ack_timeout` has passed; what cannot be sent before
    /// is sent during a later call. Errors: timeout, disconnected, not_encodable.
    template <class... Args>
    [[nodiscard]] error_code emit(std::string_view event, const Args&... args)
    {
        if (!manager_)
            return errc::disconnected;
        std::optional<send_status> status;
        home().post([&] { status = socket_.emit(event, args...); });
        static_cast<void>(run_until(options_.ack_timeout, [&] { return status.has_value(); }));
        if (status == send_status::rejected)
            return errc::not_encodable;
        const bool written = run_until(options_.ack_timeout, [&] {
            return !socket_.active() ||
                   (socket_.connected() && socket_.conn().pending_packets() == 0);
        });
        if (!written)
            return errc::timeout;
        return socket_.active() ? error_code{} : error_code{errc::disconnected};
    }

    /// Sends an event and waits for its answer: `client.call<int>(5s, "sum", 1, 2)`. Errors: as emit_with_ack().
    template <class... Reply, class... Args>
    [[nodiscard]] detail::reply_t<Reply...> call(
        duration timeout, std::string_view event, Args... args
    )
    {
        using reply = detail::reply_t<Reply...>;
        if (!manager_)
            return reply{boost::system::in_place_error, errc::disconnected};
        return outcome_of<reply>(
            socket_.template emit_with_ack<Reply...>(timeout, event, std::move(args)...)
        );
    }

    /// The next event of that name, as a socket's next(). Errors: timeout, disconnected.
    template <class... T>
    [[nodiscard]] detail::reply_t<T...> receive(duration timeout, std::string_view event)
    {
        using value = detail::reply_t<T...>;
        if (!manager_)
            return value{boost::system::in_place_error, errc::disconnected};
        return outcome_of<value>(socket_.template next<T...>(timeout, event));
    }

    /// The next event of any name since connect(), received by its name or not. Errors: timeout, disconnected.
    [[nodiscard]] result<received_event> receive(duration timeout)
    {
        const bool done = run_until(timeout, [&] { return !unread_.empty() || !is_active(); });
        if (unread_.empty())
            return done ? errc::disconnected : errc::timeout;
        received_event first = std::move(unread_.front());
        unread_.pop_front();
        return first;
    }

    /// Stays connected for that long.
    void wait(duration time)
    {
        static_cast<void>(run_until(time, [] { return false; }));
    }

    /// Says goodbye, and waits for `close_timeout` at most until that has been written. Events that nobody has received
    /// can still be.
    void disconnect()
    {
        if (!manager_)
            return;
        manager_->close();
        static_cast<void>(run_until(options_.close_timeout, [&] { return !manager_->is_open(); }));
        context_.poll();
        manager_.reset();
        context_.restart();
        context_.run_for(options_.close_timeout);  // or until nothing is left to do
    }

    [[nodiscard]] bool connected() const noexcept { return socket_.connected(); }

    /// Empty without a connection, as the next.
    [[nodiscard]] std::string_view id() const noexcept
    {
        return connected() ? socket_.id() : std::string_view{};
    }

    /// "polling" or "websocket".
    [[nodiscard]] std::string_view transport_name() const
    {
        return connected() ? socket_.conn().transport_name() : std::string_view{};
    }

    /// What the network or the server had to say last against a connection, for people.
    [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

    /// Events that were dropped because too many were unread.
    [[nodiscard]] std::size_t dropped() const noexcept { return dropped_; }

private:
    /// Something for the context to do until the time is over.
    struct end_of_wait final : timer_node
    {
        void on_deadline(time_point) override {}
    };

    [[nodiscard]] shard& home() { return shard_of(context_); }

    [[nodiscard]] bool is_active() const noexcept { return manager_ && socket_.active(); }

    void listen()
    {
        failure_.reset();
        last_error_.clear();
        manager_->on_error([this](error_code why, std::string_view text) { fail(why, text); });
        socket_.on_connect_error([this](const std::string& message, const boost::json::value&) {
            if (!failure_)
                fail(errc::connect_refused, message);
        });
        socket_.on_any([this](std::string_view event, const arguments& all) {
            if (unread_.size() == max_unread_events)
                ++dropped_;
            else
                unread_.push_back({std::string{event}, all});
        });
    }

    void fail(error_code why, std::string_view text)
    {
        failure_ = why;
        last_error_ = text;
    }

    template <class Outcome, class Operation>
    [[nodiscard]] Outcome outcome_of(Operation operation)
    {
        std::optional<Outcome> outcome;
        std::move(operation)([&](Outcome value) { outcome.emplace(std::move(value)); });
        while (!outcome)
            static_cast<void>(run_until(std::chrono::hours{1}, [&] { return outcome.has_value(); })
            );
        return std::move(*outcome);
    }

    /// False if the time is over before.
    template <class F>
    [[nodiscard]] bool run_until(duration limit, F&& is_done)
    {
        end_of_wait end;
        home().time().arm(end, home().now() + limit);
        while (!is_done() && end.armed()) {
            context_.restart();
            context_.run_one();
        }
        return is_done();
    }

    client_options options_;
    network_options network_;
    asio::io_context context_{1};
    std::optional<basic_manager<Codec>> manager_;
    basic_client_socket<Codec> socket_;
    std::deque<received_event> unread_;
    std::optional<error_code> failure_;
    std::string last_error_;
    std::size_t dropped_ = 0;
};

}  // namespace cosio
