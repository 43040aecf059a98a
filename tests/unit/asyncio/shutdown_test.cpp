// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/shutdown.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/race.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

Async<void> note_shutdown(std::vector<int>& told, int who) {
  co_await shutdown_requested();
  told.push_back(who);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("shutdown_requested: all who wait are told, in order, and who comes later at once") {
  std::vector<int> told;
  const Task<void> first = create_task(note_shutdown(told, 1));
  const Task<void> second = create_task(note_shutdown(told, 2));
  co_await sleep(1h);
  CHECK(told.empty());
  CHECK_FALSE(is_shutdown_requested());
  detail::announce_shutdown(EventLoop::current());
  CHECK(is_shutdown_requested());
  co_await first;
  co_await second;
  co_await note_shutdown(told, 3);
  CHECK(told == std::vector<int>{1, 2, 3});
}

ASYNC_TEST_CASE("shutdown_requested: is one side of a race, and loses it without a trace") {
  const auto first = co_await race(sleep(1s), shutdown_requested());
  CHECK(first.index() == 0);
  CHECK_FALSE(is_shutdown_requested());
}

TEST_CASE("shutdown_requested: outside of a loop nothing shuts down, and there is nothing to wait for") {
  CHECK_FALSE(is_shutdown_requested());
  CHECK_THROWS_AS(static_cast<void>(shutdown_requested()), RuntimeError);
}

TEST_SUITE_END();
