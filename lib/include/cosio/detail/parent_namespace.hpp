// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/namespace_group.hpp>

#include <mutex>

namespace cosio::detail {

/// Namespaces that come into being when a client asks for one whose name fits. One for all shards of a
/// server. Thread: any.
class parent_namespace
    : public boost::intrusive_ref_counter<parent_namespace, boost::thread_safe_counter>
{
public:
    /// Whether a name fits: one of the two is set. Called on the threads of all shards.
    struct predicate
    {
        std::function<bool(std::string_view name, const boost::json::value& auth)> now = {};
        std::function<task<bool>(std::string name, boost::json::value auth)> later = {};
    };

    /// What a child is given on each of its shards.
    using setup = std::function<void(namespace_state&)>;

    explicit parent_namespace(predicate fits) : fits_{std::move(fits)} {}

    [[nodiscard]] const predicate& fits() const noexcept { return fits_; }

    /// For the children that there are, and those to come.
    void add(setup one);

    /// Makes `child` one of the children, and gives what its parts are to be given.
    [[nodiscard]] std::vector<setup> adopt(const boost::intrusive_ptr<namespace_group>& child);

    void forget(const namespace_group& child) noexcept;

    /// In the order of their making.
    [[nodiscard]] std::vector<boost::intrusive_ptr<namespace_group>> children() const;

    /// The server is gone.
    void close() noexcept;

private:
    const predicate fits_;
    mutable std::mutex growing_;
    std::vector<setup> setups_;
    std::vector<boost::intrusive_ptr<namespace_group>> children_;
};

using parent_ptr = boost::intrusive_ptr<parent_namespace>;

/// A predicate of a regular expression in JavaScript's notation, found anywhere in the name.
/// Throws std::invalid_argument if it is none.
[[nodiscard]] parent_namespace::predicate matching(std::string_view pattern);

}  // namespace cosio::detail
