// SPDX-License-Identifier: BSL-1.0
// reliability.md 6: random programs, each drawn from a seed, and what must hold whatever happens in them.
// One seed alone, and what it does: COSIO_SEED=17 in the environment, --run_test='client_seeds/I0*' and
// --log_level=message. More of them: COSIO_SEEDS=100000.
#include "faulty_world.hpp"

#include <cstdlib>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::uint64_t seeds = 2'000;
constexpr std::uint64_t seeds_with_retries = 500;

/// One program.
class program
{
public:
    explicit program(std::uint64_t seed, std::optional<std::uint32_t> retries = {})
        : random_{seed}, on_{seed, all_ways[draw(all_ways.size())], retries}
    {
        if (chance(2))
            on_.network.quality.latency = milliseconds(draw(100));
        if (chance(2))
            on_.network.quality.jitter = milliseconds(draw(50));
        if (chance(2))
            on_.network.quality.max_piece = 1 + draw(50);
        if (chance(2))
            on_.join("/chat");
    }

    /// What was broken: nothing.
    [[nodiscard]] const complaints& run()
    {
        on_.client->open();
        for (std::size_t left = 5 + draw(25); left != 0; --left) {
            step();
            on_.world.run_for(milliseconds(chance(4) ? draw(5'000) : draw(300)));
        }
        note("the faults are over");
        on_.network.black_hole = false;
        for (tapped_socket& one : on_.sockets)
            connect(one);
        on_.client->open();
        on_.check_it_heals();
        for (const tapped_socket& one : on_.sockets)
            repeats_ += one.kept.repeats();
        on_.check_it_ends();
        note(
            "{} up, {} down, {} answers", on_.up.heard(), on_.down.heard(), on_.questions.answers()
        );
        return on_.broken;
    }

    /// What it did.
    [[nodiscard]] std::string trace() { return trace_.take(); }

    /// Deliveries that were not the first of their event.
    [[nodiscard]] std::uint64_t repeats() const noexcept { return repeats_; }

    /// What it reached: so many events and answers.
    [[nodiscard]] std::uint64_t reached() const noexcept
    {
        return on_.up.heard() + on_.down.heard() + on_.questions.answers();
    }

private:
    void step()
    {
        tapped_socket& one = on_.sockets[draw(on_.sockets.size())];
        switch (draw(14)) {
        case 0:
        case 1:
        case 2: talk(one); break;
        case 3:
        case 4: on_.server_talks(); break;
        case 5: disconnect(one); break;
        case 6: come_again(one); break;
        case 7: fail(all_faults[draw(4)]); break;
        case 8: fail_soon(all_faults[draw(4)]); break;
        case 9: kill(); break;
        case 10: black_hole(); break;
        case 11:
        case 12: keep(one); break;
        default: close_or_open(); break;
        }
    }

    void talk(tapped_socket& by)
    {
        note("{} talks", by.socket.nsp_name());
        on_.talk(by);
    }

    void keep(tapped_socket& by)
    {
        note("{} emits what is kept", by.socket.nsp_name());
        on_.keep(by);
    }

    void disconnect(tapped_socket& which)
    {
        note("{} disconnects", which.socket.nsp_name());
        which.wanted = false;
        which.socket.disconnect();
    }

    void connect(tapped_socket& which)
    {
        note("{} connects", which.socket.nsp_name());
        which.wanted = true;
        which.socket.connect();
    }

    /// Also at once after it has left, in one turn.
    void come_again(tapped_socket& which)
    {
        if (which.socket.connected() && chance(2)) {
            note("{} leaves and comes again", which.socket.nsp_name());
            on_.world.home().post([&which] {
                which.socket.disconnect();
                which.socket.connect();
            });
            on_.world.run();
        }
        connect(which);
    }

    void fail(fault how)
    {
        note("all connections {}", to_string(how));
        on_.network.fail_all(how);
    }

    void fail_soon(fault how)
    {
        const heading which = chance(2) ? heading::up : heading::down;
        const std::uint64_t byte = draw(500);
        note("{} after {} bytes {}", to_string(how), byte, which == heading::up ? "up" : "down");
        on_.network.fail_at_byte(
            which, on_.network.bytes[static_cast<std::size_t>(which)] + byte, how
        );
    }

    void kill()
    {
        const duration absent = milliseconds(draw(3'000));
        note("the server is killed");
        if (on_.server)
            on_.kill_server(absent);
    }

    void black_hole()
    {
        on_.network.black_hole = !on_.network.black_hole;
        note("dialing is {}", on_.network.black_hole ? "in vain" : "heard again");
    }

    void close_or_open()
    {
        note("{}", on_.client->is_active() ? "close" : "open");
        if (on_.client->is_active())
            on_.client->close();
        else
            on_.client->open();
    }

    [[nodiscard]] std::size_t draw(std::size_t below)
    {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_);
    }

    [[nodiscard]] bool chance(std::size_t one_in) { return draw(one_in) == 0; }

    [[nodiscard]] static duration milliseconds(std::size_t count)
    {
        return std::chrono::milliseconds{static_cast<std::int64_t>(count)};
    }

    template <class... Args>
    void note(fmt::format_string<Args...> format, Args&&... args)
    {
        trace_(
            "{:>8} ms  {}",
            std::chrono::duration_cast<std::chrono::milliseconds>(on_.world.now()).count(),
            fmt::format(format, std::forward<Args>(args)...)
        );
    }

    std::mt19937_64 random_;
    journal trace_;
    faulty_world on_;
    std::uint64_t repeats_ = 0;
};

/// The number that the environment gives.
std::optional<std::uint64_t> number_of(const char* name)
{
    const char* const text = std::getenv(name);
    if (!text)
        return std::nullopt;
    return std::strtoull(text, nullptr, 10);
}

/// False if the environment asks for no seed.
bool run_chosen(std::optional<std::uint32_t> retries)
{
    const auto seed = number_of("COSIO_SEED");
    if (!seed)
        return false;
    program one{*seed, retries};
    const std::string broken = fmt::format("{}", fmt::join(one.run(), "\n"));
    BOOST_TEST_MESSAGE(one.trace());
    CHECK(broken == "");
    return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_seeds)

BOOST_AUTO_TEST_CASE(I01_I02_I03_I13_I18_I19_I24_random_programs)
{
    if (run_chosen({}))
        return;
    std::uint64_t reached = 0;
    const std::uint64_t count = number_of("COSIO_SEEDS").value_or(seeds);
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        program one{seed};
        const std::string broken = fmt::format("{}", fmt::join(one.run(), "\n"));
        CHECK(broken == "", "COSIO_SEED=" << seed << '\n' << one.trace());
        reached += one.reached();
    }
    CHECK(reached > count * 20);
}

BOOST_AUTO_TEST_CASE(I05_I06_I07_random_programs_with_retries)
{
    constexpr std::uint32_t without_end = 1'000'000;
    if (run_chosen(without_end))
        return;
    std::uint64_t repeats = 0;
    const std::uint64_t count = number_of("COSIO_SEEDS").value_or(seeds_with_retries);
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        program one{seed, without_end};
        const std::string broken = fmt::format("{}", fmt::join(one.run(), "\n"));
        CHECK(broken == "", "COSIO_SEED=" << seed << '\n' << one.trace());
        repeats += one.repeats();
    }
    CHECK(repeats > 0U);  // acknowledgements were lost
}

BOOST_AUTO_TEST_CASE(a_seed_does_the_same_again)
{
    for (std::uint64_t seed = 50; seed <= 1'000; seed += 50) {
        program first{seed};
        program second{seed};
        static_cast<void>(first.run());
        static_cast<void>(second.run());
        CHECK(first.trace() == second.trace());
    }
}

BOOST_AUTO_TEST_SUITE_END()
