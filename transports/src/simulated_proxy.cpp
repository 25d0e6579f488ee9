// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ascii.hpp>
#include <cosio/detail/driver.hpp>
#include <cosio/detail/wakeup.hpp>
#include <cosio/transports/simulated_proxy.hpp>

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <vector>

namespace cosio {
namespace {

constexpr std::string_view bad_gateway =
    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The value of a field, or empty.
std::string_view field_of(std::string_view head, std::string_view name)
{
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
        const std::size_t begin = at + 2;
        at = head.find("\r\n", begin);
        const std::string_view line = head.substr(begin, at - begin);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos ||
            !detail::equal_without_case(line.substr(0, colon), name))
            continue;
        const std::size_t value = line.find_first_not_of(' ', colon + 1);
        return value == std::string_view::npos ? std::string_view{} : line.substr(value);
    }
    return {};
}

/// How long the message at the beginning of `bytes` is, once it is whole. Bodies are those that say their length.
std::optional<std::size_t> whole_message(std::string_view bytes)
{
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view length = field_of(bytes.substr(0, end), "Content-Length");
    std::size_t body = 0;
    std::from_chars(length.data(), length.data() + length.size(), body);
    const std::size_t size = end + 4 + body;
    return bytes.size() >= size ? std::optional{size} : std::nullopt;
}

/// Writes to a stream as it takes it. Lifetime: the stream keeps it while it waits, and not the other way round.
class sender final : public link_listener
{
public:
    explicit sender(byte_stream& to) noexcept : to_{&to} {}

    void send(std::string_view bytes)
    {
        pending_ += bytes;
        on_link_writable();
    }

    void on_link_writable() override
    {
        if (!to_ || pending_.empty())
            return;
        error_code ec;
        const bytes_view all = as_bytes(pending_);
        pending_.erase(0, to_->try_write({&all, 1}, ec));
        if (!pending_.empty() && !ec)
            to_->notify_writable(this);
    }

    void forget() noexcept { to_ = nullptr; }

private:
    byte_stream* to_;
    std::string pending_;
};

/// A stream, and what writes to it.
class end_of_link
{
public:
    explicit end_of_link(std::unique_ptr<byte_stream> stream)
        : stream_{std::move(stream)}, sender_{new sender{*stream_}}
    {}

    end_of_link(const end_of_link&) = delete;
    end_of_link& operator=(const end_of_link&) = delete;

    ~end_of_link() { sender_->forget(); }

    [[nodiscard]] byte_stream& stream() noexcept { return *stream_; }

    void send(std::string_view bytes) { sender_->send(bytes); }

    /// What is there now, appended.
    error_code read(shard& home, std::string& into)
    {
        error_code ec;
        const std::span<std::byte> scratch = home.scratch();
        const std::size_t count = stream_->try_read(scratch, ec);
        into += as_text(bytes_view{scratch.first(count)});
        return ec;
    }

private:
    std::unique_ptr<byte_stream> stream_;
    boost::intrusive_ptr<sender> sender_;
};

}  // namespace

struct simulated_proxy::state : std::enable_shared_from_this<state>
{
    state(simulation& in, simulated_network& over, const std::string& to, proxy_behaviour how)
        : home{&in.home()}, dialer{over.dialer(to)}, behaviour{how}
    {}

    struct passage;

    static detail::driver listen(std::shared_ptr<passage> on);
    static detail::driver pass_on(std::shared_ptr<passage> on);
    static detail::driver relay(std::shared_ptr<passage> on);

    shard* home;
    std::unique_ptr<stream_dialer> dialer;
    proxy_behaviour behaviour;
    std::size_t retried = 0;
    std::vector<std::weak_ptr<passage>> open;
};

/// One connection of a client, and the one to the server that belongs to it.
struct simulated_proxy::state::passage final : timer_node
{
    passage(std::shared_ptr<state> of, std::unique_ptr<byte_stream> from)
        : proxy{std::move(of)}, client{std::move(from)}, changed{proxy->home->executor()}
    {}

    void on_deadline(time_point) override { changed.notify(); }

    void close() noexcept
    {
        is_over = true;
        dialing.reset();
        client.stream().close();
        if (server)
            server->stream().close();
        changed.notify();
    }

    /// What the client has said.
    void take()
    {
        while (const auto size = whole_message(received)) {
            requests.push_back(received.substr(0, *size));
            received.erase(0, *size);
        }
        changed.notify();
    }

    /// It has closed the connection while nothing was asked.
    [[nodiscard]] bool has_lost_server()
    {
        std::string stray;
        return server->read(*proxy->home, stray).failed();
    }

    void dial(const std::shared_ptr<passage>& self)
    {
        dialed.reset();
        dialing = proxy->dialer->dial([weak = std::weak_ptr{self}](stream_dialer::outcome made) {
            const auto on = weak.lock();
            if (!on)
                return;
            on->dialed = made.has_value();
            if (made)
                on->server.emplace(std::move(*made));
            on->changed.notify();
        });
    }

    std::shared_ptr<state> proxy;
    end_of_link client;
    std::optional<end_of_link> server;
    detail::wakeup changed;
    std::unique_ptr<attempt> dialing;
    std::optional<bool> dialed;
    std::string received;
    std::deque<std::string> requests;
    bool is_tunnel = false;
    bool is_over = false;
};

/// What the client says.
detail::driver simulated_proxy::state::listen(std::shared_ptr<passage> on)
{
    error_code ec;
    while (!ec && !on->is_over) {
        ec = co_await on->client.stream().readable();
        if (!ec)
            ec = on->client.read(*on->proxy->home, on->received);
        if (!on->is_tunnel) {
            on->take();
        } else {
            on->server->send(on->received);
            on->received.clear();
        }
    }
    on->close();
}

/// After an upgrade: what the server says.
detail::driver simulated_proxy::state::relay(std::shared_ptr<passage> on)
{
    error_code ec;
    while (!ec && !on->is_over) {
        ec = co_await on->server->stream().readable();
        std::string bytes;
        if (!ec)
            ec = on->server->read(*on->proxy->home, bytes);
        on->client.send(bytes);
    }
    on->close();
}

/// One request after the other, until the client has gone or is upgraded.
detail::driver simulated_proxy::state::pass_on(std::shared_ptr<passage> on)
{
    shard& home = *on->proxy->home;
    const proxy_behaviour& how = on->proxy->behaviour;
    while (!on->is_over) {
        if (on->requests.empty()) {
            co_await on->changed.wait();
            continue;
        }
        const std::string request = std::move(on->requests.front());
        on->requests.pop_front();
        const bool is_upgrade = !field_of(request, "Upgrade").empty();
        if (is_upgrade && how.refuses_upgrades) {
            on->client.send(bad_gateway);
            on->client.stream().shutdown_send();
            continue;
        }
        std::string answer;
        std::optional<std::size_t> size;
        for (bool again = false; !size && !on->is_over;) {
            const time_point due = home.now() + how.delay;
            home.time().arm(*on, due);
            while (home.now() < due && !on->is_over)
                co_await on->changed.wait();
            if (on->is_over)
                break;
            if (on->server && on->has_lost_server())
                on->server.reset();
            if (!on->server) {
                on->dial(on);
                while (!on->dialed && !on->is_over)
                    co_await on->changed.wait();
                if (!on->server)
                    break;
            }
            on->server->send(request);
            error_code ec;
            answer.clear();
            while (!ec && !size) {
                ec = co_await on->server->stream().readable();
                if (!ec)
                    ec = on->server->read(home, answer);
                size = whole_message(answer);
            }
            if (size)
                break;
            on->server.reset();
            const bool may_ask_again =
                how.retries_polls && request.starts_with("GET ") && !is_upgrade && answer.empty();
            if (again || !may_ask_again)
                break;
            again = true;
            ++on->proxy->retried;
        }
        if (on->is_over)
            break;
        if (!size) {
            on->client.send(bad_gateway);
            on->client.stream().shutdown_send();
            continue;
        }
        const bool is_upgraded = answer.starts_with("HTTP/1.1 101 ");
        if (is_upgraded && how.loses_upgrades) {
            while (!on->is_over)
                co_await on->changed.wait();
            break;
        }
        on->client.send(answer);
        if (is_upgraded) {
            on->is_tunnel = true;
            on->server->send(std::exchange(on->received, {}));
            relay(on);
            co_return;
        }
        if (!how.reuses_connections)
            on->server.reset();
    }
    on->close();
}

simulated_proxy::simulated_proxy(
    simulation& world,
    simulated_network& network,
    std::string name,
    const std::string& to,
    const proxy_behaviour& behaviour
)
    : network_{&network},
      name_{std::move(name)},
      state_{std::make_shared<state>(world, network, to, behaviour)}
{
    network.listen(name_, [in = state_](std::unique_ptr<byte_stream> stream, shard& on) {
        if (&on != in->home)
            static_cast<void>(stream->move_to(*in->home));
        in->home->post([in, end = std::move(stream)]() mutable {
            const auto made = std::make_shared<state::passage>(in, std::move(end));
            std::erase_if(in->open, [](const auto& one) { return one.expired(); });
            in->open.push_back(made);
            state::listen(made);
            state::pass_on(made);
        });
    });
}

simulated_proxy::~simulated_proxy()
{
    network_->stop_listening(name_);
    for (const auto& one : state_->open)
        if (const auto passing = one.lock())
            passing->close();
}

std::size_t simulated_proxy::retried() const noexcept
{
    return state_->retried;
}

}  // namespace cosio
