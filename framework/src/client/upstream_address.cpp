// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <chrono>
#include <cmath>

#include "upstream_core.hpp"

namespace coroute::detail {
namespace {

constexpr double latency_memory = 10;  // seconds after which a latency counts for a third

/// What fails at once must not look quick: the more often, the less.
constexpr double least_failure_latency = 0.1;  // seconds
constexpr double most_failure_latency = 1;

double seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

bool UpstreamAddress::lets_through(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return breaker_.lets_through(now);
}

CircuitState UpstreamAddress::state(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return breaker_.state(now);
}

Clock::time_point UpstreamAddress::open_until() const {
  const std::lock_guard lock(mutex_);
  return breaker_.open_until();
}

double UpstreamAddress::decayed_latency(Clock::time_point now) const noexcept {
  return latency_ * std::exp(-seconds(now - observed_) / latency_memory);
}

/// A peak-sensitive moving average: bad news count at once, good ones the more the older the last news are.
void UpstreamAddress::observe(double value, Clock::time_point now) noexcept {
  const double weight = std::exp(-seconds(now - observed_) / latency_memory);
  latency_ = value > latency_ ? value : latency_ * weight + value * (1 - weight);
  observed_ = now;
}

double UpstreamAddress::cost(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return decayed_latency(now) * static_cast<double>(in_progress_.load(std::memory_order_relaxed) + 1);
}

UpstreamAddressStats UpstreamAddress::stats(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return {.address = base_url_,
          .circuit = breaker_.state(now),
          .in_progress = in_progress_.load(std::memory_order_relaxed),
          .latency_ms = decayed_latency(now) * 1000,
          .requests = requests_,
          .failures = failures_,
          .circuit_opened = breaker_.times_opened()};
}

bool UpstreamAddress::begin(Clock::time_point now, CircuitBreaker::Pass& pass) {
  const std::lock_guard lock(mutex_);
  if (!breaker_.try_pass(now, pass)) return false;
  in_progress_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void UpstreamAddress::succeeded(const CircuitBreaker::Pass& pass, Clock::time_point now, Clock::duration latency) {
  const std::lock_guard lock(mutex_);
  ++requests_;
  observe(seconds(latency), now);
  breaker_.succeeded(pass, now);
}

void UpstreamAddress::failed(const CircuitBreaker::Pass& pass, Clock::time_point now, Clock::duration latency) {
  const std::lock_guard lock(mutex_);
  ++requests_;
  ++failures_;
  observe(std::max(seconds(latency), std::clamp(2 * latency_, least_failure_latency, most_failure_latency)), now);
  breaker_.failed(pass, now);
}

void UpstreamAddress::abandoned(const CircuitBreaker::Pass& pass) {
  const std::lock_guard lock(mutex_);
  breaker_.abandoned(pass);
}

}  // namespace coroute::detail
