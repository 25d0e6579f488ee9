// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "polling_endpoint.hpp"
#include "wire/http1.hpp"

#include <cosio/transports/http_server.hpp>
#include <cosio/transports/websocket.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>

namespace cosio {

class http_connection;
class request_hooks;
using http_connection_ptr = boost::intrusive_ptr<http_connection>;

/// An entry in the list of open connections.
class open_connection : public boost::intrusive::list_base_hook<
                            boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    /// The server closes: end now, or after the request under way.
    virtual void close_when_idle() noexcept = 0;

protected:
    ~open_connection() = default;
};

/// What all connections of one http_server share. Lives as long as the last of them.
struct http_server::state
{
    shard* home;
    std::vector<engine_host*> hosts;
    http_options options;
    std::size_t max_body_bytes = 0;  ///< the largest of the hosts' limits
    std::shared_ptr<std::atomic<std::size_t>> connections =
        std::make_shared<std::atomic<std::size_t>>(0);  ///< of all parts
    std::shared_ptr<limit_counters> fired = std::make_shared<limit_counters>();
    std::vector<std::weak_ptr<state>> parts;  ///< of one server, on other shards and this
    boost::intrusive::list<open_connection, boost::intrusive::constant_time_size<false>> open;
    bool closing = false;

    static void serve(
        const std::shared_ptr<state>& self,
        std::unique_ptr<byte_stream> stream,
        std::string received
    );
    void close() noexcept;

    /// The part of this server that is on `where`, or null.
    [[nodiscard]] std::shared_ptr<state> part_on(const shard& where) const;

    /// The host that serves `path`, or null.
    [[nodiscard]] engine_host* host_of(std::string_view path) const noexcept;

    /// The decoder knows the largest limit only; that of the host at `path` may be smaller (POLL-5).
    [[nodiscard]] bool exceeds_limit(std::string_view path, std::size_t body) const noexcept;
};

/// One HTTP/1.x connection: decodes requests, lets them be answered one at a time, watches the clock.
class http_connection : public http_exchange, public open_connection, private timer_node
{
public:
    http_connection(
        std::shared_ptr<http_server::state> server, std::unique_ptr<byte_stream> stream
    );

    /// A connection that comes from another shard in the middle of a request.
    http_connection(
        std::shared_ptr<http_server::state> server,
        std::unique_ptr<byte_stream> stream,
        std::unique_ptr<wire::http1_request_decoder> decoder
    );
    ~http_connection() override;

    /// Serves requests until the stream ends or is upgraded. `received` was read already.
    static void begin(http_connection_ptr self, std::string_view received);

    /// As begin(), for a connection from another shard; `request` (may be null) came with it.
    static void go_on(http_connection_ptr self, http_request* request);

    /// Answers the request under way.
    void respond(http_response response) override;

    void forbid_compression() noexcept override { may_compress_ = false; }

    void hang_up() noexcept override { stream_ended(); }

    /// Answers it and ends the connection afterwards.
    void respond_and_close(http_response response);

    /// The connection becomes a WebSocket, and `answer` goes out.
    [[nodiscard]] virtual std::unique_ptr<transport> become_websocket(
        http_response answer, const websocket_options& options
    );

    /// The connection is no longer HTTP: hands its stream over. `head`: bytes of the answer.
    /// `received` gets what has come behind the request, `unsent` what of `head` is still to be written.
    [[nodiscard]] std::unique_ptr<byte_stream> upgrade(
        std::string head, std::string& received, std::string& unsent
    );

    /// The session whose POST is under way on this connection.
    void set_upload(std::shared_ptr<polling_endpoint> endpoint) noexcept
    {
        endpoint_ = std::move(endpoint);
        uploading_ = true;
    }

    /// The session that answers the request under way.
    void set_endpoint(std::shared_ptr<polling_endpoint> endpoint) noexcept
    {
        endpoint_ = std::move(endpoint);
    }

    /// Takes the request under way out of the decoder's hands, for hooks to decide over it.
    const std::shared_ptr<request_hooks>& begin_hooks();

    /// Those that decide over the request under way, or null.
    [[nodiscard]] const std::shared_ptr<request_hooks>& hooks() const noexcept { return hooks_; }

    /// A hook that was waited for has answered: what has come since is looked at, and the clock.
    void hooks_answered();

    /// False: it has ended, or its stream serves another protocol.
    [[nodiscard]] bool is_open() const noexcept { return stream_ != nullptr; }

    [[nodiscard]] bool uploading() const noexcept { return uploading_; }

    [[nodiscard]] http_server::state& server() noexcept { return *server_; }

    [[nodiscard]] byte_stream& stream() noexcept { return *stream_; }

    void close_when_idle() noexcept override;

protected:
    /// Writes an answer, `response`.
    virtual void send(http_response response, bool keep_alive, unsigned version, bool with_body);

    /// False: there is no connection that another protocol could take over.
    [[nodiscard]] virtual bool has_stream() const noexcept { return true; }

    /// The client has gone.
    void stream_ended() noexcept;

    void close_stream(bool politely) noexcept;

private:
    static detail::driver run(http_connection_ptr self);
    template <class Step>
    void guarded(Step&& step) noexcept;
    void answer(http_response response);
    void look_at_clock(time_point now);
    void introduce(http_request& request);
    [[nodiscard]] bool belongs_elsewhere(const http_request& request, http_request* whole);
    void process();
    void handle(http_request& request);
    void handle_head(const http_request& head);
    [[nodiscard]] bool admits_head(const http_request& head);
    [[nodiscard]] duration hook_timeout() const noexcept;
    [[nodiscard]] bool hand_over(const http_request& request);
    void compress(const engine_options& options, http_response& response);
    void drop_hooks() noexcept;
    void fail(error_code why, http_request* request = nullptr);
    void read();
    void write(std::string bytes);
    void continue_writing();
    void watch_clock();
    void on_deadline(time_point now) override;
    void on_link_writable() override;

    std::shared_ptr<http_server::state> server_;
    std::unique_ptr<byte_stream> stream_;
    std::unique_ptr<wire::http1_request_decoder> decoder_;
    std::shared_ptr<polling_endpoint> endpoint_;
    std::shared_ptr<request_hooks> hooks_;  // few requests have some
    std::string address_;                   // of the other end; asked for at the first request
    http_request* request_ = nullptr;       // under way: owned by the decoder, or by hooks_
    std::string unsent_;
    time_point phase_began_{};
    std::size_t body_seen_ = 0;
    enum class phase : std::uint8_t
    {
        idle,
        head,
        body,
        hook,     // a coroutine of the application decides
        answer,   // of a session, which has its own timers
        writing,  // an answer that is not read
    } phase_ = phase::idle;
    bool uploading_ = false;
    bool head_seen_ = false;
    bool served_ = false;  // a first request was complete
    bool processing_ = false;
    bool reading_ = false;  // the coroutine waits for the stream
    bool close_after_ = false;
    bool may_compress_ = true;  // the answer to come
};

}  // namespace cosio
