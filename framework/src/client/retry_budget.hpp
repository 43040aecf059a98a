// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How many requests may be sent again: a share of those that are sent.
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace coroute::detail {

/// Any thread.
class RetryBudget {
 public:
  /// `ratio` for each request, at most `burst` saved up.
  RetryBudget(double ratio, std::size_t burst) noexcept;

  /// A request is sent for the first time.
  void deposit() noexcept;
  /// One is sent again. False: there is nothing left for it.
  bool try_withdraw() noexcept;

 private:
  static constexpr std::int64_t one = 1000;

  const std::int64_t deposit_;
  const std::int64_t most_;
  std::atomic<std::int64_t> balance_;
};

}  // namespace coroute::detail
