// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/parent_namespace.hpp>

#include <fmt/format.h>

#include <regex>

namespace cosio::detail {

void parent_namespace::add(setup one)
{
    const std::lock_guard lock{growing_};
    for (const auto& child : children_)
        child->on_each_shard(one);
    setups_.push_back(std::move(one));
}

std::vector<parent_namespace::setup> parent_namespace::adopt(
    const boost::intrusive_ptr<namespace_group>& child
)
{
    const std::lock_guard lock{growing_};
    children_.push_back(child);
    return setups_;
}

void parent_namespace::forget(const namespace_group& child) noexcept
{
    const std::lock_guard lock{growing_};
    std::erase_if(children_, [&](const auto& one) { return one.get() == &child; });
}

std::vector<boost::intrusive_ptr<namespace_group>> parent_namespace::children() const
{
    const std::lock_guard lock{growing_};
    return children_;
}

void parent_namespace::close() noexcept
{
    const std::lock_guard lock{growing_};
    setups_.clear();
    children_.clear();
}

parent_namespace::predicate matching(std::string_view pattern)
{
    try {
        return {
            .now =
                [expression =
                     std::regex{
                         pattern.begin(), pattern.end()
                     }](std::string_view name, const boost::json::value&) {
                    return std::regex_search(name.begin(), name.end(), expression);
                }
        };
    } catch (const std::regex_error& error) {
        throw std::invalid_argument{
            fmt::format("namespace pattern \"{}\": {}", pattern, error.what())
        };
    }
}

}  // namespace cosio::detail
