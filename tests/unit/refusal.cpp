// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/refusal.hpp>

using namespace cosio;

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(the_code_is_a_number_HTTP_17)
{
    CHECK(
        refusal{refusal_code::transport_unknown}.body() ==
        R"({"code":0,"message":"Transport unknown"})"
    );
    CHECK(
        refusal{refusal_code::unsupported_protocol_version}.body() ==
        R"({"code":5,"message":"Unsupported protocol version"})"
    );
}

BOOST_AUTO_TEST_CASE(a_text_of_the_application_is_quoted_C18)
{
    const refusal why{.code = refusal_code::forbidden, .text = "\"<b>\"\n"};
    CHECK(why.message() == "\"<b>\"\n");
    CHECK(why.body() == R"({"code":4,"message":"\"<b>\"\n"})");
}

BOOST_AUTO_TEST_SUITE_END()
