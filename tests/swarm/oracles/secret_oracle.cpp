// SPDX-License-Identifier: BSL-1.0
#include "secret_oracle.hpp"

#include "support/check.hpp"

using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(secret_oracles)

BOOST_AUTO_TEST_CASE(I31_a_secret_is_made_once_and_never_shown)
{
    complaints broken;
    secret_oracle secrets{broken};
    secrets.makes("AAAABBBBCCCCDDDDEEEE");
    secrets.makes("FFFFGGGGHHHHIIIIJJJJ");
    CHECK(lines(broken) == "");
    secrets.makes("AAAABBBBCCCCDDDDEEEE");
    CHECK(lines(broken) == "AAAABBBBCCCCDDDDEEEE was made twice");
    broken.clear();
    secrets.shows("sid AAAA is short, and KKKKLLLLMMMMNNNNOOOO is public");
    secrets.check();
    CHECK(lines(broken) == "");
    secrets.shows("GET /?sid=FFFFGGGGHHHHIIIIJJJJ&x");
    secrets.check();
    CHECK(lines(broken) == "the secret in FFFFGGGGHHHHIIIIJJJJ was shown");
}

BOOST_AUTO_TEST_SUITE_END()
