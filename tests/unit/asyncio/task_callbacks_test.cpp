// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::give_after;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;

namespace {

Async<int> fail_after(Clock::duration delay) {
  co_await sleep(delay);
  throw std::runtime_error("failed");
}

/// A callback that adds `thing` to `bag`.
auto add_to(std::vector<int>& bag, int thing) {
  return [&bag, thing](const AnyTask&) { bag.push_back(thing); };
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE(
    "done callbacks: run once, in the order in which they were added (test_callbacks_invoked_on_set_result)") {
  std::vector<int> bag;
  const Task<int> task = create_task(give_after(1s, 5));
  task.add_done_callback(add_to(bag, 42));
  task.add_done_callback(add_to(bag, 17));
  co_await sleep(500ms);
  CHECK(bag.empty());
  co_await sleep(1s);
  CHECK(bag == std::vector<int>{42, 17});
  CHECK(task.result() == 5);
}

ASYNC_TEST_CASE(
    "done callbacks: run for an error too, which they may fetch (test_callbacks_invoked_on_set_exception)") {
  std::vector<std::string> log;
  set_exception_handler([&](const ExceptionContext& context) { log.push_back("reported: " + context.message); });
  auto fetch = [&](const AnyTask& task) { log.push_back(describe_exception(task.exception())); };
  create_task(fail_after(1s), "fetched").add_done_callback(fetch);
  create_task(fail_after(2s), "looked at").add_done_callback([&](const AnyTask& task) { log.push_back(task.name()); });
  co_await sleep(3s);
  set_exception_handler({});
  CHECK(log ==
        std::vector<std::string>{"failed", "looked at", "reported: exception of task 'looked at' was never retrieved"});
}

ASYNC_TEST_CASE("done callbacks: get the task, done, with its result or its cancellation") {
  std::vector<std::string> log;
  const Task<int> task = create_task(give_after(1s, 5), "one");
  task.add_done_callback([&](const AnyTask& done) {
    CHECK(done == task);
    CHECK(done.done());
    CHECK_FALSE(current_task().has_value());
    log.push_back(done.name() + (done.cancelled() ? " cancelled" : " returned"));
  });
  const Task<int> cancelled = create_task(give_after(1h, 5), "two");
  cancelled.add_done_callback(
      [&](const AnyTask& done) { log.push_back(done.name() + (done.cancelled() ? " cancelled" : " returned")); });
  cancelled.cancel();  // before it has begun
  co_await sleep(2s);
  CHECK(log == std::vector<std::string>{"two cancelled", "one returned"});
}

ASYNC_TEST_CASE("done callbacks: run in a step of their own, after those that waited for the task") {
  std::string log;
  const Task<int> task = create_task(give_after(1s, 5));
  auto wait = [&]() -> Async<void> {
    co_await task;
    log += "waiter ";
  };
  const Task<void> waiter = create_task(wait());
  co_await sleep(0s);
  task.add_done_callback([&](const AnyTask&) { log += "callback "; });
  co_await task;
  log += "main ";
  co_await sleep(0s);
  CHECK(log == "waiter callback main ");
}

ASYNC_TEST_CASE("done callbacks: of a task that is done already run in the next step") {
  std::vector<int> bag;
  const Task<int> task = create_task(give_after(0s, 5));
  co_await task;
  task.add_done_callback(add_to(bag, 1));
  task.add_done_callback(add_to(bag, 2));
  CHECK(bag.empty());
  co_await sleep(0s);
  CHECK(bag == std::vector<int>{1, 2});
}

ASYNC_TEST_CASE(
    "done callbacks: one that is removed is not called, and is destroyed at once (test_remove_done_callback)") {
  std::vector<int> bag;
  auto token = std::make_shared<int>(0);
  const Task<int> task = create_task(give_after(1s, 5));
  task.add_done_callback(add_to(bag, 1));
  DoneCallback second = task.add_done_callback([&bag, token](const AnyTask&) { bag.push_back(2); });
  DoneCallback same = second;
  CHECK(token.use_count() == 2);
  CHECK(second.remove());
  CHECK(token.use_count() == 1);
  CHECK_FALSE(second.remove());
  CHECK_FALSE(same.remove());
  CHECK_FALSE(DoneCallback().remove());
  co_await sleep(2s);
  CHECK(bag == std::vector<int>{1});
}

ASYNC_TEST_CASE(
    "done callbacks: the first, the first two, the last may be removed (test_callbacks_remove_first_callback, "
    "test_callbacks_remove_first_and_second_callback, test_callbacks_remove_third_callback)") {
  const std::vector<std::vector<std::size_t>> removals{{0}, {0, 1}, {2}, {0, 1, 2}};
  const std::vector<std::vector<int>> expected{{17, 100}, {100}, {42, 17}, {}};
  for (std::size_t i = 0; i < removals.size(); ++i) {
    std::vector<int> bag;
    std::vector<DoneCallback> callbacks;
    const Task<int> task = create_task(give_after(1s, 5));
    for (const int thing : {42, 17, 100})
      callbacks.push_back(task.add_done_callback(add_to(bag, thing)));
    for (const std::size_t index : removals[i])
      CHECK(callbacks[index].remove());
    co_await sleep(2s);
    CHECK(bag == expected[i]);
    CHECK_FALSE(callbacks[0].remove());
    CHECK_FALSE(callbacks[2].remove());
  }
}

ASYNC_TEST_CASE(
    "done callbacks: once the task is done they can't be removed by one another "
    "(test_schedule_callbacks_list_mutation_1)") {
  std::vector<int> bag;
  const Task<int> task = create_task(give_after(1s, 5));
  DoneCallback second;
  task.add_done_callback([&](const AnyTask&) {
    bag.push_back(1);
    CHECK_FALSE(second.remove());
  });
  second = task.add_done_callback(add_to(bag, 2));
  co_await sleep(2s);
  CHECK(bag == std::vector<int>{1, 2});
}

ASYNC_TEST_CASE("done callbacks: one may add another to its task, and end its last handle") {
  std::vector<int> bag;
  std::optional<Task<int>> task = create_task(give_after(1s, 5));
  task->add_done_callback([&](const AnyTask& done) {
    bag.push_back(1);
    task.reset();
    done.add_done_callback(add_to(bag, 2));
  });
  co_await sleep(2s);
  CHECK(bag == std::vector<int>{1, 2});
}

ASYNC_TEST_CASE("done callbacks: what one throws goes to the exception handler, the others run") {
  std::vector<std::string> log;
  set_exception_handler([&](const ExceptionContext& context) {
    log.push_back(context.message + ": " + describe_exception(context.error));
  });
  const Task<int> task = create_task(give_after(1s, 5));
  task.add_done_callback([](const AnyTask&) { throw std::runtime_error("callback failed"); });
  task.add_done_callback([&](const AnyTask&) { log.push_back("second"); });
  const int value = co_await task;
  co_await sleep(0s);
  set_exception_handler({});
  CHECK(value == 5);
  CHECK(log == std::vector<std::string>{"exception in a callback of the event loop: callback failed", "second"});
}

ASYNC_TEST_CASE("done callbacks: have the context of whoever added them, not the task's") {
  const ContextVar<std::string> variable("variable", "-");
  std::vector<std::string> log;
  auto note = [&](const AnyTask&) { log.push_back(variable.get()); };
  auto body = [&]() -> Async<void> {
    variable.set("task");
    co_await sleep(1s);
  };
  const Task<void> task = create_task(body());
  variable.set("adder");
  task.add_done_callback(note);
  variable.set("adder, later");
  co_await task;
  task.add_done_callback(note);
  co_await sleep(0s);
  CHECK(log == std::vector<std::string>{"adder", "adder, later"});
}

ASYNC_TEST_CASE("done callbacks: hold what can only be moved, and are destroyed after the call") {
  auto token = std::make_shared<int>(0);
  int seen = 0;
  const Task<int> task = create_task(give_after(1s, 5));
  auto callback = [&seen, owned = std::make_unique<int>(7), token](const AnyTask&) { seen = *owned; };
  task.add_done_callback(std::move(callback));
  CHECK(token.use_count() == 2);
  co_await sleep(2s);
  CHECK(seen == 7);
  CHECK(token.use_count() == 1);
}

TEST_CASE("done callbacks: of tasks that are cancelled at the end of run are called") {
  std::string log;
  auto main = [&]() -> Async<void> {
    create_task(give_after(1h, 5), "left over").add_done_callback([&](const AnyTask& task) {
      log += task.name() + (task.cancelled() ? " cancelled" : " returned");
    });
    co_await sleep(1ms);
  };
  run(main(), {.virtual_time = true});
  CHECK(log == "left over cancelled");
}

TEST_CASE("done callbacks: of a task that never began and goes with its loop are destroyed uncalled") {
  auto token = std::make_shared<int>(0);
  bool called = false;
  {
    EventLoop loop;
    const Task<int> task = create_task_on(loop, give_after(0s, 1));
    task.add_done_callback([&called, token](const AnyTask&) { called = true; });
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
  CHECK_FALSE(called);
}

TEST_CASE("done callbacks: can't be added once the loop has ended") {
  auto main = []() -> Async<AnyTask> {
    Task<int> task = create_task(give_after(0s, 1));
    co_await task;
    co_return task;
  };
  const AnyTask task = run(main(), {.virtual_time = true});
  auto token = std::make_shared<int>(0);
  CHECK_THROWS_WITH_AS(task.add_done_callback([token](const AnyTask&) {}), "the event loop of the task has ended",
                       RuntimeError);
  CHECK(token.use_count() == 1);
}

TEST_CASE("done callbacks: added by any thread, before or after the end, each runs once on the task's loop") {
  constexpr int tasks = 200;
  constexpr int adders = 3;
  std::atomic<int> calls{0};
  std::atomic<int> elsewhere{0};
  auto token = std::make_shared<int>(0);
  {
    LoopThread other;
    EventLoop* const loop = &other.loop();
    std::vector<Task<int>> running;
    std::latch begin(adders);
    std::vector<std::thread> threads;
    for (int i = 0; i < tasks; ++i)
      running.push_back(create_task_on(*loop, give_after(std::chrono::microseconds(i % 50), i)));
    for (int i = 0; i < adders; ++i) {
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        for (const Task<int>& task : running) {
          task.add_done_callback([&calls, &elsewhere, loop, token](const AnyTask&) {
            if (EventLoop::current_or_null() != loop) ++elsewhere;
            ++calls;
          });
        }
      });
    }
    for (std::thread& thread : threads)
      thread.join();
    while (calls < tasks * adders)
      std::this_thread::yield();
  }
  CHECK(calls == tasks * adders);
  CHECK(elsewhere == 0);
  CHECK(token.use_count() == 1);
}

ASYNC_TEST_CASE("all_tasks: those that are not done, in the order in which they were made, the current one too") {
  const AnyTask here = *current_task();
  CHECK(all_tasks() == std::vector<AnyTask>{here});
  const Task<int> first = create_task(give_after(2s, 1));
  const Task<int> second = create_task(give_after(1s, 2));
  CHECK(all_tasks() == std::vector<AnyTask>{here, first, second});
  co_await second;
  CHECK(all_tasks() == std::vector<AnyTask>{here, first});
  CHECK(all_tasks(EventLoop::current()).size() == 2);
  co_await first;
  CHECK(all_tasks() == std::vector<AnyTask>{here});
}

TEST_CASE("all_tasks: between two runs shows what was left, and without a loop throws") {
  CHECK_THROWS_AS(all_tasks(), RuntimeError);
  Runner runner({.virtual_time = true});
  auto main = []() -> Async<void> {
    create_task(give_after(1h, 1), "left over");
    co_await sleep(1ms);
  };
  runner.run(main());
  const std::vector<AnyTask> left = all_tasks(runner.loop());
  REQUIRE(left.size() == 1);
  CHECK(left[0].name() == "left over");
}

TEST_SUITE_END();
