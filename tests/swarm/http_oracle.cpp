// SPDX-License-Identifier: BSL-1.0
#include "http_oracle.hpp"

#include <cosio/detail/ascii.hpp>

#include <charconv>
#include <optional>
#include <utility>

namespace cosio::test {
namespace {

/// The head of the message at the beginning of `bytes` and its blank line, and how long its body is.
struct outline
{
    std::size_t head = 0;
    std::size_t body = 0;
};

std::size_t content_length(std::string_view head)
{
    constexpr std::string_view name = "content-length:";
    std::size_t length = 0;
    for (std::size_t at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
        const std::string_view line = head.substr(at + 2);
        if (!detail::equal_without_case(line.substr(0, name.size()), name))
            continue;
        const std::size_t value = line.find_first_not_of(' ', name.size());
        std::from_chars(line.data() + value, line.data() + line.size(), length);
    }
    return length;
}

std::optional<outline> outline_of(std::string_view bytes)
{
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::size_t head = end + 4;
    return outline{.head = head, .body = content_length(bytes.substr(0, end + 2))};
}

std::string_view first_line(std::string_view bytes)
{
    return bytes.substr(0, bytes.find("\r\n"));
}

bool has_status(std::string_view answer, std::string_view code)
{
    return answer.substr(answer.find(' ') + 1).starts_with(code);
}

}  // namespace

void http_oracle::reads(std::string_view bytes)
{
    if (is_upgraded_) {
        to_->on_frames(true, bytes);
        return;
    }
    read_ += bytes;
    take_requests();
}

void http_oracle::writes(std::string_view bytes)
{
    if (is_upgraded_) {
        to_->on_frames(false, bytes);
        return;
    }
    written_ += bytes;
    take_responses();
}

bool http_oracle::owes_answer() const noexcept
{
    return !ended_ && !is_upgraded_ && !open_.empty() && open_.front().is_whole &&
           !open_.front().first_line.starts_with("GET ");
}

void http_oracle::take_requests()
{
    while (const auto next = outline_of(read_)) {
        if (!std::exchange(has_begun_, true)) {
            open_.push_back({.first_line = std::string{first_line(read_)}});
            to_->on_request_begins(open_.back().first_line);
        }
        const std::size_t size = next->head + next->body;
        if (read_.size() < size)
            return;
        has_begun_ = false;
        if (!open_.empty())  // else it was answered before it was whole
            open_.back().is_whole = true;
        const std::string whole = read_.substr(0, size);
        read_.erase(0, size);
        to_->on_request({first_line(whole), std::string_view{whole}.substr(next->head)});
    }
}

void http_oracle::take_responses()
{
    while (const auto next = outline_of(written_)) {
        const std::size_t size = next->head + next->body;
        if (written_.size() < size)
            return;
        const std::string whole = written_.substr(0, size);
        written_.erase(0, size);
        answer({first_line(whole), std::string_view{whole}.substr(next->head)});
        if (is_upgraded_) {
            const std::string frames = std::exchange(written_, {});
            if (!frames.empty())
                to_->on_frames(false, frames);
            return;
        }
    }
}

void http_oracle::answer(const http_message& with)
{
    if (open_.empty()) {
        // Half a head may be refused, as too slow or too long, and so may who connects and says nothing.
        const bool is_refusal = has_status(with.first_line, "4") && !read_.empty();
        if (!is_refusal && !has_status(with.first_line, "408"))
            complain(fmt::format("an answer that nobody asked for: {}", with.first_line));
        return;
    }
    const asked request = std::move(open_.front());
    open_.pop_front();
    const bool is_good = has_status(with.first_line, "200");
    const bool is_post = request.first_line.starts_with("POST ");
    const bool is_upgrade = request.first_line.find("transport=websocket") != std::string::npos;
    if (is_good && !request.is_whole)
        complain("200 to half a request");
    if (is_good && (is_post != (with.body == "ok") || is_upgrade))
        complain("the answer to another request");
    if (!has_status(with.first_line, "101")) {
        to_->on_response(request.first_line, with);
        return;
    }
    if (!is_upgrade)
        complain("101 to who has not asked for it");
    is_upgraded_ = true;
    to_->on_upgrade(request.first_line);
    const std::string frames = std::exchange(read_, {});
    if (!frames.empty())
        to_->on_frames(true, frames);
}

void http_oracle::complain(std::string_view what)
{
    complaints_->push_back(fmt::format("HTTP: {}", what));
}

}  // namespace cosio::test
