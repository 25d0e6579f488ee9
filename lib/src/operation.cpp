// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/operation.hpp>

#include <new>

namespace cosio::detail {

error_code error_of_exception(errc otherwise) noexcept
{
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return make_error_code(boost::system::errc::not_enough_memory);
    } catch (const boost::system::system_error& thrown) {
        return thrown.code();
    } catch (...) {
        return otherwise;
    }
}

}  // namespace cosio::detail
