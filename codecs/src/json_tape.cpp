// SPDX-License-Identifier: BSL-1.0
#include "json_tape.hpp"

#include <cosio/detail/utf8.hpp>

#include <boost/assert.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>

namespace cosio::detail {
namespace {

/// What a decoder keeps for the next packet; a larger packet's memory is given back.
constexpr std::size_t kept_text_bytes = 256 * 1024;
constexpr std::size_t kept_nodes = 16 * 1024;

template <class Node>
void for_each_key(Node& object, auto visitor)
{
    const json_node* const end = object.next();
    for (Node* key = &object + 1; key != end; key += 1 + (key[1].next() - &key[1]))
        visitor(*key);
}

bool less(std::string_view a, std::string_view b) noexcept
{
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::optional<std::uint32_t> attachment_index(const json_node& num, std::uint32_t count) noexcept
{
    if (num.kind == value_kind::integer && num.integer >= 0 && num.integer < count)
        return static_cast<std::uint32_t>(num.integer);
    if (num.kind == value_kind::number && num.number >= 0 && num.number < count &&
        num.number == std::floor(num.number))
        return static_cast<std::uint32_t>(num.number);
    return std::nullopt;
}

std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) noexcept
{
    if (text.size() - at < 6 || text[at] != '\\' || text[at + 1] != 'u')
        return std::nullopt;
    unsigned unit = 0;
    const char* const end = text.data() + at + 6;
    if (std::from_chars(end - 4, end, unit, 16).ptr != end)
        return std::nullopt;
    return unit;
}

/// Turns each escape of half a surrogate pair into that of U+FFFD. Returns whether there was one.
bool replace_lone_surrogates(std::string& text)
{
    constexpr std::size_t escape_size = 6;
    bool replaced = false;
    std::size_t at = 0;
    while ((at = text.find('\\', at)) != std::string::npos) {
        const auto unit = escaped_unit(text, at);
        if (!unit) {
            at += 2;
            continue;
        }
        const bool leading = (*unit & 0xFC00) == 0xD800;
        const bool trailing = (*unit & 0xFC00) == 0xDC00;
        const auto following = leading ? escaped_unit(text, at + escape_size) : std::nullopt;
        if (following && (*following & 0xFC00) == 0xDC00) {
            at += 2 * escape_size;
            continue;
        }
        if (leading || trailing) {
            text.replace(at + 2, 4, "fffd");
            replaced = true;
        }
        at += escape_size;
    }
    return replaced;
}

error_code translate(const error_code& ec)
{
    if (!ec || ec.category() == protocol::protocol_category())
        return ec;
    if (ec == boost::json::error::too_deep)
        return protocol::errc::too_deep;
    return protocol::errc::invalid_payload;
}

}  // namespace

void json_tape_builder::start(std::size_t document_bytes, std::size_t attachments)
{
    if (nodes_.capacity() > kept_nodes && document_bytes <= kept_nodes) {
        nodes_ = std::vector<json_node>{};
        keys_ = std::vector<json_node*>{};
    }
    nodes_.clear();
    if (text_capacity_ < document_bytes ||
        (text_capacity_ > kept_text_bytes && document_bytes <= kept_text_bytes)) {
        constexpr std::size_t smallest = 1024;
        text_capacity_ = 0;
        text_.reset();
        text_ = std::make_unique_for_overwrite<char[]>(std::max(document_bytes, smallest));
        text_capacity_ = std::max(document_bytes, smallest);
    }
    text_size_ = 0;
    open_ = 0;
    attachments_ = static_cast<std::uint32_t>(attachments);
    illegal_placeholder_ = false;
}

bool json_tape_builder::on_object_end(std::size_t members, error_code&)
{
    json_node& object = close(members);
    if (members > 1)
        shadow_duplicates(object);
    if (attachments_ != 0)
        recognise_placeholder(object);
    return true;
}

bool json_tape_builder::on_array_end(std::size_t elements, error_code&) noexcept
{
    close(elements);
    return true;
}

bool json_tape_builder::on_int64(std::int64_t value, text_view text, error_code&)
{
    if (value == 0 && text.front() == '-')
        push(value_kind::number).number = -0.0;
    else
        push(value_kind::integer).integer = value;
    return true;
}

bool json_tape_builder::on_uint64(std::uint64_t value, text_view, error_code&)
{
    push(value_kind::unsigned_integer).unsigned_integer = value;
    return true;
}

bool json_tape_builder::on_double(double approximation, text_view text, error_code& ec)
{
    // Boost.JSON's own conversion may be off by one in the last place.
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    BOOST_ASSERT(parsed.ptr == end);
    if (parsed.ec == std::errc::result_out_of_range)  // too large, or too close to zero
        value = std::abs(approximation) < 1 ? std::copysign(0.0, approximation)
                                            : std::numeric_limits<double>::infinity();
    if (std::isinf(value)) {
        ec = protocol::errc::invalid_payload;
        return false;
    }
    push(value_kind::number).number = value;
    return true;
}

bool json_tape_builder::on_bool(bool value, error_code&)
{
    push(value_kind::boolean).size = value;
    return true;
}

bool json_tape_builder::on_null(error_code&)
{
    push(value_kind::null);
    return true;
}

json_node& json_tape_builder::push(value_kind kind)
{
    return nodes_.emplace_back(json_node{{}, 0, kind, false});
}

bool json_tape_builder::open(value_kind kind)
{
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    push(kind).within = {open_, 0};
    open_ = index;
    return true;
}

json_node& json_tape_builder::close(std::size_t size) noexcept
{
    json_node& container = nodes_[open_];
    const std::uint32_t parent = container.within.nodes;
    container.within.nodes = static_cast<std::uint32_t>(nodes_.size()) - open_;
    container.size = static_cast<std::uint32_t>(size);
    open_ = parent;
    return container;
}

bool json_tape_builder::append(text_view part) noexcept
{
    // No escape is shorter than what it stands for, so all strings fit the size of the document.
    BOOST_ASSERT(part.size() <= text_capacity_ - text_size_);
    std::memcpy(text_.get() + text_size_, part.data(), part.size());
    text_size_ += part.size();
    return true;
}

bool json_tape_builder::string(text_view part, std::size_t bytes)
{
    append(part);
    json_node& node = push(value_kind::string);
    node.text = text_.get() + text_size_ - bytes;
    node.size = static_cast<std::uint32_t>(bytes);
    return true;
}

void json_tape_builder::shadow_duplicates(json_node& object)
{
    constexpr std::uint32_t few = 8;
    if (object.size > few) {
        shadow_duplicates_of_many(object);
        return;
    }
    json_node* keys[few];
    std::size_t count = 0;
    for_each_key(object, [&](json_node& key) {
        for (std::size_t i = 0; i < count; ++i) {
            if (!keys[i]->shadowed && keys[i]->string() == key.string()) {
                keys[i]->shadowed = true;
                --object.size;
            }
        }
        keys[count++] = &key;
    });
}

/// Sorting, because a hash table would need a secret seed to withstand chosen keys (J13).
void json_tape_builder::shadow_duplicates_of_many(json_node& object)
{
    keys_.clear();
    for_each_key(object, [&](json_node& key) { keys_.push_back(&key); });
    std::ranges::sort(keys_, [](const json_node* a, const json_node* b) {
        return less(a->string(), b->string()) ||
               (!less(b->string(), a->string()) && std::less<>{}(a, b));
    });
    for (std::size_t i = 1; i < keys_.size(); ++i) {
        if (keys_[i - 1]->string() == keys_[i]->string()) {
            keys_[i - 1]->shadowed = true;
            --object.size;
        }
    }
}

void json_tape_builder::recognise_placeholder(json_node& object) noexcept
{
    bool placeholder = false;
    std::optional<std::uint32_t> index;
    for_each_key(object, [&](const json_node& key) {
        const json_node& value = *(&key + 1);
        if (key.string() == "_placeholder")
            placeholder = value.kind == value_kind::boolean && value.size != 0;
        else if (key.string() == "num")
            index = attachment_index(value, attachments_);
    });
    if (!placeholder)
        return;
    object.kind = value_kind::binary;
    object.within.attachment = index.value_or(0);
    illegal_placeholder_ |= !index;
}

json_tape::json_tape(std::size_t max_depth)
    : parser_{[max_depth] {
          boost::json::parse_options options;
          options.max_depth = max_depth;
          return options;
      }()}
{}

error_code json_tape::parse(std::string_view text, std::size_t attachments)
{
    if (text.size() > std::numeric_limits<std::uint32_t>::max())
        return protocol::errc::invalid_payload;
    const error_code ec = run(text, attachments);
    if (ec != protocol::errc::invalid_payload)
        return ec;
    if (!is_valid_utf8(text))
        return protocol::errc::invalid_utf8;
    // JavaScript sends lone surrogates as escapes, which Boost.JSON refuses (J04).
    std::string repaired{text};
    return replace_lone_surrogates(repaired) ? run(repaired, attachments) : ec;
}

error_code json_tape::run(std::string_view text, std::size_t attachments)
{
    // JSON allows white space in front; a packet does not (S07).
    if (text.empty() || text.front() == ' ' || text.front() == '\t' || text.front() == '\n' ||
        text.front() == '\r')
        return protocol::errc::invalid_payload;
    parser_.reset();
    parser_.handler().start(text.size(), attachments);
    error_code ec;
    const std::size_t used = parser_.write_some(false, text.data(), text.size(), ec);
    if (!ec && used != text.size())
        return protocol::errc::invalid_payload;
    return translate(ec);
}

}  // namespace cosio::detail
