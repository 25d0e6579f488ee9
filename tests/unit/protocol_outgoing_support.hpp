// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/protocol/outgoing.hpp>

#include <map>
#include <string>
#include <utility>

namespace cosio::test::emitting {

using namespace cosio::protocol;
using namespace std::chrono_literals;

inline constexpr time_point start{1'000s};

/// Writes down how it ends.
class waiter final : public ack_receiver
{
public:
    waiter(std::string name, std::string& log) : name_{std::move(name)}, log_{&log} {}

    void complete(error_code why, const decoded_packet*) override
    {
        *log_ += name_ + ":" + (why ? why.message() : "answered") + "; ";
    }

private:
    std::string name_;
    std::string* log_;
};

/// A driver: what it would send, and how receivers end.
class client_socket
{
public:
    explicit client_socket(outgoing_config with = {}) : config_{with}, machine{config_} {}

    /// The packet is as long as its name.
    emit_outcome emit(
        const std::string& name,
        bool wants_answer = false,
        std::optional<duration> timeout = {},
        bool is_volatile = false
    )
    {
        emission what{.packet = {.head = make_text_frame(name)}, .timeout = timeout};
        what.id = machine.id_for(wants_answer, is_volatile);
        what.is_volatile = is_volatile;
        if (what.id)
            ids[name] = *what.id;
        if (wants_answer)
            what.receiver = std::make_unique<waiter>(name, ended);
        const emit_outcome outcome = machine.emit(what, now);
        if (outcome == emit_outcome::send)
            write(what.packet);
        perform();
        return outcome;
    }

    emit_outcome ask(const std::string& name, std::optional<duration> timeout = {})
    {
        return emit(name, true, timeout);
    }

    void connect()
    {
        machine.handle_connect();
        perform();
    }

    void disconnect()
    {
        machine.handle_disconnect();
        perform();
    }

    void ack(const std::string& name)
    {
        if (const auto receiver = machine.handle_ack(ids.at(name)))
            receiver->complete({}, nullptr);
        perform();
    }

    void cancel(const std::string& name)
    {
        if (const auto receiver = machine.cancel(ids.at(name)))
            receiver->complete(cosio::errc::cancelled, nullptr);
        perform();
    }

    void at(duration since_start)
    {
        now = start + since_start;
        machine.handle_deadline(now);
        perform();
    }

    /// What was sent since it was last asked.
    std::string sent() { return std::exchange(sent_, ""); }

    std::string endings() { return std::exchange(ended, ""); }

private:
    outgoing_config config_;

public:
    outgoing machine;
    std::map<std::string, std::uint64_t> ids;
    std::string ended;
    time_point now = start;

private:
    void write(const encoded_packet& packet)
    {
        sent_ += std::string{as_text(packet.head->payload())} + " ";
    }

    void perform()
    {
        while (const auto packet = machine.next(now))
            write(*packet);
        while (const auto one = machine.take_ended())
            one->receiver->complete(one->why, nullptr);
    }

    std::string sent_;
};

inline outgoing_config bounded(offline_policy policy, std::size_t bytes, std::size_t packets)
{
    return {.offline = policy, .max_buffered_bytes = bytes, .max_buffered_packets = packets};
}

inline outgoing_config retrying(std::uint32_t retries, std::size_t window = 1)
{
    return {.retries = retries, .retry_window = window, .ack_timeout = 10s};
}

}  // namespace cosio::test::emitting
