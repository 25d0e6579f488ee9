// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/any_value.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cmath>
#include <variant>

using namespace cosio;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

/// A value that belongs to no codec, and the cursor at it.
struct model
{
    using array = std::vector<model>;
    using object = std::vector<std::pair<std::string, model>>;

    std::variant<
        std::nullptr_t,
        bool,
        std::int64_t,
        std::uint64_t,
        double,
        std::string,
        binary,
        array,
        object>
        held;

    model(auto value) : held{std::move(value)} {}

    model(int value) : held{std::int64_t{value}} {}

    model(const char* value) : held{std::string{value}} {}
};

class cursor
{
public:
    explicit cursor(const model& at) : at_{&at} {}

    value_kind kind() const { return static_cast<value_kind>(at_->held.index()); }

    bool boolean() const { return std::get<bool>(at_->held); }

    std::int64_t integer() const { return std::get<std::int64_t>(at_->held); }

    std::uint64_t unsigned_integer() const { return std::get<std::uint64_t>(at_->held); }

    double number() const { return std::get<double>(at_->held); }

    std::string_view string() const { return std::get<std::string>(at_->held); }

    binary bytes() const { return std::get<binary>(at_->held); }

    std::size_t size() const
    {
        return kind() == value_kind::array ? std::get<model::array>(at_->held).size()
                                           : std::get<model::object>(at_->held).size();
    }

    void for_each_element(auto visitor) const
    {
        for (const model& element : std::get<model::array>(at_->held))
            if (!visitor(cursor{element}))
                return;
    }

    void for_each_member(auto visitor) const
    {
        for (const auto& [key, member] : std::get<model::object>(at_->held))
            if (!visitor(std::string_view{key}, cursor{member}))
                return;
    }

private:
    const model* at_;
};

static_assert(value_reader<cursor>);

/// Writes down the calls: i and u for the integers, d for doubles, <> for binary, sizes behind brackets.
class transcript
{
public:
    void null() { out_ += "null "; }

    void boolean(bool value) { out_ += value ? "true " : "false "; }

    void integer(std::int64_t value) { out_ += 'i' + std::to_string(value) + ' '; }

    void unsigned_integer(std::uint64_t value) { out_ += 'u' + std::to_string(value) + ' '; }

    void number(double value) { out_ += 'd' + std::to_string(value) + ' '; }

    void string(std::string_view value) { out_ += '"' + std::string{value} + "\" "; }

    void bytes(const binary& value) { out_ += '<' + std::string{as_text(value.bytes())} + "> "; }

    void begin_array(std::size_t size) { out_ += '[' + std::to_string(size) + ' '; }

    void end_array() { out_ += "] "; }

    void begin_object(std::size_t size) { out_ += '{' + std::to_string(size) + ' '; }

    void key(std::string_view value) { out_ += std::string{value} + ": "; }

    void end_object() { out_ += "} "; }

    std::string take()
    {
        out_.pop_back();
        return std::move(out_);
    }

private:
    std::string out_;
};

static_assert(value_writer<transcript>);

std::string write(const auto& value)
{
    transcript out;
    write_value(out, value);
    return out.take();
}

/// The value, or the error.
template <class T>
struct read_result
{
    T value{};
    error_code ec;

    bool operator==(const T& expected) const { return !ec && value == expected; }

    bool operator==(errc expected) const { return ec == expected; }
};

template <class T>
read_result<T> read(const model& from)
{
    read_result<T> out;
    out.ec = read_value(cursor{from}, out.value);
    return out;
}

enum class colour : std::uint8_t
{
    red,
    green,
};

struct base
{
    int id = 0;
    bool operator==(const base&) const = default;
};
BOOST_DESCRIBE_STRUCT(base, (), (id))

struct person : base
{
    std::string name;
    std::optional<double> height;
    bool operator==(const person&) const = default;
};
BOOST_DESCRIBE_STRUCT(person, (base), (name, height))

struct nothing
{
    bool operator==(const nothing&) const = default;
};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

struct celsius
{
    double degrees;
};

constexpr double two_to_63 = 9223372036854775808.0;

}  // namespace

template <>
struct cosio::value_traits<celsius>
{
    static error_code read(const auto& at, celsius& out) { return read_value(at, out.degrees); }

    static void write(auto& out, const celsius& value) { write_value(out, value.degrees); }
};

BOOST_AUTO_TEST_SUITE(value)

BOOST_AUTO_TEST_CASE(scalars_are_written_by_their_kind)
{
    CHECK(write(true) == "true");
    CHECK(write(nullptr) == "null");
    CHECK(write(-1) == "i-1");
    CHECK(write(std::uint8_t{200}) == "u200");
    CHECK(write(std::numeric_limits<std::uint64_t>::max()) == "u18446744073709551615");
    CHECK(write(1.5F) == "d1.500000");
    CHECK(write(colour::green) == "u1");
    CHECK(write("text") == "\"text\"");
    CHECK(write("a\0b"sv) == "\"a\0b\""s);
    char buffer[] = "buffer";
    CHECK(write(&buffer[0]) == "\"buffer\"");
    CHECK(write(binary{"raw"sv}) == "<raw>");
    CHECK(write(celsius{20}) == "d20.000000");
    CHECK(write(std::optional<int>{}) == "null");
    CHECK(write(std::optional<int>{3}) == "i3");
}

BOOST_AUTO_TEST_CASE(containers_are_written_with_their_sizes)
{
    CHECK(write(std::vector{1, 2}) == "[2 i1 i2 ]");
    CHECK(write(std::vector<bool>{true}) == "[1 true ]");
    CHECK(write(std::array<int, 0>{}) == "[0 ]");
    const int numbers[]{1, 2};
    CHECK(write(std::span{numbers}) == "[2 i1 i2 ]");
    CHECK(write(std::pair{1, "b"s}) == "[2 i1 \"b\" ]");
    CHECK(write(std::tuple{1, std::tuple{}}) == "[2 i1 [0 ] ]");
    CHECK(write(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == "{2 a: i1 b: i2 }");
    CHECK(write(std::unordered_map<std::string, int>{{"a", 1}}) == "{1 a: i1 }");
    CHECK(write(person{{7}, "ann", {}}) == "{3 id: i7 name: \"ann\" height: null }");
    CHECK(write(nothing{}) == "{0 }");
}

BOOST_AUTO_TEST_CASE(integers_are_read_within_their_range)
{
    CHECK((read<std::int8_t>(127) == std::int8_t{127}));
    CHECK((read<std::int8_t>(-128) == std::int8_t{-128}));
    CHECK((read<std::int8_t>(128) == errc::number_out_of_range));
    CHECK((read<std::int8_t>(-129) == errc::number_out_of_range));
    CHECK((read<std::uint16_t>(65535) == std::uint16_t{65535}));
    CHECK((read<std::uint16_t>(65536) == errc::number_out_of_range));
    CHECK((read<unsigned>(-1) == errc::number_out_of_range));
    CHECK((read<std::uint64_t>(-1) == errc::number_out_of_range));
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    CHECK((read<std::uint64_t>(largest) == largest));
    CHECK((read<std::int64_t>(largest) == errc::number_out_of_range));
    CHECK((read<std::uint8_t>(largest) == errc::number_out_of_range));
    constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
    CHECK((read<std::int64_t>(smallest) == smallest));
    CHECK((read<int>(true) == errc::wrong_argument_type));
    CHECK((read<int>("1") == errc::wrong_argument_type));
    CHECK((read<int>(nullptr) == errc::wrong_argument_type));
}

BOOST_AUTO_TEST_CASE(a_double_without_fraction_is_an_integer)
{
    CHECK((read<int>(3.0) == 3));
    CHECK((read<int>(-0.0) == 0));
    CHECK((read<int>(3.5) == errc::wrong_argument_type));
    CHECK((read<int>(1e10) == errc::number_out_of_range));
    CHECK((read<unsigned>(-1.0) == errc::number_out_of_range));
    CHECK((read<std::int64_t>(-two_to_63) == std::numeric_limits<std::int64_t>::min()));
    CHECK((read<std::int64_t>(two_to_63) == errc::number_out_of_range));
    CHECK((read<std::uint64_t>(two_to_63) == std::uint64_t{1} << 63));
    CHECK((read<std::uint64_t>(2 * two_to_63) == errc::number_out_of_range));
    CHECK((read<std::int64_t>(-1e300) == errc::number_out_of_range));
    CHECK((read<int>(double{INFINITY}) == errc::number_out_of_range));
    CHECK((read<int>(double{NAN}) == errc::number_out_of_range));
}

BOOST_AUTO_TEST_CASE(other_scalars_are_read_from_their_kind_only)
{
    CHECK((read<bool>(true) == true));
    CHECK((read<bool>(1) == errc::wrong_argument_type));
    CHECK((read<double>(1.5) == 1.5));
    CHECK((read<double>(-2) == -2.0));
    CHECK((read<double>(std::uint64_t{1} << 63) == two_to_63));
    CHECK((read<double>("1") == errc::wrong_argument_type));
    CHECK((read<float>(0.1) == 0.1F));
    CHECK((read<float>(1e300) == errc::number_out_of_range));
    CHECK((read<float>(-1e300) == errc::number_out_of_range));
    CHECK((read<float>(double{INFINITY}) == INFINITY));
    CHECK((read<std::string>("a\0b"s) == "a\0b"s));
    CHECK((read<std::string>(1) == errc::wrong_argument_type));
    CHECK((read<colour>(1) == colour::green));
    CHECK((read<colour>(256) == errc::number_out_of_range));
    CHECK((read<binary>("raw") == errc::wrong_argument_type));
    const binary sent{"raw"sv};
    CHECK((read<binary>(sent).value.share() == sent.share()));
    CHECK((read<celsius>(20).value.degrees == 20.0));
    CHECK((read<std::optional<int>>(nullptr) == std::optional<int>{}));
    CHECK((read<std::optional<int>>(3) == std::optional<int>{3}));
    CHECK((read<std::optional<int>>("x") == errc::wrong_argument_type));
}

BOOST_AUTO_TEST_CASE(containers_are_read_whole_or_not)
{
    const model numbers{model::array{1, 2}};
    CHECK((read<std::vector<int>>(numbers) == std::vector{1, 2}));
    CHECK((read<std::vector<bool>>(model::array{true}) == std::vector{true}));
    CHECK((read<std::vector<int>>(model::array{1, "x"}) == errc::wrong_argument_type));
    CHECK((read<std::vector<int>>(model::object{}) == errc::wrong_argument_type));
    CHECK((read<std::array<int, 2>>(numbers) == std::array{1, 2}));
    CHECK((read<std::array<int, 3>>(numbers) == errc::wrong_argument_count));
    CHECK((read<std::array<int, 1>>(numbers) == errc::wrong_argument_count));
    CHECK((read<std::pair<int, double>>(numbers) == std::pair{1, 2.0}));
    CHECK((read<std::tuple<int, std::string>>(numbers) == errc::wrong_argument_type));
    CHECK((read<std::tuple<>>(model::array{}) == std::tuple{}));
    const model object{model::object{{"a", 1}, {"b", 2}}};
    using map = std::map<std::string, int>;
    CHECK((read<map>(object) == map{{"a", 1}, {"b", 2}}));
    CHECK((read<map>(numbers) == errc::wrong_argument_type));
    CHECK((read<map>(model::object{{"a", "x"}}) == errc::wrong_argument_type));
    using hash_map = std::unordered_map<std::string, int>;
    CHECK((read<hash_map>(object) == hash_map{{"a", 1}, {"b", 2}}));
    std::vector<int> reused{7, 8, 9};
    CHECK(!read_value(cursor{numbers}, reused));
    CHECK(reused == (std::vector{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_vector_reserves_little_before_it_sees_elements)
{
    const model zeros{model::array(10'000, model{0})};
    std::vector<std::array<int, 256>> out;
    CHECK((read_value(cursor{zeros}, out) == errc::wrong_argument_type));
    CHECK(out.capacity() < 10U);
}

BOOST_AUTO_TEST_CASE(described_structs_are_objects_of_their_members)
{
    const model ann{
        model::object{{"height", 1.7}, {"extra", model::array{}}, {"name", "ann"}, {"id", 7}}
    };
    CHECK((read<person>(ann) == person{{7}, "ann", 1.7}));
    CHECK((read<person>(model::object{{"id", 7}, {"name", "bob"}}) == person{{7}, "bob", {}}));
    CHECK((read<person>(model::object{{"id", 7}}) == errc::wrong_argument_type));
    CHECK((read<person>(model::object{{"id", "7"}, {"name", "x"}}) == errc::wrong_argument_type));
    CHECK((read<person>(model::array{}) == errc::wrong_argument_type));
    CHECK((read<nothing>(ann) == nothing{}));
    person reused{{1}, "old", 2.0};
    CHECK(!read_value(cursor{model::object{{"id", 7}, {"name", "new"}}}, reused));
    CHECK((reused == person{{7}, "new", {}}));
}

BOOST_AUTO_TEST_CASE(json_values_of_any_shape)
{
    const model tree{model::object{
        {"a", model::array{nullptr, true, -1, std::uint64_t{1} << 63, 1.5, "x"}},
        {"o", model::object{}}
    }};
    const boost::json::value expected{
        {"a", {nullptr, true, -1, std::uint64_t{1} << 63, 1.5, "x"}}, {"o", boost::json::object{}}
    };
    CHECK((read<boost::json::value>(tree) == expected));
    CHECK((read<boost::json::object>(tree) == expected.as_object()));
    CHECK((read<boost::json::object>(model::array{}) == errc::wrong_argument_type));
    CHECK((read<boost::json::value>(binary{"x"sv}) == errc::wrong_argument_type));
    constexpr auto written =
        "{2 a: [6 null true i-1 u9223372036854775808 d1.500000 \"x\" ] o: {0 } }";
    CHECK(write(expected) == written);
    CHECK(write(expected.as_object()) == written);
}

BOOST_AUTO_TEST_CASE(any_value_names_its_attachments)
{
    const model tree{model::array{binary{"a"sv}, model::object{{"b", binary{"b"sv}}}}};
    const auto any = read<any_value>(tree);
    const any_value expected{
        {{{"_placeholder", true}, {"num", 0}}, {{"b", {{"_placeholder", true}, {"num", 1}}}}},
        {binary{"a"sv}, binary{"b"sv}}
    };
    CHECK((any == expected));
    CHECK(write(any.value) == "[2 <a> {1 b: <b> } ]");
}

BOOST_AUTO_TEST_CASE(only_a_true_placeholder_within_range_names_an_attachment)
{
    const std::vector<binary> attachments{binary{"a"sv}, binary{"b"sv}};
    const auto named =
        [&](std::initializer_list<std::pair<boost::json::string_view, boost::json::value_ref>>
                members) {
            const binary* found =
                detail::named_attachment(boost::json::object(members), attachments);
            return found ? as_text(found->bytes()) : "none";
        };
    CHECK(named({{"_placeholder", true}, {"num", 1}}) == "b");
    CHECK(named({{"num", 1U}, {"more", 1}, {"_placeholder", true}}) == "b");
    CHECK(named({{"_placeholder", true}, {"num", 1.0}}) == "b");
    for (const boost::json::value& num :
         {boost::json::value{2}, {-1}, {0.5}, {1e300}, {NAN}, {"0"}, {nullptr}, {~0ULL}})
        CHECK(named({{"_placeholder", true}, {"num", num}}) == "none");
    CHECK(named({{"_placeholder", true}}) == "none");
    CHECK(named({{"_placeholder", false}, {"num", 0}}) == "none");
    CHECK(named({{"_placeholder", 1}, {"num", 0}}) == "none");
    CHECK(named({{"num", 0}}) == "none");
    const boost::json::object plain{{"_placeholder", true}, {"num", 0}};
    CHECK(!detail::named_attachment(plain, {}));
    CHECK(write(plain) == "{2 _placeholder: true num: i0 }");
}

BOOST_AUTO_TEST_CASE(what_is_deeper_than_any_codec_goes_is_left_out)
{
    boost::json::value deep = boost::json::array{};
    model tree{model::array{}};
    for (int i = 0; i < 5'000; ++i) {
        deep = i % 2 ? boost::json::value(boost::json::array{std::move(deep)})
                     : boost::json::value(boost::json::object{{"a", std::move(deep)}});
        if (i < 1'000)  // its own copies recurse
            tree = model{model::array{std::move(tree)}};
    }
    const std::string out = write(deep);
    CHECK(std::ranges::count(out, '[') + std::ranges::count(out, '{') == 257);
    CHECK((read<any_value>(tree) == errc::wrong_argument_type));
}

BOOST_AUTO_TEST_SUITE_END()
