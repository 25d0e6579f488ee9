// SPDX-License-Identifier: BSL-1.0
#include "http1_parser.hpp"

#include <cosio/detail/ascii.hpp>

#include <algorithm>
#include <limits>
#include <utility>

// The guard looks at each byte of the textual parts once, and hands a part to the parser when it is
// whole. So the parser never waits for an end that the guard would refuse, never parses a byte twice,
// and where the input was cut cannot matter.

namespace cosio::wire {
namespace {

using cosio::detail::is_field_char;
using cosio::detail::is_printable;

constexpr http_errc ok{};
constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t version_bytes = 11;  // " HTTP/1.1" and CRLF
constexpr std::size_t max_chunk_digits = 16;
constexpr std::size_t kept_capacity = 4096;
constexpr unsigned max_empty_lines = 2;  // RFC 9112, 2.2 asks for at least one
constexpr unsigned max_interim_responses = 16;

std::size_t saturated_sum(std::size_t a, std::size_t b) noexcept
{
    return a + b < a ? std::numeric_limits<std::size_t>::max() : a + b;
}

}  // namespace

namespace detail {

/// One message after the other out of one stream of bytes.
template <class Message>
class http1_machine
{
public:
    explicit http1_machine(const http1_limits& limits) : limits_{limits} {}

    void skip_bodies() noexcept { skips_bodies_ = true; }

    void feed(bytes_view bytes)
    {
        if (begin_ > buffer_.size() / 2)  // pipelined requests may never leave it empty
            drop_used();
        buffer_ += as_text(bytes);
    }

    /// Goes on until a message is complete or the bytes are used up.
    [[nodiscard]] http_errc advance()
    {
        while (stage_ != stage::complete && scan_ < buffer_.size()) {
            if (const http_errc why = step(); why != ok)
                return why;
        }
        if (stage_ != stage::complete)
            drop_used();
        return ok;
    }

    [[nodiscard]] bool is_complete() const noexcept { return stage_ == stage::complete; }

    // Precondition: is_complete().
    [[nodiscard]] std::unique_ptr<Message> take() noexcept
    {
        if constexpr (is_request<Message>)
            message_->keep_alive = parser_->keeps_alive();
        parser_.reset();
        wants_continue_ = false;
        stage_ = stage::before;
        return std::move(message_);
    }

    /// What of the message there is. Nothing but its destruction may follow.
    [[nodiscard]] std::unique_ptr<Message> give_up() noexcept { return std::move(message_); }

    /// The stream ended. True if that ended a message too.
    [[nodiscard]] bool end()
    {
        if (stage_ == stage::body && parser_->end())
            stage_ = stage::complete;
        return is_complete();
    }

    [[nodiscard]] std::string release() noexcept
    {
        buffer_.erase(0, begin_);
        return std::move(buffer_);
    }

    [[nodiscard]] bool is_empty() const noexcept
    {
        return stage_ == stage::before && begin_ == buffer_.size() && empty_lines_ == 0 &&
               !after_cr_;
    }

    [[nodiscard]] bool mid_message() const noexcept
    {
        return stage_ != stage::before || scan_ < buffer_.size();
    }

    [[nodiscard]] const Message* head() const noexcept
    {
        return stage_ >= stage::body && stage_ != stage::complete ? message_.get() : nullptr;
    }

    [[nodiscard]] bool keeps_alive() const noexcept { return parser_->keeps_alive(); }

    [[nodiscard]] bool take_continue() noexcept { return std::exchange(wants_continue_, false); }

    [[nodiscard]] std::size_t body_bytes() const noexcept
    {
        return parser_ ? parser_->body_bytes() : 0;
    }

    [[nodiscard]] std::uint64_t examined() const noexcept { return examined_; }

    [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size() - scan_; }

private:
    enum class stage : unsigned char
    {
        before,
        method,
        start_line,
        fields,
        body,
        chunk_line,
        chunk_data,
        chunk_end,
        trailers,
        complete,
    };

    http_errc step()
    {
        switch (stage_) {
        case stage::before: return read_empty_line();
        case stage::method: return read_method();
        case stage::start_line: return read_start_line();
        case stage::fields:
        case stage::trailers: return read_field();
        case stage::body:
        case stage::chunk_data: return read_body();
        case stage::chunk_line: return read_chunk_line();
        case stage::chunk_end: return read_chunk_end();
        case stage::complete: break;
        }
        return ok;
    }

    http_errc read_empty_line()
    {
        const char c = buffer_[scan_];
        if (is_request<Message> && (after_cr_ || c == '\r')) {
            if (after_cr_ ? c != '\n' : empty_lines_ == max_empty_lines)
                return malformed<Message>;
            empty_lines_ += after_cr_;
            after_cr_ = !after_cr_;
            begin_ = ++scan_;
            return ok;
        }
        message_ = std::make_unique<Message>();
        parser_ = make_http1_parser(*message_, limits_);
        if (skips_bodies_)
            parser_->skip_body();
        stage_ = is_request<Message> ? stage::method : stage::start_line;
        header_room_ = limits_.max_header_bytes;
        line_room_ = is_request<Message> ? saturated_sum(limits_.max_target_bytes, version_bytes)
                                         : header_room_;
        extension_room_ = limits_.max_header_bytes;
        examined_ = 0;
        fields_ = 0;
        line_size_ = 0;
        empty_lines_ = 0;
        return ok;
    }

    http_errc read_method()
    {
        const char c = buffer_[scan_++];
        ++examined_;
        if (header_room_-- == 0)
            return http_errc::headers_too_large;
        ++line_size_;
        if (c == ' ' && line_size_ > 1)
            stage_ = stage::start_line;
        else if (!cosio::detail::is_token_char(c) || line_size_ > max_method_bytes)
            return malformed<Message>;
        return ok;
    }

    http_errc read_start_line()
    {
        const std::size_t allowed = std::min(line_room_, header_room_);
        std::size_t room = allowed;
        const http_errc if_too_long =
            header_room_ <= line_room_ ? http_errc::headers_too_large : http_errc::target_too_long;
        bool whole = false;
        const http_errc refusal =
            scan_line(is_request<Message> ? is_printable : is_field_char, room, if_too_long, whole);
        line_room_ -= allowed - room;
        header_room_ -= allowed - room;
        if (!whole)
            return refusal;
        if (const http_errc why = put_whole(); why != ok)
            return why;
        stage_ = stage::fields;
        line_size_ = 0;
        return ok;
    }

    http_errc read_field()
    {
        bool whole = false;
        const http_errc refusal =
            scan_line(is_field_char, header_room_, http_errc::headers_too_large, whole);
        if (!whole)
            return refusal;
        if (std::exchange(line_size_, 0) > 2)
            return ++fields_ > limits_.max_headers ? http_errc::headers_too_large : ok;

        if (const http_errc why = put_whole(); why != ok)
            return why;
        wants_continue_ = !parser_->done() && parser_->expects_continue();
        if (parser_->done())
            stage_ = stage::complete;
        else if (parser_->is_chunked())
            begin_chunk_line();
        else
            stage_ = stage::body;
        return ok;
    }

    http_errc read_body()
    {
        const parsed found = put(std::string_view{buffer_}.substr(begin_));
        scan_ = begin_;
        if (found.refusal != ok)
            return found.refusal;
        if (parser_->done()) {
            stage_ = stage::complete;
        } else if (stage_ == stage::chunk_data && parser_->chunk_left() == 0) {
            stage_ = stage::chunk_end;
            line_size_ = 0;
        }
        return ok;
    }

    // The CRLF behind chunk data goes to the parser together with the next chunk line.
    http_errc read_chunk_end()
    {
        ++examined_;
        if (buffer_[scan_++] != "\r\n"[line_size_++])
            return malformed<Message>;
        if (line_size_ == 2)
            begin_chunk_line();
        return ok;
    }

    void begin_chunk_line() noexcept
    {
        stage_ = stage::chunk_line;
        line_size_ = 0;
        line_room_ = saturated_sum(extension_room_, max_chunk_digits + 2);
    }

    http_errc read_chunk_line()
    {
        bool whole = false;
        const http_errc refusal =
            scan_line(is_field_char, line_room_, http_errc::body_too_large, whole);
        if (!whole)
            return refusal;
        const std::string_view text = part().substr(part().size() - line_size_);
        std::size_t digits = 0;
        while (cosio::detail::is_hex_digit(text[digits]))  // ends at CR
            ++digits;
        const bool ends_well = std::string_view{"\r; \t"}.find(text[digits]) != text.npos;
        if (digits == 0 || digits > max_chunk_digits || !ends_well)
            return malformed<Message>;
        const std::size_t extension = text.size() - digits - 2;
        if (extension > extension_room_)
            return http_errc::body_too_large;
        extension_room_ -= extension;

        line_size_ = 0;
        if (text.find_first_not_of('0') != digits) {
            stage_ = stage::chunk_data;
            return put_whole();
        }
        stage_ = stage::trailers;
        header_room_ = limits_.max_header_bytes;
        fields_ = 0;
        return ok;
    }

    /// Looks for the end of the current line, at most `room` bytes on, and takes those off `room`.
    http_errc scan_line(
        const cosio::detail::char_class& is_allowed,
        std::size_t& room,
        http_errc if_too_long,
        bool& whole
    ) noexcept
    {
        const std::size_t first = scan_;
        const std::size_t end = first + std::min(buffer_.size() - first, room);
        bool bad = line_size_ == 0 && scan_ < end &&  // obs-fold, and its like
                   (buffer_[scan_] == ' ' || buffer_[scan_] == '\t');
        while (scan_ < end && !whole && !bad) {
            if (after_cr_) {
                whole = buffer_[scan_++] == '\n';
                bad = !whole;
                after_cr_ = false;
                continue;
            }
            const char* const text = buffer_.data();
            std::size_t at = scan_;
            while (at < end && is_allowed(text[at]))
                ++at;
            scan_ = at;
            if (scan_ < end) {
                after_cr_ = buffer_[scan_++] == '\r';
                bad = !after_cr_;
            }
        }
        line_size_ += scan_ - first;
        room -= scan_ - first;
        examined_ += scan_ - first;
        if (bad)
            return malformed<Message>;
        return !whole && scan_ < buffer_.size() ? if_too_long : ok;
    }

    /// What the guard has seen and the parser has not taken.
    [[nodiscard]] std::string_view part() const noexcept
    {
        return std::string_view{buffer_}.substr(begin_, scan_ - begin_);
    }

    parsed put(std::string_view bytes)
    {
        const parsed found = parser_->put(bytes);
        begin_ += found.used;
        examined_ += found.used;
        return found;
    }

    // What leaves the parser asking for more, such as a request line without version, is malformed.
    http_errc put_whole()
    {
        const parsed found = put(part());
        if (found.refusal == ok && begin_ != scan_)
            return malformed<Message>;
        return found.refusal;
    }

    void drop_used() noexcept
    {
        buffer_.erase(0, begin_);
        scan_ -= begin_;
        begin_ = 0;
        if (buffer_.empty() && buffer_.capacity() > kept_capacity)
            std::string{}.swap(buffer_);  // assignment would keep the capacity
    }

    http1_limits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;  // first byte that the parser has not taken
    std::size_t scan_ = 0;   // first byte that the guard has not seen
    std::unique_ptr<Message> message_;
    std::unique_ptr<http1_parser<Message>> parser_;
    std::uint64_t examined_ = 0;
    std::size_t header_room_ = 0;
    std::size_t line_room_ = 0;
    std::size_t extension_room_ = 0;
    std::size_t line_size_ = 0;
    std::size_t fields_ = 0;
    unsigned empty_lines_ = 0;
    stage stage_ = stage::before;
    bool after_cr_ = false;
    bool wants_continue_ = false;
    bool skips_bodies_ = false;
};

template <class Machine>
void feed(std::unique_ptr<Machine>& machine, bytes_view bytes, const http1_limits& limits)
{
    if (!machine && !bytes.empty())
        machine = std::make_unique<Machine>(limits);
    if (machine)
        machine->feed(bytes);
}

}  // namespace detail

http1_request_decoder::http1_request_decoder(http1_limits limits) noexcept : limits_{limits} {}

http1_request_decoder::http1_request_decoder(http1_request_decoder&&) noexcept = default;
http1_request_decoder::~http1_request_decoder() = default;

void http1_request_decoder::feed(bytes_view bytes)
{
    if (failure_ == ok)
        detail::feed(machine_, bytes, limits_);
}

result<http_request*> http1_request_decoder::next()
{
    if (failure_ == ok)
        request_.reset();
    if (machine_) {
        failure_ = machine_->advance();
        if (machine_->is_complete())
            request_ = machine_->take();
        else if (failure_ == http_errc::body_too_large || (failure_ != ok && machine_->head()))
            request_ = machine_->give_up();
        if (failure_ != ok || machine_->is_empty())
            machine_.reset();
    }
    if (failure_ != ok)
        return make_error_code(failure_);
    return request_.get();
}

error_code http1_request_decoder::finish() const noexcept
{
    if (failure_ != ok)
        return failure_;
    return mid_request() ? make_error_code(http_errc::truncated) : error_code{};
}

http_request* http1_request_decoder::refused() const noexcept
{
    return failure_ != ok ? request_.get() : nullptr;
}

const http_request* http1_request_decoder::head() const noexcept
{
    return machine_ ? machine_->head() : nullptr;
}

bool http1_request_decoder::take_continue() noexcept
{
    return machine_ && machine_->take_continue();
}

bool http1_request_decoder::mid_request() const noexcept
{
    return machine_ && machine_->mid_message();
}

std::size_t http1_request_decoder::buffered_bytes() const noexcept
{
    return machine_ ? machine_->buffered() : 0;
}

std::size_t http1_request_decoder::body_bytes() const noexcept
{
    return machine_ ? machine_->body_bytes() : 0;
}

std::string http1_request_decoder::release() noexcept
{
    const auto machine = std::move(machine_);
    return machine ? machine->release() : std::string{};
}

std::uint64_t http1_request_decoder::bytes_examined() const noexcept
{
    return machine_ ? machine_->examined() : 0;
}

bool http1_request_decoder::holds_memory() const noexcept
{
    return machine_ || request_;
}

http1_response_decoder::http1_response_decoder(http1_limits limits) noexcept : limits_{limits} {}

http1_response_decoder::http1_response_decoder(http1_response_decoder&&) noexcept = default;
http1_response_decoder::~http1_response_decoder() = default;

void http1_response_decoder::feed(bytes_view bytes)
{
    if (failure_ == ok)
        detail::feed(machine_, bytes, limits_);
    if (machine_ && heads_only_)
        machine_->skip_bodies();
}

result<http_response*> http1_response_decoder::next()
{
    response_.reset();
    while (machine_ && failure_ == ok && !response_) {
        failure_ = machine_->advance();
        if (failure_ != ok || !machine_->is_complete())
            break;
        keep_alive_ = machine_->keeps_alive();
        response_ = machine_->take();
        const bool is_interim = response_->status < 200 && response_->status != 101;
        if (is_interim)
            response_.reset();
        interim_ = is_interim ? static_cast<std::uint8_t>(interim_ + 1) : std::uint8_t{0};
        if (interim_ > max_interim_responses)
            failure_ = http_errc::bad_response;
    }
    if (machine_ && (failure_ != ok || machine_->is_empty()))
        machine_.reset();
    if (failure_ != ok)
        return make_error_code(failure_);
    return response_.get();
}

error_code http1_response_decoder::finish()
{
    if (failure_ != ok)
        return failure_;
    if (!machine_ || machine_->end() || !machine_->mid_message())
        return {};
    return http_errc::truncated;
}

std::string http1_response_decoder::release() noexcept
{
    const auto machine = std::move(machine_);
    return machine ? machine->release() : std::string{};
}

}  // namespace cosio::wire
