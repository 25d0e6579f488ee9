// SPDX-License-Identifier: BSL-1.0
#include <boost/test/unit_test.hpp>

#include <iterator>
#include <load/options.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace cosio::load;

namespace {

std::vector<std::string> words_of(std::string_view text)
{
    std::istringstream in{std::string{text}};
    return {std::istream_iterator<std::string>{in}, {}};
}

std::variant<options, early_exit> parse(std::string_view command_line)
{
    const std::vector<std::string> words = words_of(command_line);
    std::vector<const char*> arguments{"cosio_load"};
    for (const std::string& word : words)
        arguments.push_back(word.c_str());
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

options parsed(std::string_view command_line)
{
    return std::get<options>(parse(command_line));
}

std::string refused(std::string_view command_line)
{
    const auto outcome = parse(command_line);
    const auto* leave = std::get_if<early_exit>(&outcome);
    return leave && leave->status == 1 ? leave->text : "accepted";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_options)

BOOST_AUTO_TEST_CASE(defaults)
{
    const options chosen = parsed("echo");
    BOOST_TEST((chosen.what == mode::echo));
    BOOST_TEST((chosen.url == server_url{.host = "127.0.0.1", .port = 3000}));
    BOOST_TEST(chosen.path == "/socket.io/");
    BOOST_TEST(chosen.clients == 200U);
    BOOST_TEST(chosen.depth == 1U);
    BOOST_TEST(chosen.payload_bytes == 64U);
    BOOST_TEST((chosen.encoding == codec::json));
    BOOST_TEST(chosen.pid == 0);
    BOOST_TEST(chosen.progress);
}

BOOST_AUTO_TEST_CASE(everything_given)
{
    const options chosen = parsed(
        "broadcast --url http://[::1]:81/ --path /x --clients 9 --depth 8 --seconds 0.5 --warmup 0 "
        "--payload 7 --codec msgpack --pid 12 --rooms 3 --json - --no-progress --connect-rate 100"
    );
    BOOST_TEST((chosen.what == mode::broadcast));
    BOOST_TEST(chosen.url.authority() == "[::1]:81");
    BOOST_TEST(chosen.path == "/x");
    BOOST_TEST(chosen.clients == 9U);
    BOOST_TEST(chosen.depth == 8U);
    BOOST_TEST(chosen.seconds == 0.5);
    BOOST_TEST(chosen.warmup_seconds == 0.0);
    BOOST_TEST(chosen.payload_bytes == 7U);
    BOOST_TEST((chosen.encoding == codec::msgpack));
    BOOST_TEST(chosen.pid == 12);
    BOOST_TEST(chosen.rooms == 3U);
    BOOST_TEST(chosen.json == "-");
    BOOST_TEST(!chosen.progress);
    BOOST_TEST(chosen.connect_rate == 100U);
}

BOOST_AUTO_TEST_CASE(the_last_of_repeated_options_counts)
{
    BOOST_TEST(parsed("idle --clients 5 --clients 6").clients == 6U);
}

BOOST_AUTO_TEST_CASE(memberships)
{
    BOOST_TEST(parsed("membership --memberships 3 --rooms 4").memberships == 3U);
    BOOST_TEST(parsed("membership --memberships 3 --rooms 3 --disconnect").cycles_connections());
    BOOST_TEST(!parsed("membership").cycles_connections());
    BOOST_TEST(parsed("connect").cycles_connections());
    BOOST_TEST(parsed("idle --clients 1 --memberships 10 --rooms 1000").rooms == 1000U);
}

BOOST_AUTO_TEST_CASE(a_rate_allows_more_in_flight_unless_told_otherwise)
{
    BOOST_TEST(parsed("ack --rate 1500.5").rate == 1500.5);
    BOOST_TEST(parsed("ack --rate 1").depth == 64U);
    BOOST_TEST(parsed("broadcast --rate 1 --depth 1").depth == 1U);
    BOOST_TEST(parsed("echo").rate == 0.0);
}

BOOST_AUTO_TEST_CASE(complaints_are_one_line)
{
    for (const std::string& complaint :
         {refused(""),
          refused("ech"),
          refused("echo --depth 0"),
          refused("echo --clients x"),
          refused("echo --bogus"),
          refused("echo --codec xml"),
          refused("echo --path relative"),
          refused("echo --path /a\"b"),
          refused("broadcast --clients 2 --rooms 3"),
          refused("echo --rate 0"),
          refused("connect --rate 5"),
          refused("echo --url ftp://a"),
          refused("echo --ca /dev/null"),
          refused("echo --url https://a --ca /nowhere"),
          refused("polling --memberships 1"),
          refused("echo --rooms 2 --memberships 3"),
          refused("membership --rooms 3 --memberships 3"),
          refused("connect --disconnect")}) {
        BOOST_TEST(complaint != "accepted");
        BOOST_TEST(!complaint.empty());
        BOOST_TEST(complaint.find('\n') == complaint.npos);
    }
}

BOOST_AUTO_TEST_CASE(help_is_no_complaint)
{
    const auto outcome = parse("--help");
    const auto& leave = std::get<early_exit>(outcome);
    BOOST_TEST(leave.status == 0);
    BOOST_TEST(leave.text.find("--connect-rate") != leave.text.npos);
}

BOOST_AUTO_TEST_CASE(urls)
{
    BOOST_TEST(parse_url("http://a").value().authority() == "a:80");
    BOOST_TEST(parse_url("http://a:65535/").value().authority() == "a:65535");
    BOOST_TEST(parse_url("http://[::1]").value().authority() == "[::1]:80");
    BOOST_TEST(parse_url("http://a").value().origin() == "http://a:80");
    BOOST_TEST(parse_url("https://a").value().origin() == "https://a:443");
    BOOST_TEST(parse_url("https://a:80/").value().origin() == "https://a:80");
    BOOST_TEST(parse_url("https://a").value().tls);
    for (const std::string& bad : words_of(
             "a:80 ftp://a http:// https:// http://:80 http://a: http://a:0 http://a:65536 "
             "http://a:8x "
             "http://a/path http://u@a http://a?b http://[::1 http://[::1]80 http://[] http://a\""
         ))
        BOOST_TEST(!parse_url(bad).has_value(), bad);
    for (std::string_view bad : {"", "http://a b", "http://a\r\nX: y"})
        BOOST_TEST(!parse_url(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()
