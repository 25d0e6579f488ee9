// SPDX-License-Identifier: BSL-1.0
// Any values that an application may emit, through both codecs and back (I33): what is not refused for a reason
// arrives as it was.
#include "fuzz.hpp"
#include "program.hpp"

#include <cosio/codecs/json.hpp>
#include <cosio/codecs/msgpack.hpp>
#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/utf8.hpp>

#include <bit>
#include <cmath>

using namespace cosio;

namespace {

constexpr protocol::packet_limits limits{
    .max_attachments = 4, .max_attachment_bytes = 1'024, .max_args = 8, .max_depth = 6
};

/// Makes arguments, and knows why they might be refused.
struct generator
{
    fuzz::program& from;
    std::vector<binary> attachments = {};
    std::size_t deepest = 0;
    std::size_t attachment_bytes = 0;
    bool utf8 = true;
    bool takes_for_placeholder = false;  // a user's object looks like one of the codec's

    std::string text()
    {
        std::string made{from.text()};
        utf8 = utf8 && detail::is_valid_utf8(made);
        return made;
    }

    boost::json::value number()
    {
        switch (from.choice(4)) {
        case 0: return boost::json::value(from.byte());
        case 1: return boost::json::value(static_cast<std::int64_t>(from.word()));
        case 2: return boost::json::value(from.word());
        default: return boost::json::value(std::bit_cast<double>(from.word()));
        }
    }

    boost::json::value bytes()
    {
        const std::string_view taken = from.text();
        attachment_bytes += taken.size();
        attachments.emplace_back(taken);
        boost::json::object placeholder;
        placeholder["_placeholder"] = true;
        placeholder["num"] = attachments.size() - 1;
        return boost::json::value(std::move(placeholder));
    }

    /// `depth` counts the array of all arguments.
    boost::json::value value(std::size_t depth)
    {
        switch (from.choice(8)) {
        case 0: return boost::json::value(nullptr);
        case 1: return boost::json::value(from.byte() % 2 == 1);
        case 2: return number();
        case 3: return boost::json::value(text());
        case 4: deepest = std::max(deepest, depth + 1); return bytes();
        case 5: return array(depth + 1);
        case 6: return object(depth + 1);
        default: return number();
        }
    }

    boost::json::value array(std::size_t depth)
    {
        deepest = std::max(deepest, depth);
        boost::json::array made;
        for (std::size_t left = from.choice(4); left > 0 && depth < 12; --left)
            made.push_back(value(depth));
        return boost::json::value(std::move(made));
    }

    boost::json::value object(std::size_t depth)
    {
        deepest = std::max(deepest, depth);
        boost::json::object made;
        for (std::size_t left = from.choice(4); left > 0 && depth < 12; --left) {
            const std::string key = from.byte() % 16 == 15 ? "_placeholder" : text();
            takes_for_placeholder = takes_for_placeholder || key == "_placeholder";
            // What another member replaces would be named by nothing.
            if (!made.contains(key))
                made[key] = value(depth);
        }
        return boost::json::value(std::move(made));
    }
};

double as_double(const boost::json::value& number)
{
    return number.is_int64()    ? static_cast<double>(number.get_int64())
           : number.is_uint64() ? static_cast<double>(number.get_uint64())
                                : number.get_double();
}

/// Numbers are JavaScript's: 2.0 is 2; json has no form for those that are not finite.
bool same_number(const boost::json::value& sent, const boost::json::value& got, bool finite_only)
{
    if (finite_only && sent.is_double() && !std::isfinite(sent.get_double()))
        return got.is_null();
    if (!got.is_number())
        return false;
    if (!sent.is_double() && !got.is_double()) {
        const bool negative = sent.is_int64() && sent.get_int64() < 0;
        if (negative != (got.is_int64() && got.get_int64() < 0))
            return false;
        return negative ? sent.get_int64() == got.get_int64()
                        : sent.to_number<std::uint64_t>() == got.to_number<std::uint64_t>();
    }
    const double a = as_double(sent);
    const double b = as_double(got);
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool same(const boost::json::value& sent, const boost::json::value& got, bool finite_only)
{
    if (sent.is_number())
        return same_number(sent, got, finite_only);
    if (sent.kind() != got.kind())
        return false;
    if (sent.is_array()) {
        return std::ranges::equal(
            sent.get_array(),
            got.get_array(),
            [=](const auto& one, const auto& other) { return same(one, other, finite_only); }
        );
    }
    if (!sent.is_object())
        return sent == got;
    const boost::json::object& object = got.get_object();
    return sent.get_object().size() == object.size() &&
           std::ranges::all_of(sent.get_object(), [&](const auto& member) {
               const boost::json::value* const found = object.if_contains(member.key());
               return found && same(member.value(), *found, finite_only);
           });
}

template <codec Codec>
void check_codec(const arguments& sent, const generator& made, std::optional<std::uint64_t> id)
{
    constexpr bool is_json = std::is_same_v<Codec, json>;
    const protocol::packet_header header{
        .type = protocol::packet_type::event, .nsp = "/chat", .id = id
    };
    const auto packet = detail::encode_event<Codec>(header, limits, "x", sent);
    const bool fits = made.utf8 && made.deepest <= limits.max_depth;
    if (!packet) {
        const bool may_be_refused =
            !fits || (is_json && (sent.attachments.size() > limits.max_attachments ||
                                  (made.takes_for_placeholder && !sent.attachments.empty())));
        fuzz::require(may_be_refused, "refused without a reason");
        return;
    }
    // Of an object that is taken for a placeholder the other members are left out.
    fuzz::require(made.utf8 || made.takes_for_placeholder, "encoded, and is no UTF-8");
    const auto decoder = Codec::make_decoder(limits);
    std::unique_ptr<partial_packet> partial;
    const bytes_view head = packet->head->payload();
    auto got = decoder->feed(
        partial,
        packet->head->kind(),
        packet->head->kind() == frame_kind::text ? head.subspan(1) : head
    );
    for (const frame_ref& attachment : packet->attachments) {
        fuzz::require(got && !*got, "complete without its attachments");
        got = decoder->feed(partial, attachment->kind(), attachment->payload());
    }
    if (!got && is_json && made.attachment_bytes > limits.max_attachment_bytes)
        return;  // who sends has no such limit
    fuzz::require(got && *got, "what was encoded is no packet");
    fuzz::require((*got)->event() == "x", "another event");
    fuzz::require((*got)->header() == header, "another header");
    arguments read;
    const error_code ec = detail::read_arguments<Codec>(**got, read);
    if (made.takes_for_placeholder)
        return;  // Such an object is one of the codec's, or is not: both can be read.
    fuzz::require(!ec, "what was encoded cannot be read");
    fuzz::require(read.attachments == sent.attachments, "other attachments");
    fuzz::require(
        same(boost::json::value(sent.values), boost::json::value(read.values), is_json),
        "other values"
    );
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    program from{input};
    generator made{.from = from};
    arguments sent;
    for (std::size_t left = seed % (limits.max_args + 1); left > 0; --left)
        sent.values.push_back(made.value(1));
    sent.attachments = made.attachments;
    std::optional<std::uint64_t> id;
    if (seed >= 128)
        id = seed * std::uint64_t{0x1F'FFFF'FFFF};
    check_codec<json>(sent, made, id);
    check_codec<msgpack>(sent, made, id);
}
