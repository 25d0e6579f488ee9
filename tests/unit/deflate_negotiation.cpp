// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "wire/deflate.hpp"

#include <functional>

using namespace cosio;
using namespace cosio::wire;

// RFC 7692, 7.1, both roles; reliability.md D01, D02, D11.

namespace {

constexpr deflate_options with_context{
    .server_no_context_takeover = false, .client_no_context_takeover = false
};

header_fields extensions(std::initializer_list<std::string_view> values)
{
    header_fields fields;
    fields.append("Host", "localhost");
    for (const std::string_view value : values)
        fields.append("sec-websocket-extensions", value);
    return fields;
}

std::string describe(const deflate_options& agreed)
{
    return std::string{agreed.server_no_context_takeover ? "s" : "S"} +
           std::to_string(agreed.server_max_window_bits) +
           (agreed.client_no_context_takeover ? " c" : " C") +
           std::to_string(agreed.client_max_window_bits);
}

/// The server's answer, or "(none)".
std::string answer(
    std::initializer_list<std::string_view> offers, const deflate_options& ours = with_context
)
{
    const auto accepted = accept_deflate(extensions(offers), ours);
    return accepted ? accepted->answer : "(none)";
}

/// What the server does: capital letters keep a context.
std::string agreed(std::string_view offer, const deflate_options& ours = with_context)
{
    const auto accepted = accept_deflate(extensions({offer}), ours);
    return accepted ? describe(accepted->agreed) : "(none)";
}

/// What a client makes of an answer.
std::string checked(std::string_view answer, const std::optional<deflate_options>& offered)
{
    const auto outcome = check_extensions(extensions({answer}), offered);
    if (!outcome)
        return outcome.error() == websocket_errc::bad_extension ? "refused" : "?";
    return *outcome ? describe(**outcome) : "(none)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deflate_negotiation)

BOOST_AUTO_TEST_CASE(an_offer_without_parameters)
{
    CHECK(answer({"permessage-deflate"}) == "permessage-deflate");
    CHECK(agreed("permessage-deflate") == "S15 C15");
}

BOOST_AUTO_TEST_CASE(by_default_nothing_is_kept_between_messages)
{
    CHECK(
        answer({"permessage-deflate; client_max_window_bits"}, {}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
    CHECK(agreed("permessage-deflate", {}) == "s15 c15");
}

BOOST_AUTO_TEST_CASE(what_the_client_asks_of_the_server_is_confirmed)
{
    CHECK(
        answer({"permessage-deflate; server_no_context_takeover"}) ==
        "permessage-deflate; server_no_context_takeover"
    );
    CHECK(agreed("permessage-deflate; server_no_context_takeover") == "s15 C15");
    CHECK(
        answer({"permessage-deflate; server_max_window_bits=10"}) ==
        "permessage-deflate; server_max_window_bits=10"
    );
    CHECK(agreed("permessage-deflate; server_max_window_bits=10") == "S10 C15");
    CHECK(
        answer({"permessage-deflate; server_max_window_bits=15"}) ==
        "permessage-deflate; server_max_window_bits=15"
    );
    CHECK(
        answer({"permessage-deflate; server_max_window_bits=\"12\""}) ==
        "permessage-deflate; server_max_window_bits=12"
    );
}

BOOST_AUTO_TEST_CASE(what_the_client_says_of_itself_is_taken)
{
    CHECK(
        answer({"permessage-deflate; client_no_context_takeover"}) ==
        "permessage-deflate; client_no_context_takeover"
    );
    CHECK(agreed("permessage-deflate; client_no_context_takeover") == "S15 c15");
    CHECK(answer({"permessage-deflate; client_max_window_bits"}) == "permessage-deflate");
    CHECK(
        answer({"permessage-deflate; client_max_window_bits=9"}) ==
        "permessage-deflate; client_max_window_bits=9"
    );
    CHECK(agreed("permessage-deflate; client_max_window_bits=8") == "S15 C8");
}

BOOST_AUTO_TEST_CASE(the_narrower_window_wins)
{
    constexpr deflate_options narrow{
        .server_no_context_takeover = false,
        .client_no_context_takeover = false,
        .server_max_window_bits = 11,
        .client_max_window_bits = 12
    };
    CHECK(
        answer({"permessage-deflate; client_max_window_bits"}, narrow) ==
        "permessage-deflate; server_max_window_bits=11; client_max_window_bits=12"
    );
    CHECK(
        agreed("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10", narrow) ==
        "S9 C10"
    );
    CHECK(
        agreed(
            "permessage-deflate; server_max_window_bits=14; client_max_window_bits=14", narrow
        ) == "S11 C12"
    );
    // A client that did not say that it can be limited cannot be (7.1.2.2).
    CHECK(answer({"permessage-deflate"}, narrow) == "(none)");
}

BOOST_AUTO_TEST_CASE(a_window_of_256_bytes_is_agreed_on_d02)
{
    CHECK(
        answer({"permessage-deflate; server_max_window_bits=8, permessage-deflate"}) ==
        "permessage-deflate; server_max_window_bits=8"
    );
    CHECK(agreed("permessage-deflate; server_max_window_bits=8") == "S8 C15");
}

BOOST_AUTO_TEST_CASE(the_first_acceptable_offer_counts)
{
    CHECK(
        answer({"permessage-deflate; server_max_window_bits=10, permessage-deflate; "
                "server_max_window_bits=12"}) == "permessage-deflate; server_max_window_bits=10"
    );
    CHECK(
        answer({"x-webkit-deflate-frame, permessage-deflate; what, permessage-deflate; "
                "server_max_window_bits=12"}) == "permessage-deflate; server_max_window_bits=12"
    );
    CHECK(
        answer({"permessage-bzip2", "permessage-deflate;server_no_context_takeover"}) ==
        "permessage-deflate; server_no_context_takeover"
    );
    CHECK(answer({}) == "(none)");
}

BOOST_AUTO_TEST_CASE(a_wrong_offer_is_declined_d01)
{
    for (const std::string_view wrong :
         {"server_max_window_bits=7",
          "server_max_window_bits=16",
          "server_max_window_bits=08",
          "server_max_window_bits=010",
          "server_max_window_bits=1",
          "server_max_window_bits=-9",
          "server_max_window_bits=",
          "server_max_window_bits",
          "server_max_window_bits=4294967305",
          "server_max_window_bits=\"\"",
          "server_max_window_bits=9; server_max_window_bits=9",
          "client_max_window_bits=7",
          "client_max_window_bits=16",
          "client_max_window_bits=09",
          "client_max_window_bits=",
          "client_max_window_bits; client_max_window_bits",
          "client_max_window_bits; client_max_window_bits=10",
          "server_no_context_takeover=1",
          "server_no_context_takeover=",
          "server_no_context_takeover; server_no_context_takeover",
          "client_no_context_takeover=true",
          "client_no_context_takeover; client_no_context_takeover",
          "unknown",
          "unknown=1",
          "Server_no_context_takeover",
          ""}) {
        const std::string offer = "permessage-deflate; " + std::string{wrong};
        CHECK(answer({offer}) == "(none)", offer);
        CHECK(
            answer({offer + ", permessage-deflate; client_no_context_takeover"}) ==
                "permessage-deflate; client_no_context_takeover",
            offer
        );
    }
    for (const std::string_view other : {"deflate", "permessage-deflate2", "", ";", "=", ",,"})
        CHECK(answer({other}) == "(none)", other);
}

BOOST_AUTO_TEST_CASE(spaces_do_not_matter)
{
    CHECK(
        answer({" permessage-deflate ;\tserver_max_window_bits = 10 ;client_no_context_takeover "}
        ) == "permessage-deflate; client_no_context_takeover; server_max_window_bits=10"
    );
}

BOOST_AUTO_TEST_CASE(what_a_client_offers)
{
    CHECK(offer_deflate(with_context) == "permessage-deflate; client_max_window_bits");
    CHECK(
        offer_deflate({}) == "permessage-deflate; server_no_context_takeover; "
                             "client_no_context_takeover; client_max_window_bits"
    );
    CHECK(
        offer_deflate({.server_max_window_bits = 9, .client_max_window_bits = 10}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=9; client_max_window_bits=10"
    );
}

BOOST_AUTO_TEST_CASE(both_roles_agree)
{
    constexpr deflate_options narrow{.server_max_window_bits = 9, .client_max_window_bits = 10};
    for (const deflate_options& client : {with_context, deflate_options{}, narrow})
        for (const deflate_options& server : {with_context, deflate_options{}, narrow}) {
            const auto accepted = accept_deflate(extensions({offer_deflate(client)}), server);
            REQUIRE(accepted.has_value());
            CHECK(checked(accepted->answer, client) == describe(accepted->agreed));
        }
}

BOOST_AUTO_TEST_CASE(a_client_takes_what_it_offered)
{
    CHECK(checked("permessage-deflate", with_context) == "S15 C15");
    CHECK(
        checked(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=8; client_max_window_bits=8",
            with_context
        ) == "s8 c8"
    );
    CHECK(
        checked("permessage-deflate; server_no_context_takeover", {deflate_options{}}) == "s15 c15"
    );
    const auto silent = check_extensions(extensions({}), with_context);
    CHECK((silent && !*silent));
}

BOOST_AUTO_TEST_CASE(a_client_refuses_what_it_did_not_offer_d11)
{
    CHECK(checked("permessage-deflate", std::nullopt) == "refused");
    CHECK(checked("permessage-bzip2", with_context) == "refused");
    CHECK(checked("permessage-deflate, permessage-deflate", with_context) == "refused");
    CHECK(checked("permessage-deflate, x", with_context) == "refused");
    CHECK(checked("permessage-deflate; unknown", with_context) == "refused");
    CHECK(checked("permessage-deflate; client_max_window_bits", with_context) == "refused");
    CHECK(checked("permessage-deflate; server_max_window_bits=16", with_context) == "refused");
    // It asked the server to keep nothing, and to keep to a window.
    CHECK(checked("permessage-deflate", {deflate_options{}}) == "refused");
    constexpr deflate_options narrow{
        .server_no_context_takeover = false,
        .server_max_window_bits = 10,
        .client_max_window_bits = 10
    };
    CHECK(checked("permessage-deflate", narrow) == "refused");
    CHECK(checked("permessage-deflate; server_max_window_bits=11", narrow) == "refused");
    CHECK(checked("permessage-deflate; server_max_window_bits=9", narrow) == "S9 c10");
    CHECK(
        checked(
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits=11", narrow
        ) == "refused"
    );
}

BOOST_AUTO_TEST_SUITE_END()
