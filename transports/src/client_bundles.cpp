// SPDX-License-Identifier: BSL-1.0
#include "wire/content_coding.hpp"
#include "wire/sha1.hpp"

#include <cosio/detail/ascii.hpp>
#include <cosio/detail/base64.hpp>
#include <cosio/transports/client_bundles.hpp>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace cosio {
namespace {

using wire::content_coding;

// What a server compresses once, and a page loads often.
constexpr int level = 6;
constexpr int brotli_quality = 6;

constexpr std::array codings{content_coding::brotli, content_coding::gzip, content_coding::deflate};

std::string content_of(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    std::ostringstream content;
    if (!in || !(content << in.rdbuf()))
        throw std::runtime_error{"cannot read " + file.string()};
    return content.str();
}

/// Two files have the same one only if they are the same.
std::string tag_of(std::string_view content)
{
    const std::array<std::byte, 20> digest = wire::sha1(as_bytes(content));
    std::string tag(detail::base64_size(digest.size()), '\0');
    tag.resize(detail::encode_base64url(digest, tag.data()));
    return '"' + tag + '"';
}

/// RFC 9110, 13.1.2: weak comparison.
bool names_tag(const header_fields& request, std::string_view tag)
{
    bool found = false;
    request.for_each([&](std::string_view field, std::string_view value) {
        if (!detail::equal_without_case(field, "if-none-match"))
            return;
        for (bool more = true; more && !found;) {
            std::string_view item = detail::take_list_item(value, more);
            if (item.starts_with("W/"))
                item.remove_prefix(2);
            found = item == tag || item == "*";
        }
    });
    return found;
}

}  // namespace

std::shared_ptr<const client_bundles> client_bundles::load(const std::filesystem::path& directory)
{
    constexpr std::array<std::string_view, 4> builds{
        "socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js"
    };
    const auto loaded = std::make_shared<client_bundles>();
    wire::body_compressor compressor;
    for (const std::string_view build : builds) {
        for (const std::string_view kind : {"", ".map"}) {
            const std::string name = std::string{build}.append(kind);
            std::error_code ec;
            if (!std::filesystem::is_regular_file(directory / name, ec))
                continue;
            bundle one;
            one.plain = content_of(directory / name);
            one.tag = tag_of(one.plain);
            one.type = kind.empty() ? "application/javascript; charset=utf-8"
                                    : "application/json; charset=utf-8";
            one.brotli = compressor.compress(content_coding::brotli, one.plain, brotli_quality);
            one.gzip = compressor.compress(content_coding::gzip, one.plain, level);
            one.deflate = compressor.compress(content_coding::deflate, one.plain, level);
            loaded->bundles_.emplace(name, std::move(one));
        }
    }
    if (loaded->bundles_.empty())
        throw std::runtime_error{
            "no socket.io.js in " + directory.string() +
            ": it should be the folder dist of the npm package socket.io-client"
        };
    return loaded;
}

std::optional<http_response> client_bundles::answer(
    std::string_view path, const http_request& request
) const
{
    const std::string_view asked = request.path();
    if ((request.method != "GET" && request.method != "HEAD") || !asked.starts_with(path))
        return std::nullopt;
    const auto found = bundles_.find(asked.substr(path.size()));
    if (found == bundles_.end())
        return std::nullopt;
    const bundle& one = found->second;
    http_response response;
    response.headers.append("Cache-Control", "public, max-age=0");
    response.headers.append("ETag", one.tag);
    response.headers.append("Vary", "Accept-Encoding");
    if (names_tag(request.headers, one.tag)) {
        response.status = 304;
        return response;
    }
    response.headers.append("Content-Type", one.type);
    const content_coding coding = wire::choose_coding(request.headers, codings);
    switch (coding) {
    case content_coding::identity: response.body = one.plain; return response;
    case content_coding::brotli: response.body = one.brotli; break;
    case content_coding::gzip: response.body = one.gzip; break;
    case content_coding::deflate: response.body = one.deflate; break;
    }
    response.headers.append("Content-Encoding", wire::to_string(coding));
    return response;
}

}  // namespace cosio
