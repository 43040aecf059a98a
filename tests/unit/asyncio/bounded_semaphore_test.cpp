// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/semaphore.hpp"

#include <stdexcept>
#include <string>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

Async<void> hold(Semaphore& semaphore, Clock::duration time, std::string name, std::string& log) {
  const Permit permit = co_await semaphore.acquire();
  log += name;
  co_await sleep(time);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("bounded semaphore: a release above the initial value is an error (test_release_not_acquired)") {
  BoundedSemaphore semaphore(1);
  CHECK_THROWS_WITH_AS(semaphore.release(), "BoundedSemaphore released too many times", std::invalid_argument);
  CHECK(semaphore.available() == 1);
  BoundedSemaphore none(0);
  CHECK_THROWS_AS(none.release(), std::invalid_argument);
  CHECK(none.available() == 0);
}

TEST_CASE("bounded semaphore: what was acquired can be released, once") {
  BoundedSemaphore semaphore(2);
  {
    const Permit first = semaphore.try_acquire();
    const Permit second = semaphore.try_acquire();
    CHECK(semaphore.locked());
  }
  CHECK(semaphore.available() == 2);
  Semaphore& base = semaphore;
  CHECK_THROWS_AS(base.release(), std::invalid_argument);
  Permit permit = base.try_acquire();
  base.release();
  CHECK(semaphore.available() == 2);
  permit.release();  // one too many, which a destructor may not report
  CHECK(semaphore.available() == 2);
}

ASYNC_TEST_CASE("bounded semaphore: waiters get what is released, in order, and none is added for them") {
  BoundedSemaphore semaphore(1);
  std::string log;
  Permit held = co_await semaphore.acquire();
  Task<void> a = create_task(hold(semaphore, 1s, "a", log));
  Task<void> b = create_task(hold(semaphore, 1s, "b", log));
  co_await sleep(0s);
  held.release();
  CHECK(semaphore.locked());
  co_await a;
  co_await b;
  CHECK(log == "ab");
  CHECK(semaphore.available() == 1);
  CHECK_THROWS_AS(semaphore.release(), std::invalid_argument);
}

ASYNC_TEST_CASE("bounded semaphore: without any permits its waiters wait, whatever is released") {
  BoundedSemaphore semaphore(0);
  Task<std::string> waiter = create_task(outcome_of(timeout(1s, semaphore.acquire())));
  co_await sleep(0s);
  CHECK(semaphore.waiting() == 1);
  CHECK_THROWS_AS(semaphore.release(), std::invalid_argument);
  const std::string outcome = co_await waiter;
  CHECK(outcome == "TimeoutError");
}

TEST_SUITE_END();
