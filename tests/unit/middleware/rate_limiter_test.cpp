// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/rate_limiter.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

bool take(const RateLimiter& limiter, std::string_view key) {
  return limiter.take(key).allowed;
}

}  // namespace

TEST_SUITE("middleware") {
  ASYNC_TEST_CASE("rate limiter: a key has its limit at once, and one more for each share of the window") {
    const RateLimiter limiter({.limit = 2, .window = 10s});
    CHECK(limiter.take("ada").remaining == 1);
    const RateLimiter::Verdict last = limiter.take("ada");
    CHECK(last.allowed);
    CHECK(last.remaining == 0);
    CHECK(last.retry_after == 0s);
    CHECK(last.reset_after == 10s);
    const RateLimiter::Verdict refused = limiter.take("ada");
    CHECK_FALSE(refused.allowed);
    CHECK(refused.retry_after == 5s);
    co_await sleep(4999ms);
    CHECK_FALSE(take(limiter, "ada"));
    co_await sleep(1ms);
    CHECK(take(limiter, "ada"));
    CHECK_FALSE(take(limiter, "ada"));
  }

  ASYNC_TEST_CASE("rate limiter: keys don't count for each other, copies of the limiter do") {
    const RateLimiter limiter({.limit = 1});
    const RateLimiter copy = limiter;
    CHECK(take(limiter, "ada"));
    CHECK(take(limiter, "bob"));
    CHECK_FALSE(take(copy, "ada"));
    CHECK_FALSE(take(copy, "bob"));
    co_return;
  }

  ASYNC_TEST_CASE("rate limiter: of more keys than max_keys the one not seen for longest begins anew") {
    const RateLimiter limiter({.limit = 1, .max_keys = 1});
    CHECK(take(limiter, "ada"));
    CHECK_FALSE(take(limiter, "ada"));
    CHECK(take(limiter, "bob"));
    CHECK(take(limiter, "ada"));
    co_return;
  }

  TEST_CASE("rate limiter: options that limit nothing are refused, and so is a use outside of a loop") {
    CHECK_THROWS_AS(RateLimiter({.limit = 0}), std::invalid_argument);
    CHECK_THROWS_AS(RateLimiter({.window = 0s}), std::invalid_argument);
    CHECK_THROWS_AS(RateLimiter({.max_keys = 0}), std::invalid_argument);
    CHECK_THROWS_AS(RateLimiter().take("ada"), RuntimeError);
  }
}
