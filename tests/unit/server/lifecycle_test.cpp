// SPDX-License-Identifier: BSL-1.0
#include "server/lifecycle.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/exception_reports.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;
using detail::Lifecycle;

namespace {

using Hook = Async<void> (*)();

Async<void> nothing() {
  co_return;
}

Async<void> wait_long() {
  co_await sleep(1h);
}

Async<void> wait_for_what_was_cancelled() {
  const Task<void> task = create_task(wait_long());
  task.cancel();
  co_await task;
}

Async<void> throw_a_number() {
  throw 7;
  co_return;
}

struct Hooks final : ServingHooks {
  Async<void> start() override { return on_start(); }
  Async<void> start_loop() override { return on_start_loop(); }
  Async<void> stop_loop() override { return on_stop_loop(); }
  Async<void> stop() override { return on_stop(); }

  Hook on_start = &nothing;
  Hook on_start_loop = &nothing;
  Hook on_stop_loop = &nothing;
  Hook on_stop = &nothing;
};

struct OneLoop {
  std::shared_ptr<Hooks> hooks = std::make_shared<Hooks>();
  ServerTimeouts timeouts;
  Lifecycle lifecycle{hooks, timeouts};
  Lifecycle::LoopState state{.is_first = true};
};

}  // namespace

TEST_SUITE("server") {
  ASYNC_TEST_CASE("lifecycle: a start that waits for something cancelled has failed, it was not stopped") {
    for (Hook Hooks::* const hook : {&Hooks::on_start, &Hooks::on_start_loop}) {
      OneLoop loop;
      loop.lifecycle.set_loop_count(1);
      *loop.hooks.*hook = &wait_for_what_was_cancelled;
      const std::string outcome = co_await outcome_of(loop.lifecycle.enter(loop.state));
      CHECK(outcome == "RuntimeError: the start waited for something that was cancelled");
    }
  }

  ASYNC_TEST_CASE("lifecycle: a start that is cancelled says so") {
    OneLoop loop;
    loop.hooks->on_start = &wait_long;
    const Task<void> start = create_task(loop.lifecycle.enter(loop.state));
    co_await sleep(1s);
    start.cancel(CancelReason::Shutdown);
    const std::string outcome = co_await outcome_of(start);
    CHECK(outcome == "Cancelled(shutdown)");
  }

  ASYNC_TEST_CASE("lifecycle: an end that throws anything is reported, and the rest goes on") {
    const test::ExceptionReports reports;
    OneLoop loop;
    loop.lifecycle.set_loop_count(1);
    loop.hooks->on_stop_loop = &throw_a_number;
    loop.hooks->on_stop = &throw_a_number;
    co_await loop.lifecycle.enter(loop.state);
    const std::string outcome = co_await outcome_of(loop.lifecycle.leave(loop.state));
    CHECK(outcome == "returned");
    CHECK(reports.messages().size() == 2);
  }

  ASYNC_TEST_CASE("lifecycle: the first loop waits for those that run, not for those that couldn't be started") {
    OneLoop loop;
    loop.lifecycle.set_loop_count(3);
    co_await loop.lifecycle.enter(loop.state);
    const Task<void> leaving = create_task(loop.lifecycle.leave(loop.state));
    co_await sleep(1s);
    CHECK_FALSE(leaving.done());
    loop.lifecycle.count_out(2);
    const std::string outcome = co_await outcome_of(leaving);
    CHECK(outcome == "returned");
  }
}
