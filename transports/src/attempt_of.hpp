// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/attempt.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <memory>
#include <utility>

namespace cosio {

/// An attempt that something counted is made for; it gives that up.
template <class T>
class attempt_of final : public attempt
{
public:
    explicit attempt_of(boost::intrusive_ptr<T> what) noexcept : what_{std::move(what)} {}

    ~attempt_of() override { what_->give_up(); }

    [[nodiscard]] T& what() const noexcept { return *what_; }

private:
    boost::intrusive_ptr<T> what_;
};

/// An attempt before anything is begun: what its beginning throws gives it up.
template <class T>
[[nodiscard]] std::unique_ptr<attempt_of<T>> attempt_for(T* made)
{
    return std::make_unique<attempt_of<T>>(boost::intrusive_ptr<T>{made});
}

}  // namespace cosio
