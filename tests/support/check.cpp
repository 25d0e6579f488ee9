// SPDX-License-Identifier: BSL-1.0
#include "check.hpp"

#include <ostream>

namespace cosio::test::checks {

namespace {

namespace tools = boost::test_tools;
using tools::tt_detail::tool_level;

boost::unit_test::const_string as_const_string(std::string_view text) noexcept
{
    return {text.data(), text.size()};
}

// One byte at the address, which is no longer there when a failure is shown: the value is the size.
shown show_bool(bool value) noexcept
{
    return {
        [](std::ostream& out, const shown& self) { print_bool(out, self.size != 0); },
        nullptr,
        value
    };
}

}  // namespace

shown show_text(std::string_view text) noexcept
{
    return {
        [](std::ostream& out, const shown& self) {
            print_text(out, {static_cast<const char*>(self.value), self.size});
        },
        text.data(),
        text.size()
    };
}

void print_bool(std::ostream& out, bool value)
{
    out << (value ? "true" : "false");
}

void print_number(std::ostream& out, long long value)
{
    out << value;
}

void print_number(std::ostream& out, unsigned long long value)
{
    out << value;
}

void print_text(std::ostream& out, std::string_view text)
{
    out << text;
}

outcome text_operand::operator==(std::string_view right) const noexcept
{
    return {left == right, " != ", show_text(left), show_text(right)};
}

outcome text_operand::operator!=(std::string_view right) const noexcept
{
    return {left != right, " == ", show_text(left), show_text(right)};
}

outcome text_operand::operator<(std::string_view right) const noexcept
{
    return {left < right, " >= ", show_text(left), show_text(right)};
}

outcome bool_operand::operator==(bool right) const noexcept
{
    return {left == right, " != ", show_bool(left), show_bool(right)};
}

outcome bool_operand::operator!=(bool right) const noexcept
{
    return {left != right, " == ", show_bool(left), show_bool(right)};
}

assertion::assertion(const char* file, std::size_t line, std::string_view text) noexcept
    : file_{file}, line_{line}, text_{text}
{
    boost::unit_test::unit_test_log.set_checkpoint(as_const_string(file), line);
}

void assertion::check(const outcome& of, note more) const
{
    report(false, of, more);
}

void assertion::require(const outcome& of, note more) const
{
    report(true, of, more);
}

void assertion::report(bool fatal, const outcome& of, note more) const
{
    tools::assertion_result result{of.passed};
    if (!of.passed) {
        auto& message = result.message().stream();
        if (of.failed_relation) {
            message << " [";
            of.left.print(message, of.left);
            message << of.failed_relation;
            of.right.print(message, of.right);
            message << "]";
        }
        if (more.print) {
            message << ": ";
            more.print(message, more.self);
        }
    }
    tools::tt_detail::report_assertion(
        result,
        boost::unit_test::lazy_ostream::instance() << as_const_string(text_),
        as_const_string(file_),
        line_,
        fatal ? tools::tt_detail::REQUIRE : tools::tt_detail::CHECK,
        tools::tt_detail::CHECK_BUILT_ASSERTION,
        0
    );
}

}  // namespace cosio::test::checks
