// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/task_state.hpp"

#include <string>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "http/scope_join.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

/// Makes the current task the owner of a scope, as a connection does for the request in progress.
class OwnScope {
 public:
  OwnScope() : owner_(*TaskState::current()) { owner_.scope = &scope; }
  ~OwnScope() { owner_.scope = nullptr; }
  OwnScope(const OwnScope&) = delete;
  OwnScope& operator=(const OwnScope&) = delete;
  TaskScope scope;

 private:
  TaskState& owner_;
};

Async<void> log_end(std::string name, Clock::duration delay, std::vector<std::string>& log) {
  const std::string outcome = co_await outcome_of(sleep(delay));
  log.push_back(name + " " + outcome);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("task_scope: is joined when the tasks created inside, and theirs, are done") {
  const auto began = EventLoop::current().time();
  std::vector<std::string> log;
  OwnScope own;
  auto child = [&log]() -> Async<void> {
    create_task(log_end("grandchild", 3s, log));
    co_await sleep(1s);
  };
  create_task(child());
  create_task(log_end("second", 2s, log));
  CHECK(own.scope.running == 2);
  EventLoop& loop = EventLoop::current();
  co_await ScopeJoin(own.scope, loop);
  CHECK(own.scope.running == 0);
  CHECK(loop.time() - began == 3s);
  CHECK(log == std::vector<std::string>{"second returned", "grandchild returned"});
}

ASYNC_TEST_CASE("task_scope: an empty one is joined at once; tasks without one don't count") {
  Task<void> outside = create_task(detail::as_async(sleep(10s)));
  OwnScope own;
  CHECK(own.scope.running == 0);
  const auto began = EventLoop::current().time();
  co_await ScopeJoin(own.scope, EventLoop::current());
  CHECK(EventLoop::current().time() == began);
  CHECK_FALSE(outside.done());
}

ASYNC_TEST_CASE("task_scope: create_task_on doesn't belong to it") {
  OwnScope own;
  Task<void> detached = create_task_on(EventLoop::current(), detail::as_async(sleep(10s)));
  CHECK(own.scope.running == 0);
  co_await sleep(1s);
  EventLoop::current().cancel_tasks_of(own.scope);
  CHECK(detached.cancelling() == 0);
}

ASYNC_TEST_CASE("task_scope: a cancellation of the joiner goes to every task of the scope, and the join waits") {
  std::vector<std::string> log;
  auto owner = [&log]() -> Async<void> {
    OwnScope own;
    create_task(log_end("a", 100s, log));
    create_task(log_end("b", 100s, log));
    co_await ScopeJoin(own.scope, EventLoop::current());
    log.push_back("joined");
  };
  Task<void> bystander = create_task(detail::as_async(sleep(100s)));
  Task<void> task = create_task(owner());
  co_await sleep(1s);
  task.cancel(CancelReason::Disconnect);
  co_await task;
  CHECK(log == std::vector<std::string>{"a Cancelled(disconnect)", "b Cancelled(disconnect)", "joined"});
  CHECK(bystander.cancelling() == 0);
}

ASYNC_TEST_CASE("task_scope: a cancellation that was pending at the join goes to the tasks too") {
  std::vector<std::string> log;
  auto owner = [&log]() -> Async<void> {
    OwnScope own;
    create_task(log_end("a", 100s, log));
    co_await sleep(1s);
    current_task()->cancel(CancelReason::Deadline);
    co_await ScopeJoin(own.scope, EventLoop::current());
    log.push_back("joined");
  };
  Task<void> task = create_task(owner());
  co_await task;
  CHECK(log == std::vector<std::string>{"a Cancelled(deadline)", "joined"});
}

ASYNC_TEST_CASE("task_scope: cancel_tasks_of leaves the owner alone") {
  std::vector<std::string> log;
  auto owner = [&log]() -> Async<void> {
    OwnScope own;
    create_task(log_end("a", 100s, log));
    co_await sleep(1s);
    EventLoop::current().cancel_tasks_of(own.scope, CancelReason::Shutdown);
    CHECK(current_task()->cancelling() == 0);
    co_await ScopeJoin(own.scope, EventLoop::current());
  };
  co_await create_task(owner());
  CHECK(log == std::vector<std::string>{"a Cancelled(shutdown)"});
}

ASYNC_TEST_CASE("task_scope: the children of a gather inside belong to it and are gone with it") {
  OwnScope own;
  auto results = co_await gather(sleep(1s), sleep(2s));
  CHECK(std::get<0>(results) == Void{});
  CHECK(own.scope.running == 0);
}

ASYNC_TEST_CASE("task_scope: a task of it that fails and one cancelled before its first step are joined too") {
  set_exception_handler([](const ExceptionContext&) {});
  OwnScope own;
  auto fail = []() -> Async<void> {
    co_await sleep(1s);
    throw std::runtime_error("failed");
  };
  create_task(fail());
  Task<void> unstarted = create_task(detail::as_async(sleep(100s)));
  unstarted.cancel();
  co_await ScopeJoin(own.scope, EventLoop::current());
  set_exception_handler({});
  CHECK(own.scope.running == 0);
  CHECK(unstarted.cancelled());
}

ASYNC_TEST_CASE("task_ref: counts references, and a task outlives its handles") {
  TaskRef none;
  CHECK_FALSE(static_cast<bool>(none));
  TaskState* const state = TaskState::current();
  state->retain();
  TaskRef first(state);
  TaskRef second = first;
  TaskRef third = std::move(first);
  CHECK(first.get() == nullptr);
  CHECK(second.get() == state);
  CHECK(third->id() == state->id());
  second = TaskRef();
  third = second;
  CHECK_FALSE(static_cast<bool>(third));
  co_await sleep(1ms);
  CHECK(TaskState::current() == state);
}

TEST_CASE("ready budget: a step may have 128 awaits that don't suspend, then one gives way") {
  auto count = []() -> Async<int> {
    int spent = 0;
    while (spend_ready_budget())
      ++spent;
    co_return spent;
  };
  auto main = [&]() -> Async<std::vector<int>> {
    std::vector<int> spent;
    spent.push_back(co_await count());
    spent.push_back(co_await count());
    co_await sleep(Clock::duration::zero());
    spent.push_back(co_await count());
    co_return spent;
  };
  CHECK(run(main(), {.virtual_time = true}) == std::vector<int>{128, 0, 128});
}

TEST_SUITE_END();
