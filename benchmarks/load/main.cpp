// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"
#include "report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>

namespace {

using namespace cosio::load;

// Servers may have put a page into it.
int complain(std::string_view why)
{
    why = why.substr(0, why.find('\n'));
    why = why.substr(0, why.find_last_not_of(" \t\r") + 1);
    fmt::print(stderr, "cosio_load: {}\n", why);
    return 1;
}

int run_and_report(const options& chosen)
{
    const run_result result = run(chosen);
    if (!result.done)
        return complain(fmt::format("{}: {}", chosen.url.origin(), result.failure));
    if (chosen.json.empty()) {
        fmt::print("{}", format_table(*result.done));
    } else if (chosen.json == "-") {
        fmt::print("{}", format_json(*result.done));
    } else {
        std::ofstream file{chosen.json};
        file << format_json(*result.done) << std::flush;
        if (!file)
            return complain(fmt::format("cannot write {}", chosen.json));
        fmt::print("{}", format_table(*result.done));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        const std::variant<options, early_exit> parsed = parse_options(argc, argv);
        if (const auto* leave = std::get_if<early_exit>(&parsed)) {
            if (leave->status != 0)
                return complain(leave->text);
            fmt::print("{}", leave->text);
            return 0;
        }
        return run_and_report(std::get<options>(parsed));
    } catch (const std::exception& error) {
        return complain(error.what());
    }
}
