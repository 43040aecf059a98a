// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Whether an address may be asked: the state, and the counts it follows from. It has no clock of its own.
#include <array>
#include <cstddef>
#include <cstdint>

#include "coroute/asyncio/clock.hpp"
#include "coroute/client/upstream.hpp"

namespace coroute::detail {

/// One thread at a time.
class CircuitBreaker {
 public:
  /// Of a request that was let through. What one says that was let through before the state changed is no longer heard.
  struct Pass {
    std::uint64_t era = 0;
    bool is_trial = false;
  };

  /// `options` must outlive it.
  explicit CircuitBreaker(const CircuitBreakerOptions& options) noexcept : options_(&options) {}

  CircuitState state(Clock::time_point now) const noexcept;
  /// Whether `try_pass` would let a request through.
  bool lets_through(Clock::time_point now) const noexcept;
  bool try_pass(Clock::time_point now, Pass& pass) noexcept;
  void succeeded(const Pass& pass, Clock::time_point now) noexcept;
  void failed(const Pass& pass, Clock::time_point now) noexcept;
  /// The request ended without saying anything about the address.
  void abandoned(const Pass& pass) noexcept;

  std::uint64_t times_opened() const noexcept { return times_opened_; }
  /// While it is open.
  Clock::time_point open_until() const noexcept { return open_until_; }

 private:
  static constexpr std::size_t slices = 10;
  struct Counts {
    std::int64_t slice = -1;  // since the clock's epoch
    std::uint32_t requests = 0;
    std::uint32_t failures = 0;
  };

  Counts& counts_at(Clock::time_point now) noexcept;
  std::int64_t slice_at(Clock::time_point now) const noexcept;
  bool has_too_many_failures(Clock::time_point now) const noexcept;
  void open(Clock::time_point now) noexcept;
  void close() noexcept;

  const CircuitBreakerOptions* options_;
  std::array<Counts, slices> window_{};
  Clock::time_point open_until_{};
  Clock::duration open_for_{};  // the last time
  std::size_t trials_ = 0;      // in progress
  std::size_t trials_succeeded_ = 0;
  std::uint64_t era_ = 0;
  std::uint64_t times_opened_ = 0;
  bool is_closed_ = true;
};

}  // namespace coroute::detail
