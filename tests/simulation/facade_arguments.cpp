// SPDX-License-Identifier: BSL-1.0
// Typed arguments of handlers and answers, there and back over both codecs.
#include "facade_support.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <map>
#include <unordered_map>

using namespace cosio;
using namespace cosio::test;

namespace arguments_test {

enum class colour : std::uint8_t
{
    red,
    green,
};

struct point
{
    int x = 0;
    int y = 0;

    bool operator==(const point&) const = default;
};

struct shape
{
    std::string name;
    std::vector<point> corners;
    std::optional<colour> fill;
    binary picture;

    bool operator==(const shape&) const = default;
};

BOOST_DESCRIBE_STRUCT(point, (), (x, y))
BOOST_DESCRIBE_STRUCT(shape, (), (name, corners, fill, picture))

}  // namespace arguments_test

using arguments_test::colour;
using arguments_test::point;
using arguments_test::shape;

namespace {

/// A server that takes one argument of type T and answers with it.
template <class Codec, class T>
struct typed_case : pair_case<Codec>
{
    typed_case()
    {
        this->io.on("x", [this](T value, ack<T> reply) {
            got = value;
            reply(value);
        });
        this->connect();
    }

    /// Sends a value that has a T's form, and expects it in the handler and in the answer.
    template <class Sent>
    void check(const Sent& sent, const T& expected)
    {
        got.reset();
        // result<tuple> is an answer of several arguments: this is one, which may be a tuple.
        std::optional<result<std::tuple<T>>> answered;
        this->near.emit("x", sent, [&](result<std::tuple<T>> answer) {
            answered = std::move(answer);
        });
        CHECK(this->told() == "");
        REQUIRE(got.has_value());
        REQUIRE((answered.has_value() && answered->has_value()));
        CHECK(*got == expected);
        CHECK(std::get<0>(**answered) == expected);
    }

    void check(const T& value) { check(value, value); }

    /// What is reported for a value that does not fit.
    template <class... Sent>
    std::string refused(const Sent&... sent)
    {
        got.reset();
        this->near.emit("x", sent...);
        const std::string why = this->told();
        CHECK(!got.has_value());
        CHECK(this->near.connected());
        return why;
    }

    std::optional<T> got;
};

const std::string wrong_type = "error / x: an argument has not the type that the handler takes";
const std::string wrong_count = "error / x: the handler takes another number of arguments";
const std::string out_of_range = "error / x: a number does not fit the handler's parameter";

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_arguments)

TYPED_CASE(integers_with_their_ranges, Codec, codecs)
{
    typed_case<Codec, std::int8_t> small;
    for (const std::int8_t value : {std::int8_t{-128}, std::int8_t{0}, std::int8_t{127}})
        small.check(value);
    small.check(7.0, 7);
    CHECK(small.refused(128) == out_of_range);
    CHECK(small.refused(-129) == out_of_range);
    CHECK(small.refused(1e300) == out_of_range);
    CHECK(small.refused(1.5) == wrong_type);
    CHECK(small.refused("1") == wrong_type);
    CHECK(small.refused(true) == wrong_type);
    CHECK(small.refused(nullptr) == wrong_type);

    typed_case<Codec, std::uint64_t> large;
    large.check(std::numeric_limits<std::uint64_t>::max());
    large.check(std::uint64_t{9007199254740993});
    CHECK(large.refused(-1) == out_of_range);

    typed_case<Codec, std::int64_t> wide;
    wide.check(std::numeric_limits<std::int64_t>::min());
    CHECK(wide.refused(std::numeric_limits<std::uint64_t>::max()) == out_of_range);
}

TYPED_CASE(floating_point_numbers, Codec, codecs)
{
    typed_case<Codec, double> on;
    for (const double value : {0.1, -1.5, 1e-300, 1.7976931348623157e308, 5e-324, 0.0})
        on.check(value);
    on.check(7, 7.0);
    CHECK(on.refused("1.5") == wrong_type);
    typed_case<Codec, float> narrow;
    narrow.check(0.5F);
    CHECK(narrow.refused(1e300) == out_of_range);
}

TYPED_CASE(booleans_strings_and_enumerations, Codec, codecs)
{
    typed_case<Codec, bool> truth;
    truth.check(true);
    truth.check(false);
    CHECK(truth.refused(1) == wrong_type);
    CHECK(truth.refused("true") == wrong_type);

    typed_case<Codec, std::string> text;
    for (const char* value : {"", "zażółć €𝄞", "\"\\/\b\n\x01"})
        text.check(value, value);
    text.check(std::string("a\0b", 3));
    text.check(std::string(100'000, 'x'));
    CHECK(text.refused(1) == wrong_type);
    CHECK(text.refused(binary{"bytes"}) == wrong_type);

    typed_case<Codec, colour> hue;
    hue.check(colour::green);
    CHECK(hue.refused(256) == out_of_range);
}

TYPED_CASE(binary_data, Codec, codecs)
{
    typed_case<Codec, binary> on;
    on.check(binary{"abc"});
    on.check(binary{});
    on.check(binary{std::string(300'000, '\xff')});
    CHECK(on.refused("abc") == wrong_type);
}

TYPED_CASE(vectors_and_arrays, Codec, codecs)
{
    typed_case<Codec, std::vector<int>> on;
    on.check({});
    on.check({1, 2, 3});
    on.check(std::vector<int>(1'000, 7));
    CHECK(on.refused(1) == wrong_type);
    CHECK(on.refused(std::vector<std::string>{"1"}) == wrong_type);
    typed_case<Codec, std::vector<std::vector<binary>>> deep;
    deep.check({{binary{"a"}}, {}, {binary{"b"}, binary{"c"}}});
    typed_case<Codec, std::array<int, 2>> fixed;
    fixed.check({1, 2});
    CHECK(fixed.refused(std::vector{1, 2, 3}) == wrong_count);
}

TYPED_CASE(maps, Codec, codecs)
{
    typed_case<Codec, std::map<std::string, int>> on;
    on.check({});
    on.check({{"", 0}, {"a", 1}, {"€", 2}});
    CHECK(on.refused(std::map<std::string, std::string>{{"a", "1"}}) == wrong_type);
    CHECK(on.refused(std::vector{1}) == wrong_type);
    typed_case<Codec, std::unordered_map<std::string, binary>> hashed;
    hashed.check({{"a", binary{"1"}}, {"b", binary{"2"}}});
}

TYPED_CASE(tuples_and_pairs, Codec, codecs)
{
    typed_case<Codec, std::tuple<int, std::string, bool>> on;
    on.check({1, "two", true});
    CHECK(on.refused(std::vector{1, 2}) == wrong_count);
    CHECK(on.refused(std::vector{1, 2, 3}) == wrong_type);
    typed_case<Codec, std::pair<std::string, int>> pair;
    pair.check({"a", 1});
}

TYPED_CASE(optional_values_are_null_or_absent, Codec, codecs)
{
    typed_case<Codec, std::optional<int>> on;
    on.check(std::optional<int>{7});
    on.check(std::optional<int>{});
    on.check(nullptr, std::nullopt);
    CHECK(on.refused("x") == wrong_type);
    on.io.on("y", [&](int a, std::optional<int> b, std::optional<std::string> c) {
        on.log("{} {} {}", a, b.value_or(-1), c.value_or("-"));
    });
    on.near.emit("y", 1);
    on.near.emit("y", 1, 2);
    on.near.emit("y", 1, nullptr, "c");
    CHECK(on.told() == "1 -1 -\n1 2 -\n1 -1 c");
    on.near.emit("y");
    on.near.emit("y", 1, 2, "c", 4);
    CHECK(
        on.told() == "error / y: the handler takes another number of arguments\n"
                     "error / y: the handler takes another number of arguments"
    );
}

TYPED_CASE(described_structs_are_objects, Codec, codecs)
{
    typed_case<Codec, shape> on;
    on.check({"triangle", {{0, 0}, {1, 0}, {0, 1}}, colour::green, binary{"png"}});
    on.check({"", {}, std::nullopt, binary{}});
    CHECK(on.refused(point{1, 2}) == wrong_type);  // members are missing

    typed_case<Codec, point> point_case;
    point_case.check(boost::json::value{{"y", 2}, {"unknown", {1}}, {"x", 1}}, {1, 2});
    CHECK(point_case.refused(boost::json::value{{"x", 1}, {"y", "2"}}) == wrong_type);
    CHECK(point_case.refused(boost::json::value{{"x", 1}, {"y", 5000000000}}) == out_of_range);
}

TYPED_CASE(values_of_any_shape, Codec, codecs)
{
    typed_case<Codec, boost::json::value> on;
    on.check(nullptr);
    on.check(
        boost::json::value{{"a", {1, -2, true, nullptr, "x", 0.5}}, {"b", boost::json::object{}}}
    );
    CHECK(on.refused(binary{"bytes"}) == wrong_type);
    CHECK(on.refused(std::vector{binary{"bytes"}}) == wrong_type);

    typed_case<Codec, boost::json::object> object;
    object.check({{"a", 1}});
    CHECK(object.refused(std::vector{1}) == wrong_type);

    typed_case<Codec, any_value> any;
    any.check(any_value{boost::json::value{{"a", 1}}});
    any.check(
        std::vector{binary{"1"}, binary{"2"}},
        any_value{
            boost::json::array{
                boost::json::object{{"_placeholder", true}, {"num", 0}},
                boost::json::object{{"_placeholder", true}, {"num", 1}}
            },
            {binary{"1"}, binary{"2"}}
        }
    );
}

TYPED_CASE(arguments_take_the_rest_and_stand_for_it, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("x", [](basic_socket<Codec> socket, int first, arguments rest, ack<arguments> reply) {
        socket.emit("y", first, rest, "last");
        reply(rest);
    });
    on.near.on("y", [&](arguments all) {
        on.log("y {} {}", boost::json::serialize(all.values), all.attachments.size());
    });
    const auto note = [&](result<arguments> answer) {
        on.log("answer {}", boost::json::serialize(answer->values));
    };
    on.connect();
    on.near.emit("x", 1, "two", std::vector{3}, note);
    CHECK(
        on.told() == R"(y [1,"two",[3],"last"] 0)"
                     "\n"
                     R"(answer ["two",[3]])"
    );
    on.near.emit("x", 1, note);
    CHECK(
        on.told() == R"(y [1,"last"] 0)"
                     "\nanswer []"
    );
    on.near.emit("x", 1, binary{"b"}, note);
    CHECK(
        on.told() == R"(y [1,{"_placeholder":true,"num":0},"last"] 1)"
                     "\n"
                     R"(answer [{"_placeholder":true,"num":0}])"
    );
    on.near.emit("x");
    CHECK(on.told() == wrong_count);
}

TYPED_CASE(a_handler_without_parameters_takes_no_arguments, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("x", [&] { on.log("called"); });
    on.connect();
    on.near.emit("x");
    on.near.emit("x", 1);
    CHECK(on.told() == "called\n" + wrong_count);
}

TYPED_CASE(a_string_of_the_packet_without_a_copy, Codec, codecs)
{
    pair_case<Codec> both;
    std::vector<std::string> heard;
    both.io.on("x", [&](std::string_view first, int number, std::string_view second) {
        heard.push_back(fmt::format("{} {} {}", first, number, second));
    });
    both.connect();
    both.near.emit("x", "gr\xC3\xBC\xC3\x9F \"dich\"", 7, "");
    CHECK(both.told() == "");
    REQUIRE(heard.size() == 1U);
    CHECK(heard[0] == "gr\xC3\xBC\xC3\x9F \"dich\" 7 ");
    both.near.emit("x", 1, 7, "b");
    CHECK(both.told() == wrong_type);
    both.near.emit("x", "a", 7);
    CHECK(both.told() == wrong_count);
    CHECK(heard.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
