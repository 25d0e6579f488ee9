// SPDX-License-Identifier: BSL-1.0
#include "json_number.hpp"

#include <cosio/any_value.hpp>
#include <cosio/codecs/json.hpp>
#include <cosio/detail/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cosio {
namespace {

constexpr std::uint64_t every_byte(std::uint8_t value) noexcept
{
    return value * 0x0101010101010101ULL;
}

/// Nonzero if a byte of `word` is below `limit`, which is at most 128.
constexpr std::uint64_t any_below(std::uint64_t word, std::uint8_t limit) noexcept
{
    return (word - every_byte(limit)) & ~word & every_byte(0x80);
}

constexpr bool needs_escape(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

enum class stop_at : bool
{
    escapes,
    escapes_and_non_ascii,
};

/// How many bytes stand before the first that cannot be copied as it is.
template <stop_at Stop>
std::size_t clean_prefix(std::string_view text) noexcept
{
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, sizeof word);
        std::uint64_t found = any_below(word, 0x20) | any_below(word ^ every_byte('"'), 1) |
                              any_below(word ^ every_byte('\\'), 1);
        if constexpr (Stop == stop_at::escapes_and_non_ascii)
            found |= word & every_byte(0x80);
        if (found != 0)
            break;
    }
    while (at < text.size() && !needs_escape(text[at]) &&
           (Stop == stop_at::escapes || static_cast<unsigned char>(text[at]) < 0x80))
        ++at;
    return at;
}

constexpr char escape_letter(char c) noexcept
{
    switch (c) {
    case '"':
    case '\\': return c;
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\f': return 'f';
    case '\r': return 'r';
    default: return 'u';
    }
}

char* put(char* out, std::string_view text) noexcept
{
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

template <class Integer>
void append_integer(frame_builder& out, Integer value)
{
    constexpr std::size_t longest = 20;
    char* const begin = reinterpret_cast<char*>(out.prepare(longest));
    const char* const end = std::to_chars(begin, begin + longest, value).ptr;
    out.commit(static_cast<std::size_t>(end - begin));
}

constexpr std::size_t type_offset = 1;
constexpr std::size_t after_type = 2;

}  // namespace

protocol::encoded_packet json::append_text(
    const protocol::encoded_packet& event, std::string_view, std::string_view text
)
{
    const bytes_view old = event.head->payload();
    frame_builder out{frame_kind::text, old.size() + text.size() + 3};
    out.append(old.first(old.size() - 1));  // the array that ends here is never empty
    out.append(std::string_view{",\""});
    out.append(text);
    out.append(std::string_view{"\"]"});
    return {out.finish(), event.attachments};
}

json::encoder::encoder(const protocol::packet_header& header, const protocol::packet_limits& limits)
    : out_{frame_kind::text},
      type_{header.type},
      max_depth_{std::min(limits.max_depth, detail::max_any_depth)},
      max_attachments_{limits.max_attachments}
{
    out_.push_back('4');  // Engine.IO v4: message
    out_.push_back(static_cast<char>('0' + static_cast<int>(header.type)));
    if (header.nsp != "/") {
        failed_ = !detail::is_valid_utf8(header.nsp);
        out_.append(header.nsp);
        out_.push_back(',');
    }
    if (header.id)
        append_integer(out_, *header.id);
}

void json::encoder::null()
{
    separate();
    out_.append(std::string_view{"null"});
}

void json::encoder::boolean(bool value)
{
    looks_like_placeholder_ |= value && placeholder_key_;
    separate();
    out_.append(std::string_view{value ? "true" : "false"});
}

void json::encoder::integer(std::int64_t value)
{
    separate();
    append_integer(out_, value);
}

void json::encoder::unsigned_integer(std::uint64_t value)
{
    separate();
    append_integer(out_, value);
}

void json::encoder::number(double value)
{
    if (!std::isfinite(value)) {
        null();
        return;
    }
    separate();
    char* const begin = reinterpret_cast<char*>(out_.prepare(detail::max_json_number_bytes));
    out_.commit(static_cast<std::size_t>(detail::write_json_number(value, begin) - begin));
}

void json::encoder::string(std::string_view value)
{
    separate();
    quote(value);
}

void json::encoder::bytes(const binary& value)
{
    const bool allowed =
        type_ == protocol::packet_type::event || type_ == protocol::packet_type::ack;  // BIN-3
    if (!allowed || attachments_.size() == max_attachments_ || depth_ == max_depth_) {
        failed_ = true;
        return;
    }
    separate();
    out_.append(std::string_view{R"({"_placeholder":true,"num":)"});
    append_integer(out_, attachments_.size());
    out_.push_back('}');
    attachments_.push_back(value.share());
}

void json::encoder::begin_array(std::size_t)
{
    open('[');
}

void json::encoder::end_array()
{
    close(']');
}

void json::encoder::begin_object(std::size_t)
{
    open('{');
}

void json::encoder::key(std::string_view value)
{
    separate();
    quote(value);
    out_.push_back(':');
    comma_ = false;
    placeholder_key_ = value == "_placeholder";
}

void json::encoder::end_object()
{
    close('}');
}

result<protocol::encoded_packet> json::encoder::finish()
{
    // A user's object that looks like a placeholder would be replaced by one of the attachments.
    if (failed_ || (looks_like_placeholder_ && !attachments_.empty()))
        return make_error_code(errc::not_encodable);
    if (!attachments_.empty())
        announce_attachments();
    return protocol::encoded_packet{out_.finish(), std::move(attachments_)};
}

void json::encoder::separate()
{
    if (comma_)
        out_.push_back(',');
    comma_ = true;
    placeholder_key_ = false;
}

void json::encoder::open(char bracket)
{
    separate();
    out_.push_back(bracket);
    comma_ = false;
    if (++depth_ > max_depth_)
        failed_ = true;
}

void json::encoder::close(char bracket)
{
    out_.push_back(bracket);
    comma_ = true;
    --depth_;
}

void json::encoder::quote(std::string_view text)
{
    const std::size_t clean = clean_prefix<stop_at::escapes_and_non_ascii>(text);
    if (clean != text.size()) {
        quote_escaped(text, clean);
        return;
    }
    char* out = reinterpret_cast<char*>(out_.prepare(text.size() + 2));
    *out++ = '"';
    out = put(out, text);
    *out = '"';
    out_.commit(text.size() + 2);
}

void json::encoder::quote_escaped(std::string_view text, std::size_t clean)
{
    if (!detail::is_valid_utf8(text.substr(clean))) {
        failed_ = true;
        return;
    }
    out_.push_back('"');
    while (!text.empty()) {
        const std::size_t copied = clean_prefix<stop_at::escapes>(text);
        out_.append(text.substr(0, copied));
        text.remove_prefix(copied);
        if (text.empty())
            break;
        constexpr std::string_view hex = "0123456789abcdef";
        const char letter = escape_letter(text.front());
        const auto code = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        out_.push_back('\\');
        out_.push_back(letter);
        if (letter == 'u') {
            out_.append(std::string_view{"00"});
            out_.push_back(hex[code >> 4]);
            out_.push_back(hex[code & 0xF]);
        }
    }
    out_.push_back('"');
}

/// Makes an event a binary event: how many attachments follow is known only at the end, and its place
/// is in front.
void json::encoder::announce_attachments()
{
    char announcement[24];
    char* const end = std::to_chars(announcement, announcement + 20, attachments_.size()).ptr;
    *end = '-';
    const std::string_view inserted{announcement, end + 1};

    char* const old_end = reinterpret_cast<char*>(out_.prepare(inserted.size()));
    char* const begin = old_end - out_.size();
    std::memmove(
        begin + after_type + inserted.size(), begin + after_type, out_.size() - after_type
    );
    put(begin + after_type, inserted);
    begin[type_offset] = type_ == protocol::packet_type::event ? '5' : '6';
    out_.commit(inserted.size());
}

}  // namespace cosio
