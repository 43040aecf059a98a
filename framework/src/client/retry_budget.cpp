// SPDX-License-Identifier: BSL-1.0
#include "retry_budget.hpp"

#include <algorithm>

namespace coroute::detail {
namespace {

constexpr double most_per_request = 1000;
constexpr std::size_t most_saved = 1'000'000;

}  // namespace

RetryBudget::RetryBudget(double ratio, std::size_t burst) noexcept
    : deposit_(static_cast<std::int64_t>(std::clamp(ratio, 0.0, most_per_request) * one)),
      most_(static_cast<std::int64_t>(std::min(burst, most_saved)) * one + deposit_),
      balance_(most_ - deposit_) {}

void RetryBudget::deposit() noexcept {
  std::int64_t balance = balance_.load(std::memory_order_relaxed);
  while (balance < most_) {
    const std::int64_t more = std::min(balance + deposit_, most_);
    if (balance_.compare_exchange_weak(balance, more, std::memory_order_relaxed)) return;
  }
}

bool RetryBudget::try_withdraw() noexcept {
  std::int64_t balance = balance_.load(std::memory_order_relaxed);
  while (balance >= one) {
    if (balance_.compare_exchange_weak(balance, balance - one, std::memory_order_relaxed)) return true;
  }
  return false;
}

}  // namespace coroute::detail
