// SPDX-License-Identifier: BSL-1.0
#include "adaptive_limit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace coroute::detail {
namespace {

constexpr double tolerated = 1.5;       // answers may take so many times as long as usual
constexpr double least_gradient = 0.5;  // of one round
constexpr double smoothing = 0.2;       // how much of the new limit counts
constexpr double overload_factor = 0.9;
constexpr double usual_weight = 0.05;  // of one round in the usual latency
constexpr double queue_relief = 0.75;  // what half of the limit leaves at most of a latency that a queue of ours makes
constexpr std::size_t least_round = 10;

}  // namespace

AdaptiveLimit::AdaptiveLimit(std::size_t first, std::size_t least, std::size_t most) noexcept
    : limit_(static_cast<double>(std::clamp(first, least, most))),
      least_(static_cast<double>(least)),
      most_(static_cast<double>(most)) {}

void AdaptiveLimit::answered(Clock::duration latency, std::size_t in_progress) noexcept {
  sum_ += std::chrono::duration<double>(latency).count();
  ++answers_;
  most_in_progress_ = std::max(most_in_progress_, in_progress);
  if (answers_ >= std::max(least_round, limit())) end_round();
}

/// Once in a round at most: those that were sent together are refused together.
void AdaptiveLimit::overloaded(std::size_t in_progress) noexcept {
  most_in_progress_ = std::max(most_in_progress_, in_progress);
  if (!was_overloaded_) limit_ = std::clamp(limit_ * overload_factor, least_, most_);
  was_overloaded_ = true;
  if (++answers_ >= std::max(least_round, limit())) end_round();
}

void AdaptiveLimit::end_round() noexcept {
  const double latency = sum_ / static_cast<double>(answers_);
  if (!was_overloaded_ && latency > 0) {
    if (usual_latency_ == 0) usual_latency_ = latency;
    const double gradient = std::clamp(tolerated * usual_latency_ / latency, least_gradient, 1.0);
    const double wanted = limit_ * gradient + std::sqrt(limit_);
    // What isn't used up says nothing about whether there could be more.
    const bool is_used = static_cast<double>(most_in_progress_) >= limit_ / 2;
    if (wanted < limit_ || is_used) {
      limit_ = std::clamp((1 - smoothing) * limit_ + smoothing * wanted, least_, most_);
    }
    // Shorter is believed at once, longer slowly, and not at all when it may be this limit that makes a queue.
    if (latency < usual_latency_) {
      usual_latency_ = latency;
    } else if (!is_used) {
      usual_latency_ += usual_weight * (latency - usual_latency_);
    } else {
      look_for_queue(latency, gradient < 1);
    }
  }
  sum_ = 0;
  answers_ = 0;
  most_in_progress_ = 0;
  was_overloaded_ = false;
}

/// What takes longer though the limit has become half of what it was isn't waiting in a queue of ours: it is usual now.
void AdaptiveLimit::look_for_queue(double latency, bool is_long) noexcept {
  if (!is_long) {
    long_since_limit_ = 0;
  } else if (long_since_limit_ == 0 || latency > long_since_latency_) {
    long_since_limit_ = limit_;
    long_since_latency_ = latency;
  } else if (limit_ <= long_since_limit_ / 2 || limit_ <= least_) {
    if (latency > queue_relief * long_since_latency_) usual_latency_ = latency;
    long_since_limit_ = limit_;
    long_since_latency_ = latency;
  }
}

}  // namespace coroute::detail
