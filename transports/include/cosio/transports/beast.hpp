// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/adopted_stream.hpp>
#include <cosio/transports/http_front.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// For servers on Boost.Beast: they read a request, see that it is ours, and give the connection away.

namespace cosio {
namespace detail {

/// A buffer as those of Asio and Beast.
template <class T>
concept has_buffers = requires(const T& buffer) {
    asio::buffer_sequence_begin(buffer.data());
} && asio::is_const_buffer_sequence<decltype(std::declval<const T&>().data())>::value;

/// The bytes of a text, of bytes in one piece, or of a buffer.
template <class T>
[[nodiscard]] std::string text_of(const T& from)
{
    if constexpr (std::convertible_to<const T&, std::string_view>) {
        return std::string{std::string_view{from}};
    } else if constexpr (has_buffers<T>) {
        std::string text;
        const auto parts = from.data();
        const auto end = asio::buffer_sequence_end(parts);
        for (auto at = asio::buffer_sequence_begin(parts); at != end; ++at) {
            const asio::const_buffer part{*at};
            text.append(static_cast<const char*>(part.data()), part.size());
        }
        return text;
    } else {
        return std::string{as_text(std::as_bytes(std::span{from}))};
    }
}

[[nodiscard]] inline std::string_view std_view(boost::beast::string_view text) noexcept
{
    return {text.data(), text.size()};
}

template <class Stream>
void adopt_from(http_front& to, Stream stream, http_request request, bool whole, std::string rest)
{
    // Another stream than a plain socket is best where its operations are.
    shard* where = to.shard_of(asio::query(stream.get_executor(), asio::execution::context));
    if (!where || requires { stream.release_socket(); } || requires { stream.release(); })
        where = &to.next_shard();
    std::unique_ptr<byte_stream> link = adopt_stream(*where, std::move(stream));
    if (whole)
        to.adopt(*where, std::move(link), request, rest);
    else
        to.adopt_head(*where, std::move(link), request, rest);
}

}  // namespace detail

/// Method, target, version and fields of a message's head.
template <class Fields>
[[nodiscard]] http_request to_http_request(const boost::beast::http::request_header<Fields>& head)
{
    http_request request;
    request.method = detail::std_view(head.method_string());
    request.target = detail::std_view(head.target());
    request.version = head.version();
    for (const auto& field : head)
        request.headers.append(
            detail::std_view(field.name_string()), detail::std_view(field.value())
        );
    return request;
}

/// Gives a connection to cosio: its stream, the request that was read from it, and what is left in the buffer.
/// Requests that follow and are not ours go to http_options::handler. For streams, executors and threads see
/// adopt_stream(): a plain socket, of Asio or Beast, may come from any io_context.
template <class Stream, class Body, class Fields, class Buffer = std::string_view>
void adopt(
    http_front& to,
    Stream stream,
    const boost::beast::http::request<Body, Fields>& request,
    const Buffer& received = {}
)
{
    http_request neutral = to_http_request(request.base());
    if constexpr (!std::is_same_v<Body, boost::beast::http::empty_body>)
        neutral.body = detail::text_of(request.body());
    detail::adopt_from(to, std::move(stream), std::move(neutral), true, detail::text_of(received));
}

/// The same when the head alone was read, as by async_read_header(): `parser.get().base()`. cosio reads the body, and
/// refuses it before it is sent if it is not wanted.
template <class Stream, class Fields, class Buffer = std::string_view>
void adopt_head(
    http_front& to,
    Stream stream,
    const boost::beast::http::request_header<Fields>& head,
    const Buffer& received = {}
)
{
    detail::adopt_from(
        to, std::move(stream), to_http_request(head), false, detail::text_of(received)
    );
}

}  // namespace cosio
