// SPDX-License-Identifier: BSL-1.0
#include "protocol_recovery_support.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>

using namespace cosio;
using namespace cosio::test;

namespace {

/// Several shards with the queues between them, one client that comes and goes, and what it must get:
/// every packet that was for it, once, in the order of each sender (I08, I10).
class cluster
{
public:
    cluster(unsigned seed, std::size_t shards) : random_{seed}
    {
        recovery_config config;
        for (std::size_t i = 0; i < shards; ++i) {
            config.shard = static_cast<std::uint16_t>(i);
            shards_.push_back(std::make_unique<recovery_shard>(config));
            mail_.emplace_back(shards);
            delivered_.emplace_back();
        }
        session_ = shards_[0]->connect("ada");
        session_.pid = private_id::make(random_ids_, 0);
        history_.emplace(session_.since);
    }

    void run(int steps)
    {
        for (int i = 0; i < steps; ++i)
            step();
        if (online_)
            go();
        come_back(0);
        while (deliver_somewhere())
            ;
        emit_to_all("last");
        while (deliver_somewhere())
            ;
        CHECK(expected_.back() == "last");
        CHECK(next_ == expected_.size());
    }

    std::size_t recoveries = 0;
    std::size_t hand_overs = 0;
    std::size_t replayed = 0;

private:
    struct letter
    {
        logged_packet packet;
        audience who;
    };

    recovery_shard& home() { return *shards_[home_]; }

    log_position here() { return home().machine.log().end(); }

    std::size_t pick(std::size_t below) { return random_() % below; }

    void step()
    {
        switch (pick(10)) {
        case 0:
        case 1:
        case 2: emit_to_all("b" + std::to_string(++names_)); break;
        case 3:
            if (online_)
                emit_direct("d" + std::to_string(++names_));
            break;
        case 4:
            if (online_)
                change_room(pick(2) ? "red" : "green");
            break;
        case 5:
            if (online_ && pick(3) == 0)
                lossy_ = true;  // the link is dead, and nobody has noticed
            break;
        case 6:
            if (online_ && pick(2) == 0)
                go();
            else if (!online_)
                come_back(4);
            break;
        default: deliver_somewhere();
        }
    }

    /// Some shard sends to all, itself at once.
    void emit_to_all(const std::string& name)
    {
        const std::size_t from = pick(shards_.size());
        audience who;
        if (name != "last") {
            if (pick(3) == 0)
                who.rooms.push_back(pick(2) ? "red" : "green");
            if (pick(4) == 0)
                who.except.push_back(pick(2) ? "red" : "green");
        }
        const packet_offset offset = shards_[from]->machine.next_offset();
        const letter what{{offset, {make_text_frame(name)}}, who};
        deliver(from, what, reach::all_shards);
        for (std::size_t to = 0; to < shards_.size(); ++to)
            if (to != from)
                mail_[from][to].push_back(what);
    }

    void emit_direct(const std::string& name)
    {
        const packet_offset offset = home().machine.next_offset();
        const audience who{.rooms = {session_.sid.str()}};
        deliver(home_, {{offset, {make_text_frame(name)}}, who}, reach::local);
    }

    bool deliver_somewhere()
    {
        const std::size_t count = shards_.size();
        const std::size_t begin = pick(count * count);
        for (std::size_t i = 0; i < count * count; ++i) {
            const std::size_t from = (begin + i) % (count * count) / count;
            const std::size_t to = (begin + i) % count;
            auto& queue = mail_[from][to];
            if (queue.empty())
                continue;
            const letter next = std::move(queue.front());
            queue.pop_front();
            deliver(to, next, reach::all_shards);
            return true;
        }
        return false;
    }

    void deliver(std::size_t to, const letter& what, reach how_far)
    {
        recovery_shard& shard = *shards_[to];
        CHECK(shard.machine.append(what.packet, what.who, how_far, shard.now));
        if (how_far == reach::all_shards)
            delivered_[to].push_back(what);
        if (to != home_ || !is_for_client(what.who))
            return;
        expect(text(what.packet));
        if (online_ && !lossy_)
            receive(what.packet);
    }

    [[nodiscard]] bool is_for_client(const audience& who) const
    {
        const auto is_in = [this](const std::string& room) {
            return room == session_.sid.view() || rooms_.contains(room);
        };
        return (who.rooms.empty() || std::ranges::any_of(who.rooms, is_in)) &&
               !std::ranges::any_of(who.except, is_in);
    }

    void expect(const std::string& name)
    {
        CHECK(known_.insert(name).second);  // once
        expected_.push_back(name);
    }

    void receive(const logged_packet& one)
    {
        CHECK(next_ < expected_.size());
        CHECK(text(one) == expected_[next_]);
        ++next_;
        offset_ = shards_[0]->machine.text_of(one.offset);
    }

    void change_room(const std::string& room)
    {
        const log_position first = home().machine.log().first();
        if (rooms_.insert(room).second) {
            history_->joined(room, here(), first);
        } else {
            rooms_.erase(room);
            history_->left(room, here(), first);
        }
    }

    void go()
    {
        online_ = false;
        lossy_ = false;
        session_.rooms = history_->memberships({rooms_.begin(), rooms_.end()});
        session_.exact_since = history_->exact_since();
        home().keep(std::move(session_));
        session_ = {};
        session_.sid = socket_id::from_text("ada.................");
    }

    /// One in `odds` replays is cut short.
    void come_back(std::size_t odds)
    {
        const private_id pid = private_id_of_client();
        auto back = home().restore(pid, offset_);
        BOOST_REQUIRE_MESSAGE(back.has_value(), texts(back));
        CHECK(!home().restore(pid, offset_).has_value());  // single use
        const std::size_t target = pick(shards_.size());
        if (target != home_) {
            hand_over(*back, target);
            ++hand_overs;
        }
        while (pick(3) == 0)  // a middleware takes its time
            emit_to_all("m" + std::to_string(++names_));
        home().machine.catch_up(*back);
        ++recoveries;
        session_ = std::move(back->session);
        history_.emplace(session_);
        online_ = true;
        const std::size_t all = back->missed.size();
        const std::size_t cut = odds != 0 && pick(odds) == 0 ? pick(all + 1) : all;
        for (std::size_t i = 0; i < cut; ++i)
            receive(back->missed[i]);
        replayed += cut;
        lossy_ = cut != all;
    }

    /// What has come to the old shard only after restore() is expected of the new one in its order.
    void hand_over(recovery::restored& back, std::size_t target)
    {
        std::set<std::string> known;
        for (const letter& one : delivered_[home_])
            known.insert(text(one.packet));
        home_ = shards_.size();  // nobody delivers to the client meanwhile
        for (std::size_t i = pick(3 * shards_.size()); i > 0; --i)
            pick(2) ? emit_to_all("h" + std::to_string(++names_))
                    : static_cast<void>(deliver_somewhere());
        while (!shards_[target]->machine.covers(back.version))
            REQUIRE(deliver_somewhere());
        home_ = target;
        home().machine.adopt(back, home().now);
        for (const letter& one : delivered_[target])
            if (!known.contains(text(one.packet)) && is_for_client(one.who))
                expect(text(one.packet));
    }

    [[nodiscard]] private_id private_id_of_client() const
    {
        counting_random ids;
        return private_id::make(ids, 0);
    }

    std::mt19937 random_;
    counting_random random_ids_;
    std::vector<std::unique_ptr<recovery_shard>> shards_;
    std::vector<std::vector<std::deque<letter>>> mail_;  // [from][to]
    std::vector<std::vector<letter>> delivered_;         // by shard, what all got
    recoverable_session session_;
    std::optional<room_history> history_;
    std::set<std::string> rooms_;
    std::vector<std::string> expected_;
    std::set<std::string> known_;  // what is in expected_
    std::optional<std::string> offset_;
    std::size_t next_ = 0;
    std::size_t home_ = 0;
    int names_ = 0;
    bool online_ = true;
    bool lossy_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(protocol_recovery_model)

BOOST_AUTO_TEST_CASE(one_shard_every_packet_once_in_order_I08)
{
    std::size_t recoveries = 0;
    for (unsigned seed = 1; seed <= 200; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            cluster all{seed, 1};
            all.run(300);
            recoveries += all.recoveries;
        }
    }
    CHECK(recoveries > 1'000U);
}

BOOST_AUTO_TEST_CASE(three_shards_every_packet_once_I08)
{
    std::size_t hand_overs = 0;
    std::size_t replayed = 0;
    for (unsigned seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            cluster all{seed, 3};
            all.run(300);
            hand_overs += all.hand_overs;
            replayed += all.replayed;
        }
    }
    CHECK(hand_overs > 1'000U);
    CHECK(replayed > 5'000U);
}

BOOST_AUTO_TEST_CASE(a_packet_that_came_before_is_refused_K08)
{
    recovery_shard shard;
    const logged_packet one{{1, 7}, {make_text_frame("one")}};
    CHECK(shard.machine.append(one, {}, reach::all_shards, shard.now));
    CHECK(!shard.machine.append(one, {}, reach::all_shards, shard.now));
    CHECK(!shard.machine.append({{1, 6}, one.packet}, {}, reach::all_shards, shard.now));
    CHECK(shard.machine.append({{2, 6}, one.packet}, {}, reach::all_shards, shard.now));
    CHECK(shard.machine.log().end() == 2U);
}

BOOST_AUTO_TEST_CASE(the_shard_that_a_pid_names_knows_where_its_session_is)
{
    recovery_shard shard;
    recoverable_session ada = shard.connect("ada");
    const private_id pid = ada.pid;
    CHECK(!shard.machine.locate(pid).has_value());
    shard.keep(std::move(ada));
    CHECK(shard.machine.locate(pid).value() == 0);
    CHECK(!shard.machine.locate({pid.secret, 1}).has_value());

    shard.machine.refer(pid, 3, shard.now);
    CHECK(shard.machine.locate(pid).value() == 3);
    CHECK(shard.machine.session_count() == 1U);
    CHECK(texts(shard.restore(pid)) == "refused: unknown session");
    shard.machine.handle_timeout(shard.now + 2min + 1ns);
    CHECK(!shard.machine.locate(pid).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
