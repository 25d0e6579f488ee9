// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace cosio::load {
namespace {

constexpr std::array<std::string_view, 7> mode_names{
    "echo", "ack", "broadcast", "polling", "connect", "membership", "idle"
};
constexpr std::array<std::string_view, 2> codec_names{"json", "msgpack"};
constexpr unsigned default_depth_of_rate = 64;

template <class Enum, std::size_t Size>
Enum value_of(std::string_view name, const std::array<std::string_view, Size>& names)
{
    return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

template <std::size_t Size>
std::vector<std::string> list_of(const std::array<std::string_view, Size>& names)
{
    return {names.begin(), names.end()};
}

// Both end up inside a request line, a header and a JSON string unescaped.
bool is_plain(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
    });
}

bool has_rate(mode what)
{
    return what == mode::echo || what == mode::ack || what == mode::broadcast;
}

unsigned rooms_of_one(const options& chosen)
{
    const bool more = chosen.what == mode::membership && !chosen.disconnect;
    return chosen.memberships + (more ? chosen.depth : 0);
}

std::string one_line(std::string_view text)
{
    return std::string{text.substr(0, text.find('\n'))};
}

}  // namespace

std::string_view to_string(mode value) noexcept
{
    return mode_names[static_cast<std::size_t>(value)];
}

std::string_view to_string(codec value) noexcept
{
    return codec_names[static_cast<std::size_t>(value)];
}

std::string server_url::authority() const
{
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

std::string server_url::origin() const
{
    return (tls ? "https://" : "http://") + authority();
}

std::optional<server_url> parse_url(std::string_view text)
{
    constexpr std::string_view plain = "http://";
    constexpr std::string_view secure = "https://";
    server_url url;
    url.tls = text.starts_with(secure);
    url.port = url.tls ? 443 : 80;
    if (!(url.tls || text.starts_with(plain)) || !is_plain(text))
        return std::nullopt;
    text.remove_prefix(url.tls ? secure.size() : plain.size());
    if (text.ends_with('/'))
        text.remove_suffix(1);
    if (text.find_first_of("/?#@") != text.npos)
        return std::nullopt;

    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == text.npos)
            return std::nullopt;
        url.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        url.host = text.substr(0, colon);
        rest = text.substr(colon);
    }
    if (url.host.empty())
        return std::nullopt;
    if (rest.empty())
        return url;

    const char* end = rest.data() + rest.size();
    const auto [stop, ec] = std::from_chars(rest.data() + 1, end, url.port);
    if (rest.front() != ':' || ec != std::errc{} || stop != end || url.port == 0)
        return std::nullopt;
    return url;
}

namespace {

// What parse_options() still has to translate.
struct texts
{
    std::string mode;
    std::string url = "http://127.0.0.1:3000";
    std::string codec = "json";
    bool no_progress = false;
};

void add_target_options(CLI::App& app, options& parsed, texts& raw)
{
    app.add_option("MODE", raw.mode, "What to do")
        ->required()
        ->check(CLI::IsMember(list_of(mode_names)));
    app.add_option("--url", raw.url, "Server, http or https")->capture_default_str();
    app.add_option("--path", parsed.path, "Path of the endpoint")->capture_default_str();
    app.add_option("--ca", parsed.authorities, "PEM file to verify the server's certificate with")
        ->check(CLI::ExistingFile);
    app.add_option("--codec", raw.codec, "Codec of the server")
        ->check(CLI::IsMember(list_of(codec_names)))
        ->capture_default_str();
    app.add_option("--pid", parsed.pid, "Process of the server: CPU and memory are measured")
        ->check(CLI::Range(1, 1 << 22));
    app.add_option("--json", parsed.json, "Write the result as JSON to a file, or - for stdout");
    app.add_flag("--no-progress", raw.no_progress, "No progress line on stderr");
}

void add_load_options(CLI::App& app, options& parsed)
{
    app.add_option("--clients", parsed.clients, "Connected clients")
        ->check(CLI::Range(1U, 200'000U))
        ->capture_default_str();
    app.add_option(
           "--depth", parsed.depth, "Messages in flight per client or sender; 64 with --rate"
    )
        ->check(CLI::Range(1U, 4'096U))
        ->capture_default_str();
    app.add_option("--rate", parsed.rate, "echo, ack, broadcast: messages sent per second in all")
        ->check(CLI::Range(0.01, 1e8));
    app.add_option("--seconds", parsed.seconds, "Measured time")
        ->check(CLI::Range(0.05, 86'400.0))
        ->capture_default_str();
    app.add_option("--warmup", parsed.warmup_seconds, "Time under load before measuring")
        ->check(CLI::Range(0.0, 3'600.0))
        ->capture_default_str();
    app.add_option("--payload", parsed.payload_bytes, "Bytes of the string that is sent")
        ->check(CLI::Range(std::size_t{0}, std::size_t{16'000'000}))
        ->capture_default_str();
    app.add_option(
           "--rooms",
           parsed.rooms,
           "broadcast: share the clients among so many rooms; else: so many for all --memberships"
    )
        ->check(CLI::Range(0U, 100'000'000U))
        ->capture_default_str();
    app.add_option("--memberships", parsed.memberships, "Rooms that each client joins at the start")
        ->check(CLI::Range(0U, 100'000U))
        ->capture_default_str();
    app.add_flag("--disconnect", parsed.disconnect, "membership: connect, join all, disconnect");
    app.add_option("--connect-rate", parsed.connect_rate, "Connections per second; 0: unpaced")
        ->capture_default_str();
}

// What is wrong with options that go together; empty: nothing.
std::string conflict_in(const options& parsed)
{
    if (!parsed.path.starts_with('/') || !is_plain(parsed.path))
        return fmt::format("--path: {} is not an absolute path", parsed.path);
    if (!parsed.authorities.empty() && !parsed.url.tls)
        return "--ca: the server's URL is not https";
    if (parsed.what == mode::broadcast && parsed.rooms > parsed.clients)
        return "--rooms: more rooms than clients";
    if (parsed.what != mode::broadcast && parsed.rooms > 0 && parsed.rooms < rooms_of_one(parsed))
        return fmt::format("--rooms: each client needs {} different ones", rooms_of_one(parsed));
    if (parsed.memberships > 0 && parsed.what == mode::polling)
        return "--memberships: polling has none";
    if (parsed.disconnect && parsed.what != mode::membership)
        return fmt::format("--disconnect: {} has no such end", to_string(parsed.what));
    if (parsed.rate > 0 && !has_rate(parsed.what))
        return fmt::format("--rate: {} has none", to_string(parsed.what));
    return {};
}

}  // namespace

std::variant<options, early_exit> parse_options(int argc, const char* const* argv)
{
    options parsed;
    texts raw;
    CLI::App app{"Load driver for any Socket.IO v5 server.", "cosio_load"};
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    add_target_options(app, parsed, raw);
    add_load_options(app, parsed);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return early_exit{0, app.help()};
    } catch (const CLI::ParseError& error) {
        return early_exit{1, one_line(error.what())};
    }

    parsed.what = value_of<mode>(raw.mode, mode_names);
    parsed.encoding = value_of<codec>(raw.codec, codec_names);
    parsed.progress = !raw.no_progress;
    if (parsed.rate > 0 && app.count("--depth") == 0)
        parsed.depth = default_depth_of_rate;
    std::optional<server_url> target = parse_url(raw.url);
    if (!target)
        return early_exit{1, fmt::format("--url: {} is not http[s]://HOST[:PORT]", raw.url)};
    parsed.url = *std::move(target);
    if (std::string conflict = conflict_in(parsed); !conflict.empty())
        return early_exit{1, std::move(conflict)};
    return parsed;
}

}  // namespace cosio::load
