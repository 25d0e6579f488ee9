// SPDX-License-Identifier: BSL-1.0
// Every case of the Autobahn suite's sections 1 to 7, 9, 10, 12 and 13, played to our server's end of a WebSocket and to our
// client's.
#include "fuzzing_peer.hpp"
#include "support/check.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <set>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::autobahn;

namespace {

struct side
{
    engine::role role;
};

std::ostream& operator<<(std::ostream& out, const side& ours)
{
    return out << (ours.role == engine::role::server ? "as server" : "as client");
}

const std::vector<side> sides{{engine::role::server}, {engine::role::client}};

unsigned section_of(std::string_view id)
{
    return static_cast<unsigned>(std::stoul(std::string{id}));
}

/// What was played, for the table at the end of the run.
struct played
{
    std::map<unsigned, std::map<engine::role, std::set<string>>> ids;
    std::map<unsigned, std::size_t> messages;

    void add(const side& ours, const string& id, std::size_t count = 0)
    {
        ids[section_of(id)][ours.role].insert(id);
        messages[section_of(id)] += count;
    }
};

played& tally()
{
    static played all;
    return all;
}

/// Says at the end of a run what was played. Messages are those of both sides.
struct table_of_the_run
{
    static void say(std::string_view section, const std::array<std::size_t, 4>& counts)
    {
        std::cout << fmt::format(
            "{:>7}  {:>9}  {:>9}  {:>20}  {:>8}\n",
            section,
            counts[0],
            counts[1],
            counts[2],
            counts[3]
        );
    }

    ~table_of_the_run()
    {
        if (tally().ids.empty())
            return;
        std::cout << "section  as server  as client  of them as Engine.IO  messages\n";
        std::array<std::size_t, 4> total{};
        for (auto& [section, by_role] : tally().ids) {
            const auto& at_server = by_role[engine::role::server];
            const std::array<std::size_t, 4> counts{
                at_server.size(),
                by_role[engine::role::client].size(),
                static_cast<std::size_t>(std::ranges::count_if(at_server, ends_as_engine_io_has_it)
                ),
                tally().messages[section]
            };
            say(std::to_string(section), counts);
            for (std::size_t i = 0; i != total.size(); ++i)
                total[i] += counts[i];
        }
        say("all", total);
    }
};

BOOST_TEST_GLOBAL_FIXTURE(table_of_the_run);

/// A transcript without what is long in it.
string shortened(const strings& transcript)
{
    string all;
    for (const string& line : transcript)
        all += fmt::format("[{}: {:?}]", line.size(), line.substr(0, 60));
    return all;
}

void check_heard(const fuzzing_peer& peer, const strings& expected, std::string_view how)
{
    CHECK(
        (peer.heard() == expected),
        how << ": " << shortened(peer.heard()) << " for " << shortened(expected)
    );
}

/// What comes after the end of a case changes nothing; both directions are over.
void check_over(fuzzing_peer& peer, const strings& expected, std::string_view how)
{
    strings with_end = expected;
    with_end.emplace_back("end");
    check_heard(peer, with_end, how);
    peer.write(peer.encode({0x81, "4after the end"}) + peer.encode({0x89, ""}));
    check_heard(peer, with_end, how);
    CHECK(peer.ours_has_ended(), how);
}

/// The bytes of all frames, cut where `cut` says.
std::vector<string> writes_of(const fuzzing_peer& peer, const frame_case& one, delivery cut)
{
    std::vector<string> writes(1);
    for (const sent_frame& frame : one.frames) {
        writes.back() += peer.encode(frame);
        if (cut == delivery::frame_wise)
            writes.emplace_back();
    }
    if (cut != delivery::octet_wise)
        return writes;
    const string all = writes.front();
    writes.clear();
    for (const char octet : all)
        writes.emplace_back(1, octet);
    return writes;
}

/// The suite's own pieces of one frame.
std::vector<string> paused_writes_of(const fuzzing_peer& peer, const frame_case& one)
{
    const string all = writes_of(peer, one, delivery::whole).front();
    std::vector<string> writes;
    std::size_t from = 0;
    for (const std::size_t pause : one.pauses) {
        const std::size_t to = peer.header_size(one.frames.front()) + pause;
        writes.push_back(all.substr(from, to - from));
        from = to;
    }
    writes.push_back(all.substr(from));
    return writes;
}

void play_writes(
    fuzzing_peer& peer,
    const std::vector<string>& writes,
    const frame_case& one,
    std::string_view how
)
{
    for (const string& bytes : writes)
        if (!bytes.empty())
            peer.write(bytes);
    check_over(peer, one.expected, how);
}

/// The octet that decides is the last one that is sent, and nothing is waited for; without it our end goes on.
void play_until_decided(const side& ours, const frame_case& one)
{
    fuzzing_peer peer{ours.role};
    string bytes;
    for (std::size_t i = 0; i != one.decided->frame; ++i)
        bytes += peer.encode(one.frames[i]);
    const sent_frame& deciding = one.frames[one.decided->frame];
    // The header that shows a fault is not looked into further: 14 octets are all that it may have.
    const std::size_t size = one.decided->payload == 0
                                 ? peer.header_size(deciding)
                                 : peer.header_size(deciding) + one.decided->payload;
    bytes += peer.encode(deciding).substr(0, size);
    const strings before{one.expected.begin(), one.expected.end() - 1};
    if (one.decided->payload != 0) {
        peer.write(bytes.substr(0, bytes.size() - 1));
        check_heard(peer, before, "one octet before it is decided");
        peer.write(bytes.substr(bytes.size() - 1));
    } else {
        peer.write(bytes);
    }
    check_over(peer, one.expected, "when it is decided");
}

constexpr std::size_t most_octet_by_octet = 2'000;

void play(const side& ours, const frame_case& one)
{
    BOOST_TEST_CONTEXT(one.id)
    {
        using enum delivery;
        for (const delivery cut : {whole, frame_wise, octet_wise}) {
            fuzzing_peer peer{ours.role};
            const auto writes = writes_of(peer, one, cut);
            if (cut == octet_wise && cut != one.cut && writes.size() > most_octet_by_octet)
                continue;
            constexpr std::array<std::string_view, 3> names{
                "whole", "frame by frame", "octet by octet"
            };
            play_writes(peer, writes, one, names[static_cast<std::size_t>(cut)]);
        }
        if (!one.pauses.empty()) {
            fuzzing_peer peer{ours.role};
            play_writes(peer, paused_writes_of(peer, one), one, "in pieces");
        }
        if (one.decided)
            play_until_decided(ours, one);
        tally().add(ours, one.id);
    }
}

/// 1.1.8 and 1.2.8 come in odd pieces.
void play_chopped(const side& ours, const frame_case& one, std::size_t chop)
{
    BOOST_TEST_CONTEXT(one.id)
    {
        fuzzing_peer peer{ours.role};
        const string all = writes_of(peer, one, delivery::whole).front();
        std::vector<string> writes;
        for (std::size_t at = 0; at < all.size(); at += chop)
            writes.push_back(all.substr(at, chop));
        play_writes(peer, writes, one, fmt::format("{} octets at a time", chop));
    }
}

/// What is short, and noise, may be sent as it is.
bool must_shrink(const message_case& one)
{
    return one.deflate && one.size >= 256 && one.data != data_set::document;
}

void play(const side& ours, const message_case& one)
{
    BOOST_TEST_CONTEXT(one.id)
    {
        fuzzing_peer peer{ours.role, one.deflate};
        const string goodbye = peer.encode({0x88, "\x03\xE8"});
        tally().add(ours, one.id, one.count);
        for (std::size_t i = 0; i != one.count; ++i) {
            const string payload = payload_of(one, i);
            const string bytes = peer.encode_message(payload, one.binary, one.fragment);
            const std::size_t chop = one.chop == 0 ? bytes.size() : one.chop;
            for (std::size_t at = 0; at < bytes.size(); at += chop)
                peer.write(std::string_view{bytes}.substr(at, chop));
            if (payload.empty() && !one.binary) {
                check_over(peer, {"close 1005"}, "an empty text");
                return;
            }
            strings expected{one.binary ? "binary " : "text "};
            expected.front() += payload;
            if (peer.heard() != expected) {
                check_heard(peer, expected, fmt::format("message {}", i));
                return;
            }
            peer.forget_heard();
        }
        if (must_shrink(one))
            CHECK(peer.compressed_messages() == one.count);
        peer.write(goodbye);
        check_over(peer, {"close 1000"}, "goodbye");
    }
}

template <class Case>
void play_all(const side& ours, const std::vector<Case>& cases)
{
    for (const Case& one : cases)
        play(ours, one);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_conformance)

BOOST_DATA_TEST_CASE(section_1_framing, sides)
{
    play_all(sample, framing());
    for (const frame_case& one : framing())
        if (one.id.ends_with(".8"))
            play_chopped(sample, one, 997);
}

BOOST_DATA_TEST_CASE(section_2_pings_and_pongs, sides)
{
    play_all(sample, pings_and_pongs());
}

BOOST_DATA_TEST_CASE(section_3_reserved_bits, sides)
{
    play_all(sample, reserved_bits());
}

BOOST_DATA_TEST_CASE(section_4_opcodes, sides)
{
    play_all(sample, opcodes());
}

BOOST_DATA_TEST_CASE(section_5_fragmentation, sides)
{
    play_all(sample, fragmentation());
}

BOOST_DATA_TEST_CASE(section_6_utf8, sides)
{
    play_all(sample, utf8());
}

BOOST_DATA_TEST_CASE(F14_texts_of_section_6_cut_anywhere, sides)
{
    for (const frame_case& one : utf8()) {
        if (one.frames.front().first != 0x81)
            continue;
        const string& text = one.frames.front().payload;
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            BOOST_TEST_CONTEXT(one.id)
            {
                frame_case two = one;
                two.frames.front() = {0x01, text.substr(0, cut)};
                two.frames.insert(two.frames.begin() + 1, {0x80, text.substr(cut)});
                fuzzing_peer peer{sample.role};
                const auto writes = writes_of(peer, two, delivery::frame_wise);
                play_writes(peer, writes, two, fmt::format("cut at {}", cut));
            }
        }
    }
}

BOOST_DATA_TEST_CASE(section_7_closing, sides)
{
    play_all(sample, closing());
}

BOOST_DATA_TEST_CASE(section_9_limits, sides)
{
    play_all(sample, limits());
}

BOOST_DATA_TEST_CASE(section_10_fragments_of_1300_octets, sides)
{
    play_all(sample, fragments_of_1300());
}

BOOST_DATA_TEST_CASE(section_12_compressed_data, sides)
{
    play_all(sample, compressed_data());
}

BOOST_DATA_TEST_CASE(section_13_offers_of_compression, sides)
{
    play_all(sample, compression_offers());
}

BOOST_AUTO_TEST_CASE(the_table_has_all_517_ids)
{
    std::map<unsigned, std::set<string>> ids;
    std::size_t count = 0;
    const auto add = [&](const auto& cases) {
        for (const auto& one : cases) {
            ids[section_of(one.id)].insert(one.id);
            ++count;
        }
    };
    for (const auto& cases :
         {framing(),
          pings_and_pongs(),
          reserved_bits(),
          opcodes(),
          fragmentation(),
          utf8(),
          closing()})
        add(cases);
    for (const auto& cases :
         {limits(), fragments_of_1300(), compressed_data(), compression_offers()})
        add(cases);
    std::map<unsigned, std::size_t> sizes;
    std::size_t distinct = 0;
    for (const auto& [section, of_section] : ids) {
        sizes[section] = of_section.size();
        distinct += of_section.size();
    }
    const std::map<unsigned, std::size_t> of_the_suite{
        {1, 16},
        {2, 11},
        {3, 7},
        {4, 10},
        {5, 20},
        {6, 145},
        {7, 37},
        {9, 54},
        {10, 1},
        {12, 90},
        {13, 126}
    };
    CHECK((sizes == of_the_suite));
    CHECK(distinct == 517);
    CHECK(count == 517);
}

BOOST_AUTO_TEST_SUITE_END()
