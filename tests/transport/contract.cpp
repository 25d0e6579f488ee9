// SPDX-License-Identifier: BSL-1.0
// The promises of single calls of a transport, asked of its bare ends.

#include "links.hpp"
#include "support/check.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <optional>
#include <tuple>

using namespace cosio;
using namespace cosio::test;

namespace {

using makers = std::tuple<
    loopback_maker,
    websocket_maker,
    bytewise_websocket_maker,
    deflated_websocket_maker,
    context_websocket_maker,
    tcp_websocket_maker,
    tls_websocket_maker,
    bytewise_tls_websocket_maker,
    tls_tcp_websocket_maker>;

class writable_signal final : public link_listener
{
public:
    void on_link_writable() override { ++calls; }

    int calls = 0;
};

/// One readable() that is waited for.
struct wait_state
{
    bool over = false;
    error_code why;
};

task<> wait(transport* link, std::shared_ptr<wait_state> state)
{
    state->why = co_await link->readable();
    state->over = true;
}

/// A fresh link, `from` its one end and `to` the other.
template <class Maker>
struct bare_link
{
    explicit bare_link(bool reversed)
    {
        transport_pair made = Maker::make(where);
        from = std::move(made.first);
        to = std::move(made.second);
        if (reversed)
            std::swap(from, to);
    }

    ~bare_link()
    {
        from->close();
        to->close();
        where.settle();
    }

    std::shared_ptr<wait_state> begin_wait(transport& link)
    {
        const auto state = std::make_shared<wait_state>();
        asio::co_spawn(where.home().executor(), wait(&link, state), asio::detached);
        where.settle();
        return state;
    }

    error_code readable(transport& link)
    {
        const auto state = begin_wait(link);
        REQUIRE(where.until([&] { return state->over; }));
        return state->why;
    }

    /// Takes the next packet; nullopt once the link has ended.
    std::optional<packet> take(transport& link)
    {
        engine::packet_view view;
        while (!link.try_receive(view))
            if (readable(link))
                return std::nullopt;
        std::string data{view.text()};
        if (view.kind == frame_kind::text)
            data.insert(data.begin(), static_cast<char>('0' + static_cast<int>(view.type)));
        return packet{view.kind, std::move(data)};
    }

    void flush(std::string_view packet)
    {
        outbox pending;
        pending.push(make_text_frame(packet));
        const boost::intrusive_ptr<writable_signal> signal{new writable_signal};
        for (int calls = 0; from->try_flush(pending), !pending.empty(); ++calls) {
            from->notify_writable(signal);
            REQUIRE(where.until([&] { return signal->calls > calls; }));
        }
    }

    typename Maker::place where;
    std::unique_ptr<transport> from;
    std::unique_ptr<transport> to;
};

template <class Maker, class Test>
void both_ways(const Test& run)
{
    for (const bool reversed : {false, true}) {
        BOOST_TEST_CONTEXT((reversed ? "from the client" : "from the server"))
        {
            bare_link<Maker> link{reversed};
            run(link);
        }
    }
}

/// Fills the link until it takes no more; `pending` keeps the rest.
void fill(transport& link, outbox& pending)
{
    const std::string packet = "4" + std::string(999, 'f');
    do {
        for (int i = 0; i < 64; ++i)
            pending.push(make_text_frame(packet));
        link.try_flush(pending);
    } while (pending.empty());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transport_contract)

TYPED_CASE(a_fresh_link_is_dry_writable_and_knows_its_kind, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        engine::packet_view view;
        CHECK(!link.to->try_receive(view));
        CHECK(!link.to->try_receive(view));
        CHECK(link.from->writable());
        CHECK(!link.from->receiving());
        CHECK((link.from->kind() == Maker::kind));
        outbox nothing;
        link.from->try_flush(nothing);
        CHECK(link.from->writable());
    });
}

TYPED_CASE(readable_waits_until_there_is_something, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        const auto state = link.begin_wait(*link.to);
        CHECK(!state->over);
        link.flush("4hello");
        CHECK(link.where.until([&] { return state->over; }));
        CHECK(!state->why);
        CHECK((link.take(*link.to) == packet{frame_kind::text, "4hello"}));
    });
}

TYPED_CASE(what_arrived_before_the_wait_ends_it, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        link.flush("4early");
        link.where.settle();
        CHECK((link.take(*link.to) == packet{frame_kind::text, "4early"}));
    });
}

TYPED_CASE(a_view_is_valid_until_the_next_call, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        link.flush("4first");
        link.flush("4second");
        engine::packet_view view;
        while (!link.to->try_receive(view))
            REQUIRE(!link.readable(*link.to));
        link.to->notify_writable(new writable_signal);  // a call of the other half
        CHECK(view.text() == "first");
        CHECK((link.take(*link.to) == packet{frame_kind::text, "4second"}));
    });
}

TYPED_CASE(a_full_link_leaves_the_rest_and_tells_when_it_can_go_on, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        outbox pending;
        fill(*link.from, pending);
        // A link that takes little at a time is not full yet: go on as long as it says so.
        const boost::intrusive_ptr<writable_signal> signal{new writable_signal};
        int expected = 0;
        while (true) {
            link.from->notify_writable(signal);
            REQUIRE(signal->calls == expected);  // never inline
            link.where.settle();
            if (signal->calls == expected)
                break;
            REQUIRE(++expected == signal->calls);
            if (link.from->try_flush(pending); pending.empty())
                fill(*link.from, pending);
        }
        CHECK(!pending.empty());
        // The other end reads: told once, and all of it comes.
        engine::packet_view view;
        while (signal->calls == expected) {
            if (!link.to->try_receive(view))
                REQUIRE(!link.readable(*link.to));
            link.where.settle();
            link.to->retain();
        }
        CHECK(signal->calls == expected + 1);
        const std::size_t before = pending.size();
        for (int calls = signal->calls; !pending.empty(); ++calls) {
            link.from->try_flush(pending);
            if (pending.empty())
                break;
            link.from->notify_writable(signal);
            while (signal->calls == calls) {
                if (!link.to->try_receive(view))
                    REQUIRE(!link.readable(*link.to));
                link.to->retain();
                link.where.settle();
            }
        }
        CHECK(before > 0U);
        CHECK(pending.bytes() == 0U);
    });
}

TYPED_CASE(an_ended_link_says_so_every_time, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        link.from->close();
        link.from->close();
        engine::packet_view view;
        CHECK(!link.from->writable());
        CHECK(!link.from->try_receive(view));
        CHECK(!link.take(*link.to).has_value());
        for (int i = 0; i < 3; ++i) {
            CHECK(link.readable(*link.from));
            CHECK(link.readable(*link.to));
            CHECK(!link.to->try_receive(view));
        }
        outbox pending;
        pending.push(make_text_frame("4too late"));
        link.from->try_flush(pending);
        link.to->try_flush(pending);
        link.from->finish();
        link.from->close();
        CHECK(link.readable(*link.from));
    });
}

TYPED_CASE(close_resumes_who_waits_on_either_end, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        const auto here = link.begin_wait(*link.from);
        const auto there = link.begin_wait(*link.to);
        CHECK((!here->over && !there->over));
        link.from->close();
        CHECK(link.where.until([&] { return here->over && there->over; }));
        // A wake-up may come before the reason: the next call has it.
        CHECK((here->why || link.readable(*link.from)));
        CHECK(!link.take(*link.to).has_value());
    });
}

TYPED_CASE(a_link_that_is_destroyed_ends_the_other_end, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        transport_pair spare = Maker::make(link.where);
        std::swap(link.from, spare.first);
        std::swap(link.to, spare.second);
        spare.first.reset();
        CHECK(!link.take(*spare.second).has_value());
        spare.second->close();
        link.where.settle();
    });
}

BOOST_AUTO_TEST_SUITE_END()
