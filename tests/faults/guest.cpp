// SPDX-License-Identifier: BSL-1.0
#include "guest.hpp"

#include "support/raw_server.hpp"

namespace cosio::test {
namespace {

constexpr std::string_view polling_target = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket_target = "/socket.io/?EIO=4&transport=websocket";
constexpr std::string_view one_attachment = R"(451-["bin",[{"_placeholder":true,"num":0}]])";
constexpr std::string_view two_attachments =
    R"(452-["bin",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]])";

bool polls(way by)
{
    return by == way::polling || by == way::upgrade;
}

}  // namespace

std::string_view to_string(step value)
{
    constexpr std::array names{
        "connected",
        "request line",
        "headers",
        "body",
        "handshake sent",
        "opened",
        "polled",
        "connect sent",
        "middleware awaits",
        "joined",
        "event sent",
        "handler awaits",
        "ack pending",
        "binary sent",
        "attachment sent",
        "probe sent",
        "upgrade sent",
        "close sent",
    };
    return names.at(static_cast<std::size_t>(value));
}

std::string_view to_string(fault value)
{
    constexpr std::array names{"reset", "fin", "half close", "silence"};
    return names.at(static_cast<std::size_t>(value));
}

guest::guest(real_world& on, way by, step last) : on_{&on}, by_{by}
{
    begin();
    const std::string_view target = polls(by) ? polling_target : websocket_target;
    const string request = polls(by) ? http_text("GET", target) : websocket_request(target);
    if (last == step::connected)
        return;
    std::string_view sent = request;
    if (last == step::request_line)
        sent = sent.substr(0, 20);
    else if (last == step::headers)
        sent = sent.substr(0, request.find("Host: x") + 4);
    links_[0].send(sent);
    if (last <= step::headers || last == step::handshake_sent)
        return;
    open();
    if (last == step::opened)
        return;
    if (last == step::body) {
        links_[1].send(http_text("POST", sid_, {}, "Content-Length: 100\r\n").append("40"));
        return;
    }
    if (polls(by))
        poll();
    go_on(last);
}

void guest::begin()
{
    links_.emplace_back(*on_, wire_options{.tls = on_->speaks_tls()});
}

void guest::open()
{
    if (!polls(by_)) {
        BOOST_REQUIRE_EQUAL(links_[0].answer().status, 101);
        hear("0{\"sid\"");
        return;
    }
    sid_ = fmt::format("{}&sid={}", polling_target, sid_of(links_[0].answer().body));
    begin();
}

/// As clients do that have their answer.
void guest::poll()
{
    links_[0].send(http_text("GET", sid_));
}

void guest::go_on(step last)
{
    if (last == step::polled)
        return;
    if (last == step::middleware_awaits) {
        const std::size_t before = on_->guarded->waiting();
        say("40/guarded,");
        REQUIRE(on_->until([&] { return on_->guarded->waiting() > before; }));
        return;
    }
    say("40");
    if (last == step::connect_sent)
        return;
    hear("40{");
    if (last == step::event_sent) {
        say(R"(42["note"])");
    } else if (last == step::handler_awaits) {
        const std::size_t before = on_->parked->waiting();
        say(R"(42["park"])");
        REQUIRE(on_->until([&] { return on_->parked->waiting() > before; }));
    } else if (last == step::ack_pending) {
        say(R"(42["ask"])");
        hear("question");
    } else if (last == step::binary_sent) {
        say(one_attachment);
    } else if (last == step::attachment_sent) {
        say(two_attachments);
        say_binary("abc");
    } else if (last == step::close_sent) {
        say("1");
    } else if (last == step::probe_sent || last == step::upgrade_sent) {
        probe(last);
    }
}

void guest::probe(step last)
{
    begin();
    string target = sid_;
    target.replace(target.find("polling"), 7, "websocket");
    links_.back().send(websocket_request(target));
    BOOST_REQUIRE_EQUAL(links_.back().answer().status, 101);
    links_.back().send(websocket_frame(wire::websocket_opcode::text, "2probe"));
    REQUIRE(links_.back().hears("3probe"));
    if (last == step::upgrade_sent)
        links_.back().send(websocket_frame(wire::websocket_opcode::text, "5"));
}

void guest::say(std::string_view packet)
{
    if (!polls(by_))
        return links_[0].send(websocket_frame(wire::websocket_opcode::text, packet));
    links_[1].send(http_text("POST", sid_, packet));
    // What breaks off behind the request has not read its answer: CONNECT, an event, a farewell.
}

void guest::say_binary(std::string_view bytes)
{
    if (!polls(by_))
        return links_[0].send(websocket_frame(wire::websocket_opcode::binary, bytes));
    BOOST_REQUIRE_EQUAL(links_[1].answer().body, "ok");  // that of CONNECT
    BOOST_REQUIRE_EQUAL(links_[1].answer().body, "ok");
    say("bYWJj");
}

void guest::hear(std::string_view text)
{
    REQUIRE(links_[0].hears(text));
    if (!polls(by_)) {
        links_[0].come.clear();
        return;
    }
    CHECK(links_[0].answer().status == 200);
    poll();
}

void guest::suffer(fault what)
{
    for (wire_client& link : links_) {
        switch (what) {
        case fault::reset: link.reset(); break;
        case fault::fin: link.finish(); break;
        case fault::half_close: link.half_close(); break;
        case fault::silence: break;
        }
    }
}

}  // namespace cosio::test
