// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Middleware around a function, for tests of it.
#include <utility>

#include "coroute/app/make_handler.hpp"
#include "coroute/http/handler.hpp"

namespace coroute::testing {

template <class F>
Handler around(Middleware middleware, F handler) {
  return wrap(std::move(middleware), make_handler(std::move(handler)));
}

}  // namespace coroute::testing
