// SPDX-License-Identifier: BSL-1.0
// Compiles Asio once, for the library and for everyone who links it.
#include <boost/asio/impl/src.hpp>
