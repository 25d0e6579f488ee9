// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

// permessage-deflate as the fuzzing peer does it: zlib by itself, nothing of what is under test.

namespace cosio::test {

/// What one direction was agreed to be.
struct deflate_direction
{
    unsigned window_bits = 15;
    bool keeps_context = true;
};

class peer_deflater
{
public:
    explicit peer_deflater(deflate_direction agreed);
    ~peer_deflater();

    [[nodiscard]] std::string compress(std::string_view message);

private:
    struct stream;
    std::unique_ptr<stream> stream_;
    deflate_direction agreed_;
};

/// Has the window that was agreed on and no more: a distance that leaves it is an error.
class peer_inflater
{
public:
    explicit peer_inflater(deflate_direction agreed);
    ~peer_inflater();

    /// Fails the test if it is no deflated message.
    [[nodiscard]] std::string decompress(std::string_view payload);

private:
    struct stream;
    std::unique_ptr<stream> stream_;
    deflate_direction agreed_;
};

}  // namespace cosio::test
