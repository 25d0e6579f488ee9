// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// HTTP as the core and the application see it: neutral values, no parser, no socket.

namespace cosio {

/// Header fields in arrival order, kept in one string. Names compare without regard to case.
class header_fields
{
public:
    void append(std::string_view name, std::string_view value);

    /// Replaces the fields of that name by one.
    void set(std::string_view name, std::string_view value);

    void erase(std::string_view name);

    /// Appends to the comma separated list in the first field of that name, unless the token is in one.
    void add_token(std::string_view name, std::string_view token);

    /// Makes room at once for names and values of so many bytes, with one more for each.
    void reserve(std::size_t bytes) { fields_.reserve(bytes); }

    /// Value of the first field of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    /// Value of the first field of that name, or empty.
    [[nodiscard]] std::string_view operator[](std::string_view name) const noexcept;

    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

    /// True if a comma separated list in any field of that name has `token`, without regard to case.
    [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;

    [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }

    [[nodiscard]] std::size_t size() const noexcept;

    /// Calls visit(name, value) for each field.
    template <class F>
    void for_each(F&& visit) const
    {
        for (std::size_t at = 0; at < fields_.size();) {
            const std::string_view name = text_at(at);
            const std::string_view value = text_at(at + name.size() + 1);
            visit(name, value);
            at += name.size() + value.size() + 2;
        }
    }

    bool operator==(const header_fields&) const = default;

private:
    [[nodiscard]] std::string_view text_at(std::size_t offset) const noexcept
    {
        return {
            fields_.data() + offset
        };  // NUL cannot occur inside a field: the decoder refuses it
    }

    std::string fields_;  // name NUL value NUL ...
};

struct http_request
{
    std::string method;     ///< "GET", as sent
    std::string target;     ///< origin form: path and query, as sent
    unsigned version = 11;  ///< 10 or 11
    header_fields headers;
    std::string body;
    std::string remote_address;  ///< without port; empty if the stream has none
    bool secure = false;         ///< arrived over TLS
    bool keep_alive = true;      ///< the connection may serve another request afterwards

    /// The target up to `?`.
    [[nodiscard]] std::string_view path() const noexcept;
    /// The target behind `?`, or empty.
    [[nodiscard]] std::string_view query() const noexcept;
    /// A WebSocket opening handshake (RFC 6455, 4.1), valid or not.
    [[nodiscard]] bool wants_websocket() const noexcept;
};

struct http_response
{
    unsigned status = 200;
    header_fields headers;
    std::string body;
};

}  // namespace cosio
