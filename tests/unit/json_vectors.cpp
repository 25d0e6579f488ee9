// SPDX-License-Identifier: BSL-1.0
// Compares cosio::json with npm's socket.io-parser: reads the packets that
// tests/interop/json_vectors.mjs prints, encodes each and expects npm's bytes, decodes npm's frames
// and expects the packet's values.
//   node json_vectors.mjs | json_vectors_check

#include <cosio/any_value.hpp>
#include <cosio/codecs/json.hpp>

#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <iostream>
#include <stdexcept>

namespace {

using namespace cosio;
namespace bj = boost::json;

enum class integers
{
    as_doubles,
    as_integers,
};

std::string_view text_of(const bj::value& value)
{
    return std::string_view{value.as_string()};
}

double double_of(const bj::value& bits)
{
    const std::string_view text = text_of(bits);
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return std::bit_cast<double>(value);
}

std::string bytes_of(const bj::value& hex)
{
    const std::string_view text = text_of(hex);
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned byte = 0;
        std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        out.push_back(static_cast<char>(byte));
    }
    return out;
}

/// From the neutral form to what a user of any_value would hold.
bj::value build(const bj::value& neutral, std::vector<binary>& attachments, integers choice)
{
    if (const bj::array* array = neutral.if_array()) {
        bj::array out;
        for (const bj::value& element : *array)
            out.push_back(build(element, attachments, choice));
        return out;
    }
    const bj::object* const object = neutral.if_object();
    if (!object)
        return neutral;
    if (const bj::value* bits = object->if_contains("n")) {
        const double number = double_of(*bits);
        constexpr double exact = 9007199254740992.0;
        if (choice == integers::as_integers && std::abs(number) <= exact &&
            std::trunc(number) == number)
            return static_cast<std::int64_t>(number);
        return number;
    }
    if (const bj::value* hex = object->if_contains("b")) {
        attachments.push_back(binary{bytes_of(*hex)});
        return {{"_placeholder", true}, {"num", attachments.size() - 1}};
    }
    bj::object out;
    for (const bj::value& member : object->at("o").as_array())
        out[member.at(0).as_string()] = build(member.at(1), attachments, choice);
    return out;
}

protocol::packet_header header_of(const bj::object& line)
{
    protocol::packet_header header;
    header.type = static_cast<protocol::packet_type>(line.at("type").as_int64());
    header.nsp = text_of(line.at("nsp"));
    if (const bj::value* id = line.if_contains("id"))
        header.id = static_cast<std::uint64_t>(id->as_int64());
    return header;
}

/// Byte for byte with what npm has written.
void compare(const bj::object& line, const protocol::encoded_packet& packet)
{
    const std::string expected = "4" + std::string{text_of(line.at("head"))};
    if (as_text(packet.head->payload()) != expected)
        throw std::runtime_error{fmt::format("encoded as {}", as_text(packet.head->payload()))};
    const bj::array& attachments = line.at("attachments").as_array();
    if (attachments.size() != packet.attachments.size())
        throw std::runtime_error{"number of attachments"};
    for (std::size_t i = 0; i < attachments.size(); ++i)
        if (as_text(packet.attachments[i]->payload()) != bytes_of(attachments[i]))
            throw std::runtime_error{fmt::format("attachment {}", i)};
}

void check_encoder(const bj::object& line, integers choice)
{
    const protocol::packet_header header = header_of(line);
    json::encoder out{header, {}};
    if (const bj::value* data = line.if_contains("data"); data && data->is_array()) {
        arguments values;
        for (const bj::value& element : data->get_array())
            values.values.push_back(build(element, values.attachments, choice));
        out.begin_array(values.values.size());
        for (const bj::value& value : values.values)
            detail::write_json(out, value, values.attachments);
        out.end_array();
    } else if (data) {
        any_value value;
        value.json = build(*data, value.attachments, choice);
        write_value(out, value);
    }
    const auto packet = out.finish();
    if (!packet)
        throw std::runtime_error{packet.error().message()};
    compare(line, *packet);
}

/// An event whose last argument is added when it is encoded already.
void check_append(const bj::object& line, std::string_view offset)
{
    const protocol::packet_header header = header_of(line);
    const bj::array& data = line.at("data").as_array();
    arguments values;
    for (const bj::value& element : data)
        values.values.push_back(build(element, values.attachments, integers::as_doubles));
    values.values.pop_back();
    json::encoder out{header, {}};
    out.begin_array(values.values.size());
    for (const bj::value& value : values.values)
        detail::write_json(out, value, values.attachments);
    out.end_array();
    const auto packet = out.finish();
    if (!packet)
        throw std::runtime_error{packet.error().message()};
    compare(line, json::append_text(*packet, header.nsp, offset));
}

bool same_number(const json::reader& at, double expected)
{
    switch (at.kind()) {
    case value_kind::null: return !std::isfinite(expected);
    case value_kind::integer: return static_cast<double>(at.integer()) == expected;
    case value_kind::unsigned_integer:
        return static_cast<double>(at.unsigned_integer()) == expected;
    case value_kind::number: return at.number() == expected;
    case value_kind::boolean:
    case value_kind::string:
    case value_kind::binary:
    case value_kind::array:
    case value_kind::object: break;
    }
    return false;
}

bool same(const json::reader& at, const bj::value& neutral);

bool same_elements(const json::reader& at, const bj::array& expected)
{
    std::size_t index = 0;
    bool equal = at.kind() == value_kind::array && at.size() == expected.size();
    if (equal)
        at.for_each_element([&](const json::reader& element) {
            return equal = same(element, expected[index++]);
        });
    return equal && index == expected.size();
}

bool same_members(const json::reader& at, const bj::array& expected)
{
    std::size_t index = 0;
    bool equal = at.kind() == value_kind::object && at.size() == expected.size();
    if (equal)
        at.for_each_member([&](std::string_view key, const json::reader& member) {
            const bj::value& wanted = expected[index++];
            return equal = key == text_of(wanted.at(0)) && same(member, wanted.at(1));
        });
    return equal && index == expected.size();
}

bool same(const json::reader& at, const bj::value& neutral)
{
    if (neutral.is_null())
        return at.kind() == value_kind::null;
    if (neutral.is_bool())
        return at.kind() == value_kind::boolean && at.boolean() == neutral.get_bool();
    if (neutral.is_string())
        return at.kind() == value_kind::string && at.string() == text_of(neutral);
    if (neutral.is_array())
        return same_elements(at, neutral.get_array());
    const bj::object& object = neutral.as_object();
    if (const bj::value* bits = object.if_contains("n"))
        return same_number(at, double_of(*bits));
    if (const bj::value* hex = object.if_contains("b"))
        return at.kind() == value_kind::binary && as_text(at.bytes().bytes()) == bytes_of(*hex);
    return same_members(at, object.at("o").as_array());
}

bool same_event(std::string_view name, const bj::value& neutral)
{
    return neutral.is_string() ? name == text_of(neutral)
                               : name == fmt::format("{}", double_of(neutral.at("n")));
}

void check_decoder(packet_decoder& decoder, const bj::object& line)
{
    std::unique_ptr<partial_packet> partial;
    auto fed = decoder.feed(partial, frame_kind::text, as_bytes(text_of(line.at("head"))));
    for (const bj::value& hex : line.at("attachments").as_array())
        if (fed && !*fed)
            fed = decoder.feed(partial, frame_kind::binary, as_bytes(bytes_of(hex)));
    if (!fed || !*fed)
        throw std::runtime_error{fed ? "incomplete" : fed.error().message()};
    const auto& packet = static_cast<const json::packet&>(**fed);
    bool equal = packet.header() == header_of(line);
    const bj::value* const data = line.if_contains("data");
    if (data && data->is_array()) {
        const bj::array& values = data->get_array();
        const bool event = packet.header().type == protocol::packet_type::event;
        equal = equal && packet.argument_count() + event == values.size() &&
                (!event || same_event(packet.event(), values.front()));
        for (std::size_t i = 0; equal && i < packet.argument_count(); ++i)
            equal = same(packet.argument(i), values[i + event]);
    } else {
        equal = equal && packet.data().has_value() == (data != nullptr) &&
                (!data || same(*packet.data(), *data));
    }
    if (!equal)
        throw std::runtime_error{"decoded to something else"};
}

}  // namespace

int main()
{
    const auto decoder = json::make_decoder({});
    int failed = 0;
    std::int64_t checked = 0;
    std::int64_t announced = -1;
    for (std::string text; std::getline(std::cin, text);) {
        const bj::object line = bj::parse(text, {}, {.max_depth = 512}).as_object();
        if (const bj::value* end = line.if_contains("end")) {
            announced = end->as_int64();
            continue;
        }
        ++checked;
        try {
            check_encoder(line, integers::as_doubles);
            check_encoder(line, integers::as_integers);
            if (const bj::value* offset = line.if_contains("offset"))
                check_append(line, text_of(*offset));
            check_decoder(*decoder, line);
        } catch (const std::exception& difference) {
            ++failed;
            fmt::print(
                "packet {}: {}\nnpm: 4{}\n", checked, difference.what(), text_of(line.at("head"))
            );
        }
    }
    fmt::print("{} packets, {} differ\n", checked, failed);
    return failed == 0 && checked == announced ? 0 : 1;
}
