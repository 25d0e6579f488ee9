// SPDX-License-Identifier: BSL-1.0
#include "links.hpp"
#include "support/check.hpp"
#include "support/raw_http.hpp"

#include <cosio/engine/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <deque>

namespace cosio::test {
namespace {

/// What both the session's handler and the test see of the server's end.
struct session_record
{
    engine::peer_ptr peer;
    std::vector<packet> packets;
    bool ended = false;
};

class recorder final : public engine::peer_handler
{
public:
    explicit recorder(std::shared_ptr<session_record> record) : record_{std::move(record)} {}

    void on_message(frame_kind kind, bytes_view payload) override
    {
        std::string data{as_text(payload)};
        if (kind == frame_kind::text)
            data.insert(data.begin(), '4');
        record_->packets.push_back({kind, std::move(data)});
    }

    void on_close(close_reason) override { record_->ended = true; }

private:
    std::shared_ptr<session_record> record_;
};

class server_end final : public link_end
{
public:
    explicit server_end(std::shared_ptr<session_record> record) : record_{std::move(record)} {}

    void send(const packet& value) override
    {
        static_cast<void>(record_->peer->send(to_frame(value)));
    }

    bool drained() const override { return record_->peer->pending().empty(); }

    const std::vector<packet>& received() const override { return record_->packets; }

    void stop_reading() override { record_->peer->handler_started(); }

    void resume_reading() override { record_->peer->handler_ended(); }

    void finish() override { record_->peer->close(close_reason::forced_server_close); }

    void close() override { record_->peer->link() ? record_->peer->link()->close() : void(); }

    bool ended() const override { return record_->ended; }

private:
    std::shared_ptr<session_record> record_;
};

constexpr char separator = '\x1e';
constexpr std::size_t max_payload = polling_link<simulated_arena>::max_payload;

/// The client's end of one HTTP connection: its own events move it, wherever it lives.
class http_wire final : public link_listener
{
public:
    explicit http_wire(std::unique_ptr<byte_stream> stream) : stream_{std::move(stream)} {}

    void start(shard& home) { asio::co_spawn(home.executor(), read(this), asio::detached); }

    void send(std::string_view bytes)
    {
        unsent_ += bytes;
        if (unsent_.size() == bytes.size())
            on_link_writable();
    }

    std::optional<raw_answer> poll_answer() { return take_answer(come_); }

    [[nodiscard]] bool ended() const { return ended_; }

    void cut() { stream_->close(); }

private:
    static task<> read(boost::intrusive_ptr<http_wire> self)
    {
        std::array<std::byte, 4096> block;
        for (error_code ec; !ec;) {
            ec = co_await self->stream_->readable();
            for (std::size_t count = 1; !ec && count != 0;) {
                count = self->stream_->try_read(block, ec);
                self->come_ += as_text(bytes_view{block}.first(count));
            }
        }
        self->ended_ = true;
    }

    void on_link_writable() override
    {
        error_code ec;
        const bytes_view all = as_bytes(unsent_);
        unsent_.erase(0, stream_->try_write({&all, 1}, ec));
        if (!unsent_.empty() && !ec)
            stream_->notify_writable(this);
    }

    std::unique_ptr<byte_stream> stream_;
    std::string unsent_;
    std::string come_;
    bool ended_ = false;
};

class client_end final : public link_end
{
public:
    /// The connections of its GETs and its POSTs.
    client_end(boost::intrusive_ptr<http_wire> gets, boost::intrusive_ptr<http_wire> posts)
        : gets_{std::move(gets)}, posts_{std::move(posts)}
    {}

    ~client_end() override { close(); }

    void open(arena& where)
    {
        gets_->start(where.home());
        posts_->start(where.home());
        gets_->send(http_text("GET", "/socket.io/?EIO=4&transport=polling"));
        std::optional<raw_answer> answer;
        const auto come = [&] { return (answer = gets_->poll_answer()).has_value(); };
        REQUIRE(where.until(come));
        constexpr std::string_view before = R"("sid":")";
        const std::string& packet = answer->body;
        const std::size_t at = packet.find(before) + before.size();
        target_ = "/socket.io/?EIO=4&transport=polling&sid=" +
                  packet.substr(at, packet.find('"', at) - at);
    }

    /// Sends the next request, or takes its answer. False: nothing to be done.
    bool step()
    {
        if (ended_)
            return false;
        const bool got = reads_ && step_get();
        return step_post() || got;
    }

    void send(const packet& value) override
    {
        const std::span data{value.data};
        waiting_.push_back(
            value.kind == frame_kind::text
                ? value.data
                : std::string{as_text(make_frame(value.kind, std::as_bytes(data))->polling())}
        );
    }

    bool drained() const override { return waiting_.empty() && !posting_; }

    const std::vector<packet>& received() const override { return packets_; }

    void stop_reading() override { reads_ = false; }

    void resume_reading() override { reads_ = true; }

    void finish() override { waiting_.emplace_back("1"); }

    void close() override
    {
        ended_ = true;
        gets_->cut();
        posts_->cut();
    }

    bool ended() const override { return ended_; }

private:
    bool step_get()
    {
        if (!polling_) {
            gets_->send(http_text("GET", target_));
            return polling_ = true;
        }
        const auto answer = gets_->poll_answer();
        if (!answer) {
            ended_ = gets_->ended();
            return false;
        }
        polling_ = false;
        if (answer->status != 200)
            ended_ = true;
        else
            take(answer->body);
        return true;
    }

    void take(std::string_view body)
    {
        while (true) {
            const std::size_t end = body.find(separator);
            const std::string_view record = body.substr(0, end);
            std::vector<std::byte> bytes;
            const auto parsed = engine::parse_packet(record, bytes);
            REQUIRE(parsed);
            if (parsed->kind == frame_kind::binary)
                packets_.push_back({frame_kind::binary, std::string{parsed->text()}});
            else if (parsed->type == engine::packet_type::message)
                packets_.push_back({frame_kind::text, std::string{record}});
            else if (parsed->type == engine::packet_type::close)
                ended_ = true;
            if (end == std::string_view::npos)
                return;
            body.remove_prefix(end + 1);
        }
    }

    bool step_post()
    {
        if (!posting_) {
            if (waiting_.empty())
                return false;
            std::string body;
            do {
                if (!body.empty())
                    body += separator;
                body += waiting_.front();
                last_ = waiting_.front() == "1";
                waiting_.pop_front();
            } while (!waiting_.empty() && body.size() + waiting_.front().size() < max_payload);
            posts_->send(http_text("POST", target_, body));
            return posting_ = true;
        }
        const auto answer = posts_->poll_answer();
        if (!answer) {
            ended_ = ended_ || posts_->ended();
            return false;
        }
        posting_ = false;
        ended_ = ended_ || last_ || answer->status != 200;
        return true;
    }

    boost::intrusive_ptr<http_wire> gets_;
    boost::intrusive_ptr<http_wire> posts_;
    std::string target_;
    std::deque<std::string> waiting_;
    std::vector<packet> packets_;
    bool polling_ = false;
    bool posting_ = false;
    bool last_ = false;
    bool reads_ = true;
    bool ended_ = false;
};

engine_options options()
{
    engine_options chosen;
    chosen.max_payload_bytes = max_payload;
    chosen.max_running_handlers = 1;
    return chosen;
}

/// Nothing but the test ends a connection, however slow the machine.
http_options patient()
{
    http_options chosen;
    chosen.header_timeout = std::chrono::minutes{10};
    chosen.keep_alive_timeout = std::chrono::minutes{10};
    return chosen;
}

}  // namespace

template <class Place>
struct polling_link<Place>::state
{
    state()
        : engine{where.home(), options(), [this](engine::peer& peer, const http_request&) {
                     record->peer = &peer;
                     return std::make_unique<recorder>(record);
                 }}
    {
        client.open(where);
        where.other = [this] { return client.step(); };
        REQUIRE(where.until([this] { return record->peer->writable(); }));
    }

    ~state() { record->peer = nullptr; }

    boost::intrusive_ptr<http_wire> connect()
    {
        byte_streams streams = connected_streams(where);
        http.serve(std::move(streams.first));
        return new http_wire{std::move(streams.second)};
    }

    Place where;
    std::shared_ptr<session_record> record = std::make_shared<session_record>();
    engine::server engine;
    http_server http{where.home(), {&engine}, patient()};
    client_end client{connect(), connect()};
    server_end server{record};
};

template <class Place>
polling_link<Place>::polling_link() : state_{std::make_unique<state>()}
{}

template <class Place>
polling_link<Place>::~polling_link() = default;

template <class Place>
arena& polling_link<Place>::where()
{
    return state_->where;
}

template <class Place>
link_end& polling_link<Place>::first()
{
    return state_->server;
}

template <class Place>
link_end& polling_link<Place>::second()
{
    return state_->client;
}

template class polling_link<simulated_arena>;
template class polling_link<network_arena>;

}  // namespace cosio::test
