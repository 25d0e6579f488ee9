// SPDX-License-Identifier: BSL-1.0
// Runs a target over the files of its corpus, without libFuzzer: replay FOLDER. All milestones must be reached.
#include "fuzz.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv)
{
    if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
        std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{argv[1]}) {
        std::ifstream file{entry.path(), std::ios::binary};
        const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
        std::printf("%s\n", entry.path().filename().c_str());
        std::fflush(stdout);  // the one that fails is the last
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        ++count;
        for (auto* each = cosio::fuzz::milestone::first(); each; each = each->next())
            each->end_input();
    }
    if (count == 0) {
        std::fprintf(stderr, "no inputs in %s\n", argv[1]);
        return 1;
    }
    bool is_missed = false;
    for (const auto* each = cosio::fuzz::milestone::first(); each; each = each->next()) {
        const std::string_view name = each->name();
        std::printf(
            "%zu of %zu: %.*s\n", each->count(), count, static_cast<int>(name.size()), name.data()
        );
        is_missed = is_missed || each->count() == 0;
    }
    if (is_missed) {
        std::fprintf(stderr, "no input in %s reaches one of these\n", argv[1]);
        return 1;
    }
    return 0;
}
