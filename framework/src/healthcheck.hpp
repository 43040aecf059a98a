// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Asks a running service whether it answers, for container health checks.
#include <chrono>
#include <cstdint>
#include <string>

namespace coroute::detail {

/// The status of `GET /healthz`; blocks for `limit` at most. Throws std::runtime_error with the reason when no answer
/// comes. A host that stands for all addresses is asked on the loopback address.
int ask_health(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit);
/// The same of a service that listens on a unix socket.
int ask_health(const std::string& unix_socket, std::chrono::milliseconds limit);

}  // namespace coroute::detail
