// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/codec_cases.hpp"
#include "support/raw_http.hpp"

#include <cosio/detail/base64.hpp>

// A Socket.IO server behind HTTP, and clients that long-poll or speak WebSocket by hand.

namespace cosio::test {

template <class Codec>
struct http_case : server_case<Codec>
{
    explicit http_case(server_options options = {}) : server_case<Codec>{std::move(options)} {}

    /// Runs `act` on the shard, as a handler would, and what follows from it.
    template <class F>
    void act(F what)
    {
        this->world.home().post(std::move(what));
        this->world.run();
    }

    http_server http{this->world.home(), {&this->io.engine()}, {}};
};

/// How a packet in notation stands in a polling body.
template <class Codec>
std::string polling_form(std::string_view packet)
{
    if constexpr (std::is_same_v<Codec, json>) {
        return std::string{packet};
    } else {
        const std::string bytes = to_msgpack(packet);
        std::string text(detail::base64_size(bytes.size()), '\0');
        detail::encode_base64(as_bytes(bytes), text.data());
        return "b" + text;
    }
}

/// A long-polling client in the main namespace: a connection for its GETs and one for its POSTs.
template <class Codec>
class polling_client
{
public:
    explicit polling_client(http_case<Codec>& on, bool joins = true)
        : world_{&on.world}, http_{&on.http}
    {
        constexpr std::string_view mark = R"("sid":")";
        const std::string open = get("/socket.io/?EIO=4&transport=polling");
        const std::size_t sid = open.find(mark) + mark.size();
        REQUIRE(open.starts_with("0{"));
        target_ = "/socket.io/?EIO=4&transport=polling&sid=" +
                  open.substr(sid, open.find('"', sid) - sid);
        if (!joins)
            return;
        REQUIRE(post("40") == "ok");
        REQUIRE(!poll().empty());
    }

    /// Body of the answer, or its status.
    std::string post(std::string_view packet) { return post_body(polling_form<Codec>(packet)); }

    std::string post_body(std::string_view body)
    {
        if (!posting_ || posting_->ended())
            posting_.emplace(*world_, *http_);
        return text_of(posting_->ask("POST", target_, body));
    }

    void begin_poll()
    {
        if (!polling_ || polling_->ended())
            polling_.emplace(*world_, *http_);
        polling_->send(http_text("GET", target_));
    }

    /// Body of the answer or its status; "" if the GET still waits.
    std::string end_poll()
    {
        const auto answer = polling_->poll_answer();
        return answer ? text_of(*answer) : "";
    }

    std::string poll()
    {
        begin_poll();
        return end_poll();
    }

    /// Where a WebSocket asks to take the session over.
    [[nodiscard]] std::string websocket_target() const
    {
        std::string target = target_;
        const std::string_view polling = "transport=polling";
        return target.replace(target.find(polling), polling.size(), "transport=websocket");
    }

private:
    static std::string text_of(const raw_answer& answer)
    {
        return answer.status == 200 ? answer.body : fmt::format("{}", answer.status);
    }

    std::string get(std::string_view target)
    {
        polling_.emplace(*world_, *http_);
        return text_of(polling_->ask("GET", target));
    }

    simulation* world_;
    http_server* http_;
    std::string target_;
    std::optional<raw_client> polling_;
    std::optional<raw_client> posting_;
};

inline constexpr std::string_view websocket_target = "/socket.io/?EIO=4&transport=websocket";

}  // namespace cosio::test
