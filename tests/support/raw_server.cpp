// SPDX-License-Identifier: BSL-1.0
#include "raw_server.hpp"

#include "support/check.hpp"

#include <fmt/format.h>

namespace cosio::test {

class raw_server::application final : public engine::peer_handler
{
public:
    application(const bool& echo, engine::peer& peer, std::shared_ptr<session_log> log)
        : echo_{&echo}, peer_{&peer}, log_{std::move(log)}
    {}

    void on_message(frame_kind kind, bytes_view payload) override
    {
        const bool text = kind == frame_kind::text;
        log_->events.push_back(fmt::format("{} {}", text ? "text" : "binary", as_text(payload)));
        if (!*echo_)
            return;
        if (text)
            peer_->send(make_text_frame(fmt::format("4{}", as_text(payload))));
        else
            peer_->send(make_frame(kind, payload));
    }

    void on_upgrade() override { log_->events.push_back("upgrade"); }

    void on_close(close_reason reason) override
    {
        log_->events.push_back(fmt::format("close {}", to_string(reason)));
        log_->peer = nullptr;
    }

private:
    const bool* echo_;
    engine::peer* peer_;
    std::shared_ptr<session_log> log_;
};

raw_server::raw_server(engine_options options, http_options http_limits, segments how)
    : cut{how},
      engine{
          world.home(),
          std::move(options),
          [this](engine::peer& peer, const http_request&) -> std::unique_ptr<engine::peer_handler> {
              const auto log = std::make_shared<session_log>();
              log->peer = &peer;
              logs_.push_back(log);
              return std::make_unique<application>(echo, peer, log);
          }
      },
      http{world.home(), {&engine}, std::move(http_limits)}
{
    if (!engine.options().allow_websocket)
        return;
    bystander_.emplace(world, http, engine.options().path + "?EIO=4&transport=websocket");
    REQUIRE(!bystander_->take().empty());
}

raw_server::~raw_server()
{
    for (const auto& log : logs_)
        log->peer = nullptr;
}

raw_answer raw_server::ask(
    std::string_view method, std::string_view target, std::string_view body, std::string_view fields
)
{
    return client().ask(method, target, body, fields);
}

void raw_server::pass(duration span)
{
    while (span > duration::zero()) {
        const duration step = std::min<duration>(span, 5s);
        world.run_for(step);
        span -= step;
        serve_bystander();
    }
}

void raw_server::serve_bystander()
{
    if (!bystander_)
        return;
    for (const string& packet : bystander_->take()) {
        CHECK(packet == "2", "the bystander got " << packet);
        bystander_->text("3");
    }
}

void raw_server::check_bystander()
{
    if (!bystander_)
        return;
    serve_bystander();
    const bool echoed = std::exchange(echo, true);
    const string word = fmt::format("still here {}", ++bystander_messages_);
    bystander_->text("4" + word);
    CHECK(bystander_->take() == strings{"4" + word});
    CHECK(logs_.front()->events.size() == bystander_messages_);
    CHECK(logs_.front()->events.back() == "text " + word);
    echo = echoed;
}

raw_poller::raw_poller(raw_server& server, std::string_view query) : server_{&server}
{
    polling.emplace(server.client());
    handshake = polling->ask(
        "GET", fmt::format("{}?EIO=4&transport=polling{}", server.engine.options().path, query)
    );
    BOOST_REQUIRE_EQUAL(handshake.status, 200);
    sid = sid_of(handshake.body);
}

void raw_poller::pause_reading()
{
    const std::size_t limit = server_->engine.options().max_payload_bytes;
    raw_client upload = server_->client();
    upload.send(http_text("POST", target(), {}, "Transfer-Encoding: chunked\r\n"));
    upload.send(fmt::format("{:x}\r\n{}", limit + 1, string(limit + 1, '4')));
    BOOST_REQUIRE_EQUAL(upload.answer().status, 413);
}

string raw_poller::target(std::string_view transport) const
{
    return fmt::format(
        "{}?EIO=4&transport={}&sid={}", server_->engine.options().path, transport, sid
    );
}

void raw_poller::begin_poll()
{
    if (polling->ended())
        polling.emplace(server_->client());
    polling->send(http_text("GET", target()));
}

string raw_poller::end_poll()
{
    const auto answer = polling->poll_answer();
    if (!answer)
        return "";
    if (answer->status != 200)
        return fmt::format("{} {}", answer->status, answer->body);
    return answer->body;
}

string raw_poller::poll()
{
    begin_poll();
    return end_poll();
}

raw_answer raw_poller::post(std::string_view body, std::string_view fields)
{
    if (!posting || posting->ended())
        posting.emplace(server_->client());
    // An empty body has a length too.
    if (body.empty())
        return posting->ask("POST", target(), {}, fmt::format("{}Content-Length: 0\r\n", fields));
    return posting->ask("POST", target(), body, fields);
}

void raw_poller::begin_post(std::size_t size, std::string_view part)
{
    if (!posting || posting->ended())
        posting.emplace(server_->client());
    const string length = fmt::format("Content-Length: {}\r\n", size);
    posting->send(http_text("POST", target(), {}, length).append(part));
}

raw_websocket raw_poller::open_websocket()
{
    return {server_->world, server_->http, target("websocket"), server_->cut};
}

string sid_of(std::string_view open_packet)
{
    constexpr std::string_view prefix = R"(0{"sid":")";
    REQUIRE(open_packet.starts_with(prefix));
    open_packet.remove_prefix(prefix.size());
    return string{open_packet.substr(0, open_packet.find('"'))};
}

strings numbered(std::string_view before, unsigned count)
{
    strings all;
    for (unsigned i = 1; i <= count; ++i)
        all.push_back(fmt::format("{}{}", before, i));
    return all;
}

strings records(std::string_view body)
{
    strings all;
    for (std::size_t at = 0; at <= body.size();) {
        const std::size_t end = std::min(body.find('\x1e', at), body.size());
        all.emplace_back(body.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

string joined(const strings& packets, char separator)
{
    string all;
    for (const string& packet : packets) {
        if (!all.empty())
            all += separator;
        all += packet;
    }
    return all;
}

}  // namespace cosio::test
