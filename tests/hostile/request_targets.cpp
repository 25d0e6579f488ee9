// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.1, rows H: what requests ask for: paths, queries, ids, versions, transports and methods.
#include "requests.hpp"
#include "stage.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;

namespace {

const string bad_request = R"({"code":3,"message":"Bad request"})";
const string unknown_sid = R"({"code":1,"message":"Session ID unknown"})";
const string unknown_transport = R"({"code":0,"message":"Transport unknown"})";
const string unsupported = R"({"code":5,"message":"Unsupported protocol version"})";

/// The same, but the connection ends: a body follows that nobody wants.
std::vector<input> turned_away(int status, const string& body, const strings& requests)
{
    std::vector<input> all;
    for (const string& request : requests)
        all.push_back({request, {send(request), answer(status, body), sessions(0)}});
    return all;
}

/// A session whose GET waits, and then another request of its on a connection of its own; the session is unharmed.
input beside_a_session(const string& what, const string& request, int status, const string& body)
{
    return {
        what, {polling_session(), on("other"), send(request), answer(status, body), unharmed()}
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_requests)

BOOST_AUTO_TEST_CASE(H37_paths)
{
    const auto asks_for = [](const string& path) {
        return http_text("GET", path + "?EIO=4&transport=polling");
    };
    run(
        {.inputs = answered(
             404,
             nobody,
             each(
                 {"/socket.io",
                  "/socket.iox/",
                  "//socket.io/",
                  "/%73ocket.io/",
                  "/Socket.io/",
                  "/x/../socket.io/",
                  "/./socket.io/"},
                 asks_for
             )
         )}
    );
    // The official server serves all that is below its path, whatever it is called there.
    run({.inputs = welcome(each({"/socket.io/x", "/socket.io/../socket.io/"}, asks_for))});
}

BOOST_AUTO_TEST_CASE(H38_repeated_keys)
{
    run(
        {.inputs = welcome({http_text(
             "GET", "/socket.io/?EIO=3&EIO=4&transport=abc&transport=polling&sid=x&sid="
         )})}
    );
    run(
        {.inputs =
             {
                 {"of a session",
                  {polling_session(),
                   send(http_text(
                       "POST", target().replace(target().find("sid="), 4, "sid=x&sid="), "42[\"x\"]"
                   )),
                   answer(200, "ok"),
                   told({"x []"}),
                   unharmed()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H39_strange_queries)
{
    const auto with_keys = [](unsigned count) {
        string query{opening};
        for (unsigned i = 2; i < count; ++i)
            query += "&k";
        return http_text("GET", query);
    };
    run(
        {.inputs = welcome(
             {http_text("GET", fmt::format("{}&%zz=%&=&a+b=%00&&", opening)),
              http_text("GET", "/socket.io/?EIO=%34&transport=poll%69ng"),
              with_keys(63),
              with_keys(64)}
         )}
    );
    run(
        {.inputs =
             {
                 {"65 keys",
                  {send(with_keys(65)),
                   answer(400, bad_request),
                   sessions(0),
                   limits("max_query_keys 1")}},
                 {"thousands of keys",
                  {send(http_text("GET", "/socket.io/?" + string(8'000, '&'))),
                   answer(400),
                   sessions(0)}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H40_ids_of_no_session)
{
    const auto with_sid = [](const string& sid) {
        return http_text("GET", fmt::format("{}&sid={}", opening, sid));
    };
    run(
        {.inputs = answered(
             400,
             unknown_sid,
             each(
                 {"__proto__", "constructor", "x", "%00", string(6'000, 'a'), string(8'000, '%')},
                 with_sid
             )
         )}
    );
    run({.inputs = welcome({with_sid(""), http_text("GET", fmt::format("{}&sid[]=x", opening))})});
    run(
        {.inputs =
             {
                 beside_a_session(
                     "a NUL behind it", http_text("GET", target() + "%00"), 400, unknown_sid
                 ),
                 beside_a_session(
                     "something behind it", http_text("GET", target() + "x"), 400, unknown_sid
                 ),
                 {"the other case",
                  {polling_session(),
                   then([](stage& where) {
                       for (char& c : where.sid)
                           c = static_cast<char>(
                               std::isupper(static_cast<unsigned char>(c)) ? std::tolower(c)
                                                                           : std::toupper(c)
                           );
                   }),
                   gone(),
                   then([](stage& where) {
                       for (char& c : where.sid)
                           c = static_cast<char>(
                               std::isupper(static_cast<unsigned char>(c)) ? std::tolower(c)
                                                                           : std::toupper(c)
                           );
                   }),
                   unharmed()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H41_versions_of_the_protocol)
{
    run(
        {.inputs = answered(
             400,
             unsupported,
             each(
                 {"", "EIO=abc&", "EIO=5&", "EIO=04&", "EIO=4+&", "EIO=&"},
                 [](const string& eio) {
                     return http_text("GET", "/socket.io/?" + eio + "transport=polling");
                 }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H42_the_third_revision_if_it_is_not_allowed)
{
    run(
        {.inputs =
             answered(400, unsupported, {http_text("GET", "/socket.io/?EIO=3&transport=polling")})}
    );
    run(
        {.inputs =
             {
                 {"an upgrade",
                  {send(websocket_request("/socket.io/?EIO=3&transport=websocket")),
                   answer(400, "Unsupported protocol version"),
                   ended(),
                   sessions(0)}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H43_another_version_than_that_of_the_session)
{
    std::vector<input> inputs;
    for (const string eio : {"EIO=3", "EIO=5", "EIO="})
        inputs.push_back(beside_a_session(
            eio, http_text("GET", "/socket.io/?transport=polling&sid=$sid&" + eio), 400, bad_request
        ));
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(H44_transports)
{
    run(
        {.inputs = answered(
             400,
             unknown_transport,
             each(
                 {"",
                  "&transport=",
                  "&transport=abc",
                  "&transport=webtransport",
                  "&transport=constructor",
                  "&transport=__proto__",
                  "&transport=toString"},
                 [](const string& query) { return http_text("GET", "/socket.io/?EIO=4" + query); }
             )
         )}
    );
}

BOOST_AUTO_TEST_CASE(H45_websocket_without_an_upgrade)
{
    run(
        {.inputs =
             answered(400, bad_request, {http_text("GET", "/socket.io/?EIO=4&transport=websocket")})
        }
    );
    run(
        {.inputs = {beside_a_session(
             "of a session", http_text("GET", target("websocket")), 400, bad_request
         )}}
    );
}

BOOST_AUTO_TEST_CASE(H46_methods_of_a_handshake)
{
    run(
        {.inputs = answered(
             400,
             bad_method,
             each(
                 {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"},
                 [](const string& method) { return http_text(method, opening); }
             )
         )}
    );
    run(
        {.inputs =
             {
                 {"with a body",
                  {send(http_text("POST", opening, "42[\"x\"]")),
                   answer(400, bad_method),
                   sessions(0)}},
                 {"HEAD", {send(http_text("HEAD", opening)), head(400), sessions(0)}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H47_methods_of_a_session)
{
    std::vector<input> inputs;
    for (const string method : {"PUT", "DELETE", "PATCH", "OPTIONS"})
        inputs.push_back(
            {method,
             {polling_session(),
              on("other"),
              send(http_text(method, target(), "42[\"x\"]")),
              answer_with(405, "allow", "GET, POST"),
              unharmed()}}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(H48_unknown_sessions)
{
    run(
        {.inputs = answered(
             400,
             unknown_sid,
             {http_text("GET", fmt::format("{}&sid=unknown", opening)),
              http_text("POST", fmt::format("{}&sid=unknown", opening))}
         )}
    );
    run(
        {.inputs = turned_away(
             400,
             unknown_sid,
             {http_text("POST", fmt::format("{}&sid=unknown", opening), "42[\"x\"]")}
         )}
    );
}

BOOST_AUTO_TEST_SUITE_END()
