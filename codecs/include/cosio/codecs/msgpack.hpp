// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codec.hpp>
#include <cosio/frame.hpp>

#include <array>
#include <bit>
#include <forward_list>
#include <optional>
#include <vector>

namespace cosio {

/// The wire format of npm's socket.io-msgpack-parser: one binary message {type, data, nsp, id} per
/// packet, binary arguments inline. Both peers must have chosen it (MSG-1).
///
/// What has no counterpart among the value kinds: timestamps, also those of notepack.io 2, are read as
/// the text of JavaScript's toISOString(); `undefined` as null; the ArrayBuffers of notepack.io 2 as
/// binary; any other extension as the array [type, bytes], as Node does it.
struct msgpack
{
    static constexpr std::string_view name = "msgpack";

    class reader;
    class packet;
    class encoder;

    /// Lifetime: what the decoder returns are views into the message that it was fed.
    [[nodiscard]] static std::unique_ptr<packet_decoder> make_decoder(
        const protocol::packet_limits& limits
    );

    /// An event with `text` as one more argument behind the others.
    /// Preconditions: `event` is what an encoder made of an event of `nsp` without an id; `text` is
    /// ASCII and shorter than 32 bytes.
    [[nodiscard]] static protocol::encoded_packet append_text(
        const protocol::encoded_packet& event, std::string_view nsp, std::string_view text
    );
};

namespace detail {

/// The head of one MessagePack value: what it is and where its contents are.
struct msgpack_item
{
    value_kind kind = value_kind::null;
    bool is_undefined = false;  ///< the null is JavaScript's undefined
    bool is_extension = false;  ///< the array is an extension: `bits` its type, `body` its bytes
    std::uint32_t size = 0;     ///< bytes of a string, binary or extension; elements; members
    std::uint64_t bits = 0;     ///< integer, double, truth; milliseconds of a timestamp
    const std::byte* body = nullptr;  ///< null for the string that stands for a timestamp

    [[nodiscard]] std::string_view text() const noexcept { return as_text({body, size}); }

    [[nodiscard]] bool is_container() const noexcept
    {
        return (kind == value_kind::array || kind == value_kind::object) && !is_extension;
    }

    /// Reads the head at `at` and moves `at` to what follows: a container's first element, else the
    /// next value. False if the bytes are cut short or are not MessagePack.
    [[nodiscard]] bool read(const std::byte*& at, const std::byte* end) noexcept;
};

}  // namespace detail

/// A cursor straight over the bytes of a validated message.
class msgpack::reader
{
public:
    [[nodiscard]] value_kind kind() const noexcept { return item_.kind; }

    [[nodiscard]] bool boolean() const noexcept { return item_.bits != 0; }

    [[nodiscard]] std::int64_t integer() const noexcept
    {
        return static_cast<std::int64_t>(item_.bits);
    }

    [[nodiscard]] std::uint64_t unsigned_integer() const noexcept { return item_.bits; }

    [[nodiscard]] double number() const noexcept { return std::bit_cast<double>(item_.bits); }

    [[nodiscard]] std::string_view string() const
    {
        return item_.body ? item_.text() : timestamp_text();
    }

    /// Cost: copies the bytes into a frame.
    [[nodiscard]] binary bytes() const { return binary{bytes_view{item_.body, item_.size}}; }

    [[nodiscard]] std::size_t size() const noexcept { return item_.is_extension ? 2 : item_.size; }

    template <class Visitor>
    void for_each_element(Visitor&& visit) const
    {
        if (item_.is_extension) {
            if (visit(extension_type()))
                visit(extension_bytes());
            return;
        }
        const std::byte* at = item_.body;
        for (std::uint32_t i = 0; i < item_.size; ++i) {
            const reader element{at, *owner_};
            if (!visit(element))
                return;
            at = element.end();
        }
        end_ = at;
    }

    /// The text of a key that is an integer is valid during the visit only.
    template <class Visitor>
    void for_each_member(Visitor&& visit) const
    {
        const std::byte* at = item_.body;
        for (std::uint32_t i = 0; i < item_.size; ++i) {
            const reader key{at, *owner_};
            const reader member{key.end_, *owner_};
            std::array<char, 24> digits;
            if (!visit(key.key_text(digits), member))
                return;
            at = member.end();
        }
        end_ = at;
    }

private:
    friend class msgpack::packet;

    reader(const std::byte* at, const packet& owner) noexcept;

    [[nodiscard]] reader extension_type() const noexcept;
    [[nodiscard]] reader extension_bytes() const noexcept;
    [[nodiscard]] std::string_view key_text(std::array<char, 24>& digits) const noexcept;
    [[nodiscard]] std::string_view timestamp_text() const;

    [[nodiscard]] const std::byte* end() const noexcept { return end_ ? end_ : skip(); }

    [[nodiscard]] const std::byte* skip() const noexcept;

    detail::msgpack_item item_;
    const packet* owner_;
    // Where the next value begins. A container learns it when it is visited to its end, so that a
    // walk over a tree reads every byte once and not once per level.
    mutable const std::byte* end_ = nullptr;
};

/// One decoded packet; reused for the next message.
class msgpack::packet final : public decoded_packet
{
public:
    explicit packet(const protocol::packet_limits& limits);
    packet(const packet&) = delete;
    packet& operator=(const packet&) = delete;

    /// Validates all of `message` and shows it. Lifetime: `message` must stay where it is.
    [[nodiscard]] error_code assign(bytes_view message);

    [[nodiscard]] reader argument(std::size_t index) const noexcept
    {
        const std::size_t first = header_.type == protocol::packet_type::event ? 1 : 0;
        return reader{elements_[first + index], *this};
    }

    [[nodiscard]] std::optional<reader> data() const noexcept
    {
        return data_ ? std::optional{reader{data_, *this}} : std::nullopt;
    }

private:
    friend class msgpack::reader;

    using item = detail::msgpack_item;

    struct fields
    {
        item type;
        item nsp;
        item id{.is_undefined = true};
        item data;
        const std::byte* data_at = nullptr;
    };

    struct level
    {
        std::uint32_t remaining;
        bool is_object;
    };

    [[nodiscard]] error_code read_fields(bytes_view message, fields& out);
    [[nodiscard]] error_code read_field(std::string_view key, const std::byte*& at, fields& out);
    [[nodiscard]] error_code validate(const std::byte*& at, std::size_t depth);
    [[nodiscard]] error_code validate_leaf(const item& value);
    [[nodiscard]] error_code validate_key(const std::byte*& at, item& key) const noexcept;
    [[nodiscard]] error_code assign_header(const fields& from);
    [[nodiscard]] error_code assign_data(const fields& from);
    [[nodiscard]] error_code assign_event();

    protocol::packet_limits limits_;
    const std::byte* end_ = nullptr;
    const std::byte* data_ = nullptr;
    std::uint64_t heap_cost_ = 0;
    std::vector<const std::byte*> elements_;
    std::vector<level> levels_;
    std::array<char, 32> number_name_{};
    // Timestamps that were asked for as text; a list because earlier views must hold.
    mutable std::forward_list<std::array<char, 32>> texts_;
};

/// Writes one packet into one frame, byte for byte as notepack.io encodes what Node's server builds.
/// Lifetime: the header's namespace is read by finish().
/// Errors: not_encodable for invalid UTF-8 and for all that a decoder with the same limits refuses.
class msgpack::encoder
{
public:
    encoder(const protocol::packet_header& header, const protocol::packet_limits& limits);

    void null();
    void boolean(bool value);
    void integer(std::int64_t value);
    void unsigned_integer(std::uint64_t value);

    /// A double without a fraction is written as an integer if 64 bits hold it, and so -0 as 0.
    void number(double value);

    void string(std::string_view value);
    void bytes(const binary& value);
    void begin_array(std::size_t count);

    void end_array() noexcept { --depth_; }

    void begin_object(std::size_t count);
    void key(std::string_view text);

    void end_object() noexcept { --depth_; }

    [[nodiscard]] result<protocol::encoded_packet> finish();

private:
    void begin_value();
    void begin_container(std::size_t count);
    void write(std::uint8_t lead, std::uint64_t value, std::size_t width);
    void write_unsigned(std::uint64_t value);
    void write_negative(std::int64_t value);
    void write_text(std::string_view text);

    protocol::packet_header header_;
    protocol::packet_limits limits_;
    frame_builder out_;
    std::size_t depth_ = 0;
    std::size_t name_at_ = 0;
    std::uint64_t heap_cost_ = 0;
    bool has_data_ = false;
    bool failed_ = false;
};

}  // namespace cosio
