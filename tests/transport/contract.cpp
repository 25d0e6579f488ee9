// SPDX-License-Identifier: BSL-1.0
// The promises of single calls of a transport, asked of its bare ends.

#include "links.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

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
        BOOST_TEST_REQUIRE(where.until([&] { return state->over; }));
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
            BOOST_TEST_REQUIRE(where.until([&] { return signal->calls > calls; }));
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

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fresh_link_is_dry_writable_and_knows_its_kind, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        engine::packet_view view;
        BOOST_TEST(!link.to->try_receive(view));
        BOOST_TEST(!link.to->try_receive(view));
        BOOST_TEST(link.from->writable());
        BOOST_TEST(!link.from->receiving());
        BOOST_TEST((link.from->kind() == Maker::kind));
        outbox nothing;
        link.from->try_flush(nothing);
        BOOST_TEST(link.from->writable());
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(readable_waits_until_there_is_something, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        const auto state = link.begin_wait(*link.to);
        BOOST_TEST(!state->over);
        link.flush("4hello");
        BOOST_TEST(link.where.until([&] { return state->over; }));
        BOOST_TEST(!state->why);
        BOOST_TEST((link.take(*link.to) == packet{frame_kind::text, "4hello"}));
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_arrived_before_the_wait_ends_it, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        link.flush("4early");
        link.where.settle();
        BOOST_TEST((link.take(*link.to) == packet{frame_kind::text, "4early"}));
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_view_is_valid_until_the_next_call, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        link.flush("4first");
        link.flush("4second");
        engine::packet_view view;
        while (!link.to->try_receive(view))
            BOOST_TEST_REQUIRE(!link.readable(*link.to));
        link.to->notify_writable(new writable_signal);  // a call of the other half
        BOOST_TEST(view.text() == "first");
        BOOST_TEST((link.take(*link.to) == packet{frame_kind::text, "4second"}));
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_full_link_leaves_the_rest_and_tells_when_it_can_go_on, Maker, makers
)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        outbox pending;
        fill(*link.from, pending);
        // A link that takes little at a time is not full yet: go on as long as it says so.
        const boost::intrusive_ptr<writable_signal> signal{new writable_signal};
        int expected = 0;
        while (true) {
            link.from->notify_writable(signal);
            BOOST_TEST_REQUIRE(signal->calls == expected);  // never inline
            link.where.settle();
            if (signal->calls == expected)
                break;
            BOOST_TEST_REQUIRE(++expected == signal->calls);
            if (link.from->try_flush(pending); pending.empty())
                fill(*link.from, pending);
        }
        BOOST_TEST(!pending.empty());
        // The other end reads: told once, and all of it comes.
        engine::packet_view view;
        while (signal->calls == expected) {
            if (!link.to->try_receive(view))
                BOOST_TEST_REQUIRE(!link.readable(*link.to));
            link.where.settle();
            link.to->retain();
        }
        BOOST_TEST(signal->calls == expected + 1);
        const std::size_t before = pending.size();
        for (int calls = signal->calls; !pending.empty(); ++calls) {
            link.from->try_flush(pending);
            if (pending.empty())
                break;
            link.from->notify_writable(signal);
            while (signal->calls == calls) {
                if (!link.to->try_receive(view))
                    BOOST_TEST_REQUIRE(!link.readable(*link.to));
                link.to->retain();
                link.where.settle();
            }
        }
        BOOST_TEST(before > 0U);
        BOOST_TEST(pending.bytes() == 0U);
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_ended_link_says_so_every_time, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        link.from->close();
        link.from->close();
        engine::packet_view view;
        BOOST_TEST(!link.from->writable());
        BOOST_TEST(!link.from->try_receive(view));
        BOOST_TEST(!link.take(*link.to).has_value());
        for (int i = 0; i < 3; ++i) {
            BOOST_TEST(link.readable(*link.from));
            BOOST_TEST(link.readable(*link.to));
            BOOST_TEST(!link.to->try_receive(view));
        }
        outbox pending;
        pending.push(make_text_frame("4too late"));
        link.from->try_flush(pending);
        link.to->try_flush(pending);
        link.from->finish();
        link.from->close();
        BOOST_TEST(link.readable(*link.from));
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(close_resumes_who_waits_on_either_end, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        const auto here = link.begin_wait(*link.from);
        const auto there = link.begin_wait(*link.to);
        BOOST_TEST((!here->over && !there->over));
        link.from->close();
        BOOST_TEST(link.where.until([&] { return here->over && there->over; }));
        // A wake-up may come before the reason: the next call has it.
        BOOST_TEST((here->why || link.readable(*link.from)));
        BOOST_TEST(!link.take(*link.to).has_value());
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_link_that_is_destroyed_ends_the_other_end, Maker, makers)
{
    both_ways<Maker>([](bare_link<Maker>& link) {
        transport_pair spare = Maker::make(link.where);
        std::swap(link.from, spare.first);
        std::swap(link.to, spare.second);
        spare.first.reset();
        BOOST_TEST(!link.take(*spare.second).has_value());
        spare.second->close();
        link.where.settle();
    });
}

BOOST_AUTO_TEST_SUITE_END()
