// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cosio {

/// The builds of the JavaScript client that a page asks a server for: `socket.io.js`, `.min.js`,
/// `.msgpack.min.js`, `.esm.min.js`, and their `.map`. In memory, compressed already: no request reaches the
/// file system. Thread: any, once it is loaded.
class client_bundles
{
public:
    /// Reads those of them that `directory` has, as the folder `dist` of the npm package socket.io-client.
    /// Throws std::runtime_error, with one line that says why, if there is none or one cannot be read.
    [[nodiscard]] static std::shared_ptr<const client_bundles> load(
        const std::filesystem::path& directory
    );

    /// The answer to a GET or HEAD of one of them below `path`, which ends with `/`; else nullopt.
    [[nodiscard]] std::optional<http_response> answer(
        std::string_view path, const http_request& request
    ) const;

private:
    struct bundle
    {
        std::string type;
        std::string tag;
        std::string plain;
        std::string brotli;
        std::string gzip;
        std::string deflate;
    };

    std::map<std::string, bundle, std::less<>> bundles_;
};

}  // namespace cosio
