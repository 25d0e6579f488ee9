// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

// reliability.md P21 in the midst of an upgrade: an upload that breaks takes its session along, also when
// the switch is here already and waits for that upload (UP-8, U08). Of a session that has moved, the
// requests of old mean nothing any more (UP-10).

using namespace cosio;
using namespace cosio::test;

namespace {

struct fixture
{
    explicit fixture(segments cut = {}) : server{{}, {}, cut}, socket{session.open_websocket()}
    {
        session.begin_post(10, "4abc");
        socket.text("2probe");
        CHECK(socket.take() == strings{"3probe"});
    }

    ~fixture() { server.check_bystander(); }

    void check_ended()
    {
        CHECK(socket.take() == strings{"close 1005"});
        CHECK(socket.wire().ended());
        CHECK(server.log().events == strings{"close transport error"});
        CHECK(server.sessions() == 0);
    }

    raw_server server;
    raw_poller session{server};
    raw_websocket socket;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upgrade_uploads)

BOOST_DATA_TEST_CASE(an_upload_that_is_cut_before_the_switch_p21, all_segments())
{
    fixture on{sample};
    on.session.posting->cut();
    on.socket.text("5");
    on.check_ended();
}

BOOST_DATA_TEST_CASE(an_upload_that_is_cut_while_the_switch_waits_for_it_p21_u08, all_segments())
{
    fixture on{sample};
    on.socket.text("5");
    on.socket.text("4never");
    on.session.posting->cut();
    on.check_ended();
}

BOOST_FIXTURE_TEST_CASE(an_upload_that_stalls_while_the_switch_waits_for_it_p21_u08, fixture)
{
    socket.text("5");
    server.pass(5s);
    CHECK(session.posting->answer().status == 408);
    check_ended();
}

BOOST_DATA_TEST_CASE(an_upload_for_a_session_that_has_moved_up_10, all_segments())
{
    fixture on{sample};
    auto& [server, session, socket] = on;
    session.more_post("defghi");
    CHECK(session.posting->answer().body == "ok");
    socket.text("5");
    CHECK(socket.take() == strings{"4abcdefghi"});
    session.begin_post(10, "4abc");
    CHECK(session.posting->answer().status == 400);
    session.posting->cut();
    socket.text("4moved");
    CHECK(socket.take() == strings{"4moved"});
    CHECK((server.log().events == strings{"text abcdefghi", "upgrade", "text moved"}));
    for (int i = 0; i < 4; ++i) {
        server.pass(25s);
        CHECK(socket.take() == strings{"2"});
        socket.text("3");
    }
    CHECK(server.sessions() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
