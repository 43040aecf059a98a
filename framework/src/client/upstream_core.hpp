// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What all requests to one backend share, over all loops: permits, addresses and counts.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "adaptive_limit.hpp"
#include "circuit_breaker.hpp"
#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/client/upstream.hpp"
#include "coroute/http/url.hpp"

namespace coroute::detail {

/// One address of a backend. Any thread.
class UpstreamAddress {
 public:
  /// `base_url` is a normal one, see url_join.hpp.
  UpstreamAddress(std::string base_url, const CircuitBreakerOptions& breaker)
      : base_url_(std::move(base_url)), base_(Url::parse(base_url_)), breaker_(breaker) {}

  const std::string& base_url() const noexcept { return base_url_; }
  /// The same.
  const Url& base() const noexcept { return base_; }
  bool lets_through(Clock::time_point now) const;
  CircuitState state(Clock::time_point now) const;
  Clock::time_point open_until() const;
  /// How long another request would take, more or less: for comparing.
  double cost(Clock::time_point now) const;
  UpstreamAddressStats stats(Clock::time_point now) const;

  /// A request goes there, if it may.
  bool begin(Clock::time_point now, CircuitBreaker::Pass& pass);
  void succeeded(const CircuitBreaker::Pass& pass, Clock::time_point now, Clock::duration latency);
  void failed(const CircuitBreaker::Pass& pass, Clock::time_point now, Clock::duration latency);
  void abandoned(const CircuitBreaker::Pass& pass);
  void end() noexcept { in_progress_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  double decayed_latency(Clock::time_point now) const noexcept;
  void observe(double latency, Clock::time_point now) noexcept;

  const std::string base_url_;
  const Url base_;
  std::atomic<std::size_t> in_progress_{0};
  mutable std::mutex mutex_;  // guards what follows
  CircuitBreaker breaker_;
  double latency_ = 0;  // seconds; 0: unknown
  Clock::time_point observed_{};
  std::uint64_t requests_ = 0;
  std::uint64_t failures_ = 0;
};

class UpstreamCore;

/// The use of an upstream by one attempt: a permit, an address, and what came of it. Ends in its destructor.
class UpstreamUse {
 public:
  UpstreamUse() noexcept = default;
  UpstreamUse(UpstreamUse&&) = delete;
  ~UpstreamUse();

  /// Null before there is one.
  const UpstreamAddress* address() const noexcept { return address_; }
  explicit operator bool() const noexcept { return address_ != nullptr; }

  enum class Outcome : unsigned char {
    Success,
    Failure,   ///< Which says something about the backend.
    Overload,  ///< A failure because there was too much to do, or an answer that says so.
    Busy,      ///< An answer that says the same, which isn't a failure.
    Unknown,
  };
  void finish(Outcome outcome, Clock::time_point now);

 private:
  friend class UpstreamCore;

  UpstreamCore* upstream_ = nullptr;
  UpstreamAddress* address_ = nullptr;
  CircuitBreaker::Pass pass_;
  Clock::time_point began_{};
  Permit permit_;
  bool is_finished_ = false;
};

/// Any thread.
class UpstreamCore {
 public:
  /// std::invalid_argument, InvalidUrl.
  explicit UpstreamCore(UpstreamOptions options);

  const std::string& first_base_url() const noexcept { return addresses_.front()->base_url(); }
  const CircuitBreakerOptions& breaker() const noexcept { return options_.breaker; }

  /// Which address: any but `avoided`, if there are others, or `wanted` alone. Both may be null.
  struct Choice {
    const UpstreamAddress* avoided = nullptr;
    const UpstreamAddress* wanted = nullptr;
  };

  /// Waits for a permit and takes an address. `label` is of the request, for the errors: UpstreamQueueFull,
  /// CircuitOpen.
  Async<void> enter(UpstreamUse& use, Choice choice, std::string label);

  void count_retry() noexcept { retries_.fetch_add(1, std::memory_order_relaxed); }
  void count_hedge() noexcept { hedges_.fetch_add(1, std::memory_order_relaxed); }
  UpstreamStats stats() const;

 private:
  friend class UpstreamUse;

  void choose(UpstreamUse& use, Choice choice, Clock::time_point now, const std::string& label);
  UpstreamAddress* find(Choice choice, Clock::time_point now) const;
  UpstreamAddress* better_of_two(const UpstreamAddress* avoided, Clock::time_point now) const;
  [[noreturn]] void refuse(Clock::time_point now, const std::string& label);
  void adapt(UpstreamUse::Outcome outcome, Clock::duration latency);
  void give_back(Permit permit) noexcept;

  const UpstreamOptions options_;
  Semaphore permits_;
  std::vector<std::unique_ptr<UpstreamAddress>> addresses_;
  std::atomic<std::size_t> in_progress_{0};
  std::atomic<std::uint64_t> queue_full_{0};
  std::atomic<std::uint64_t> circuit_open_{0};
  std::atomic<std::uint64_t> retries_{0};
  std::atomic<std::uint64_t> hedges_{0};

  mutable std::mutex mutex_;  // guards what follows
  AdaptiveLimit adaptive_;
  std::size_t permit_count_;  // held and free; follows the limit, as far as permits come back
};

}  // namespace coroute::detail
