// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace chat {

/// Files in memory, by their path on the server. What was not added does not exist: no request reaches
/// the file system.
class static_files
{
public:
    /// Adds the files of a directory, without its subdirectories, below `prefix`, which ends with `/`.
    /// `index.html` is served as the prefix itself too. Files of types that no page needs are left out.
    /// Throws std::runtime_error, with one line that names what cannot be read.
    void add_directory(const std::string& prefix, const std::filesystem::path& directory);

    /// Adds one file. Throws as above.
    void add(const std::string& path, const std::filesystem::path& file);

    /// The answer to a request for one of the files, or nullopt.
    [[nodiscard]] std::optional<cosio::http_response> operator()(const cosio::http_request& request
    ) const;

private:
    struct entry
    {
        std::string type;
        std::string content;
    };

    std::map<std::string, entry, std::less<>> entries_;
};

}  // namespace chat
