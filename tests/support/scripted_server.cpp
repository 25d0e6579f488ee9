// SPDX-License-Identifier: BSL-1.0
#include "scripted_server.hpp"

#include "dial_attempt.hpp"
#include "wire/http1.hpp"
#include "wire/websocket.hpp"

#include <cosio/detail/base64.hpp>
#include <cosio/detail/driver.hpp>
#include <cosio/transports/loopback.hpp>

#include <fmt/format.h>

#include <utility>

namespace cosio::test {
namespace {

constexpr char separator = '\x1e';

std::string in_payload(std::string_view packet)
{
    if (!packet.starts_with('b'))
        return std::string{packet};
    packet.remove_prefix(1);
    std::string text(detail::base64_size(packet.size()), '\0');
    detail::encode_base64(as_bytes(packet), text.data());
    return "b" + text;
}

std::string payload_of(const std::vector<std::string>& packets)
{
    std::string body;
    for (const std::string& packet : packets)
        body += (body.empty() ? "" : std::string{separator}) + in_payload(packet);
    return body;
}

std::string frame_of(std::string_view packet)
{
    const bool is_binary = packet.starts_with('b');
    if (is_binary)
        packet.remove_prefix(1);
    std::vector<std::byte> bytes;
    wire::append_websocket_frame(
        bytes,
        is_binary ? wire::websocket_opcode::binary : wire::websocket_opcode::text,
        as_bytes(packet)
    );
    return std::string{as_text(bytes)};
}

std::string describe(const wire::websocket_message& message)
{
    switch (message.opcode) {
    case wire::websocket_opcode::binary: return fmt::format("b{}", message.text());
    case wire::websocket_opcode::ping: return fmt::format("ping {}", message.text());
    case wire::websocket_opcode::pong: return fmt::format("pong {}", message.text());
    case wire::websocket_opcode::close: return fmt::format("close {}", message.close_code);
    case wire::websocket_opcode::text:
    case wire::websocket_opcode::continuation: break;
    }
    return std::string{message.text()};
}

}  // namespace

std::string http_answer(std::string_view status, std::string_view body, std::string_view fields)
{
    return fmt::format(
        "HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(), body
    );
}

class scripted_server::connection final : public link_listener
{
public:
    connection(scripted_server& on, std::unique_ptr<byte_stream> stream)
        : on_{&on}, stream_{std::move(stream)}, requests_{{}}
    {}

    static detail::driver serve(boost::intrusive_ptr<connection> self)
    {
        self->served_ = true;
        while (!self->ended_ && self->on_->reads_) {
            const error_code ec = co_await self->stream_->readable();
            if (self->on_->reads_)
                self->take(ec);
        }
        self->served_ = false;
    }

    /// Somebody waits for what comes.
    [[nodiscard]] bool is_served() const noexcept { return served_; }

    void write(std::string_view bytes)
    {
        outgoing_ += bytes;
        on_link_writable();
    }

    void on_link_writable() override
    {
        error_code ec;
        while (!ended_ && !ec && !outgoing_.empty()) {
            const bytes_view all = as_bytes(outgoing_);
            const std::size_t written = stream_->try_write({&all, 1}, ec);
            outgoing_.erase(0, written);
            on_->bytes_sent += written;
            if (written == 0 && !ec) {
                stream_->notify_writable(this);
                return;
            }
            if (outgoing_.empty() && is_endless_)
                outgoing_ = on_->endless;
        }
        if (ec)
            end();
        else if (closes_)
            end();
    }

    void end() noexcept
    {
        ended_ = true;
        stream_->close();
    }

    [[nodiscard]] bool is_open() const noexcept { return !ended_; }

    [[nodiscard]] bool is_websocket() const noexcept { return !ended_ && frames_.has_value(); }

    /// A GET waits: it is answered now.
    [[nodiscard]] bool take_poll() noexcept { return !ended_ && std::exchange(polls_, false); }

private:
    void take(error_code ec)
    {
        std::array<std::byte, 4'096> block;
        while (!ended_) {
            const std::size_t count = ec ? 0 : stream_->try_read(block, ec);
            if (ec)
                end();
            else if (count == 0)
                return;
            else if (frames_)
                take_frames(std::span{block}.first(count));
            else
                take_requests(bytes_view{block}.first(count));
        }
    }

    void take_requests(bytes_view bytes)
    {
        requests_.feed(bytes);
        while (!ended_ && !frames_) {
            const auto next = requests_.next();
            if (!next)
                end();
            else if (!*next)
                return;
            else
                take(**next);
        }
    }

    void take(const http_request& request)
    {
        on_->requests.push_back(fmt::format("{} {}", request.method, request.target));
        if (on_->answer)
            if (const auto bytes = on_->answer(request)) {
                is_endless_ = !on_->endless.empty();
                closes_ = on_->hangs_up_after_answer;
                if (bytes->starts_with("HTTP/1.1 101 "))
                    frames_.emplace(wire::websocket_role::server, wire::websocket_limits{});
                write(*bytes);
                return;
            }
        const bool is_new = request.target.find("sid=") == std::string::npos;
        if (is_new)
            on_->said_.insert(on_->said_.begin(), on_->greeting.begin(), on_->greeting.end());
        if (request.wants_websocket())
            accept(request);
        else if (request.method == "GET")
            polls_ = true;
        else
            take_upload(request.body);
        on_->deliver();
    }

    void accept(const http_request& request)
    {
        write(fmt::format(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Accept: {}\r\n\r\n",
            wire::websocket_accept(request.headers["Sec-WebSocket-Key"])
        ));
        frames_.emplace(wire::websocket_role::server, wire::websocket_limits{});
    }

    void take_upload(std::string_view body)
    {
        while (!body.empty()) {
            const std::size_t end = std::min(body.find(separator), body.size());
            on_->heard_.emplace_back(body.substr(0, end));
            body.remove_prefix(std::min(end + 1, body.size()));
        }
        write(http_answer("200 OK", "ok"));
    }

    void take_frames(std::span<std::byte> bytes)
    {
        frames_->feed(bytes);
        while (true) {
            const auto next = frames_->next();
            if (!next)
                on_->heard_.push_back("broken frame: " + next.error().message());
            if (!next || !*next)
                return;
            on_->heard_.push_back(describe(**next));
        }
    }

    scripted_server* on_;
    std::unique_ptr<byte_stream> stream_;
    wire::http1_request_decoder requests_;
    std::optional<wire::websocket_decoder> frames_;
    std::string outgoing_;
    bool served_ = false;
    bool polls_ = false;
    bool is_endless_ = false;
    bool closes_ = false;
    bool ended_ = false;
};

class scripted_server::dialer_to final : public stream_dialer
{
public:
    explicit dialer_to(scripted_server& server) noexcept : server_{&server} {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        ++server_->dialed;
        auto begun = std::make_unique<dial_attempt>(std::move(done));
        server_->world_->home().post([server = server_, state = begun->state] {
            const dialed told = std::exchange(*state, nullptr);
            if (!told)
                return;
            auto [near, far] =
                make_memory_streams(server->world_->home(), {.capacity_bytes = server->capacity_});
            server->serve(std::move(far));
            told(std::move(near));
        });
        return begun;
    }

private:
    scripted_server* server_;
};

scripted_server::scripted_server(simulation& world, std::size_t capacity)
    : world_{&world}, capacity_{capacity}
{}

scripted_server::~scripted_server()
{
    hang_up();
    world_->run();  // what was parked ends while this is still there
}

std::unique_ptr<stream_dialer> scripted_server::dialer()
{
    return std::make_unique<dialer_to>(*this);
}

void scripted_server::serve(std::unique_ptr<byte_stream> stream)
{
    const boost::intrusive_ptr made{new connection{*this, std::move(stream)}};
    connections_.push_back(made);
    if (hangs_up_at_once)
        made->end();
    else
        connection::serve(made);
}

void scripted_server::say(std::string_view packet)
{
    said_.emplace_back(packet);
    deliver();
}

void scripted_server::deliver()
{
    if (said_.empty())
        return;
    for (auto one = connections_.rbegin(); one != connections_.rend(); ++one) {
        connection& to = **one;
        if (to.is_websocket()) {
            for (const std::string& packet : std::exchange(said_, {}))
                to.write(frame_of(packet));
            return;
        }
        if (to.take_poll()) {
            to.write(http_answer("200 OK", payload_of(std::exchange(said_, {}))));
            return;
        }
    }
}

void scripted_server::say_raw(std::string_view bytes)
{
    for (auto one = connections_.rbegin(); one != connections_.rend(); ++one)
        if ((*one)->is_websocket()) {
            (*one)->write(bytes);
            return;
        }
}

std::vector<std::string> scripted_server::heard()
{
    world_->run();
    return std::exchange(heard_, {});
}

void scripted_server::resume_reading()
{
    reads_ = true;
    const auto all = connections_;
    for (const auto& one : all)
        if (one->is_open() && !one->is_served())
            connection::serve(one);
}

void scripted_server::hang_up()
{
    for (const auto& one : std::exchange(connections_, {}))
        one->end();
}

std::size_t scripted_server::open_connections() const
{
    return static_cast<std::size_t>(std::ranges::count_if(connections_, [](const auto& one) {
        return one->is_open();
    }));
}

}  // namespace cosio::test
