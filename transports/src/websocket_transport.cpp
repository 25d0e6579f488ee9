// SPDX-License-Identifier: BSL-1.0
#include "websocket_deflate.hpp"
#include "wire/websocket.hpp"

#include <cosio/transports/websocket.hpp>

#include <array>
#include <utility>
#include <vector>

namespace cosio {
namespace {

constexpr std::size_t gathered_frames = 64;
constexpr std::size_t masked_batch_bytes = 64 * 1024;

// What is left of so small a frame is kept here: the answer to a probe has nobody who asks to go on.
constexpr std::size_t tiny_rest_bytes = 16;
constexpr std::size_t max_rests_bytes = 256;

class websocket_transport final : public transport
{
public:
    websocket_transport(
        shard& home,
        std::unique_ptr<byte_stream> stream,
        engine::role side,
        const websocket_options& options,
        std::string received,
        std::string unsent
    )
        : home_{&home},
          stream_{std::move(stream)},
          decoder_{
              side == engine::role::server ? wire::websocket_role::server
                                           : wire::websocket_role::client,
              {options.max_payload_bytes, options.max_fragments}
          },
          linger_{options.linger},
          side_{side},
          protocol_{options.protocol}
    {
        if (options.deflate) {
            deflate_ = std::make_unique<websocket_deflate>(home, side, *options.deflate);
            decoder_.decompress(deflate_->inflater());
        }
        // A client's peer may already have spoken, and behind the handshake its frames may stand (WS-14).
        if (!received.empty()) {
            decoder_.feed(std::as_writable_bytes(std::span{received}));
            decoder_.retain();
        }
        queue(as_bytes(unsent));
        if (!queued_.empty())
            await_writable();
    }

    ~websocket_transport() override
    {
        if (writer_)
            writer_->link = nullptr;
    }

    engine::transport_kind kind() const noexcept override
    {
        return engine::transport_kind::websocket;
    }

    bool try_receive(engine::packet_view& packet) override
    {
        while (!ended_) {
            auto next = decoder_.next();
            if (!next) {
                violate(next.error());
            } else if (*next) {
                if (take(**next, packet))
                    return true;
            } else if (!std::exchange(may_read_, false) || !read()) {
                return false;
            }
        }
        return false;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (ended_)
            return ended_;
        may_read_ = true;
        return stream_->park(who);
    }

    void retain() override { decoder_.retain(); }

    void try_flush(outbox& pending) override
    {
        error_code ec;
        while (!ended_ && !ec && (!pending.empty() || !queued_.empty())) {
            const bool progress = side_ == engine::role::server ? write_gathered(pending, ec)
                                                                : write_masked(pending, ec);
            if (!progress)
                break;
        }
        if (side_ == engine::role::server && !pending.empty())
            keep_tiny_rest(pending);
        mid_frame_ = pending.mid_frame();
        if (ec)
            end(ec);
        else if (!queued_.empty() && !mid_frame_)
            await_writable();
    }

    bool writable() const noexcept override { return !ended_ && queued_.empty(); }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        listener_ = std::move(listener);
        await_writable();
    }

    void finish() override
    {
        // The rest of that frame was given up: a Close frame would have to stand behind it.
        if (mid_frame_)
            return end(engine::errc::connection_closed);
        say_goodbye(1005);
        if (peer_said_goodbye_)
            end(engine::errc::connection_closed);
    }

    void close() noexcept override
    {
        if (stream_ && said_goodbye_) {
            part_politely();
        } else if (stream_) {
            stream_->close();
        }
        if (!ended_)
            ended_ = engine::errc::connection_closed;
        listener_ = nullptr;
    }

private:
    /// Told by the stream. Control frames have nobody else who would go on with them.
    struct stream_listener final : link_listener
    {
        explicit stream_listener(websocket_transport& of) noexcept : link{&of} {}

        void on_link_writable() override
        {
            if (link)
                link->on_stream_writable();
        }

        websocket_transport* link;
    };

    void await_writable()
    {
        if (!stream_ || std::exchange(awaits_writable_, true))
            return;
        if (!writer_)
            writer_ = new stream_listener{*this};
        stream_->notify_writable(writer_);
    }

    void on_stream_writable()
    {
        awaits_writable_ = false;
        if (ended_)
            return;
        if (!queued_.empty())
            write_queued();
        if (const auto listener = std::exchange(listener_, nullptr))
            listener->on_link_writable();
    }

    bool read()
    {
        error_code ec;
        const std::span<std::byte> scratch = home_->scratch();
        const std::size_t count = stream_->try_read(scratch, ec);
        if (ec)
            end(ec);
        else if (count != 0)
            decoder_.feed(scratch.first(count));
        return count != 0;
    }

    /// True if `message` is an Engine.IO packet; control frames are dealt with here.
    bool take(const wire::websocket_message& message, engine::packet_view& packet)
    {
        switch (message.opcode) {
        case wire::websocket_opcode::binary:
            return accept(engine::parse_binary_packet(message.payload, protocol_), packet);
        case wire::websocket_opcode::text:
            return accept(engine::parse_packet(message.text(), base64_, protocol_), packet);
        case wire::websocket_opcode::ping:
            if (!said_goodbye_)
                pong(message.payload);
            return false;
        case wire::websocket_opcode::close:
            peer_said_goodbye_ = true;
            say_goodbye(message.close_code);
            end(engine::errc::connection_closed);
            return false;
        case wire::websocket_opcode::pong:
        case wire::websocket_opcode::continuation: return false;
        }
        return false;
    }

    bool accept(const result<engine::packet_view>& parsed, engine::packet_view& packet)
    {
        if (said_goodbye_)
            return false;
        if (parsed)
            packet = *parsed;
        else
            refuse(parsed.error());
        return parsed.has_value();
    }

    /// RFC 6455 was broken: the Close frame says how, the session ends with a transport error.
    void violate(error_code why)
    {
        say_goodbye(wire::close_code(static_cast<wire::websocket_errc>(why.value())));
        end(why);
    }

    /// A good frame that holds no Engine.IO packet (WS-3).
    void refuse(error_code why)
    {
        say_goodbye(1005);
        end(why);
    }

    void end(error_code why)
    {
        if (ended_)
            return;
        ended_ = why;
        listener_ = nullptr;  // it may own this link
        if (said_goodbye_)
            part_politely();
        else
            stream_->close();
    }

    void part_politely() noexcept
    {
        stream_->interrupt();
        if (mid_frame_)
            queued_.clear();  // it cannot stand inside a frame
        linger_close(*home_, std::move(stream_), linger_, std::exchange(queued_, {}));
    }

    void pong(bytes_view payload)
    {
        // Only the newest unsent PONG is kept: endless pings cannot fill the memory (F26).
        if (pong_queued_)
            queued_.resize(before_pong_);
        pong_queued_ = true;
        before_pong_ = queued_.size();
        queue_control(wire::websocket_opcode::pong, payload);
        write_queued();
    }

    void say_goodbye(std::uint16_t code)
    {
        if (std::exchange(said_goodbye_, true))
            return;
        queue_control(wire::websocket_opcode::close, wire::encode_close_payload(code, {}));
        write_queued();
    }

    void queue_control(wire::websocket_opcode opcode, bytes_view payload)
    {
        if (side_ == engine::role::client) {
            const std::array<std::byte, 4> mask = new_mask();
            wire::append_websocket_frame(queued_, opcode, payload, &mask);
        } else {
            wire::append_websocket_frame(queued_, opcode, payload);
        }
    }

    void queue(bytes_view bytes) { queued_.insert(queued_.end(), bytes.begin(), bytes.end()); }

    std::array<std::byte, 4> new_mask()
    {
        std::array<std::byte, 4> mask;
        home_->random().fill(mask);
        return mask;
    }

    /// Writes control frames at once, unless a data frame is half written.
    void write_queued()
    {
        if (mid_frame_ || !stream_)
            return;
        const bytes_view all{queued_};
        error_code ec;
        const std::size_t written = stream_->try_write({&all, 1}, ec);
        drop_queued(written);
        if (!queued_.empty() && !ec)
            await_writable();
    }

    void drop_queued(std::size_t written)
    {
        queued_.erase(queued_.begin(), queued_.begin() + static_cast<std::ptrdiff_t>(written));
        before_pong_ -= std::min(before_pong_, written);
        if (written != 0 && (queued_.empty() || before_pong_ == 0))
            pong_queued_ = false;
        if (queued_.empty())
            queued_ = {};
    }

    bool write_gathered(outbox& pending, error_code& ec)
    {
        std::array<bytes_view, gathered_frames> views;
        std::size_t count = 0;
        std::size_t queued_bytes = 0;
        if (!queued_.empty() && !pending.mid_frame()) {
            queued_bytes = queued_.size();
            views[count++] = queued_;
        }
        const std::span free_views = std::span{views}.subspan(count);
        if (deflate_)
            deflate_->compress(pending, free_views.size());
        count += pending.gather(free_views);
        std::size_t wanted = 0;
        for (std::size_t i = 0; i < count; ++i)
            wanted += views[i].size();
        const std::size_t written = stream_->try_write(std::span{views}.first(count), ec);
        const std::size_t of_queued = std::min(written, queued_bytes);
        if (of_queued != 0)
            drop_queued(of_queued);
        if (written > of_queued)
            pending.consume(written - of_queued);
        return written == wanted;
    }

    void keep_tiny_rest(outbox& pending)
    {
        bytes_view rest;
        if (pending.gather({&rest, 1}) == 0 || rest.size() > tiny_rest_bytes ||
            queued_.size() > max_rests_bytes)
            return;
        // A frame that was begun goes on before what is queued; another one comes behind it.
        if (pending.mid_frame()) {
            queued_.insert(queued_.begin(), rest.begin(), rest.end());
            before_pong_ += rest.size();
        } else {
            queue(rest);
            pong_queued_ = false;
        }
        pending.consume(rest.size());
    }

    /// A client masks, so its frames are copied: the only copy there is (RFC 6455, 5.3).
    /// The last copied frame stays in `pending` until it is written: who has nothing pending never asks
    /// to go on.
    bool write_masked(outbox& pending, error_code& ec)
    {
        const auto pop_copied = [&] {
            if (const frame_ref copied = std::exchange(copied_, {});
                !pending.empty() && pending[0] == copied)
                pending.pop(1);
        };
        const auto all_copied = [&] {
            return pending.empty() || (pending.size() == 1 && pending[0] == copied_);
        };
        while (!all_copied() && queued_.size() < masked_batch_bytes) {
            pop_copied();
            const frame_ref& next = pending[0];
            const std::array<std::byte, 4> mask = new_mask();
            const bytes_view smaller = deflate_ ? deflate_->compress(*next) : bytes_view{};
            wire::append_websocket_frame(
                queued_,
                next->kind() == frame_kind::text ? wire::websocket_opcode::text
                                                 : wire::websocket_opcode::binary,
                smaller.empty() ? next->payload() : smaller,
                &mask,
                !smaller.empty()
            );
            copied_ = next;
            pong_queued_ = false;  // what stands behind the PONG must not go with it
        }
        const bytes_view all{queued_};
        const std::size_t written = stream_->try_write({&all, 1}, ec);
        const bool complete = written == all.size();
        drop_queued(written);
        if (complete)
            pop_copied();
        return complete;
    }

    shard* home_;
    std::unique_ptr<byte_stream> stream_;
    wire::websocket_decoder decoder_;
    std::unique_ptr<websocket_deflate> deflate_;
    std::vector<std::byte> queued_;  // control frames; in the client role all frames
    frame_ref copied_;               // client: at the front of what is pending, and in queued_ too
    std::vector<std::byte> base64_;
    boost::intrusive_ptr<stream_listener> writer_;
    boost::intrusive_ptr<link_listener> listener_;
    std::size_t before_pong_ = 0;
    error_code ended_;
    duration linger_;
    engine::role side_;
    engine::revision protocol_;
    bool may_read_ = true;
    bool mid_frame_ = false;
    bool awaits_writable_ = false;
    bool pong_queued_ = false;
    bool said_goodbye_ = false;
    bool peer_said_goodbye_ = false;
};

}  // namespace

std::unique_ptr<transport> make_websocket_transport(
    shard& home,
    std::unique_ptr<byte_stream> stream,
    engine::role side,
    const websocket_options& options,
    std::string received,
    std::string unsent
)
{
    return std::make_unique<websocket_transport>(
        home, std::move(stream), side, options, std::move(received), std::move(unsent)
    );
}

}  // namespace cosio
