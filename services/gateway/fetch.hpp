// SPDX-License-Identifier: BSL-1.0
#pragma once
/// GET /fetch: several backends at once, each with its own limits, and what each of them said.
#include "backends.hpp"
#include "coroute/http/request.hpp"

namespace gateway {

/// `?from=name:/path` once for each thing wanted. Every answer has its place in the list, an error as a value beside
/// the results of the others: one slow or broken backend costs nobody else anything. Where there was an answer before,
/// that stands beside the error, marked as `stale`, with its age.
coroute::Async<coroute::Json> fetch(const Backends& backends, coroute::Request& request);

}  // namespace gateway
