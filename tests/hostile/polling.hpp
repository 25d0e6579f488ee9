// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "runner.hpp"

// What rows P have in common: how sessions of long-polling end.

namespace cosio::test::hostile {

inline const string bad_request = R"({"code":3,"message":"Bad request"})";

inline steps operator+(steps first, const steps& second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// The end of a session that "get" and the application see.
inline steps end_of(strings heard, const string& reason)
{
    heard.push_back("disconnect " + reason);
    return {on("get"), answer(200, "1"), told(std::move(heard)), gone()};
}

}  // namespace cosio::test::hostile
