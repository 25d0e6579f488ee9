// SPDX-License-Identifier: BSL-1.0
#include "http_compression.hpp"

#include "wire/content_coding.hpp"

#include <boost/asio/execution_context.hpp>

#include <array>

namespace cosio {
namespace {

/// Of one io_context, hence of one thread: no connection has a compressor of its own.
class body_compressors final : public asio::execution_context::service
{
public:
    using key_type = body_compressors;
    static inline asio::execution_context::id id;

    explicit body_compressors(asio::execution_context& owner) : service{owner} {}

    wire::body_compressor compressor;

private:
    void shutdown() override {}
};

}  // namespace

void compress_body(
    shard& home,
    const http_compression_options& options,
    const header_fields& request,
    http_response& response
)
{
    if (response.body.size() < options.threshold_bytes)
        return;
    constexpr std::array all{
        wire::content_coding::brotli, wire::content_coding::gzip, wire::content_coding::deflate
    };
    const auto offered = std::span{all}.subspan(options.brotli ? 0 : 1);
    const wire::content_coding coding = wire::choose_coding(request, offered);
    if (coding == wire::content_coding::identity)
        return;
    auto& context = static_cast<asio::execution_context&>(home.context());
    const int level =
        coding == wire::content_coding::brotli ? options.brotli_quality : options.level;
    std::string smaller = asio::use_service<body_compressors>(context).compressor.compress(
        coding, response.body, level
    );
    if (smaller.empty() || smaller.size() >= response.body.size())
        return;
    response.headers.append("Content-Encoding", wire::to_string(coding));
    response.body = std::move(smaller);
}

}  // namespace cosio
