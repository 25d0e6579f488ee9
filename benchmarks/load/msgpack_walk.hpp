// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cosio::load {

/// Reads MessagePack front to back without building anything. After the first fault good() is false
/// and every read yields an empty value.
class msgpack_walk
{
public:
    explicit msgpack_walk(std::string_view bytes) noexcept : rest_{bytes} {}

    [[nodiscard]] bool good() const noexcept { return good_; }

    /// The number of members of the map that begins here; 0 and a fault if none does.
    [[nodiscard]] std::uint64_t enter_map() noexcept;
    [[nodiscard]] std::uint64_t enter_array() noexcept;
    [[nodiscard]] std::string_view read_string() noexcept;

    /// Non-negative integers only.
    [[nodiscard]] std::uint64_t read_integer() noexcept;

    /// Passes over one value, however deep, and returns its bytes.
    [[nodiscard]] std::string_view skip() noexcept;

private:
    struct header
    {
        std::uint64_t bytes = 0;   ///< of content behind the header
        std::uint64_t values = 0;  ///< nested in it
    };

    [[nodiscard]] header read_header() noexcept;
    [[nodiscard]] header read_long_header(std::uint8_t type) noexcept;
    [[nodiscard]] std::uint8_t peek() const noexcept;
    [[nodiscard]] std::uint64_t read_big_endian(std::size_t size) noexcept;
    [[nodiscard]] std::string_view take(std::uint64_t size) noexcept;

    std::string_view rest_;
    bool good_ = true;
};

void append_map(std::string& out, std::size_t members);
void append_array(std::string& out, std::size_t values);
void append_string(std::string& out, std::string_view text);
void append_integer(std::string& out, std::uint64_t value);
void append_true(std::string& out);

}  // namespace cosio::load
