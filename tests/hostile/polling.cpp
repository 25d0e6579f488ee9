// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.2, rows P: bodies of long-polling, and requests at the wrong time.
#include "runner.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;
using namespace std::string_literals;

namespace {

const string bad_request = R"({"code":3,"message":"Bad request"})";

/// A POST with this body gets 400, and the session ends; the application has heard `heard` before.
steps ends_by(const string& request, strings heard = {}, const string& reason = "parse error")
{
    heard.push_back("disconnect " + reason);
    return {
        polling_session(),
        send(request),
        answer(400, bad_request),
        on("get"),
        answer(200, "1"),
        told(heard),
        gone()
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_polling)

BOOST_AUTO_TEST_CASE(P01_an_empty_body)
{
    run({.inputs = {{"empty", ends_by(post(""))}}});
}

BOOST_AUTO_TEST_CASE(P04_a_bad_packet_between_good_ones)
{
    run(
        {.inputs =
             {
                 {"unknown type",
                  ends_by(
                      post("42[\"a\"]\x1e"
                           "7\x1e"
                           "42[\"b\"]"),
                      {"a []"}
                  )},
             }}
    );
}

BOOST_AUTO_TEST_SUITE_END()
