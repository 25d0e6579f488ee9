// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace cosio::test {

/// WebSocket's frames in one direction, and where in one of them it stands.
class frame_reader
{
public:
    enum class place
    {
        between,
        header,
        mask,
        payload,
    };

    /// Told of each message of text or binary.
    using receiver = std::function<void(bool is_text, std::string_view message)>;

    void feed(std::string_view bytes, const receiver& to);

    [[nodiscard]] place where() const noexcept;

private:
    struct outline
    {
        std::size_t header = 0;  // without the mask
        std::size_t mask = 0;
        std::size_t payload = 0;
        bool is_known = false;  // all of the header is there
    };

    [[nodiscard]] outline next() const noexcept;

    std::string bytes_;
    std::string message_;  // fragments so far
    bool is_text_ = false;
};

}  // namespace cosio::test
