// SPDX-License-Identifier: BSL-1.0
#include "client/circuit_breaker.hpp"

#include <doctest/doctest.h>

using namespace coroute;
using namespace std::chrono_literals;
using coroute::detail::CircuitBreaker;

namespace {

CircuitBreakerOptions small_options() {
  CircuitBreakerOptions options;
  options.min_requests = 4;
  options.open_for = 1s;
  options.max_open_for = 3s;
  return options;
}

struct Fixture {
  explicit Fixture(CircuitBreakerOptions given = small_options()) : options(std::move(given)) {}

  CircuitBreaker::Pass pass() {
    CircuitBreaker::Pass pass;
    REQUIRE(breaker.try_pass(now, pass));
    return pass;
  }
  void succeed(int times = 1) {
    for (int i = 0; i < times; ++i)
      breaker.succeeded(pass(), now);
  }
  void fail(int times = 1) {
    for (int i = 0; i < times; ++i)
      breaker.failed(pass(), now);
  }
  CircuitState state() const { return breaker.state(now); }
  bool lets_through() const { return breaker.lets_through(now); }

  CircuitBreakerOptions options;
  CircuitBreaker breaker{options};
  Clock::time_point now{1000s};
};

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("circuit breaker: opens at the ratio of failures, not below it") {
    Fixture below;
    below.succeed(3);
    below.fail(2);
    CHECK(below.state() == CircuitState::closed);
    Fixture at;
    at.succeed(2);
    at.fail(2);
    CHECK(at.state() == CircuitState::open);
    CHECK_FALSE(at.lets_through());
  }

  TEST_CASE("circuit breaker: of fewer requests than the least number nothing is concluded") {
    Fixture breaker;
    breaker.fail(3);
    CHECK(breaker.state() == CircuitState::closed);
    breaker.fail();
    CHECK(breaker.state() == CircuitState::open);
  }

  TEST_CASE("circuit breaker: what is older than the window doesn't count") {
    Fixture breaker;
    breaker.fail(3);
    breaker.now += 10s;
    breaker.fail();
    CHECK(breaker.state() == CircuitState::closed);
    breaker.now += 9s;
    breaker.fail(3);
    CHECK(breaker.state() == CircuitState::open);
  }

  TEST_CASE("circuit breaker: lets as many through on trial as it should once its time is over") {
    CircuitBreakerOptions options = small_options();
    options.trial_requests = 2;
    Fixture breaker(options);
    breaker.fail(4);
    breaker.now += 999ms;
    CHECK_FALSE(breaker.lets_through());
    breaker.now += 1ms;
    CHECK(breaker.state() == CircuitState::half_open);
    const auto first = breaker.pass();
    const auto second = breaker.pass();
    CHECK_FALSE(breaker.lets_through());
    breaker.breaker.succeeded(first, breaker.now);
    CHECK(breaker.state() == CircuitState::half_open);
    CHECK_FALSE(breaker.lets_through());
    breaker.breaker.succeeded(second, breaker.now);
    CHECK(breaker.state() == CircuitState::closed);
  }

  TEST_CASE("circuit breaker: a failed trial opens it again for twice as long, up to the limit") {
    Fixture breaker;
    breaker.fail(4);
    for (const auto pause : {1s, 2s, 3s, 3s}) {
      breaker.now += pause - 1ms;
      CHECK_FALSE(breaker.lets_through());
      breaker.now += 1ms;
      breaker.fail();
      CHECK(breaker.state() == CircuitState::open);
    }
    CHECK(breaker.breaker.times_opened() == 5);
    breaker.now += 3s;
    breaker.succeed();
    CHECK(breaker.state() == CircuitState::closed);
    breaker.fail(4);
    breaker.now += 1s;
    CHECK(breaker.lets_through());
  }

  TEST_CASE("circuit breaker: closed again it has forgotten the failures before") {
    Fixture breaker;
    breaker.fail(4);
    breaker.now += 1s;
    breaker.succeed();
    breaker.fail(3);
    CHECK(breaker.state() == CircuitState::closed);
  }

  TEST_CASE("circuit breaker: an abandoned trial leaves its place to another") {
    Fixture breaker;
    breaker.fail(4);
    breaker.now += 1s;
    breaker.breaker.abandoned(breaker.pass());
    CHECK(breaker.lets_through());
    breaker.succeed();
    CHECK(breaker.state() == CircuitState::closed);
  }

  TEST_CASE("circuit breaker: what was let through before a change of state is not heard after it") {
    Fixture breaker;
    const auto late_failure = breaker.pass();
    const auto late_success = breaker.pass();
    const auto late_nothing = breaker.pass();
    breaker.fail(4);
    breaker.now += 1s;
    const auto trial = breaker.pass();
    breaker.breaker.succeeded(late_success, breaker.now);
    breaker.breaker.failed(late_failure, breaker.now);
    breaker.breaker.abandoned(late_nothing);
    CHECK(breaker.state() == CircuitState::half_open);
    CHECK_FALSE(breaker.lets_through());
    breaker.breaker.succeeded(trial, breaker.now);
    CHECK(breaker.state() == CircuitState::closed);
  }

  TEST_CASE("circuit breaker: never opens when it is disabled") {
    CircuitBreakerOptions options = small_options();
    options.enabled = false;
    Fixture breaker(options);
    breaker.fail(100);
    CHECK(breaker.state() == CircuitState::closed);
  }
}
