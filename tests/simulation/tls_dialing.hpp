// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/dialers.hpp"
#include "tls_support.hpp"

#include <cosio/transports/tls_client.hpp>

// Clients of cosio's over TLS, in virtual time.

namespace cosio::test {

/// Writes down what is written.
class tapped_stream : public byte_stream
{
public:
    tapped_stream(std::unique_ptr<byte_stream> inner, string& into)
        : inner_{std::move(inner)}, into_{&into}
    {}

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        return inner_->try_read(into, ec);
    }

    std::optional<error_code> park(parked& who) override { return inner_->park(who); }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        const std::size_t written = inner_->try_write(from, ec);
        std::size_t rest = written;
        for (const bytes_view& view : from) {
            const std::size_t count = std::min(rest, view.size());
            into_->append(as_text(view.first(count)));
            rest -= count;
        }
        return written;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        inner_->notify_writable(std::move(listener));
    }

    void interrupt() noexcept override { inner_->interrupt(); }

    void shutdown_send() noexcept override { inner_->shutdown_send(); }

    void close() noexcept override { inner_->close(); }

    std::string remote_address() const override { return inner_->remote_address(); }

private:
    std::unique_ptr<byte_stream> inner_;
    string* into_;
};

/// Taps the streams of another dialer.
class tapping_dialer final : public stream_dialer
{
public:
    tapping_dialer(std::unique_ptr<stream_dialer> below, string& into)
        : below_{std::move(below)}, into_{&into}
    {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        return below_->dial([into = into_, done = std::move(done)](outcome made) {
            if (made)
                done(std::make_unique<tapped_stream>(std::move(*made), *into));
            else
                done(std::move(made));
        });
    }

private:
    std::unique_ptr<stream_dialer> below_;
    string* into_;
};

[[nodiscard]] inline tls_client_options trusting(const bench::identity& root)
{
    tls_client_options options;
    options.ca = root.certificate;
    return options;
}

/// A dialer to what `serve` serves, over TLS. What the client sends is in `sent`, as it is on the wire.
[[nodiscard]] inline std::unique_ptr<stream_dialer> secure_dialer(
    simulation& world,
    serving_dialer::serve serve,
    string host,
    const tls_client_options& options,
    string& sent,
    const memory_stream_options& link = {}
)
{
    auto below = std::make_unique<serving_dialer>(world.home(), std::move(serve), link);
    auto tapped = std::make_unique<tapping_dialer>(std::move(below), sent);
    return make_tls_dialer(std::move(tapped), std::move(host), options);
}

/// A client of a tls_server.
struct secure_client
{
    secure_client(
        tls_server& to,
        string host = "localhost",
        const tls_client_options& options = trusting(server_identity()),
        const memory_stream_options& link = {}
    )
        : on{&to},
          dialer{secure_dialer(
              to.server.world,
              [&to](std::unique_ptr<byte_stream> far) {
                  to.server.http.serve(to.tls.accept(std::move(far)));
              },
              std::move(host),
              options,
              sent,
              link
          )},
          dialed{*dialer}
    {
        on->server.world.run();
    }

    /// What comes of dialing, and of a request if that succeeds.
    [[nodiscard]] string ask(string request = http_text("GET", "/a"))
    {
        if (dialed.text() != "a stream")
            return dialed.text();
        const auto stream = dialed.take();
        bytes_view rest = as_bytes(request);
        string answer;
        error_code ec;
        for (int turn = 0; turn < 10'000 && !ec && !body_of(answer).ends_with(" 0"); ++turn) {
            rest = rest.subspan(stream->try_write({&rest, 1}, ec));
            on->server.world.run();
            std::array<std::byte, 4096> block;
            answer += as_text(bytes_view{block}.first(stream->try_read(block, ec)));
        }
        return body_of(answer);
    }

    tls_server* on;
    string sent;
    std::unique_ptr<stream_dialer> dialer;
    dialed_stream dialed;
};

/// The largest record that may carry data of an application; the handshake of TLS 1.3 and alerts look the same.
[[nodiscard]] inline std::size_t largest_data_record(std::string_view sent)
{
    constexpr char application_data = 23;
    std::size_t largest = 0;
    while (sent.size() >= 5) {
        const auto high = static_cast<unsigned char>(sent[3]);
        const auto low = static_cast<unsigned char>(sent[4]);
        const std::size_t size = std::size_t{high} * 256 + low;
        if (sent[0] == application_data)
            largest = std::max(largest, size);
        sent.remove_prefix(std::min(sent.size(), size + 5));
    }
    return largest;
}

}  // namespace cosio::test
