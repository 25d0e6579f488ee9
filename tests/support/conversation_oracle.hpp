// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// What applications may rely on, whatever the network does (reliability.md 6.4). Taps in a test tell what was asked
// for and what was seen. An epoch is one life of a socket, from its connect to its disconnect; its name is the
// socket's id.

namespace cosio::test {

/// What was broken, a line each.
using complaints = std::vector<std::string>;

[[nodiscard]] inline std::string lines(const complaints& all)
{
    return fmt::format("{}", fmt::join(all, "\n"));
}

/// Events that go one way. Of each epoch the other side hears a prefix of what was sent: in order, each once, without
/// gaps, and nothing of another epoch (I01, I02, I03).
/// What is emitted without a connection is a delivery_oracle's business.
class event_oracle
{
public:
    event_oracle(std::string_view name, complaints& to) : name_{name}, complaints_{&to} {}

    /// An event is about to be sent; its number is its argument.
    [[nodiscard]] std::uint64_t sends(std::string_view epoch)
    {
        sends(epoch, next());
        return last_;
    }

    /// The same event for several: next() gives its number. One that may be missing was dropped, or may have been.
    void sends(std::string_view epoch, std::uint64_t number, bool may_be_missing = false)
    {
        of(epoch).sent.push_back({number, may_be_missing});
    }

    [[nodiscard]] std::uint64_t next() noexcept { return ++last_; }

    /// Another one has stood in for the receiver: what it has got may be missing.
    void forgives(std::string_view epoch)
    {
        for (auto& one : of(epoch).sent)
            one.may_be_missing = true;
    }

    /// `by`: who else hears that epoch, see follows().
    void heard(std::string_view epoch, std::uint64_t number, std::string_view by = {})
    {
        life& one = of(epoch);
        std::size_t& at = one.heard[std::string{by}];
        std::size_t next = at;
        while (next < one.sent.size() && one.sent[next].number != number &&
               one.sent[next].may_be_missing)
            ++next;
        const bool is_next = next < one.sent.size() && one.sent[next].number == number;
        if (is_next)
            at = next + 1;
        else
            complaints_->push_back(fmt::format(
                "{}: {} heard #{} and not #{}",
                name_,
                epoch,
                number,
                at < one.sent.size() ? one.sent[at].number : 0
            ));
        heard_ += is_next ? 1 : 0;
    }

    /// Another one takes an epoch over, and has heard what was sent up to `number`; 0: nothing.
    void follows(std::string_view epoch, std::uint64_t number, std::string_view by)
    {
        life& one = of(epoch);
        std::size_t& at = one.heard[std::string{by}];
        for (at = 0; at < one.sent.size() && one.sent[at].number <= number;)
            ++at;
    }

    /// Nothing was lost in that epoch, which had no fault at its end.
    void check_complete(std::string_view epoch)
    {
        const life& one = of(epoch);
        const auto found = one.heard.find("");
        std::size_t at = found != one.heard.end() ? found->second : 0;
        const std::size_t heard = at;
        while (at < one.sent.size() && one.sent[at].may_be_missing)
            ++at;
        if (at != one.sent.size())
            complaints_->push_back(
                fmt::format("{}: {} heard {} of {} in peace", name_, epoch, heard, one.sent.size())
            );
    }

    [[nodiscard]] std::uint64_t heard() const noexcept { return heard_; }

private:
    struct event
    {
        std::uint64_t number;
        bool may_be_missing;
    };

    struct life
    {
        std::vector<event> sent;
        std::map<std::string, std::size_t> heard;  // how many, by whom
    };

    [[nodiscard]] life& of(std::string_view epoch) { return lives_[std::string{epoch}]; }

    std::string name_;
    complaints* complaints_;
    std::map<std::string, life> lives_;
    std::uint64_t last_ = 0;
    std::uint64_t heard_ = 0;
};

/// Events of a client that are emitted whether it is connected or not. Within an epoch they are heard in order and without
/// gaps (I01, I03), and altogether once at most (I02): of those that were under way when a connection ended some may be
/// lost. With `retries` none is, and the first deliveries are in order, but some come again (I05, I06).
class delivery_oracle
{
public:
    /// `recovers`: an epoch may last over several connections, and then what was under way between them may be lost.
    delivery_oracle(std::string_view name, bool retries, bool recovers, complaints& to)
        : name_{name}, retries_{retries}, recovers_{recovers}, complaints_{&to}
    {}

    [[nodiscard]] std::uint64_t emits() { return ++last_; }

    void heard(std::string_view epoch, std::uint64_t number)
    {
        const bool again = !heard_.insert(number).second;
        if (again && !retries_)
            complain("{} heard #{} twice", epoch, number);
        repeats_ += again ? 1 : 0;
        std::uint64_t& before = in_epoch_[std::string{epoch}];
        if (number < before)
            complain("{} heard #{} after #{}", epoch, number, before);
        else if (before != 0 && number > before + 1 && !retries_ && !recovers_)
            complain("{} heard #{} after #{}, and none between", epoch, number, before);
        before = number;
        if (retries_ && *heard_.rbegin() != heard_.size())
            complain("{} heard #{} and not those before it", epoch, number);
    }

    /// The last one has arrived; with `retries` all have.
    [[nodiscard]] bool is_complete() const
    {
        return last_ == 0 || (!heard_.empty() && *heard_.rbegin() == last_);
    }

    void check_complete()
    {
        if (!is_complete())
            complain("{} of {} heard in peace", heard_.size(), last_);
    }

    [[nodiscard]] std::uint64_t heard() const noexcept { return heard_.size(); }

    [[nodiscard]] std::uint64_t repeats() const noexcept { return repeats_; }

private:
    template <class... Args>
    void complain(fmt::format_string<Args...> format, Args&&... args)
    {
        complaints_->push_back(
            fmt::format("kept {}: {}", name_, fmt::format(format, std::forward<Args>(args)...))
        );
    }

    std::string name_;
    bool retries_;
    bool recovers_;
    complaints* complaints_;
    std::set<std::uint64_t> heard_;
    std::map<std::string, std::uint64_t> in_epoch_;
    std::uint64_t last_ = 0;
    std::uint64_t repeats_ = 0;
};

/// Events that may be dropped: of each epoch some are heard, in order, each once at most (I01).
class volatile_oracle
{
public:
    volatile_oracle(std::string_view name, complaints& to) : name_{name}, complaints_{&to} {}

    [[nodiscard]] std::uint64_t sends() noexcept { return ++last_; }

    void heard(std::string_view epoch, std::uint64_t number)
    {
        std::uint64_t& before = before_[std::string{epoch}];
        if (number <= before)
            complaints_->push_back(
                fmt::format("{}: {} heard #{} after #{}", name_, epoch, number, before)
            );
        before = number;
        ++heard_;
    }

    [[nodiscard]] std::uint64_t heard() const noexcept { return heard_; }

    [[nodiscard]] std::uint64_t sent() const noexcept { return last_; }

private:
    std::string name_;
    complaints* complaints_;
    std::map<std::string, std::uint64_t> before_;
    std::uint64_t last_ = 0;
    std::uint64_t heard_ = 0;
};

/// Questions: each is answered exactly once, by its own answer or by an error (I13, I14).
class answer_oracle
{
public:
    explicit answer_oracle(complaints& to) : complaints_{&to} {}

    [[nodiscard]] std::uint64_t asks()
    {
        questions_.emplace_back();
        return questions_.size() - 1;
    }

    void answered(std::uint64_t question, std::uint64_t with)
    {
        ended(question);
        questions_[question].is_answered = true;
        ++answers_;
        if (question != with)
            complaints_->push_back(fmt::format("answer {} to question {}", with, question));
    }

    void failed(std::uint64_t question) { ended(question); }

    /// Nobody waits any more.
    void check_all_ended()
    {
        for (std::size_t i = 0; i < questions_.size(); ++i)
            if (questions_[i].ends == 0)
                complaints_->push_back(fmt::format("question {} has no end", i));
    }

    [[nodiscard]] bool has_ended(std::uint64_t question) const
    {
        return questions_.at(question).ends != 0;
    }

    [[nodiscard]] bool is_answered(std::uint64_t question) const
    {
        return questions_.at(question).is_answered;
    }

    [[nodiscard]] std::uint64_t answers() const noexcept { return answers_; }

private:
    void ended(std::uint64_t question)
    {
        if (++questions_[question].ends > 1)
            complaints_->push_back(fmt::format("question {} ends again", question));
    }

    struct fate
    {
        unsigned ends = 0;
        bool is_answered = false;
    };

    complaints* complaints_;
    std::vector<fate> questions_;
    std::uint64_t answers_ = 0;
};

/// One socket's connects and disconnects take turns (I19), and it hears nothing between them (I18).
class life_oracle
{
public:
    life_oracle(std::string_view name, complaints& to) : name_{name}, complaints_{&to} {}

    void connected() { turn(true); }

    void disconnected() { turn(false); }

    /// Its process was killed: nobody is told.
    void ends_unheard() noexcept { connected_ = false; }

    void refused()
    {
        if (connected_)
            complaints_->push_back(name_ + ": connect_error while connected");
    }

    void hears()
    {
        if (!connected_)
            complaints_->push_back(name_ + ": an event while disconnected");
    }

    [[nodiscard]] bool is_connected() const noexcept { return connected_; }

    [[nodiscard]] unsigned lives() const noexcept { return lives_; }

private:
    void turn(bool to)
    {
        if (connected_ == to)
            complaints_->push_back(name_ + (to ? ": connect twice" : ": disconnect twice"));
        connected_ = to;
        lives_ += to ? 1 : 0;
    }

    std::string name_;
    complaints* complaints_;
    unsigned lives_ = 0;
    bool connected_ = false;
};

}  // namespace cosio::test
