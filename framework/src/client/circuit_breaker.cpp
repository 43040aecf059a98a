// SPDX-License-Identifier: BSL-1.0
#include "circuit_breaker.hpp"

#include <algorithm>

namespace coroute::detail {

CircuitState CircuitBreaker::state(Clock::time_point now) const noexcept {
  if (is_closed_) return CircuitState::closed;
  return now < open_until_ ? CircuitState::open : CircuitState::half_open;
}

bool CircuitBreaker::lets_through(Clock::time_point now) const noexcept {
  return is_closed_ || (now >= open_until_ && trials_ + trials_succeeded_ < options_->trial_requests);
}

bool CircuitBreaker::try_pass(Clock::time_point now, Pass& pass) noexcept {
  if (!lets_through(now)) return false;
  pass = {era_, !is_closed_};
  if (pass.is_trial) ++trials_;
  return true;
}

void CircuitBreaker::succeeded(const Pass& pass, Clock::time_point now) noexcept {
  if (pass.era != era_) return;
  if (!pass.is_trial) {
    ++counts_at(now).requests;
    return;
  }
  --trials_;
  if (++trials_succeeded_ >= options_->trial_requests) close();
}

void CircuitBreaker::failed(const Pass& pass, Clock::time_point now) noexcept {
  if (pass.era != era_ || !options_->enabled) return;
  if (!pass.is_trial) {
    Counts& counts = counts_at(now);
    ++counts.requests;
    ++counts.failures;
    if (!has_too_many_failures(now)) return;
  }
  open(now);
}

void CircuitBreaker::abandoned(const Pass& pass) noexcept {
  if (pass.era == era_ && pass.is_trial) --trials_;
}

std::int64_t CircuitBreaker::slice_at(Clock::time_point now) const noexcept {
  const Clock::duration slice = std::max<Clock::duration>(options_->window / slices, Clock::duration(1));
  return now.time_since_epoch() / slice;
}

CircuitBreaker::Counts& CircuitBreaker::counts_at(Clock::time_point now) noexcept {
  const std::int64_t slice = slice_at(now);
  Counts& counts = window_[static_cast<std::size_t>(slice) % slices];
  if (counts.slice != slice) counts = Counts{slice};
  return counts;
}

bool CircuitBreaker::has_too_many_failures(Clock::time_point now) const noexcept {
  const std::int64_t oldest = slice_at(now) - static_cast<std::int64_t>(slices) + 1;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  for (const Counts& counts : window_) {
    if (counts.slice < oldest) continue;
    requests += counts.requests;
    failures += counts.failures;
  }
  return requests >= options_->min_requests &&
         static_cast<double>(failures) >= options_->failure_ratio * static_cast<double>(requests);
}

void CircuitBreaker::open(Clock::time_point now) noexcept {
  open_for_ = is_closed_ ? Clock::duration(options_->open_for)
                         : std::min<Clock::duration>(open_for_ * 2, options_->max_open_for);
  is_closed_ = false;
  open_until_ = now + open_for_;
  trials_ = trials_succeeded_ = 0;
  ++era_;
  ++times_opened_;
}

void CircuitBreaker::close() noexcept {
  is_closed_ = true;
  window_ = {};
  trials_ = trials_succeeded_ = 0;
  ++era_;
}

}  // namespace coroute::detail
