// SPDX-License-Identifier: BSL-1.0
#include "workers.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace cosio::test {
namespace {

using clock = std::chrono::steady_clock;

struct worker
{
    pid_t pid = -1;
    int results = -1;
    std::uint64_t next = 0;  // the seed that it is at
    clock::time_point since = clock::now();
    bool done = false;
};

[[noreturn]] void work(
    seed_range range,
    unsigned first,
    unsigned step,
    int into,
    const std::function<seed_result(std::uint64_t)>& run_seed
)
{
    for (std::uint64_t i = first; i < range.count; i += step) {
        const seed_result one = run_seed(range.first + i);
        // Less than PIPE_BUF: written whole or not at all.
        if (::write(into, &one, sizeof one) != static_cast<ssize_t>(sizeof one))
            ::_exit(2);
    }
    ::_exit(0);
}

worker begin(
    seed_range range,
    unsigned first,
    unsigned step,
    const std::function<seed_result(std::uint64_t)>& run_seed
)
{
    int ends[2];
    if (::pipe(ends) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe"};
    std::fflush(nullptr);
    worker made{.pid = ::fork(), .results = ends[0], .next = range.first + first};
    if (made.pid < 0)
        throw std::system_error{errno, std::generic_category(), "fork"};
    if (made.pid == 0) {
        ::close(ends[0]);
        work(range, first, step, ends[1], run_seed);
    }
    ::close(ends[1]);
    return made;
}

void add(totals& to, const seed_result& one)
{
    ++to.runs;
    to.messages += one.messages;
    to.lasted_ms += one.lasted_ms;
    for (std::size_t i = 0; i < to.reached.size(); ++i)
        to.reached[i] += one.reached[i];
    if (one.failed && (!to.failing || one.seed < *to.failing))
        to.failing = one.seed;
}

/// Takes one result, or the end of the worker.
void take(worker& from, unsigned step, totals& to)
{
    seed_result one;
    if (::read(from.results, &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
        add(to, one);
        from.next = one.seed + step;
        from.since = clock::now();
        return;
    }
    from.done = true;
    ::close(from.results);
    int status = 0;
    ::waitpid(from.pid, &status, 0);
    if (status != 0 && !to.failing) {
        to.failing = from.next;
        to.how = failure::ended;
    }
}

void check_patience(const worker& of, totals& to)
{
    if (of.done || to.failing || clock::now() - of.since < patience)
        return;
    to.failing = of.next;
    to.how = failure::hung;
}

void show(const totals& so_far, std::uint64_t of, clock::time_point since)
{
    constexpr int width = 40;
    const double part = static_cast<double>(so_far.runs) / static_cast<double>(of);
    const double passed = std::chrono::duration<double>(clock::now() - since).count();
    std::fputs(
        fmt::format(
            "\r[{:<{}}] {:3.0f} %  {} of {}, {:.0f} a second ",
            std::string(static_cast<std::size_t>(part * width), '#'),
            width,
            part * 100,
            so_far.runs,
            of,
            static_cast<double>(so_far.runs) / std::max(passed, 1e-3)
        )
            .c_str(),
        stderr
    );
}

void stop(std::vector<worker>& all)
{
    for (worker& one : all)
        if (!one.done) {
            ::kill(one.pid, SIGKILL);
            ::close(one.results);
            ::waitpid(one.pid, nullptr, 0);
        }
}

}  // namespace

totals run_in_workers(
    seed_range range,
    unsigned jobs,
    bool progress,
    const std::function<seed_result(std::uint64_t)>& run_seed
)
{
    const clock::time_point began = clock::now();
    clock::time_point shown = began;
    std::vector<worker> all;
    for (unsigned i = 0; i < jobs; ++i)
        all.push_back(begin(range, i, jobs, run_seed));
    totals so_far;
    while (!so_far.failing) {
        std::vector<pollfd> wanted;
        std::vector<worker*> whose;
        for (worker& one : all)
            if (!one.done) {
                wanted.push_back({.fd = one.results, .events = POLLIN, .revents = 0});
                whose.push_back(&one);
            }
        if (wanted.empty())
            break;
        ::poll(wanted.data(), wanted.size(), 1'000);
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (wanted[i].revents != 0)
                take(*whose[i], jobs, so_far);
        for (const worker& one : all)
            check_patience(one, so_far);
        if (progress && clock::now() - shown > std::chrono::milliseconds{200}) {
            shown = clock::now();
            show(so_far, range.count, began);
        }
    }
    stop(all);
    if (progress)
        std::fputs("\r\x1b[K", stderr);
    so_far.seconds = std::chrono::duration<double>(clock::now() - began).count();
    return so_far;
}

bool holds_apart(const std::function<bool()>& what)
{
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0)
        throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid == 0) {
        ::close(STDERR_FILENO);
        ::alarm(static_cast<unsigned>(patience.count()));
        ::_exit(what() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status == 0;
}

}  // namespace cosio::test
