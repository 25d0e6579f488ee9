// SPDX-License-Identifier: BSL-1.0
#include "static_files.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace chat {
namespace {

namespace fs = std::filesystem;

std::string type_of(const fs::path& file)
{
    static const std::map<std::string, std::string> types{
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
    };
    const auto found = types.find(file.extension().string());
    return found == types.end() ? std::string{} : found->second;
}

std::string content_of(const fs::path& file)
{
    std::ifstream in{file, std::ios::binary};
    std::ostringstream content;
    if (!in || !(content << in.rdbuf()))
        throw std::runtime_error{"cannot read " + file.string()};
    return content.str();
}

}  // namespace

void static_files::add_directory(const std::string& prefix, const fs::path& directory)
{
    std::error_code ec;
    for (const fs::directory_entry& file : fs::directory_iterator{directory, ec}) {
        const std::string name = file.path().filename().string();
        if (!file.is_regular_file() || type_of(file.path()).empty())
            continue;
        add(prefix + name, file.path());
        if (name == "index.html")
            add(prefix, file.path());
    }
    if (ec)
        throw std::runtime_error{"cannot read " + directory.string() + ": " + ec.message()};
}

void static_files::add(const std::string& path, const fs::path& file)
{
    entries_[path] = {.type = type_of(file), .content = content_of(file)};
}

std::optional<cosio::http_response> static_files::operator()(const cosio::http_request& request
) const
{
    const auto found = entries_.find(request.path());
    if (found == entries_.end())
        return std::nullopt;
    cosio::http_response response;
    if (request.method != "GET" && request.method != "HEAD") {
        response.status = 405;
        response.headers.append("Allow", "GET, HEAD");
        return response;
    }
    response.headers.append("Content-Type", found->second.type);
    response.headers.append("Cache-Control", "no-cache");
    response.headers.append("X-Content-Type-Options", "nosniff");
    response.body = found->second.content;
    return response;
}

}  // namespace chat
