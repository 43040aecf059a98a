// SPDX-License-Identifier: BSL-1.0
// Compiles Beast once. <ostream> comes first because Beast 1.81 forgets to include it.
#include <ostream>

#include <boost/beast/src.hpp>
