// SPDX-License-Identifier: BSL-1.0
// Boost.Asio's own code is compiled here, once (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
