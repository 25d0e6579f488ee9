// SPDX-License-Identifier: BSL-1.0
#include "fuzzing_peer.hpp"

#include "support/check.hpp"
#include "wire/deflate.hpp"
#include "wire/websocket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cosio::test {
namespace {

constexpr std::array mask{std::byte{0x5A}, std::byte{0}, std::byte{0xFF}, std::byte{0x81}};
constexpr std::size_t MiB = 1024 * 1024;

constexpr websocket_options limits_of_the_suite{
    .max_payload_bytes = 16 * MiB, .max_fragments = 65'536
};

/// With context, and every message compressed.
constexpr deflate_options our_terms{
    .threshold_bytes = 0, .server_no_context_takeover = false, .client_no_context_takeover = false
};

header_fields extensions(std::string_view value)
{
    header_fields fields;
    fields.append("Sec-WebSocket-Extensions", value);
    return fields;
}

unsigned window_in(std::string_view answer, std::string_view parameter)
{
    const auto at = answer.find(parameter);
    return at == answer.npos
               ? 15U
               : static_cast<unsigned>(std::stoul(std::string{answer.substr(at + parameter.size())})
                 );
}

}  // namespace

fuzzing_peer::fuzzing_peer(engine::role ours, const std::optional<autobahn::deflate_terms>& terms)
    : ours_{ours}
{
    auto [our_end, peers_end] = make_memory_streams(world_.home(), {.capacity_bytes = MiB});
    stream_ = std::move(peers_end);
    websocket_options options = limits_of_the_suite;
    if (terms)
        options.deflate = negotiate(*terms);
    endpoint_ = std::make_unique<echo_endpoint>(world_.home(), std::move(our_end), ours, options);
    world_.run();
}

fuzzing_peer::~fuzzing_peer()
{
    stream_->close();
    world_.run();
}

std::optional<deflate_options> fuzzing_peer::negotiate(const autobahn::deflate_terms& terms)
{
    if (ours_ == engine::role::server) {
        const auto accepted = wire::accept_deflate(extensions(terms.offer), our_terms);
        REQUIRE(accepted.has_value());
        use_terms(accepted->answer);
        return accepted->agreed;
    }
    const auto agreed = wire::check_extensions(extensions(terms.answer), our_terms);
    REQUIRE((agreed && *agreed));
    use_terms(terms.answer);
    return *agreed;
}

void fuzzing_peer::use_terms(std::string_view answer)
{
    const auto direction = [answer](std::string_view side) {
        return deflate_direction{
            .window_bits = window_in(answer, fmt::format("{}_max_window_bits=", side)),
            .keeps_context = answer.find(fmt::format("{}_no_context_takeover", side)) == answer.npos
        };
    };
    const bool is_client = ours_ == engine::role::server;
    deflater_.emplace(direction(is_client ? "client" : "server"));
    inflater_.emplace(direction(is_client ? "server" : "client"));
}

std::string fuzzing_peer::encode(const autobahn::sent_frame& frame) const
{
    std::vector<std::byte> bytes;
    wire::append_websocket_frame(
        bytes,
        wire::websocket_opcode::binary,
        as_bytes(frame.payload),
        ours_ == engine::role::server ? &mask : nullptr
    );
    bytes[0] = static_cast<std::byte>(frame.first);
    return std::string{as_text(bytes)};
}

std::size_t fuzzing_peer::header_size(const autobahn::sent_frame& frame) const
{
    return encode(frame).size() - frame.payload.size();
}

std::string fuzzing_peer::encode_message(
    std::string_view payload, bool binary, std::size_t fragment
)
{
    unsigned first = binary ? 0x02 : 0x01;
    std::string compressed;
    if (deflater_) {
        compressed = deflater_->compress(payload);
        payload = compressed;
        first |= 0x40;
    }
    std::string bytes;
    do {
        const std::size_t size =
            fragment == 0 ? payload.size() : std::min(fragment, payload.size());
        const bool last = size == payload.size();
        bytes += encode({first | (last ? 0x80U : 0U), std::string{payload.substr(0, size)}});
        payload.remove_prefix(size);
        first = 0;
    } while (!payload.empty());
    return bytes;
}

void fuzzing_peer::write(std::string_view bytes)
{
    error_code ec;
    while (!bytes.empty() && !ec) {
        const bytes_view rest = as_bytes(bytes);
        const std::size_t written = stream_->try_write({&rest, 1}, ec);
        bytes.remove_prefix(written);
        world_.run();
        const std::size_t come = come_.size();
        read();
        REQUIRE((ec || written != 0 || come_.size() != come));
    }
    for (std::size_t before = ~std::size_t{0}; before != come_.size(); read()) {
        before = come_.size();
        world_.run();
    }
    while (take_frame()) {
    }
    come_.erase(0, std::exchange(taken_, 0));
    if (ended_ && come_.empty() && (heard_.empty() || heard_.back() != "end"))
        heard_.emplace_back("end");
}

void fuzzing_peer::read()
{
    constexpr std::size_t block = 256 * 1024;
    error_code ec;
    for (std::size_t count = 1; count != 0 && !ec;) {
        const std::size_t before = come_.size();
        come_.resize(before + block);
        count = stream_->try_read(std::as_writable_bytes(std::span{come_}).subspan(before), ec);
        come_.resize(before + count);
    }
    ended_ = ended_ || static_cast<bool>(ec);
}

/// A frame that has come as a whole.
bool fuzzing_peer::take_frame()
{
    const std::string_view rest = std::string_view{come_}.substr(taken_);
    const auto octet = [rest](std::size_t at) {
        return std::uint64_t{static_cast<unsigned char>(rest[at])};
    };
    if (rest.size() < 2)
        return false;
    const bool is_masked = octet(1) >= 0x80;
    REQUIRE(is_masked == (ours_ == engine::role::client));
    std::uint64_t size = octet(1) & 0x7F;
    const std::size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    const std::size_t head = 2 + wide + (is_masked ? 4 : 0);
    if (rest.size() < head)
        return false;
    if (wide != 0)
        size = 0;
    for (std::size_t i = 0; i != wide; ++i)
        size = size << 8 | octet(2 + i);
    REQUIRE((wide == 0 || size > (wide == 2 ? 125U : 0xFFFFU)));
    if (rest.size() - head < size)
        return false;
    std::string payload{rest.substr(head, size)};
    if (is_masked) {
        std::array<std::byte, 4> key;
        std::ranges::copy(as_bytes(rest.substr(head - 4, 4)), key.begin());
        wire::apply_mask(as_bytes(payload), std::as_writable_bytes(std::span{payload}).data(), key);
    }
    taken_ += head + size;
    hear(static_cast<unsigned>(octet(0)), std::move(payload));
    return true;
}

void fuzzing_peer::hear(unsigned first, std::string payload)
{
    if ((first & 0x40) != 0) {
        REQUIRE(inflater_.has_value());
        payload = inflater_->decompress(payload);
        ++compressed_;
        first &= ~0x40U;
    }
    const auto octet = [&payload](std::size_t at) {
        return unsigned{static_cast<unsigned char>(payload[at])};
    };
    switch (first) {
    case 0x81: heard_.push_back("text " + payload); break;
    case 0x82: heard_.push_back("binary " + payload); break;
    case 0x8A: heard_.push_back("pong " + payload); break;
    case 0x88: {
        const unsigned code = payload.empty() ? 1005 : octet(0) << 8 | octet(1);
        heard_.push_back(fmt::format("close {}", code));
        break;
    }
    default: heard_.push_back(fmt::format("frame {:#x}", first)); break;
    }
}

}  // namespace cosio::test
