// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace cosio::load {
namespace {

constexpr double microsecond = 1e3;

std::string_view unit_of(const options& chosen)
{
    if (chosen.cycles_connections())
        return "connection";
    switch (chosen.what) {
    case mode::broadcast: return "delivery";
    case mode::membership: return "membership";
    case mode::connect:
    case mode::echo:
    case mode::ack:
    case mode::polling:
    case mode::idle: break;
    }
    return "message";
}

double per_second(const outcome& found, std::uint64_t count)
{
    return static_cast<double>(count) / found.seconds;
}

double core_percent(const outcome& found, std::int64_t cpu)
{
    return static_cast<double>(cpu) / found.seconds / 1e7;
}

double microseconds_each(const outcome& found, std::int64_t cpu)
{
    return static_cast<double>(cpu) / microsecond / static_cast<double>(found.count.messages);
}

double kib_per_client(const outcome& found, std::uint64_t before, std::uint64_t after)
{
    return (static_cast<double>(after) - static_cast<double>(before)) / found.clients;
}

class table
{
public:
    template <class... Args>
    void row(std::string_view label, fmt::format_string<Args...> text, Args&&... args)
    {
        fmt::format_to(std::back_inserter(out_), "{:<22}", label);
        fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
        out_ += '\n';
    }

    void latency(std::string_view label, const histogram& recorded)
    {
        const auto at = [&](double percent) {
            return static_cast<double>(recorded.percentile(percent)) / microsecond;
        };
        row(label,
            "p50 {:.1f}  p90 {:.1f}  p99 {:.1f}  p99.9 {:.1f}  max {:.1f} us",
            at(50),
            at(90),
            at(99),
            at(99.9),
            static_cast<double>(recorded.max()) / microsecond);
    }

    void memory(std::string_view label, const outcome& found, std::uint64_t memory_sample::* member)
    {
        const memory_samples& samples = *found.memory;
        row(label,
            "{} -> {} -> {} KiB: {:.2f}, then {:.2f} KiB/client",
            samples.before.*member,
            samples.joined.*member,
            samples.after.*member,
            kib_per_client(found, samples.before.*member, samples.joined.*member),
            kib_per_client(found, samples.before.*member, samples.after.*member));
    }

    [[nodiscard]] std::string take() noexcept { return std::move(out_); }

private:
    std::string out_;
};

std::string json_latency(const histogram& recorded)
{
    const auto at = [&](double percent) {
        return static_cast<double>(recorded.percentile(percent)) / microsecond;
    };
    return fmt::format(
        R"({{"mean":{:.3f},"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"p99.9":{:.3f},"p999":{:.3f},"max":{:.3f}}})",
        recorded.mean() / microsecond,
        at(50),
        at(90),
        at(99),
        at(99.9),
        at(99.9),
        static_cast<double>(recorded.max()) / microsecond
    );
}

/// How many memberships the server's CPU time per message paid for; 0: that is not what was measured.
unsigned memberships_per_message(const options& chosen)
{
    if (chosen.cycles_connections())
        return chosen.memberships;
    return chosen.what == mode::membership ? 1 : 0;
}

// With a rate: what was completed of it; each broadcast counts once.
double achieved_rate(const outcome& found)
{
    const bool broadcast = found.chosen.what == mode::broadcast;
    return per_second(found, broadcast ? found.count.broadcasts : found.count.messages);
}

std::string json_rate(const outcome& found)
{
    if (found.chosen.rate == 0)
        return "null";
    const rate_counters& count = found.count.rate;
    return fmt::format(
        R"({{"asked":{:.3f},"achieved":{:.3f},"held_back":{},"unsent":{},"driver_late_us":{}}})",
        found.chosen.rate,
        achieved_rate(found),
        count.held_back,
        count.unsent,
        json_latency(count.lateness)
    );
}

std::string json_memory(const outcome& found)
{
    if (!found.memory)
        return "null";
    const auto member = [&](std::string_view name, std::uint64_t memory_sample::* which) {
        const memory_samples& samples = *found.memory;
        return fmt::format(
            R"("{}":{{"before":{},"joined":{},"after":{},"joined_per_client":{:.3f},"after_per_client":{:.3f}}})",
            name,
            samples.before.*which,
            samples.joined.*which,
            samples.after.*which,
            kib_per_client(found, samples.before.*which, samples.joined.*which),
            kib_per_client(found, samples.before.*which, samples.after.*which)
        );
    };
    return fmt::format(
        "{{{},{},{}}}",
        member("rss", &memory_sample::rss_kib),
        member("anonymous", &memory_sample::anonymous_kib),
        member("pss", &memory_sample::pss_kib)
    );
}

void write_rate(table& out, const outcome& found)
{
    const rate_counters& count = found.count.rate;
    out.row("rate", "{:.1f} asked, {:.1f} achieved", found.chosen.rate, achieved_rate(found));
    out.latency("driver was late", count.lateness);
    if (count.held_back > 0)
        out.row(
            "server is saturated",
            "{} held back by --depth, {} not sent at the end",
            count.held_back,
            count.unsent
        );
}

}  // namespace

std::string format_table(const outcome& found)
{
    const options& chosen = found.chosen;
    const std::string_view unit = unit_of(chosen);
    table out;
    out.row("mode", "{}, {}", to_string(chosen.what), to_string(chosen.encoding));
    out.row(
        "clients",
        "{}, depth {}, payload {} bytes",
        found.clients,
        chosen.depth,
        chosen.payload_bytes
    );
    if (chosen.memberships > 0)
        out.row("memberships", "{} of each client", chosen.memberships);
    if (!chosen.cycles_connections())
        out.row("joined in", "{:.3f} s", found.connect_seconds);
    out.row("measured", "{:.3f} s", found.seconds);

    if (found.count.messages > 0) {
        out.row(fmt::format("{}/s", unit), "{:.0f}", per_second(found, found.count.messages));
        if (chosen.what == mode::broadcast)
            out.row("broadcast/s", "{:.1f}", per_second(found, found.count.broadcasts));
        if (found.server_cpu)
            out.row(
                fmt::format("server CPU/{}", unit),
                "{:.3f} us ({:.0f} % of a core)",
                microseconds_each(found, *found.server_cpu),
                core_percent(found, *found.server_cpu)
            );
        const unsigned memberships = memberships_per_message(chosen);
        if (found.server_cpu && memberships > 0 && chosen.cycles_connections())
            out.row(
                "server CPU/membership",
                "{:.3f} us",
                microseconds_each(found, *found.server_cpu) / memberships
            );
        out.row(
            fmt::format("driver CPU/{}", unit),
            "{:.3f} us ({:.0f} % of a core)",
            microseconds_each(found, found.driver_cpu),
            core_percent(found, found.driver_cpu)
        );
        if (chosen.rate > 0)
            write_rate(out, found);
        out.latency("latency", found.count.latency);
        if (chosen.what == mode::broadcast)
            out.latency("until all have it", found.count.completion);
    } else if (found.server_cpu) {
        out.row("server CPU", "{:.2f} % of a core", core_percent(found, *found.server_cpu));
    }
    if (found.memory && chosen.what == mode::idle) {
        out.memory("server RSS", found, &memory_sample::rss_kib);
        out.memory("server RssAnon", found, &memory_sample::anonymous_kib);
        out.memory("server PSS", found, &memory_sample::pss_kib);
    }
    return out.take();
}

std::string format_json(const outcome& found)
{
    const options& chosen = found.chosen;
    const bool any = found.count.messages > 0;
    const auto optional_number = [](bool present, double value) {
        return present ? fmt::format("{:.4f}", value) : std::string{"null"};
    };
    const unsigned each = memberships_per_message(chosen);
    const std::int64_t server = found.server_cpu.value_or(0);
    std::string out = fmt::format(
        R"({{"mode":"{}","url":"{}","codec":"{}","clients":{},"depth":{},"payload":{},"rooms":{},"memberships":{},)",
        to_string(chosen.what),
        chosen.url.origin(),
        to_string(chosen.encoding),
        found.clients,
        chosen.depth,
        chosen.payload_bytes,
        chosen.rooms,
        chosen.memberships
    );
    fmt::format_to(
        std::back_inserter(out),
        R"("connect_seconds":{:.6f},"seconds":{:.6f},"unit":"{}","messages":{},"messages_per_second":{:.3f},)"
        R"("broadcasts":{},"server_cpu_us_per_message":{},"server_cpu_us_per_membership":{},"server_cpu_percent":{},)"
        R"("driver_cpu_us_per_message":{},"driver_cpu_percent":{:.4f},)",
        found.connect_seconds,
        found.seconds,
        unit_of(chosen),
        found.count.messages,
        per_second(found, found.count.messages),
        found.count.broadcasts,
        optional_number(any && found.server_cpu, microseconds_each(found, server)),
        optional_number(
            any && found.server_cpu && each > 0, microseconds_each(found, server) / each
        ),
        optional_number(found.server_cpu.has_value(), core_percent(found, server)),
        optional_number(any, microseconds_each(found, found.driver_cpu)),
        core_percent(found, found.driver_cpu)
    );
    fmt::format_to(
        std::back_inserter(out),
        R"("rate":{},"latency_us":{},"completion_us":{},"memory_kib":{}}})"
        "\n",
        json_rate(found),
        any ? json_latency(found.count.latency) : "null",
        found.count.broadcasts > 0 ? json_latency(found.count.completion) : "null",
        json_memory(found)
    );
    return out;
}

}  // namespace cosio::load
