// SPDX-License-Identifier: BSL-1.0
#include <cosio/any_value.hpp>
#include <cosio/codecs/msgpack.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>

// Reads the lines of tests/interop/msgpack_vectors.mjs. Every packet is made from its neutral form and
// must be npm's bytes; npm's bytes are decoded and must be the neutral form again.

namespace {

using namespace cosio;
using protocol::packet_type;

std::uint64_t from_hex(std::string_view digits)
{
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

std::vector<std::byte> bytes_from_hex(std::string_view digits)
{
    std::vector<std::byte> out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out.push_back(static_cast<std::byte>(from_hex(digits.substr(i, 2))));
    return out;
}

std::string to_hex(bytes_view bytes)
{
    std::string out;
    for (std::byte byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        out += digits[std::to_integer<std::size_t>(byte >> 4)];
        out += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return out;
}

double to_double(const boost::json::value& neutral)
{
    return std::bit_cast<double>(from_hex(neutral.as_string()));
}

/// JavaScript has one kind of number, C++ writes the same bytes for all of its own.
enum class number_form
{
    floating,
    integral
};

boost::json::value make_number(double value, number_form form)
{
    if (form == number_form::integral && std::trunc(value) == value) {
        if (value >= -0x1p63 && value < 0x1p63)
            return static_cast<std::int64_t>(value);
        if (value >= 0x1p63 && value < 0x1p64)
            return static_cast<std::uint64_t>(value);
    }
    return value;
}

boost::json::value make_value(
    const boost::json::value& neutral, number_form form, std::vector<binary>& attachments
)
{
    if (const auto* array = neutral.if_array()) {
        boost::json::array out;
        for (const auto& element : *array)
            out.push_back(make_value(element, form, attachments));
        return out;
    }
    const auto* tagged = neutral.if_object();
    if (!tagged)
        return neutral;
    if (const auto* number = tagged->if_contains("n"))
        return make_number(to_double(*number), form);
    if (const auto* bytes = tagged->if_contains("b")) {
        attachments.emplace_back(bytes_from_hex(bytes->as_string()));
        return {{"_placeholder", true}, {"num", attachments.size() - 1}};
    }
    boost::json::object out;
    for (const auto& member : tagged->at("o").as_array())
        out[member.at(0).as_string()] = make_value(member.at(1), form, attachments);
    return out;
}

/// The packet's data as what an application would emit.
arguments make_arguments(const boost::json::value& data, number_form form)
{
    arguments out;
    out.values.push_back(make_value(data, form, out.attachments));
    return out;
}

std::string encode(
    const protocol::packet_header& header, const boost::json::value* data, number_form form
)
{
    msgpack::encoder out{header, {}};
    if (data) {
        const arguments values = make_arguments(*data, form);
        detail::write_json(out, values.values[0], values.attachments);
    }
    const auto packet = out.finish();
    return packet ? to_hex(packet->head->payload()) : packet.error().message();
}

/// An event whose last argument is added when it is encoded already.
std::string encode_and_append(
    const protocol::packet_header& header, boost::json::value data, std::string_view offset
)
{
    data.as_array().pop_back();
    msgpack::encoder out{header, {}};
    const arguments values = make_arguments(data, number_form::integral);
    detail::write_json(out, values.values[0], values.attachments);
    const auto packet = out.finish();
    return packet ? to_hex(msgpack::append_text(*packet, header.nsp, offset).head->payload())
                  : packet.error().message();
}

bool same(const msgpack::reader& at, const boost::json::value& neutral);

bool same_array(const msgpack::reader& at, const boost::json::array& expected)
{
    std::size_t index = 0;
    bool equal = at.kind() == value_kind::array && at.size() == expected.size();
    at.for_each_element([&](const msgpack::reader& element) {
        equal = equal && same(element, expected[index++]);
        return equal;
    });
    return equal && index == expected.size();
}

bool same_object(const msgpack::reader& at, const boost::json::array& expected)
{
    std::size_t index = 0;
    bool equal = at.kind() == value_kind::object && at.size() == expected.size();
    at.for_each_member([&](std::string_view key, const msgpack::reader& member) {
        equal = equal && expected[index].at(0).as_string() == boost::json::string_view{key} &&
                same(member, expected[index].at(1));
        ++index;
        return equal;
    });
    return equal && index == expected.size();
}

bool same(const msgpack::reader& at, const boost::json::value& neutral)
{
    if (neutral.is_null())
        return at.kind() == value_kind::null;
    if (const auto* truth = neutral.if_bool())
        return at.kind() == value_kind::boolean && at.boolean() == *truth;
    if (const auto* text = neutral.if_string())
        return at.kind() == value_kind::string && at.string() == std::string_view{*text};
    if (const auto* array = neutral.if_array())
        return same_array(at, *array);
    const auto& tagged = neutral.as_object();
    if (const auto* number = tagged.if_contains("n")) {
        const double expected = to_double(*number);
        double value = 0;
        if (read_value(at, value))
            return false;
        return std::isnan(expected) ? std::isnan(value) : value == expected;
    }
    if (const auto* bytes = tagged.if_contains("b"))
        return at.kind() == value_kind::binary &&
               at.bytes() == binary{bytes_from_hex(bytes->as_string())};
    return same_object(at, tagged.at("o").as_array());
}

bool same_data(const msgpack::packet& packet, const boost::json::value* data)
{
    const packet_type type = packet.header().type;
    if (type == packet_type::connect || type == packet_type::connect_error)
        return data ? packet.data() && same(*packet.data(), *data) : !packet.data();
    if (type == packet_type::disconnect)
        return !data;
    const auto& values = data->as_array();
    const std::size_t name = type == packet_type::event ? 1 : 0;
    if (name == 1 && packet.event() != std::string_view{values.at(0).as_string()})
        return false;
    bool equal = packet.argument_count() + name == values.size();
    for (std::size_t i = 0; equal && i < packet.argument_count(); ++i)
        equal = same(packet.argument(i), values[i + name]);
    return equal;
}

struct checker
{
    std::unique_ptr<packet_decoder> decoder = msgpack::make_decoder({});
    std::unique_ptr<partial_packet> partial;
    std::size_t lines = 0;
    std::size_t failures = 0;
    bool ended = false;

    void fail(std::string_view what, std::string_view detail = {})
    {
        ++failures;
        std::cerr << "line " << lines << ": " << what << ' ' << detail << '\n';
    }

    void compare(std::string_view expected, std::string_view got)
    {
        const auto [at, other] = std::ranges::mismatch(expected, got);
        if (at == expected.end() && other == got.end())
            return;
        const auto offset = static_cast<std::size_t>(at - expected.begin());
        const std::size_t from = offset - std::min<std::size_t>(offset, 40);
        fail("npm writes", expected.substr(from, 80));
        std::cerr << "  we write " << got.substr(from, 80) << '\n';
    }

    void check(const boost::json::value& line)
    {
        const auto& object = line.as_object();
        if (const auto* end = object.if_contains("end")) {
            ended = end->to_number<std::size_t>() == lines;
            return;
        }
        ++lines;
        const boost::json::value* data = object.if_contains("data");
        const std::string_view hex{object.at("hex").as_string()};
        protocol::packet_header header{
            static_cast<packet_type>(object.at("type").as_int64()),
            std::string_view{object.at("nsp").as_string()}
        };
        if (const auto* id = object.if_contains("id"))
            header.id = id->to_number<std::uint64_t>();

        if (!object.at("decode").as_bool()) {
            for (const auto form : {number_form::floating, number_form::integral}) {
                compare(hex, encode(header, data, form));
            }
        }
        if (const auto* offset = object.if_contains("offset"))
            compare(hex, encode_and_append(header, *data, std::string_view{offset->as_string()}));
        const std::vector<std::byte> message = bytes_from_hex(hex);
        const auto packet = decoder->feed(partial, frame_kind::binary, message);
        if (!packet)
            return fail("refused", packet.error().message());
        if ((*packet)->header() != header ||
            !same_data(static_cast<const msgpack::packet&>(**packet), data))
            fail("read differently");
    }
};

}  // namespace

int main()
{
    checker all;
    std::string line;
    boost::json::parse_options options;
    options.max_depth = 1'000;
    while (std::getline(std::cin, line))
        all.check(boost::json::parse(line, {}, options));
    if (!all.ended)
        std::cerr << "the list of vectors is not complete\n";
    std::printf("%zu vectors, %zu failures\n", all.lines, all.failures);
    return all.ended && all.failures == 0 ? 0 : 1;
}
