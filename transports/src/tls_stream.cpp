// SPDX-License-Identifier: BSL-1.0
#include "tls_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace cosio {
namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;

// What one try_read() takes from the connection below: endless control records cannot hold the shard.
constexpr std::size_t max_taken_bytes = 256 * 1024;

// Data leave at most one record here. More comes from a peer that asks and asks and never reads.
constexpr std::size_t max_unsent_bytes = 64 * 1024;

tls_errc meaning_of(unsigned long error, bool server) noexcept
{
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return tls_errc::protocol_violation;
    const int reason = ERR_GET_REASON(error);
    if (reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)
        return tls_errc::client_certificate_missing;
    if (reason >= SSL_AD_REASON_OFFSET)
        return tls_errc::refused_by_peer;
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return tls_errc::plain_http;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL: return tls_errc::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_APPLICATION_PROTOCOL: return tls_errc::nothing_in_common;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return tls_errc::client_certificate_missing;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return server ? tls_errc::client_certificate_refused : tls_errc::server_certificate_refused;
    default: return tls_errc::protocol_violation;
    }
}

/// What has just failed. Below the one that counts may be those of a signature.
unsigned long latest_error() noexcept
{
    const unsigned long last = ERR_peek_last_error();
    const bool refused =
        ERR_GET_LIB(last) == ERR_LIB_SSL && ERR_GET_REASON(last) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    return refused ? last : ERR_peek_error();
}

/// An SSL over a BIO that is the stream below itself. Two memory BIOs would hold every byte once more,
/// and a buffer each while nothing happens. Reading passes through without a copy; writing is kept here
/// only as far as the stream below does not take it, so OpenSSL never has a write to repeat and
/// try_write() may be offered something else the next time.
class tls_stream_over final : public tls_stream
{
public:
    tls_stream_over(std::unique_ptr<byte_stream> plain, ssl_ptr ssl)
        : plain_{std::move(plain)}, ssl_{std::move(ssl)}
    {
        BIO* const bio = ssl_ ? BIO_new(bio_method()) : nullptr;
        if (!bio) {
            break_off(engine::errc::connection_reset);
            return;
        }
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_.get(), bio, bio);
    }

    ~tls_stream_over() override { abandon_pump(); }

    std::optional<boost::system::result<void, tls_error>> shake() override
    {
        if (ended_)
            return tls_error{ended_, ended_.message()};
        begin_taking();
        ERR_clear_error();
        const bool done = SSL_do_handshake(ssl_.get()) == 1;
        const char* detail = nullptr;
        if (!done) {
            detail = ERR_reason_error_string(latest_error());
            examine_read();
        }
        ERR_clear_error();
        send_rest();
        if (done) {
            dry_ = false;  // OpenSSL may have taken more than the handshake
            return boost::system::result<void, tls_error>{};
        }
        if (!ended_)
            return std::nullopt;
        return tls_error{ended_, describe_failure(detail)};
    }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        if (ended_) {
            ec = ended_;
            return 0;
        }
        std::size_t count = 0;
        begin_taking();
        while (count < into.size()) {
            std::size_t got = 0;
            ERR_clear_error();
            if (SSL_read_ex(ssl_.get(), into.data() + count, into.size() - count, &got) != 1) {
                examine_read();
                break;
            }
            count += got;
            if (drained_ && !SSL_has_pending(ssl_.get()))
                break;
            dry_ = count < into.size();
        }
        ERR_clear_error();
        send_rest();
        if (SSL_is_init_finished(ssl_.get()) && unsent_.size() - sent_ > max_unsent_bytes)
            break_off(tls_errc::protocol_violation);
        if (count == 0 && ended_)
            ec = ended_;
        return count;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (closed_)
            return engine::errc::connection_closed;
        if (dry_)
            return plain_->park(who);
        if (plain_->park(who))
            return error_code{};  // what is left can be read, whatever the stream below says
        interrupt();              // others have their turn first
        return std::nullopt;
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        if (!may_write()) {
            ec = engine::errc::connection_reset;
            return 0;
        }
        flush();
        std::array<std::byte, record_bytes> block;
        std::size_t written = 0;
        for (gatherer rest{from}; unsent_.empty() && !write_failed_;) {
            const bytes_view next = rest.take(block);
            if (next.empty())
                break;
            std::size_t taken = 0;
            ERR_clear_error();
            if (SSL_write_ex(ssl_.get(), next.data(), next.size(), &taken) != 1) {
                ERR_clear_error();
                break_off(tls_errc::protocol_violation);
                ec = ended_;
                return written;
            }
            written += taken;
        }
        if (write_failed_)
            ec = write_failed_;
        else if (!unsent_.empty())
            await_writable({});
        return written;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        if (!closed_)
            await_writable(std::move(listener));
    }

    void interrupt() noexcept override
    {
        const boost::intrusive_ptr<pump> waiting{pump_};
        plain_->interrupt();
        if (waiting) {  // this may have ended the wait to write too, without success
            abandon_pump();
            await_writable(std::move(waiting->listener));
        }
    }

    void shutdown_send() noexcept override
    {
        if (closed_ || shut_)
            return;
        say_goodbye();
        shut_ = true;
        send_rest();
        if (unsent_.empty())
            plain_->shutdown_send();
    }

    void close() noexcept override
    {
        if (closed_)
            return;
        if (unsent_.empty())  // else it would vouch for what is cut off here
            say_goodbye();
        closed_ = true;
        break_off(engine::errc::connection_closed);
        abandon_pump();
        plain_->close();
    }

    std::string remote_address() const override { return plain_->remote_address(); }

    bool secure() const noexcept override { return true; }

    bool move_to(shard& other) noexcept override
    {
        // Who waits for the stream below waits on the old shard.
        boost::intrusive_ptr<link_listener> listener;
        if (pump_)
            listener = std::move(pump_->listener);
        abandon_pump();
        if (!plain_->move_to(other))
            return false;
        if (listener || !unsent_.empty())
            await_writable(std::move(listener));
        return true;
    }

private:
    /// Waits for the stream below, which owns it: if that forgets who waits, this is gone too, and
    /// nobody keeps the listener that may own this stream.
    struct pump final : link_listener
    {
        explicit pump(tls_stream_over& stream) noexcept : of{&stream} {}

        ~pump() override
        {
            if (of)
                of->pump_ = nullptr;
        }

        void on_link_writable() override
        {
            if (!of)
                return;
            tls_stream_over& stream = *std::exchange(of, nullptr);
            stream.pump_ = nullptr;
            stream.go_on(std::move(listener));
        }

        tls_stream_over* of;
        boost::intrusive_ptr<link_listener> listener;
    };

    /// Many small parts leave as one record: each costs 22 bytes and a pass of the cipher.
    class gatherer
    {
    public:
        explicit gatherer(std::span<const bytes_view> views) noexcept : views_{views} {}

        /// The next record's worth; in `block` only if it must be put together.
        bytes_view take(std::span<std::byte> block) noexcept
        {
            skip_empty();
            if (views_.empty())
                return {};
            if (const bytes_view first = rest(); first.size() >= block.size() || is_last())
                return consume(std::min(first.size(), block.size()));
            std::size_t filled = 0;
            while (filled < block.size() && !views_.empty()) {
                const bytes_view part = consume(std::min(rest().size(), block.size() - filled));
                std::ranges::copy(part, block.begin() + static_cast<std::ptrdiff_t>(filled));
                filled += part.size();
                skip_empty();
            }
            return block.first(filled);
        }

    private:
        bytes_view rest() const noexcept { return views_.front().subspan(offset_); }

        bool is_last() const noexcept
        {
            return std::ranges::all_of(views_.subspan(1), [](bytes_view v) { return v.empty(); });
        }

        void skip_empty() noexcept
        {
            while (!views_.empty() && rest().empty()) {
                views_ = views_.subspan(1);
                offset_ = 0;
            }
        }

        bytes_view consume(std::size_t count) noexcept
        {
            const bytes_view part = rest().first(count);
            offset_ += count;
            return part;
        }

        std::span<const bytes_view> views_;
        std::size_t offset_ = 0;
    };

    static tls_stream_over& of(BIO* bio) noexcept
    {
        return *static_cast<tls_stream_over*>(BIO_get_data(bio));
    }

    static int bio_read(BIO* bio, char* into, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        return of(bio).take(bio, std::as_writable_bytes(std::span{into, std::size_t(size)}));
    }

    static int bio_write(BIO* bio, const char* from, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        of(bio).send(std::as_bytes(std::span{from, std::size_t(size)}));
        return size;
    }

    static long bio_ctrl(BIO*, int command, long, void*) noexcept
    {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static const BIO_METHOD* bio_method() noexcept
    {
        static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
            BIO_METHOD* const made = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "cosio");
            if (made) {
                BIO_meth_set_read(made, bio_read);
                BIO_meth_set_write(made, bio_write);
                BIO_meth_set_ctrl(made, bio_ctrl);
            }
            return std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>{made, BIO_meth_free};
        }();
        return method.get();
    }

    void begin_taking() noexcept
    {
        dry_ = true;
        drained_ = false;
        takes_ = max_taken_bytes;
    }

    /// For OpenSSL. Less than was asked for means that the stream below is dry: it is not asked again.
    int take(BIO* bio, std::span<std::byte> into) noexcept
    {
        error_code ec;
        std::size_t count = 0;
        if (!drained_ && takes_ != 0) {
            count = plain_->try_read(into.first(std::min(into.size(), takes_)), ec);
            takes_ -= count;
            drained_ = count < into.size();
        }
        if (ec)
            read_failed_ = ec;
        else if (count == 0)
            BIO_set_retry_read(bio);
        return count != 0 ? static_cast<int>(count) : -1;
    }

    /// For OpenSSL. What cannot be written at once is kept, and what can never be written is dropped:
    /// try_write() tells, and what has come before can still be read.
    void send(bytes_view bytes) noexcept
    {
        if (write_failed_)
            return;
        if (unsent_.empty())
            bytes = bytes.subspan(plain_->try_write({&bytes, 1}, write_failed_));
        if (write_failed_ || bytes.empty())
            return;
        try {
            unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
        } catch (...) {  // must not pass through C: OpenSSL is below us on the stack
            write_failed_ = engine::errc::connection_reset;
        }
    }

    void flush() noexcept
    {
        while (sent_ < unsent_.size() && !write_failed_) {
            const bytes_view rest = bytes_view{unsent_}.subspan(sent_);
            const std::size_t count = plain_->try_write({&rest, 1}, write_failed_);
            if (count == 0)
                break;
            sent_ += count;
        }
        if (sent_ == unsent_.size() || write_failed_) {
            unsent_ = {};
            sent_ = 0;
        }
    }

    /// What OpenSSL has said on its own account has nobody else who would go on with it.
    void send_rest() noexcept
    {
        flush();
        if (!unsent_.empty() && !closed_)
            await_writable({});
    }

    void await_writable(boost::intrusive_ptr<link_listener> listener)
    {
        if (listener && pump_)
            pump_->listener = std::move(listener);
        if (pump_)
            return;
        const boost::intrusive_ptr<pump> made{new pump{*this}};
        made->listener = std::move(listener);
        pump_ = made.get();
        plain_->notify_writable(made);
    }

    void go_on(boost::intrusive_ptr<link_listener> listener)
    {
        flush();
        if (!unsent_.empty())
            await_writable(std::move(listener));
        else if (shut_)
            plain_->shutdown_send();
        else if (listener)
            listener->on_link_writable();  // may destroy this
    }

    void abandon_pump() noexcept
    {
        if (pump_)
            std::exchange(pump_, nullptr)->of = nullptr;
    }

    bool may_write() const noexcept
    {
        return !broken_ && !shut_ && !closed_ && SSL_is_init_finished(ssl_.get());
    }

    void say_goodbye() noexcept
    {
        if (!may_write())
            return;
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }

    /// SSL_read() gave nothing: why?
    void examine_read() noexcept
    {
        dry_ = false;
        switch (SSL_get_error(ssl_.get(), 0)) {
        case SSL_ERROR_WANT_READ: dry_ = true; break;
        case SSL_ERROR_ZERO_RETURN: ended_ = engine::errc::connection_closed; break;
        case SSL_ERROR_SYSCALL:
            break_off(read_failed_ ? meaning_of_end() : engine::errc::connection_reset);
            break;
        default: break_off(meaning_of(latest_error(), is_server())); break;
        }
    }

    [[nodiscard]] bool is_server() const noexcept { return SSL_is_server(ssl_.get()) == 1; }

    /// Whoever cuts a connection must not be able to cut an answer that lasts until its end (X12).
    [[nodiscard]] error_code meaning_of_end() const noexcept
    {
        if (!is_server() && read_failed_ == engine::errc::connection_closed)
            return engine::errc::connection_reset;
        return read_failed_;
    }

    /// Why there is no TLS, in one line; `detail` is what OpenSSL says.
    [[nodiscard]] std::string describe_failure(const char* detail) const
    {
        if (ended_ == tls_errc::server_certificate_refused)
            return fmt::format(
                "certificate verify failed: {}",
                describe_verification(SSL_get_verify_result(ssl_.get()))
            );
        if (ended_ == engine::errc::connection_reset)
            return "the connection ended during the TLS handshake";
        if (!detail)
            return ended_.message();
        return fmt::format("{}: {}", ended_.message(), detail);
    }

    static const char* describe_verification(long outcome) noexcept
    {
        // That of OpenSSL speaks of an application.
        return outcome == X509_V_ERR_APPLICATION_VERIFICATION
                   ? "accept_certificate refuses it"
                   : X509_verify_cert_error_string(outcome);
    }

    void break_off(error_code why) noexcept
    {
        ended_ = why;
        broken_ = true;
        dry_ = false;
    }

    std::unique_ptr<byte_stream> plain_;
    ssl_ptr ssl_;
    std::vector<std::byte> unsent_;  // records that the stream below has not taken yet
    std::size_t sent_ = 0;           // of these
    std::size_t takes_ = 0;
    pump* pump_ = nullptr;     // waits for the stream below
    error_code ended_;         // what try_read() says once all data are read
    error_code read_failed_;   // of the stream below
    error_code write_failed_;  // of the stream below
    bool dry_ = true;          // the stream below must give more before there is anything to read
    bool drained_ = false;
    bool broken_ = false;  // OpenSSL must not be asked for anything any more
    bool shut_ = false;
    bool closed_ = false;
};

}  // namespace

void ssl_deleter::operator()(ssl_st* ssl) const noexcept
{
    SSL_free(ssl);
}

std::unique_ptr<tls_stream> make_tls_stream(std::unique_ptr<byte_stream> plain, ssl_ptr ssl)
{
    return std::make_unique<tls_stream_over>(std::move(plain), std::move(ssl));
}

}  // namespace cosio
