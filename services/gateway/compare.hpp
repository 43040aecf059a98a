// SPDX-License-Identifier: BSL-1.0
#pragma once
/// GET /compare: the same downloads one after the other, concurrently, blocking the loop, and on threads.
#include "backends.hpp"
#include "coroute/http/request.hpp"

namespace gateway {

/// `?n=5&backend=demo&path=/slow/100`. Beside the time of each way stands for how long the loop could not serve anybody
/// else meanwhile: what blocks the loop stalls every other request on it.
coroute::Async<coroute::Json> compare(const Backends& backends, coroute::Request& request);

}  // namespace gateway
