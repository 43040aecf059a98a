// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Upstream`: one backend, whatever it does, costs its callers no more than they have set aside for it.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coroute/client/client.hpp"

namespace coroute {

/// How many requests may be in progress at once, over all loops and addresses.
struct UpstreamConcurrency {
  std::size_t limit = 100;  ///< The first one, if it is adaptive.
  std::size_t max_queue =
      1000;  ///< Requests that wait for their turn, first come, first served; more: UpstreamQueueFull.
  /// The limit follows what the backend shows: it falls when answers take longer than they used to or when requests
  /// time out, and grows while it is used up and they don't.
  bool adaptive = false;
  std::size_t min_limit = 5;
  std::size_t max_limit = 1000;
};

/// Whether requests go to an address. Closed: they do. When too many of them fail it opens, and none do, for a while;
/// then it is half open, and some are let through to try: it closes when they succeed, else it opens again.
/// A failure is a ClientError that says something about the backend (no connection, no answer, a broken one), or one of
/// `failure_statuses`.
struct CircuitBreakerOptions {
  bool enabled = true;
  double failure_ratio = 0.5;     ///< Of the requests within `window`; then it opens.
  std::size_t min_requests = 20;  ///< Within `window`; of fewer nothing is concluded.
  std::chrono::milliseconds window{10'000};
  std::chrono::milliseconds open_for{1000};  ///< Twice that when the trial fails, and so on, at most `max_open_for`.
  std::chrono::milliseconds max_open_for{30'000};
  std::size_t trial_requests = 1;  ///< At once; so many have to succeed.
  std::vector<std::uint16_t> failure_statuses{502, 503, 504};
};

struct UpstreamOptions {
  /// In errors and numbers; empty: the first address.
  std::string name{};
  /// Base URLs, one at least. Each request goes to the one that is quicker and less busy of two chosen at random, and
  /// another attempt goes to another one.
  std::vector<std::string> addresses{};
  UpstreamConcurrency concurrency{};
  CircuitBreakerOptions breaker{};
  /// Time-outs, retries, TLS ...; its `base_url` stays empty.
  ClientOptions client{};
};

enum class CircuitState : unsigned char { closed, open, half_open };

struct UpstreamAddressStats {
  std::string address;
  CircuitState circuit = CircuitState::closed;
  std::size_t in_progress = 0;
  double latency_ms = 0;       ///< Of late: a moving average that rises at once and falls within some ten seconds.
  std::uint64_t requests = 0;  ///< That have ended, all but those that were cancelled.
  std::uint64_t failures = 0;
  std::uint64_t circuit_opened = 0;
};

/// Since the beginning, but for what is so right now: `limit`, `in_progress`, `waiting`.
struct UpstreamStats {
  std::string name;
  std::size_t limit = 0;
  std::size_t in_progress = 0;
  std::size_t waiting = 0;
  std::uint64_t queue_full = 0;    ///< Refused with UpstreamQueueFull.
  std::uint64_t circuit_open = 0;  ///< Refused with CircuitOpen.
  std::uint64_t retries = 0;
  std::uint64_t hedges = 0;
  std::vector<UpstreamAddressStats> addresses;
};

/// A Client of one backend with a bound on what may be in progress and wait, a circuit breaker for each address, and
/// numbers. All loops may use it at once; the bounds are those of the process.
///
///     Upstream inventory{{.addresses = {"http://10.0.0.1:8000", "http://10.0.0.2:8000"},
///                         .concurrency = {.limit = 50, .max_queue = 200},
///                         .client = {.timeout = {.total = 2s}}}};
///     auto stock = co_await inventory.get("/stock/1").as<Stock>();
///
/// Requests take a path. Waiting for a turn counts for `ClientTimeouts::pool` and `total`. What a redirect leads to on
/// another host is no matter of the upstream's.
class Upstream : public Client {
 public:
  /// std::invalid_argument for options that can't be used, InvalidUrl for an address.
  explicit Upstream(UpstreamOptions options);

  /// Any thread.
  UpstreamStats stats() const;
};

}  // namespace coroute
