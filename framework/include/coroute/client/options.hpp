// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Limits, time-outs and defaults of a client. Every one has a name, a default and an error when it is passed.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "coroute/http/headers.hpp"
#include "coroute/tls/options.hpp"

namespace coroute {

/// 0: no limit.
struct ClientTimeouts {
  std::chrono::milliseconds pool{0};        ///< For a free connection, when all are in use. Then PoolTimeout.
  std::chrono::milliseconds connect{3000};  ///< From the known address to an open connection. Then ConnectTimeout.
  std::chrono::milliseconds dns{2000};      ///< For the address of the host. Then DnsTimeout.
  std::chrono::milliseconds tls{5000};      ///< For the TLS handshake. Then TlsTimeout.
  std::chrono::milliseconds write{10'000};  ///< While the peer takes no byte of the request. Then WriteTimeout.
  std::chrono::milliseconds head{10'000};   ///< From the sent request to the whole response head. Then HeadTimeout.
  std::chrono::milliseconds read{10'000};   ///< Between two pieces of the response body. Then ReadTimeout.
  std::chrono::milliseconds total{30'000};  ///< For all of it, waiting for a connection included. Then TotalTimeout.
};

/// Connections are counted for one host on one event loop: no loop ever asks another.
struct ClientLimits {
  std::size_t max_connections_per_host = 100;  ///< One request more waits for its turn, first come, first served.
  std::size_t max_idle_per_host = 100;         ///< Kept open for the next request; more are closed.
  std::chrono::milliseconds keep_alive_expiry{20'000};  ///< Idle for longer: closed. Below the server's own limit.
  std::size_t max_response_head_bytes = 16 * 1024;      ///< Above: ResponseTooLarge.
  std::size_t max_header_count = 100;                   ///< Above: ResponseTooLarge.
  std::uint64_t max_body_bytes = 10 * 1024 * 1024;      ///< Above: ResponseTooLarge.
};

struct ClientOptions {
  /// What a URL without a host is appended to: base "http://h/api" and "/x" give "http://h/api/x". Empty: none.
  std::string base_url{};
  ClientTimeouts timeout{};
  ClientLimits limits{};
  TlsClientOptions tls{};
  /// Then TooManyRedirects. 0: none is followed, it is an answer like others. From https to http none is followed, and
  /// no credentials (`authorization`, `cookie`) go to another host, port or scheme.
  std::size_t max_redirects = 5;
  /// Sent with every request, unless the request has fields of the same name.
  Headers headers{};
  std::string user_agent{"coroute/0.1.0"};  ///< Empty: none.
};

}  // namespace coroute
