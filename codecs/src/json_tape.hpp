// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codecs/json.hpp>

#include <boost/json/basic_parser.hpp>

#include <memory>
#include <string>
#include <vector>

namespace cosio::detail {

/// Receives what boost::json::basic_parser recognises and lays it down as a row of nodes.
class json_tape_builder
{
public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    using text_view = boost::json::string_view;

    /// Forgets the last document and makes room for all strings of the next.
    void start(std::size_t document_bytes, std::size_t attachments);

    bool on_document_begin(error_code&) noexcept { return true; }

    bool on_document_end(error_code&) noexcept { return true; }

    bool on_object_begin(error_code&) { return open(value_kind::object); }

    bool on_object_end(std::size_t members, error_code&);

    bool on_array_begin(error_code&) { return open(value_kind::array); }

    bool on_array_end(std::size_t elements, error_code&) noexcept;

    bool on_key_part(text_view part, std::size_t, error_code&) noexcept { return append(part); }

    bool on_key(text_view part, std::size_t bytes, error_code&) { return string(part, bytes); }

    bool on_string_part(text_view part, std::size_t, error_code&) noexcept { return append(part); }

    bool on_string(text_view part, std::size_t bytes, error_code&) { return string(part, bytes); }

    bool on_number_part(text_view, error_code&) noexcept { return true; }

    bool on_int64(std::int64_t value, text_view text, error_code&);
    bool on_uint64(std::uint64_t value, text_view text, error_code&);
    bool on_double(double approximation, text_view text, error_code& ec);
    bool on_bool(bool value, error_code&);
    bool on_null(error_code&);

    bool on_comment_part(text_view, error_code&) noexcept { return true; }

    bool on_comment(text_view, error_code&) noexcept { return true; }

    [[nodiscard]] const json_node& root() const noexcept { return nodes_.front(); }

    [[nodiscard]] bool illegal_placeholder() const noexcept { return illegal_placeholder_; }

private:
    json_node& push(value_kind kind);
    bool open(value_kind kind);
    json_node& close(std::size_t size) noexcept;
    bool append(text_view part) noexcept;
    bool string(text_view part, std::size_t bytes);
    void shadow_duplicates(json_node& object);
    void shadow_duplicates_of_many(json_node& object);
    void recognise_placeholder(json_node& object) noexcept;

    std::vector<json_node> nodes_;
    std::vector<json_node*> keys_;
    std::unique_ptr<char[]> text_;
    std::size_t text_size_ = 0;
    std::size_t text_capacity_ = 0;
    std::uint32_t open_ = 0;  ///< innermost open container; each keeps its parent in within.nodes
    std::uint32_t attachments_ = 0;
    bool illegal_placeholder_ = false;
};

/// Memory for one parsed document, used again for the next.
class json_tape
{
public:
    explicit json_tape(std::size_t max_depth);

    /// Parses `text`. If `attachments` is not 0, placeholders become values of kind binary.
    /// Errors: invalid_payload, invalid_utf8, too_deep.
    [[nodiscard]] error_code parse(std::string_view text, std::size_t attachments);

    /// Precondition: the last parse() succeeded.
    [[nodiscard]] const json_node& root() const noexcept { return parser_.handler().root(); }

    /// A placeholder names no attachment (BIN-7, B08, B09).
    [[nodiscard]] bool illegal_placeholder() const noexcept
    {
        return parser_.handler().illegal_placeholder();
    }

private:
    [[nodiscard]] error_code run(std::string_view text, std::size_t attachments);

    boost::json::basic_parser<json_tape_builder> parser_;
};

}  // namespace cosio::detail
