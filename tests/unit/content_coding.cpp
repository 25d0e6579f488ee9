// SPDX-License-Identifier: BSL-1.0
#include "wire/content_coding.hpp"

#include "support/check.hpp"
#include "support/decompress.hpp"

#include <array>
#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::wire;

namespace {

constexpr std::array all{content_coding::brotli, content_coding::gzip, content_coding::deflate};

std::string chosen(const std::vector<std::string>& fields)
{
    header_fields request;
    for (const std::string& value : fields)
        request.append("Accept-Encoding", value);
    return std::string{to_string(choose_coding(request, all))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(content_codings)

BOOST_AUTO_TEST_CASE(the_best_liked_one_is_chosen)
{
    CHECK(chosen({}) == "identity");
    CHECK(chosen({""}) == "identity");
    CHECK(chosen({"gzip"}) == "gzip");
    CHECK(chosen({"GZip"}) == "gzip");
    CHECK(chosen({"x-gzip"}) == "gzip");
    CHECK(chosen({"deflate, gzip"}) == "gzip");  // liked alike: ours first
    CHECK(chosen({"gzip, deflate, br"}) == "br");
    CHECK(chosen({"gzip", "br"}) == "br");
    CHECK(chosen({"br;q=0.1, gzip;q=0.3, deflate;q=0.2"}) == "gzip");
    CHECK(chosen({"br;q=0.999, deflate"}) == "deflate");
    CHECK(chosen({"gzip ; q=1.000"}) == "gzip");
    CHECK(chosen({"gzip;Q=0.5"}) == "gzip");
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_the_rest)
{
    CHECK(chosen({"*"}) == "br");
    CHECK(chosen({"br;q=0, *"}) == "gzip");
    CHECK(chosen({"*;q=0.1, deflate"}) == "deflate");
    CHECK(chosen({"*;q=0"}) == "identity");
}

BOOST_AUTO_TEST_CASE(what_is_not_wanted_is_not_chosen)
{
    CHECK(chosen({"gzip;q=0"}) == "identity");
    CHECK(chosen({"gzip;q=0.0, br;q=0.000"}) == "identity");
    CHECK(chosen({"zstd"}) == "identity");
    CHECK(chosen({"identity"}) == "identity");
    CHECK(chosen({"identity, gzip;q=0.9"}) == "identity");
    CHECK(chosen({"identity;q=0.5, gzip;q=0.9"}) == "gzip");
    CHECK(chosen({"identity;q=0"}) == "identity");
}

BOOST_AUTO_TEST_CASE(malformed_weights_are_no_weight)
{
    for (const char* const bad :
         {"gzip;q=",
          "gzip;q=2",
          "gzip;q=0.1234",
          "gzip;q=.5",
          "gzip;q=-1",
          "gzip;q=1x",
          "gzip;q=0,5",
          "gzip;q=a"})
        CHECK(chosen({bad}) == "identity", bad);
    CHECK(chosen({"gzip;x=1"}) == "gzip");
    CHECK(chosen({"gzip;x=1;q=0"}) == "identity");
    CHECK(chosen({",,;q=1,=,gzip"}) == "gzip");
}

BOOST_AUTO_TEST_CASE(bodies_survive_each_coding)
{
    body_compressor compressor;
    std::string mixed;
    for (unsigned i = 0; i < 100'000; ++i)
        mixed += static_cast<char>((i * i) >> 7);
    for (const content_coding coding : all)
        for (const std::string& body :
             {std::string{}, std::string{"a"}, std::string(70'000, 'x'), mixed})
            for (const int level : {1, 6, 9}) {
                const std::string out = compressor.compress(coding, body, level);
                CHECK(!out.empty());
                CHECK(
                    test::decompress(to_string(coding), out) == body,
                    to_string(coding) << " at " << level << " of " << body.size()
                );
            }
}

BOOST_AUTO_TEST_SUITE_END()
