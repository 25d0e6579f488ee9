// SPDX-License-Identifier: BSL-1.0
#include "ledger.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// The reasons that something is a cause of.
std::string reasons_of(const causes_of_ends& causes)
{
    std::string all;
    for (auto why = close_reason::transport_close; why <= close_reason::io_client_disconnect;
         why = static_cast<close_reason>(static_cast<int>(why) + 1))
        if (causes.of(why))
            all += fmt::format("{}{}", all.empty() ? "" : ", ", to_string(why));
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(causes)

BOOST_AUTO_TEST_CASE(I19_a_reason_needs_a_cause)
{
    CHECK(reasons_of({}) == "");
    CHECK(reasons_of({.faults = true}) == "transport close, transport error");
    CHECK(reasons_of({.standstill = true}) == "transport close, transport error, ping timeout");
    CHECK(
        reasons_of({.client_leaves = true}) ==
        "transport close, transport error, client namespace disconnect, io client disconnect"
    );
    CHECK(
        reasons_of({.server_ends_sockets = true}) ==
        "transport close, transport error, forced close, forced server close, "
        "server namespace disconnect, io server disconnect"
    );
}

BOOST_AUTO_TEST_SUITE_END()
