// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Limits, time-outs and defaults of a client. Every one has a name, a default and an error when it is passed.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/headers.hpp"
#include "coroute/tls/options.hpp"

namespace coroute {

class ClientCookies;
class ClientHooks;
class Transport;

/// 0: no limit.
struct ClientTimeouts {
  std::chrono::milliseconds pool{0};  ///< For a free connection, when all are in use. Then PoolTimeout.
  /// From the known address to an open connection; once more for a proxy's tunnel. Then ConnectTimeout.
  std::chrono::milliseconds connect{3000};
  std::chrono::milliseconds dns{2000};      ///< For the address of the host. Then DnsTimeout.
  std::chrono::milliseconds tls{5000};      ///< For the TLS handshake. Then TlsTimeout.
  std::chrono::milliseconds write{10'000};  ///< While the peer takes no byte of the request. Then WriteTimeout.
  std::chrono::milliseconds head{10'000};   ///< From the sent request to the whole response head. Then HeadTimeout.
  std::chrono::milliseconds read{10'000};   ///< Between two pieces of the response body. Then ReadTimeout.
  std::chrono::milliseconds total{30'000};  ///< For all of it, waiting for a connection included. Then TotalTimeout.
};

/// Connections are counted on one event loop: no loop ever asks another.
struct ClientLimits {
  std::size_t max_connections_per_host = 100;  ///< One request more waits for its turn, first come, first served.
  /// To all hosts together, idle ones included, of which the one idle for longest is closed to make room. One request
  /// more waits; who came first of those whose host has room is served first. Ten hosts at their own limit: one that
  /// hangs takes nothing from the others, as it would with a total of 100.
  std::size_t max_connections = 1000;
  std::size_t max_idle_per_host = 100;                  ///< Kept open for the next request; more are closed.
  std::chrono::milliseconds keep_alive_expiry{20'000};  ///< Idle for longer: closed. Below the server's own limit.
  std::size_t max_response_head_bytes = 16 * 1024;      ///< Above: ResponseTooLarge.
  std::size_t max_header_count = 100;                   ///< Above: ResponseTooLarge.
  std::uint64_t max_body_bytes = 10 * 1024 * 1024;      ///< Above, compressed or not: ResponseTooLarge.
  /// Bytes that one byte of a compressed body may become, once there is more than a MiB. Above: ResponseTooLarge.
  std::uint64_t max_decompression_ratio = 100;
};

/// Attempts after the first one. What has failed before anything of the request was sent is tried again whatever its
/// method; after that only requests with an idempotent method (RFC 9110 section 9.2.2) are, as long as no byte of an
/// answer came, or when the answer has one of `statuses`. A generated body is sent once.
struct ClientRetries {
  std::size_t max_attempts = 2;                 ///< The first one included; 1: nothing is tried again.
  std::chrono::milliseconds first_backoff{25};  ///< Any pause up to this before the second attempt, twice that before
                                                ///< the third and so on, at most `max_backoff`.
  std::chrono::milliseconds max_backoff{1000};
  std::vector<std::uint16_t> statuses{};  ///< Such as 502, 503, 504, 429; a `Retry-After` says how long to wait.
  std::chrono::milliseconds max_retry_after{5000};  ///< One that says more is not waited for: it is the answer.
  /// Further attempts for each request, on average over all of a client's, so that a failing backend doesn't get
  /// multiples of its load; after a quiet time up to `budget_burst` more.
  double budget = 0.1;
  std::size_t budget_burst = 10;
};

/// A second request beside one that takes its time; the answer that comes first counts, and the other request is
/// cancelled. Only for what `ClientRetries` would try again after it was sent, never for streamed answers. It counts
/// for the same budget, is itself not tried again, and an Upstream sends it to another address.
struct ClientHedging {
  /// Such as the time within which 95 of 100 answers come. 0: no second request.
  std::chrono::milliseconds after{0};
};

struct ClientOptions {
  /// What a URL without a host is appended to: base "http://h/api" and "/x" give "http://h/api/x". Empty: none.
  std::string base_url{};
  ClientTimeouts timeout{};
  ClientLimits limits{};
  ClientRetries retries{};
  ClientHedging hedging{};
  TlsClientOptions tls{};
  /// Then TooManyRedirects. 0: none is followed, it is an answer like others. From https to http none is followed, and
  /// no credentials (`authorization`, `cookie`) go to another host, port or scheme.
  std::size_t max_redirects = 5;
  /// Sent with every request, unless the request has fields of the same name.
  Headers headers{};
  std::string user_agent{"coroute/0.1.0"};  ///< Empty: none.
  /// Asks for compressed answers and gives them as what they stand for, without `content-encoding` and
  /// `content-length`. Not for requests that have an `accept-encoding` of their own.
  bool decompress = true;
  /// What is sent for a request that is being handled takes from it: its id (`x-request-id`), its trace context
  /// (`traceparent`, `tracestate`), and what is left of its deadline (`x-request-timeout-ms`).
  bool propagate = true;
  /// Kept from answers and sent back; null: none are.
  std::shared_ptr<ClientCookies> cookies{};
  /// The path of a socket on which all requests go, whatever host their URL names; that stays the `host` field and the
  /// name in the certificate. One that begins with `@` is in the abstract namespace. Empty: none.
  std::string unix_socket{};
  /// "http://user:password@proxy:3128". Requests to http URLs are forwarded by it, those to https URLs go through a
  /// tunnel; none goes around it. Empty: what the environment says, if that is trusted.
  std::string proxy{};
  /// Proxies from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, upper or lower case, as they are when the client is
  /// made; never for this machine itself. On, as with curl, Go and httpx: who sets them wants every program to follow.
  bool trust_env = true;
  /// Told about every request; null: nobody is.
  std::shared_ptr<ClientHooks> hooks{};
  /// What carries the requests; null: connections. See coroute/testing for some.
  std::shared_ptr<Transport> transport{};
};

}  // namespace coroute
