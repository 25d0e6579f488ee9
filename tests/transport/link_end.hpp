// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/wakeup.hpp>
#include <cosio/shard.hpp>
#include <cosio/transport.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace cosio::test {

/// One packet: text with its type digit, binary as it is.
struct packet
{
    frame_kind kind = frame_kind::text;
    std::string data = {};

    bool operator==(const packet&) const = default;
};

/// Short, whatever the size.
std::ostream& operator<<(std::ostream& out, const packet& value);

[[nodiscard]] frame_ref to_frame(const packet& value);

/// One end of a link as a test sees it: it sends what it is told, and keeps what comes.
class link_end
{
public:
    virtual ~link_end() = default;

    /// Queues a packet and flushes. What does not leave now leaves when the link can take it.
    virtual void send(const packet& value) = 0;

    /// All that was sent has left this end.
    [[nodiscard]] virtual bool drained() const = 0;

    /// What has come so far.
    [[nodiscard]] virtual const std::vector<packet>& received() const = 0;

    /// From now on what arrives stays in the link.
    virtual void stop_reading() = 0;
    virtual void resume_reading() = 0;

    virtual void finish() = 0;
    virtual void close() = 0;

    /// The link has said that it is over.
    [[nodiscard]] virtual bool ended() const = 0;
};

/// Drives a transport by the book: try, and wait only when dry. Between two turns the scratch memory of
/// the shard is overwritten, so that a view which outlives its promise shows.
class transport_end final : public link_end
{
public:
    transport_end(shard& home, std::unique_ptr<transport> link);
    ~transport_end() override;

    void send(const packet& value) override;
    bool drained() const override;
    const std::vector<packet>& received() const override;
    void stop_reading() override;
    void resume_reading() override;
    void finish() override;
    void close() override;
    bool ended() const override;

    /// Takes one packet per turn from now on, and suspends in between although more may have come.
    void read_one_per_turn();

private:
    struct state;

    static task<> read(boost::intrusive_ptr<state> self);

    boost::intrusive_ptr<state> state_;
};

}  // namespace cosio::test
