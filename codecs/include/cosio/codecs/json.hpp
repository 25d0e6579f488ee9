// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codec.hpp>

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cosio {

namespace detail {

class json_decoder;

/// One value of a parsed document. The values of a document stand in one row in document order: a
/// container is followed by its elements, an object's member is a string (its key) and a value.
struct json_node
{
    struct extent
    {
        std::uint32_t nodes;       ///< this one and all within
        std::uint32_t attachment;  ///< of a placeholder
    };

    union
    {
        std::int64_t integer;
        std::uint64_t unsigned_integer;
        double number;
        const char* text;
        extent within;
    };

    std::uint32_t size;  ///< bytes of a string, elements, members; 0 or 1 of a boolean
    value_kind kind;
    bool shadowed;  ///< a key that occurs again later in the same object

    [[nodiscard]] const json_node* next() const noexcept
    {
        return kind >= value_kind::binary ? this + within.nodes : this + 1;
    }

    [[nodiscard]] std::string_view string() const noexcept { return {text, size}; }
};

}  // namespace detail

/// The default Socket.IO v5 encoding: JSON text, binary as attachments that follow it.
/// Numbers: integers are exact to 64 bits, all others are doubles; one that no double can hold is
/// refused. NaN and infinities are written as null, -0 as 0, as JavaScript does. Strings are UTF-8; a
/// lone surrogate escape is read as U+FFFD. Of equal keys in an object the last wins.
struct json
{
    static constexpr std::string_view name = "json";

    class reader;
    class packet;
    class encoder;

    /// Depths above detail::max_any_depth are treated as that.
    [[nodiscard]] static std::unique_ptr<packet_decoder> make_decoder(
        const protocol::packet_limits& limits
    );

    /// An event with `text` as one more argument behind the others; attachments are shared.
    /// Preconditions: `event` is what an encoder made of an event; `text` needs no escapes.
    [[nodiscard]] static protocol::encoded_packet append_text(
        const protocol::encoded_packet& event, std::string_view nsp, std::string_view text
    );
};

/// A cursor at one value of a json::packet.
class json::reader
{
public:
    reader(const detail::json_node& at, const binary* attachments) noexcept
        : at_{&at}, attachments_{attachments}
    {}

    [[nodiscard]] value_kind kind() const noexcept { return at_->kind; }

    [[nodiscard]] bool boolean() const noexcept { return at_->size != 0; }

    [[nodiscard]] std::int64_t integer() const noexcept { return at_->integer; }

    [[nodiscard]] std::uint64_t unsigned_integer() const noexcept { return at_->unsigned_integer; }

    [[nodiscard]] double number() const noexcept { return at_->number; }

    [[nodiscard]] std::string_view string() const noexcept { return at_->string(); }

    /// Shares the received bytes.
    [[nodiscard]] binary bytes() const noexcept { return attachments_[at_->within.attachment]; }

    [[nodiscard]] std::size_t size() const noexcept { return at_->size; }

    template <class Visitor>
    void for_each_element(Visitor&& visitor) const
    {
        const detail::json_node* const end = at_->next();
        for (const detail::json_node* element = at_ + 1; element != end; element = element->next())
            if (!visitor(reader{*element, attachments_}))
                return;
    }

    template <class Visitor>
    void for_each_member(Visitor&& visitor) const
    {
        const detail::json_node* const end = at_->next();
        for (const detail::json_node* key = at_ + 1; key != end; key = key[1].next())
            if (!key->shadowed && !visitor(key->string(), reader{key[1], attachments_}))
                return;
    }

private:
    const detail::json_node* at_;
    const binary* attachments_;
};

/// A decoded packet. Lifetime: see decoded_packet.
class json::packet final : public decoded_packet
{
public:
    /// Precondition: index < argument_count().
    [[nodiscard]] reader argument(std::size_t index) const noexcept
    {
        return {*arguments_[index], attachments_.data()};
    }

    /// What came with connect or connect_error.
    [[nodiscard]] std::optional<reader> data() const noexcept
    {
        return data_ ? std::optional{reader{*data_, attachments_.data()}} : std::nullopt;
    }

private:
    friend class detail::json_decoder;

    const detail::json_node* data_ = nullptr;
    std::vector<const detail::json_node*> arguments_;
    std::vector<binary> attachments_;
};

/// Writes one packet straight into its frame. Binary values share their frame with the packet.
/// Errors, from finish(): not_encodable.
/// Cost: one recycled block as long as the packet fits the size that frame_builder begins with.
class json::encoder
{
public:
    encoder(const protocol::packet_header& header, const protocol::packet_limits& limits);

    void null();
    void boolean(bool value);
    void integer(std::int64_t value);
    void unsigned_integer(std::uint64_t value);
    void number(double value);
    void string(std::string_view value);
    void bytes(const binary& value);
    void begin_array(std::size_t size);
    void end_array();
    void begin_object(std::size_t size);
    void key(std::string_view value);
    void end_object();

    [[nodiscard]] result<protocol::encoded_packet> finish();

private:
    void separate();
    void open(char bracket);
    void close(char bracket);
    void quote(std::string_view text);
    void quote_escaped(std::string_view text, std::size_t clean);
    void announce_attachments();

    frame_builder out_;
    std::vector<frame_ref> attachments_;
    protocol::packet_type type_;
    std::size_t max_depth_;
    std::size_t max_attachments_;
    std::size_t depth_ = 0;
    bool comma_ = false;
    bool failed_ = false;
    bool placeholder_key_ = false;
    bool looks_like_placeholder_ = false;
};

static_assert(codec<json>);

}  // namespace cosio
