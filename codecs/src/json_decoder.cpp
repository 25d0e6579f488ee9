// SPDX-License-Identifier: BSL-1.0
#include "json_number.hpp"
#include "json_tape.hpp"

#include <cosio/any_value.hpp>
#include <cosio/codecs/json.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/detail/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cosio {
namespace detail {
namespace {

/// What stands in front of the payload: <type>[<attachments>-][<namespace>,][<id>]
struct json_head
{
    protocol::packet_type type = protocol::packet_type::event;
    std::size_t attachments = 0;
    std::string_view nsp = "/";
    std::optional<std::uint64_t> id = std::nullopt;
    std::string_view payload = {};
};

constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

class json_head_reader
{
public:
    json_head_reader(std::string_view text, const protocol::packet_limits& limits) noexcept
        : rest_{text}, limits_{limits}
    {}

    [[nodiscard]] result<json_head> read()
    {
        error_code ec = read_type();
        if (!ec)
            ec = read_namespace();
        if (!ec)
            ec = read_id();
        if (ec)
            return ec;
        head_.payload = rest_;
        return head_;
    }

private:
    [[nodiscard]] error_code read_type()
    {
        if (rest_.empty() || rest_.front() < '0' || rest_.front() > '6')
            return protocol::errc::unknown_packet_type;
        const int type = rest_.front() - '0';
        rest_.remove_prefix(1);
        constexpr int binary_event = 5;
        if (type < binary_event) {
            head_.type = static_cast<protocol::packet_type>(type);
            return {};
        }
        head_.type =
            type == binary_event ? protocol::packet_type::event : protocol::packet_type::ack;
        return read_attachments();
    }

    [[nodiscard]] error_code read_attachments()
    {
        if (rest_.empty() || !is_digit(rest_.front()) ||
            (rest_.front() == '0' && !COSIO_MUTANT(reconstructor_kept_for_no_attachments)))
            return protocol::errc::illegal_attachments;
        const std::string_view digits = take_digits();
        if (rest_.empty() || rest_.front() != '-')
            return protocol::errc::illegal_attachments;
        rest_.remove_prefix(1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), head_.attachments);
        if (error != std::errc{} || (head_.attachments > limits_.max_attachments &&
                                     !COSIO_MUTANT(attachment_count_unchecked)))
            return protocol::errc::too_many_attachments;
        return {};
    }

    [[nodiscard]] error_code read_namespace()
    {
        if (rest_.empty() || rest_.front() != '/')
            return {};
        const std::size_t comma = rest_.find(',');
        head_.nsp = rest_.substr(0, comma);
        rest_ = comma == std::string_view::npos ? std::string_view{} : rest_.substr(comma + 1);
        // S26: the main namespace is `/` or absent, nothing that is merely similar.
        if (head_.nsp.size() > limits_.max_namespace_bytes)
            return protocol::errc::namespace_too_long;
        if (head_.nsp == "//")
            return protocol::errc::invalid_namespace;
        if (!is_valid_utf8(head_.nsp))
            return protocol::errc::invalid_utf8;
        return {};
    }

    [[nodiscard]] error_code read_id()
    {
        if (rest_.empty() || !is_digit(rest_.front()))
            return {};
        constexpr std::size_t max_digits = 20;
        const std::string_view digits = take_digits();
        std::uint64_t id = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
        if (error != std::errc{} || id > protocol::max_ack_id || digits.size() > max_digits)
            return protocol::errc::invalid_ack_id;
        // S21: only events and their answers have ids; on others an id means nothing.
        if (head_.type == protocol::packet_type::event || head_.type == protocol::packet_type::ack)
            head_.id = id;
        return {};
    }

    std::string_view take_digits() noexcept
    {
        const auto end = std::ranges::find_if_not(rest_, is_digit);
        const std::string_view digits{rest_.begin(), end};
        rest_.remove_prefix(digits.size());
        return digits;
    }

    std::string_view rest_;
    const protocol::packet_limits& limits_;
    json_head head_;
};

class json_partial final : public partial_packet
{
public:
    json_partial(const json_head& head, const void* parsed_by, std::uint64_t parse_count)
        : nsp_{head.nsp},
          payload_{head.payload},
          expected_{head.attachments},
          parsed_by_{parsed_by},
          parse_count_{parse_count}
    {
        header_ = {head.type, nsp_, head.id};
        attachments_.reserve(expected_);
    }

    [[nodiscard]] const protocol::packet_header& header() const noexcept override
    {
        return header_;
    }

    [[nodiscard]] error_code add(bytes_view message, std::size_t max_bytes)
    {
        if (message.size() > max_bytes - bytes_)
            return protocol::errc::attachments_too_large;
        bytes_ += message.size();
        attachments_.emplace_back(message);
        return {};
    }

    [[nodiscard]] bool complete() const noexcept { return attachments_.size() == expected_; }

    /// Whether the payload is what that decoder parsed last.
    [[nodiscard]] bool parsed(const void* decoder, std::uint64_t parse_count) const noexcept
    {
        return decoder == parsed_by_ && parse_count == parse_count_;
    }

    [[nodiscard]] json_head head() const noexcept
    {
        return {header_.type, expected_, header_.nsp, header_.id, payload_};
    }

    [[nodiscard]] std::vector<binary>& attachments() noexcept { return attachments_; }

private:
    std::string nsp_;
    std::string payload_;
    protocol::packet_header header_;
    std::vector<binary> attachments_;
    std::size_t expected_;
    std::size_t bytes_ = 0;
    const void* parsed_by_;
    std::uint64_t parse_count_;
};

}  // namespace

class json_decoder final : public packet_decoder
{
public:
    explicit json_decoder(const protocol::packet_limits& limits)
        : limits_{limits}, tape_{std::min(limits.max_depth, max_any_depth)}
    {}

    [[nodiscard]] result<const decoded_packet*> feed(
        std::unique_ptr<partial_packet>& partial, frame_kind kind, bytes_view message
    ) override
    {
        packet_.attachments_.clear();
        if (kind == frame_kind::binary)
            return feed_attachment(partial, message);
        if (partial) {
            partial.reset();
            return make_error_code(protocol::errc::text_while_reconstructing);
        }
        return feed_text(partial, as_text(message));
    }

private:
    [[nodiscard]] result<const decoded_packet*> feed_text(
        std::unique_ptr<partial_packet>& partial, std::string_view text
    )
    {
        const result<json_head> head = json_head_reader{text, limits_}.read();
        if (!head)
            return head.error();
        if (const error_code ec = parse(*head))
            return ec;
        if (head->attachments != 0 ||
            (COSIO_MUTANT(reconstructor_kept_for_no_attachments) && text.front() > '4')) {
            partial = std::make_unique<json_partial>(*head, this, parse_count_);
            return nullptr;
        }
        nsp_ = head->nsp;
        packet_.header_ = {head->type, nsp_, head->id};
        return &packet_;
    }

    [[nodiscard]] std::size_t max_attachment_bytes() const noexcept
    {
        return limits_.max_attachment_bytes.value_or(limits_.default_attachment_bytes);
    }

    [[nodiscard]] result<const decoded_packet*> feed_attachment(
        std::unique_ptr<partial_packet>& partial, bytes_view message
    )
    {
        if (!partial)
            return make_error_code(protocol::errc::binary_not_expected);
        std::unique_ptr<partial_packet> owned = std::move(partial);  // dropped on any error
        auto& current = static_cast<json_partial&>(*owned);
        if (const error_code ec = current.add(message, max_attachment_bytes()))
            return ec;
        if (!current.complete()) {
            partial = std::move(owned);
            return nullptr;
        }
        return complete(current);
    }

    [[nodiscard]] result<const decoded_packet*> complete(json_partial& current)
    {
        // Packets of other connections may have been parsed since the head of this one.
        if (!current.parsed(this, parse_count_))
            if (const error_code ec = parse(current.head()))
                return ec;
        if (tape_.illegal_placeholder())
            return make_error_code(protocol::errc::illegal_placeholder);
        nsp_ = current.header().nsp;
        packet_.header_ = {current.header().type, nsp_, current.header().id};
        packet_.attachments_ = std::move(current.attachments());
        return &packet_;
    }

    /// Parses the payload and gives the packet its view of it.
    [[nodiscard]] error_code parse(const json_head& head)
    {
        ++parse_count_;
        packet_.event_ = {};
        packet_.argument_count_ = 0;
        packet_.arguments_.clear();
        packet_.data_ = nullptr;
        if (head.payload.empty())
            return may_be_empty(head) ? error_code{} : protocol::errc::invalid_payload;
        if (head.type == protocol::packet_type::disconnect)
            return protocol::errc::invalid_payload;
        if (const error_code ec = tape_.parse(head.payload, head.attachments))
            return ec;
        switch (head.type) {
        case protocol::packet_type::connect:
            if (tape_.root().kind != value_kind::object)
                return protocol::errc::invalid_payload;
            packet_.data_ = &tape_.root();
            return {};
        case protocol::packet_type::connect_error: packet_.data_ = &tape_.root(); return {};
        case protocol::packet_type::disconnect: break;
        case protocol::packet_type::event: return take_event();
        case protocol::packet_type::ack: return take_arguments(0);
        }
        return protocol::errc::invalid_payload;
    }

    [[nodiscard]] static bool may_be_empty(const json_head& head) noexcept
    {
        return head.type != protocol::packet_type::event && head.attachments == 0;
    }

    [[nodiscard]] error_code take_event()
    {
        const json_node& array = tape_.root();
        if (array.kind != value_kind::array || array.size == 0)
            return protocol::errc::invalid_payload;
        const json_node& name = *(&array + 1);
        if (name.kind == value_kind::string)
            packet_.event_ = name.string();
        else if (!name_by_number(name))
            return protocol::errc::invalid_payload;
        if (packet_.event_.size() > limits_.max_event_bytes)
            return protocol::errc::event_name_too_long;
        if (protocol::is_reserved_event(packet_.event_))
            return protocol::errc::reserved_event;
        return take_arguments(1);
    }

    /// EV-3: a number is a name, written as JavaScript writes it.
    [[nodiscard]] bool name_by_number(const json_node& name) noexcept
    {
        char* const begin = number_name_;
        char* end = begin;
        if (name.kind == value_kind::integer)
            end = std::to_chars(begin, begin + max_json_number_bytes, name.integer).ptr;
        else if (name.kind == value_kind::unsigned_integer)
            end = std::to_chars(begin, begin + max_json_number_bytes, name.unsigned_integer).ptr;
        else if (name.kind == value_kind::number)
            end = write_json_number(name.number, begin);
        packet_.event_ = {begin, static_cast<std::size_t>(end - begin)};
        return end != begin;
    }

    /// Takes the elements of the payload from the `first` on.
    [[nodiscard]] error_code take_arguments(std::size_t first)
    {
        const json_node& array = tape_.root();
        if (array.kind != value_kind::array)
            return protocol::errc::invalid_payload;
        packet_.argument_count_ = array.size - first;
        if (packet_.argument_count_ > limits_.max_args)
            return protocol::errc::too_many_arguments;
        const json_node* element = &array + 1;
        for (std::size_t i = 0; i < array.size; ++i, element = element->next())
            if (i >= first)
                packet_.arguments_.push_back(element);
        return {};
    }

    protocol::packet_limits limits_;
    json_tape tape_;
    std::uint64_t parse_count_ = 0;
    std::string nsp_;
    char number_name_[max_json_number_bytes];
    json::packet packet_;
};

}  // namespace detail

std::unique_ptr<packet_decoder> json::make_decoder(const protocol::packet_limits& limits)
{
    return std::make_unique<detail::json_decoder>(limits);
}

}  // namespace cosio
