// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Asks a running service whether it answers, for container health checks.
#include <chrono>

#include "coroute/serve.hpp"

namespace coroute::detail {

/// The status of `GET /healthz` from the service that these options would start; blocks for `limit` at most. Throws
/// ClientError with the reason when no answer comes. A host that stands for all addresses is asked on the loopback
/// address. With TLS the certificate isn't checked, for it names no loopback address; to a service that wants to see
/// one of its client, its own is shown.
int ask_health(const ServeOptions& options, std::chrono::milliseconds limit);

}  // namespace coroute::detail
