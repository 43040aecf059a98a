// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A test whose body is a coroutine, run in virtual time: nothing really sleeps, and a deadlock fails instead of
/// hanging.
///
///     ASYNC_TEST_CASE("sleep: lasts as long as it says") {
///       const auto began = EventLoop::current().time();
///       co_await sleep(3h);
///       CHECK(EventLoop::current().time() - began == 3h);
///     }
#include <doctest/doctest.h>

#include "coroute/asyncio/run.hpp"

#define COROUTE_TEST_JOIN_(a, b) a##b
#define COROUTE_TEST_JOIN(a, b) COROUTE_TEST_JOIN_(a, b)
#define COROUTE_ASYNC_TEST_CASE(body, name)         \
  static ::coroute::Async<void> body();             \
  TEST_CASE(name) {                                 \
    ::coroute::run(body(), {.virtual_time = true}); \
  }                                                 \
  static ::coroute::Async<void> body()

#define ASYNC_TEST_CASE(name) COROUTE_ASYNC_TEST_CASE(COROUTE_TEST_JOIN(async_test_body_, __LINE__), name)
