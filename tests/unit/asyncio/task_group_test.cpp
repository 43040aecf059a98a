// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/task_group.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

/// Stands for KeyboardInterrupt: no std::exception.
struct BaseError {
  int number;
};

Clock::time_point now() {
  return EventLoop::current().time();
}

Async<int> give_after(Clock::duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

Async<void> fail_after(Clock::duration delay, std::string text) {
  co_await sleep(delay);
  throw std::runtime_error(text);
}

Async<void> base_fail_after(Clock::duration delay, int number) {
  co_await sleep(delay);
  throw BaseError{number};
}

/// Sleeps; counts the cancellation it ends with.
Async<void> count_cancel(int& cancels, int weight = 1) {
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    cancels += weight;
    throw;
  }
}

/// Waits to be cancelled, then throws instead.
Async<void> fail_in_cleanup(std::string text) {
  const std::string outcome = co_await outcome_of(sleep(1h));
  throw std::runtime_error(text + " after " + outcome);
}

Async<void> base_fail_in_cleanup(int number) {
  co_await outcome_of(sleep(1h));
  throw BaseError{number};
}

/// "group[a; group[b]]" in place of the text of a group.
std::string shape_of(const ExceptionGroup& group) {
  std::string shape = "group[";
  for (const std::exception_ptr& error : group.exceptions()) {
    if (shape.back() != '[') shape += "; ";
    try {
      std::rethrow_exception(error);
    } catch (const ExceptionGroup& inner) {
      shape += shape_of(inner);
    } catch (const std::exception& exception) {
      shape += exception.what();
    }
  }
  return shape + "]";
}

/// How a block ended, and what is left of it: "cancelling 1" when requests to cancel the task remain.
Async<std::string> end_of(Async<void> block) {
  std::string end = "returned";
  try {
    co_await block;
  } catch (const ExceptionGroup& group) {
    end = shape_of(group);
  } catch (const BaseError& error) {
    end = "BaseError " + std::to_string(error.number);
  } catch (const Cancelled& error) {
    end = std::string("Cancelled(") + to_string(error.reason()) + ")";
  } catch (const std::exception& error) {
    end = std::string("error: ") + error.what();
  }
  const unsigned requests = current_task()->cancelling();
  if (requests != 0) end += ", cancelling " + std::to_string(requests);
  co_return end;
}

/// The same in a task of its own, which gets a cancellation at `when`.
Async<std::string> end_of_cancelled(Clock::duration when, Async<void> block, CancelReason reason = CancelReason::User) {
  Task<std::string> task = create_task(end_of(std::move(block)));
  co_await sleep(when);
  CHECK_FALSE(task.done());
  task.cancel(reason);
  co_return co_await task;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("task group: ends when all its tasks have (test_taskgroup_01)") {
  const auto began = now();
  std::optional<Task<int>> first;
  std::optional<Task<int>> second;
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    first = group.create_task(give_after(1s, 42));
    second = group.create_task(give_after(2s, 11));
    CHECK(group.running() == 2);
    co_return;
  });
  CHECK(first->result() == 42);
  CHECK(second->result() == 11);
  CHECK(now() - began == 2s);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task group: a task may be added after an await (test_taskgroup_02)") {
  std::optional<Task<int>> first;
  std::optional<Task<int>> second;
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    first = group.create_task(give_after(1s, 42));
    co_await sleep(1500ms);
    CHECK(group.running() == 0);
    second = group.create_task(give_after(2s, 11));
  });
  CHECK(first->result() == 42);
  CHECK(second->result() == 11);
}

ASYNC_TEST_CASE("task group: gives what the body returned: a value, a reference, something that only moves") {
  const int value = co_await task_group([](TaskGroup& group) -> Async<int> {
    Task<int> task = group.create_task(give_after(1s, 5));
    const int result = co_await task;
    co_return result + 1;
  });
  CHECK(value == 6);
  int kept = 7;
  int& reference = co_await task_group([&kept](TaskGroup& group) -> Async<int&> {
    group.create_task(give_after(1s, 5));
    co_return kept;
  });
  CHECK(&reference == &kept);
  const auto owned = co_await task_group([](TaskGroup& group) -> Async<std::unique_ptr<int>> {
    group.create_task(give_after(1s, 5));
    co_return std::make_unique<int>(8);
  });
  CHECK(*owned == 8);
}

ASYNC_TEST_CASE("task group: of an empty body ends without suspending; the body keeps its captures") {
  auto token = std::make_shared<int>(9);
  bool other_ran = false;
  EventLoop::current().call_soon([&other_ran] { other_ran = true; });
  auto block = task_group([token](TaskGroup&) -> Async<int> { co_return *token; });
  CHECK(token.use_count() > 1);
  const int value = co_await block;
  CHECK(value == 9);
  CHECK_FALSE(other_ran);
  co_await sleep(0s);
  CHECK(other_ran);
  CHECK(token.use_count() == 1);
}

ASYNC_TEST_CASE("task group: one child cancelled alone is no error (test_taskgroup_03)") {
  std::optional<Task<int>> first;
  std::optional<Task<int>> second;
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    first = group.create_task(give_after(1s, 42));
    co_await sleep(150ms);
    first->cancel();
    second = group.create_task(give_after(2s, 11));
  });
  CHECK(first->cancelled());
  CHECK(second->result() == 11);
}

ASYNC_TEST_CASE("task group: a child's error cancels the others and comes in a group (test_taskgroup_04)") {
  int cancels = 0;
  bool after = false;
  std::optional<Task<void>> sibling;
  auto block = [&]() -> Async<void> {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(fail_after(1s, "crash"));
      sibling = group.create_task(count_cancel(cancels));
      co_return;
    });
    after = true;
  };
  const std::string end = co_await end_of(block());
  CHECK(end == "group[crash]");
  CHECK(cancels == 1);
  CHECK(sibling->cancelled());
  CHECK_FALSE(after);
}

ASYNC_TEST_CASE(
    "task group: errors of one step are all in the group; the body is cancelled too "
    "(test_cancel_children_on_child_error)") {
  int cancels = 0;
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    for (const char* name : {"a", "b", "c"})
      group.create_task(fail_after(1s, name));
    group.create_task(count_cancel(cancels));
    co_await count_cancel(cancels, 10);
  }));
  CHECK(end == "group[a; b; c]");
  CHECK(cancels == 11);
}

ASYNC_TEST_CASE("task group: a cancellation while it waits cancels all children, with its reason (test_cancellation)") {
  int cancels = 0;
  std::string reason;
  const std::string end = co_await end_of_cancelled(
      1s, task_group([&](TaskGroup& group) -> Async<void> {
        for (int i = 0; i < 5; ++i)
          group.create_task(count_cancel(cancels));
        group.create_task([](std::string& seen) -> Async<void> { seen = co_await outcome_of(sleep(1h)); }(reason));
        co_return;
      }),
      CancelReason::Disconnect);
  CHECK(end == "Cancelled(disconnect), cancelling 1");
  CHECK(cancels == 5);
  CHECK(reason == "Cancelled(disconnect)");
}

ASYNC_TEST_CASE("task group: a cancellation while the body runs reaches body and children (test_taskgroup_07)") {
  int cancels = 0;
  const std::string end = co_await end_of_cancelled(1s, task_group([&](TaskGroup& group) -> Async<void> {
                                                      for (int i = 0; i < 5; ++i)
                                                        group.create_task(count_cancel(cancels));
                                                      co_await count_cancel(cancels, 10);
                                                    }));
  CHECK(end == "Cancelled(user), cancelling 1");
  CHECK(cancels == 15);
}

ASYNC_TEST_CASE("task group: a cancellation of the body before any child has failed (test_cancellation_in_body)") {
  const std::string end = co_await end_of_cancelled(1s, task_group([](TaskGroup& group) -> Async<void> {
                                                      for (int i = 0; i < 5; ++i)
                                                        group.create_task(fail_after(2s, "too late"));
                                                      co_await sleep(1h);
                                                    }));
  CHECK(end == "Cancelled(user), cancelling 1");
}

ASYNC_TEST_CASE(
    "task group: an error in the cleanup of a child goes before a cancellation, which comes at the next await "
    "(test_taskgroup_08)") {
  std::string next;
  auto block = [&]() -> Async<void> {
    std::exception_ptr error;
    try {
      co_await task_group([&](TaskGroup& group) -> Async<void> {
        group.create_task(fail_in_cleanup("cleanup"));
        co_await sleep(1h);
      });
    } catch (const ExceptionGroup&) {
      error = std::current_exception();
    }
    next = co_await outcome_of(sleep(1s));
    if (error) std::rethrow_exception(error);
  };
  const std::string end = co_await end_of_cancelled(1s, block(), CancelReason::Overload);
  CHECK(end == "group[cleanup after Cancelled(overload)], cancelling 1");
  CHECK(next == "Cancelled(overload)");
}

ASYNC_TEST_CASE("task group: an error of the body cancels the children and is in the group (test_taskgroup_09)") {
  std::optional<Task<int>> first;
  std::optional<Task<int>> second;
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    first = group.create_task(give_after(1s, 42));
    second = group.create_task(give_after(2s, 11));
    co_await sleep(100ms);
    throw std::runtime_error("body");
  }));
  CHECK(end == "group[body]");
  CHECK(first->cancelled());
  CHECK(second->cancelled());
}

ASYNC_TEST_CASE(
    "task group: an error of the body before the children began keeps them from being entered (test_taskgroup_10)") {
  bool entered = false;
  std::optional<Task<void>> child;
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    child = group.create_task([](bool& flag) -> Async<void> {
      flag = true;
      co_return;
    }(entered));
    throw std::runtime_error("body");
    co_return;
  }));
  CHECK(end == "group[body]");
  CHECK(child->cancelled());
  CHECK_FALSE(entered);
}

ASYNC_TEST_CASE("task group: a body that isn't a coroutine and throws") {
  auto throwing = [](TaskGroup& group) -> Async<void> {
    group.create_task(give_after(1s, 1));
    throw std::runtime_error("not a coroutine");
  };
  const std::string end = co_await end_of(task_group(throwing));
  CHECK(end == "group[not a coroutine]");
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task group: nested, a cancellation reaches the inner body (test_taskgroup_11)") {
  const std::string end = co_await end_of_cancelled(500ms, task_group([](TaskGroup&) -> Async<void> {
                                                      co_await task_group([](TaskGroup& inner) -> Async<void> {
                                                        for (int i = 0; i < 5; ++i)
                                                          inner.create_task(fail_after(1s, "too late"));
                                                        co_await sleep(1h);
                                                      });
                                                    }));
  CHECK(end == "Cancelled(user), cancelling 1");
}

ASYNC_TEST_CASE("task group: nested, a cancellation cancels the children of both (test_taskgroup_12)") {
  int cancels = 0;
  const std::string end = co_await end_of_cancelled(500ms, task_group([&](TaskGroup& outer) -> Async<void> {
                                                      outer.create_task(count_cancel(cancels, 10));
                                                      co_await task_group([&](TaskGroup& inner) -> Async<void> {
                                                        for (int i = 0; i < 5; ++i)
                                                          inner.create_task(count_cancel(cancels));
                                                        co_await sleep(1h);
                                                      });
                                                    }));
  CHECK(end == "Cancelled(user), cancelling 1");
  CHECK(cancels == 15);
}

ASYNC_TEST_CASE("task group: nested, an error in the outer one cancels the inner one (test_taskgroup_13)") {
  const std::string end = co_await end_of(task_group([](TaskGroup& outer) -> Async<void> {
    outer.create_task(fail_after(1s, "outer"));
    co_await task_group([](TaskGroup& inner) -> Async<void> {
      inner.create_task(fail_after(10s, "inner"));
      co_return;
    });
  }));
  CHECK(end == "group[outer]");
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task group: nested, an error of the inner one is a group inside the outer's (test_taskgroup_14)") {
  const std::string end = co_await end_of(task_group([](TaskGroup& outer) -> Async<void> {
    outer.create_task(fail_after(10s, "outer"));
    co_await task_group([](TaskGroup& inner) -> Async<void> {
      inner.create_task(fail_after(1s, "inner"));
      co_return;
    });
  }));
  CHECK(end == "group[group[inner]]");
}

ASYNC_TEST_CASE(
    "task group: a child that would fail later is cancelled with the body that cleans up (test_taskgroup_15)") {
  std::optional<Task<void>> child;
  const auto began = now();
  const std::string end = co_await end_of_cancelled(1s, task_group([&](TaskGroup& group) -> Async<void> {
                                                      child = group.create_task(fail_after(3s, "during cleanup"));
                                                      std::exception_ptr cancelled;
                                                      try {
                                                        co_await sleep(10s);
                                                      } catch (const Cancelled&) {
                                                        cancelled = std::current_exception();
                                                      }
                                                      co_await sleep(1s);
                                                      if (cancelled) std::rethrow_exception(cancelled);
                                                    }));
  CHECK(end == "Cancelled(user), cancelling 1");
  CHECK(child->cancelled());
  CHECK(now() - began == 2s);
}

ASYNC_TEST_CASE(
    "task group: a child that fails while the cancelled body cleans up: its error goes first (test_taskgroup_15)") {
  const std::string end = co_await end_of_cancelled(1s, task_group([&](TaskGroup& group) -> Async<void> {
                                                      group.create_task(fail_after(3s, "during cleanup"));
                                                      std::exception_ptr cancelled;
                                                      try {
                                                        co_await sleep(10s);
                                                      } catch (const Cancelled&) {
                                                        cancelled = std::current_exception();
                                                      }
                                                      co_await outcome_of(sleep(5s));
                                                      if (cancelled) std::rethrow_exception(cancelled);
                                                    }));
  CHECK(end == "group[during cleanup], cancelling 1");
}

ASYNC_TEST_CASE("task group: cancelled through a task that awaits it (test_taskgroup_16)") {
  auto nested = []() -> Async<void> {
    co_await task_group([](TaskGroup& group) -> Async<void> {
      group.create_task(fail_after(3s, "too late"));
      const std::string outcome = co_await outcome_of(sleep(10s));
      co_await sleep(1s);
      if (outcome == "Cancelled(user)") throw Cancelled();
    });
  };
  auto runner = [&]() -> Async<void> {
    Task<void> task = create_task(nested());
    co_await task;
  };
  const std::string end = co_await end_of_cancelled(1s, runner());
  CHECK(end == "Cancelled(user), cancelling 1");
}

ASYNC_TEST_CASE("task group: without children passes a cancellation of the body on (test_taskgroup_17)") {
  int cancels = 0;
  const std::string end =
      co_await end_of_cancelled(1s, task_group([&](TaskGroup&) -> Async<void> { co_await count_cancel(cancels, 10); }));
  CHECK(end == "Cancelled(user), cancelling 1");
  CHECK(cancels == 10);
}

ASYNC_TEST_CASE("task group: a body that turns a cancellation into an error (test_taskgroup_18)") {
  const std::string end =
      co_await end_of_cancelled(1s, task_group([](TaskGroup&) -> Async<void> { co_await fail_in_cleanup("body"); }));
  CHECK(end == "group[body after Cancelled(user)], cancelling 1");
}

ASYNC_TEST_CASE("task group: errors of a child and of the body in one group (test_taskgroup_19)") {
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(1s, "child"));
    co_await fail_in_cleanup("body");
  }));
  CHECK(end == "group[child; body after Cancelled(user)]");
}

ASYNC_TEST_CASE(
    "task group: an exception of the body that isn't a std::exception is thrown bare, what it hides is reported "
    "(test_taskgroup_20, test_taskgroup_20a)") {
  std::vector<std::string> reported;
  set_exception_handler([&](const ExceptionContext& context) {
    reported.push_back(describe_exception(context.error) + (context.stack.empty() ? "" : " with its stack"));
  });
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(1s, "child"));
    co_await base_fail_in_cleanup(20);
  }));
  set_exception_handler({});
  CHECK(end == "BaseError 20");
  CHECK(reported == std::vector<std::string>{"child with its stack"});
}

ASYNC_TEST_CASE("task group: an exception of a child that isn't a std::exception is thrown bare (test_taskgroup_21a)") {
  std::vector<std::string> reported;
  set_exception_handler(
      [&](const ExceptionContext& context) { reported.push_back(describe_exception(context.error)); });
  int cancels = 0;
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    group.create_task(base_fail_after(1s, 21));
    group.create_task(count_cancel(cancels));
    co_await fail_in_cleanup("body");
  }));
  set_exception_handler({});
  CHECK(end == "BaseError 21");
  CHECK(cancels == 1);
  CHECK(reported == std::vector<std::string>{"body after Cancelled(user)"});
}

ASYNC_TEST_CASE(
    "task group: of several exceptions that aren't std::exceptions the first is thrown, the others reported") {
  int reported = 0;
  set_exception_handler([&reported](const ExceptionContext&) { ++reported; });
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(base_fail_after(1s, 1));
    group.create_task(base_fail_after(1s, 2));
    co_await base_fail_in_cleanup(3);
  }));
  set_exception_handler({});
  CHECK(end == "BaseError 1");
  CHECK(reported == 2);
}

ASYNC_TEST_CASE("task group: a cancellation while the body has ended and its children sleep (test_taskgroup_22)") {
  auto block = []() -> Async<void> {
    co_await task_group([](TaskGroup& group) -> Async<void> {
      group.create_task(give_after(1s, 42));
      group.create_task(give_after(2s, 11));
      co_return;
    });
  };
  const std::string end = co_await end_of_cancelled(50ms, block());
  CHECK(end == "Cancelled(user), cancelling 1");
}

ASYNC_TEST_CASE("task group: forgets children that have ended (test_taskgroup_23)") {
  co_await task_group([](TaskGroup& group) -> Async<void> {
    for (int count = 0; count < 10; ++count) {
      co_await sleep(100ms);
      group.create_task(give_after(350ms, 1));
      if (count == 5) CHECK(group.running() == 4);
    }
    co_await sleep(1s);
    CHECK(group.running() == 0);
  });
}

ASYNC_TEST_CASE("task group: children add children, also while it ends (test_taskgroup_24)") {
  int ended = 0;
  struct Work {
    static Async<void> leaf(Clock::duration delay, int& ended) {
      co_await sleep(delay);
      ++ended;
    }
    static Async<void> root(TaskGroup& group, int& ended) {
      co_await sleep(100ms);
      group.create_task(leaf(100ms, ended));
      group.create_task(leaf(200ms, ended));
    }
  };
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    group.create_task(Work::root(group, ended));
    co_return;
  });
  CHECK(ended == 2);
}

ASYNC_TEST_CASE("task group: children that multiply are all cancelled by an error (test_taskgroup_25)") {
  int hydras = 0;
  struct Myth {
    static Async<void> hydra(TaskGroup& group, int& hydras) {
      if (++hydras > 100'000) co_return;
      co_await sleep(10ms);
      group.create_task(hydra(group, hydras));
      group.create_task(hydra(group, hydras));
    }
    static Async<void> hercules(int& hydras) {
      while (hydras < 10)
        co_await sleep(15ms);
      throw std::runtime_error("hercules");
    }
  };
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    group.create_task(Myth::hydra(group, hydras));
    group.create_task(Myth::hercules(hydras));
    co_return;
  }));
  CHECK(end == "group[hercules]");
  CHECK(hydras >= 10);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task group: a child has the name it is given (test_taskgroup_task_name)") {
  co_await task_group([](TaskGroup& group) -> Async<void> {
    Task<int> task = group.create_task(give_after(0s, 1), "yolo");
    CHECK(task.name() == "yolo");
    co_return;
  });
}

ASYNC_TEST_CASE("task group: children belong to the scope of who creates them (test_taskgroup_task_context)") {
  detail::TaskScope scope;
  auto work = [&]() -> Async<void> {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(give_after(1s, 1));
      CHECK(scope.running == 1);
      co_return;
    });
    CHECK(scope.running == 0);
  };
  Task<void> task = create_task(work());
  task.state().scope = &scope;
  co_await task;
}

ASYNC_TEST_CASE(
    "task group: takes no task while it aborts, and drops the coroutine unrun "
    "(test_taskgroup_no_create_task_after_failure, test_coro_closed_when_tg_closed)") {
  auto token = std::make_shared<int>(0);
  bool entered = false;
  std::string refused;
  auto late = [](std::shared_ptr<int>, bool& flag) -> Async<void> {
    flag = true;
    co_return;
  };
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(1s, "crash"));
    co_await outcome_of(sleep(1h));
    try {
      group.create_task(late(token, entered));
    } catch (const RuntimeError& error) {
      refused = error.what();
    }
    CHECK(token.use_count() == 1);
  }));
  CHECK(end == "group[crash]");
  CHECK(refused == "this TaskGroup is aborting: it takes no further tasks");
  CHECK_FALSE(entered);
}

ASYNC_TEST_CASE("task group: takes no task when its last one has ended (test_taskgroup_finished)") {
  TaskGroup* escaped = nullptr;
  std::string refused;
  auto token = std::make_shared<int>(0);
  auto late = [](std::shared_ptr<int>) -> Async<void> { co_return; };
  auto block = [&]() -> Async<void> {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      escaped = &group;
      group.create_task(give_after(1s, 1));
      co_return;
    });
  };
  Task<void> task = create_task(block());
  co_await sleep(0s);
  co_await sleep(0s);
  co_await sleep(1s);  // ends just behind the child's, and so before the next step of the group's task
  REQUIRE_FALSE(task.done());
  REQUIRE(escaped->running() == 0);
  try {
    escaped->create_task(late(token));
  } catch (const RuntimeError& error) {
    refused = error.what();
  }
  co_await task;
  CHECK(refused == "this TaskGroup has ended");
  CHECK(token.use_count() == 1);
}

ASYNC_TEST_CASE(
    "task group: cannot be made, copied or entered twice (test_taskgroup_not_entered, test_taskgroup_already_entered, "
    "test_taskgroup_double_enter)") {
  CHECK_FALSE(std::is_default_constructible_v<TaskGroup>);
  CHECK_FALSE(std::is_copy_constructible_v<TaskGroup>);
  CHECK_FALSE(std::is_destructible_v<TaskGroup>);
  auto block = task_group([](TaskGroup&) -> Async<void> { co_return; });
  co_await block;
  const std::string again = co_await outcome_of(std::move(block));
  CHECK(again.starts_with("RuntimeError: "));
}

ASYNC_TEST_CASE("task group: takes no task on another loop") {
  co_await task_group([](TaskGroup& group) -> Async<void> {
    std::string refused;
    std::thread other([&] {
      auto main = [&]() -> Async<void> {
        try {
          group.create_task(give_after(1s, 1));
        } catch (const RuntimeError& error) {
          refused = error.what();
        }
        co_return;
      };
      run(main());
    });
    other.join();
    CHECK(refused == "a TaskGroup belongs to the loop of its task");
    CHECK(group.running() == 0);
    co_return;
  });
}

ASYNC_TEST_CASE("task group: a coroutine that was awaited before is refused and the group goes on") {
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    Async<int> used = give_after(0s, 1);
    co_await used;
    std::string refused;
    try {
      group.create_task(std::move(used));
    } catch (const RuntimeError&) {
      refused = "refused";
    }
    CHECK(refused == "refused");
    CHECK(group.running() == 0);
    group.create_task(give_after(1s, 2));
  }));
  CHECK(end == "returned");
}

ASYNC_TEST_CASE("task group: takes an Async that is ready, and one that fails before its first await") {
  std::optional<Task<int>> ready;
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    ready = group.create_task(Async<int>::ready(4));
    group.create_task([]() -> Async<void> {
      throw std::runtime_error("at once");
      co_return;
    }());
    co_return;
  }));
  CHECK(ready->result() == 4);
  CHECK(end == "group[at once]");
}

ASYNC_TEST_CASE("task group: an error that was handled leaves no request to cancel (test_cancelling_level_preserved)") {
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(0s, "crash"));
    co_return;
  }));
  CHECK(end == "group[crash]");
  const std::string in_body = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(0s, "crash"));
    co_await sleep(1s);
  }));
  CHECK(in_body == "group[crash]");
  const std::string next = co_await outcome_of(sleep(1s));
  CHECK(next == "returned");
}

ASYNC_TEST_CASE("task group: in the cleanup after a cancellation, an error leaves the level that was") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await outcome_of(sleep(1h)));
    log.push_back(co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
      group.create_task(fail_after(1s, "crash"));
      co_await sleep(1h);
    })));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"Cancelled(user)", "group[crash], cancelling 1", "returned"});
}

ASYNC_TEST_CASE("task group: both of two nested ones abort (test_nested_groups_both_cancelled)") {
  std::string inner_end;
  const std::string outer_end = co_await end_of(task_group([&](TaskGroup& outer) -> Async<void> {
    inner_end = co_await end_of(task_group([&](TaskGroup& inner) -> Async<void> {
      inner.create_task(fail_after(0s, "inner"));
      outer.create_task(fail_after(0s, "outer"));
      co_return;
    }));
    CHECK(current_task()->cancelling() == 1);
  }));
  CHECK(inner_end == "group[inner], cancelling 1");
  CHECK(outer_end == "group[outer]");
  const std::string next = co_await outcome_of(sleep(1s));
  CHECK(next == "returned");
}

ASYNC_TEST_CASE(
    "task group: an error and a cancellation in one step: the error now, the cancellation at the next await "
    "(test_error_and_cancel)") {
  Semaphore started(0);
  std::vector<std::string> log;
  auto fail_soon = [&]() -> Async<void> {
    started.release();
    co_await sleep(0s);
    throw std::runtime_error("crash");
  };
  auto inner = [&]() -> Async<void> {
    log.push_back(co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(fail_soon());
      co_await sleep(1s);
      log.push_back("the sleep should have been cancelled");
    })));
    co_await sleep(1s);
    log.push_back("the second sleep should have been cancelled");
  };
  Task<void> task = create_task(inner());
  const Permit permit = co_await started.acquire();
  CHECK(task.cancelling() == 0);
  task.cancel(CancelReason::Overload);
  CHECK(task.cancelling() == 1);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(overload)");
  CHECK(task.cancelled());
  CHECK(log == std::vector<std::string>{"group[crash], cancelling 1"});
}

ASYNC_TEST_CASE("task group: a cancellation that was pending reaches the children, which are not entered") {
  bool entered = false;
  auto block = [&]() -> Async<void> {
    current_task()->cancel(CancelReason::Shutdown);
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task([](bool& flag) -> Async<void> {
        flag = true;
        co_return;
      }(entered));
      co_return;
    });
  };
  const std::string end = co_await end_of(block());
  CHECK(end == "Cancelled(shutdown), cancelling 1");
  CHECK_FALSE(entered);
  CHECK(current_task()->uncancel() == 0);
}

ASYNC_TEST_CASE("task group: cancelled in the step in which its last child ended, it ends and the next await throws") {
  std::vector<std::string> log;
  Semaphore gate(0);
  auto child = [&]() -> Async<void> { const Permit permit = co_await gate.acquire(); };
  auto block = [&]() -> Async<void> {
    log.push_back(co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(child());
      co_return;
    })));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(block());
  co_await sleep(1s);
  gate.release();
  co_await sleep(0s);  // the child has ended, the group's task is ready
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"returned, cancelling 1", "Cancelled(user)"});
}

ASYNC_TEST_CASE("task group: a second cancellation doesn't disturb the cleanup of the children") {
  const auto began = now();
  std::string cleanup;
  auto child = [&]() -> Async<void> {
    co_await outcome_of(sleep(1h));
    cleanup = co_await outcome_of(sleep(10s));
  };
  auto block = [&]() -> Async<void> {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(child());
      co_return;
    });
  };
  Task<std::string> task = create_task(end_of(block()));
  co_await sleep(1s);
  task.cancel();
  co_await sleep(1s);
  task.cancel();
  const std::string end = co_await task;
  CHECK(end == "Cancelled(user), cancelling 2");
  CHECK(cleanup == "returned");
  CHECK(now() - began == 11s);
}

ASYNC_TEST_CASE("task group: a body that ignores its cancellation is waited for, then the errors come") {
  const auto began = now();
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(1s, "crash"));
    co_await outcome_of(sleep(1h));
    co_await sleep(10s);
  }));
  CHECK(end == "group[crash]");
  CHECK(now() - began == 11s);
}

ASYNC_TEST_CASE("task group: an error that the body got by awaiting the child is in the group once") {
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    Task<void> child = group.create_task(fail_after(1s, "crash"));
    group.create_task([](Task<void> other) -> Async<void> { co_await other; }(child));
    co_await child;
  }));
  CHECK(end == "group[crash]");
}

ASYNC_TEST_CASE("task group: a body that awaits a cancelled task ends by Cancelled, and so does the group") {
  int cancels = 0;
  Task<void> other = create_task(count_cancel(cancels));
  co_await sleep(1s);
  other.cancel(CancelReason::Overload);
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    group.create_task(count_cancel(cancels));
    co_await other;
  }));
  CHECK(end == "Cancelled(overload)");
  CHECK(cancels == 2);
}

ASYNC_TEST_CASE(
    "task group: inside a timeout, TimeoutError; an error of a child in time goes through as a group "
    "(test_timeout_taskgroup)") {
  const std::string expired = co_await outcome_of(timeout(2s, task_group([](TaskGroup& group) -> Async<void> {
                                                            group.create_task(give_after(10s, 1));
                                                            co_await sleep(1h);
                                                          })));
  CHECK(expired == "TimeoutError");
  const std::string crashed = co_await end_of(timeout(2s, task_group([](TaskGroup& group) -> Async<void> {
                                                        group.create_task(fail_in_cleanup("crash"));
                                                        co_await sleep(1h);
                                                      })));
  CHECK(crashed == "group[crash after Cancelled(deadline)]");
  CHECK(current_task()->cancelling() == 0);
  const std::string next = co_await outcome_of(sleep(1s));
  CHECK(next == "returned");
}

ASYNC_TEST_CASE("task group: a timeout in the body stays there") {
  std::string in_body;
  const std::string end = co_await end_of(task_group([&](TaskGroup& group) -> Async<void> {
    group.create_task(give_after(10s, 1));
    in_body = co_await outcome_of(timeout(1s, sleep(1h)));
  }));
  CHECK(in_body == "TimeoutError");
  CHECK(end == "returned");
}

ASYNC_TEST_CASE("task group: errors bring the await chain along which they were thrown") {
  std::vector<StackEntry> child_stack;
  std::vector<StackEntry> body_stack;
  std::vector<StackEntry> group_stack;
  try {
    co_await task_group([](TaskGroup& group) -> Async<void> {
      group.create_task([]() -> Async<void> { co_await fail_after(1s, "crash"); }());
      co_await fail_in_cleanup("body");
    });
  } catch (const ExceptionGroup& group) {
    child_stack = group.stack(0);
    body_stack = group.stack(1);
    group_stack = exception_stack(std::current_exception());
  }
  REQUIRE(child_stack.size() == 2);
  CHECK(child_stack[0].function.find("fail_after") != std::string_view::npos);
  REQUIRE(body_stack.size() == 2);
  CHECK(body_stack[0].function.find("fail_in_cleanup") != std::string_view::npos);
  REQUIRE_FALSE(group_stack.empty());
  CHECK(group_stack[0].function.find("run_task_group") != std::string_view::npos);
}

ASYNC_TEST_CASE("task group: errors in the group count as retrieved") {
  int reported = 0;
  set_exception_handler([&reported](const ExceptionContext&) { ++reported; });
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(fail_after(1s, "a"));
    group.create_task(fail_after(1s, "b"));
    co_return;
  }));
  set_exception_handler({});
  CHECK(end == "group[a; b]");
  CHECK(reported == 0);
}

ASYNC_TEST_CASE("task group: waiting for it is told by its name") {
  auto block = []() -> Async<void> {
    co_await task_group([](TaskGroup& group) -> Async<void> {
      group.create_task(give_after(1s, 1));
      co_return;
    });
  };
  Task<void> task = create_task(block());
  co_await sleep(0s);
  co_await sleep(0s);
  REQUIRE(task.state().waiting() != nullptr);
  CHECK(std::string(task.state().waiting()->describe()) == "TaskGroup");
  co_await task;
}

ASYNC_TEST_CASE("task group: 10,000 children, and 1,000 nested ones that a cancellation reaches") {
  int ended = 0;
  struct Work {
    static Async<void> count(int number, int& ended) {
      co_await sleep(std::chrono::milliseconds(number % 13));
      ++ended;
    }
    static Async<void> nest(int depth) {
      if (depth == 0) {
        co_await sleep(1h);
      } else {
        co_await task_group([depth](TaskGroup& group) -> Async<void> {
          group.create_task(nest(depth - 1));
          co_return;
        });
      }
    }
  };
  co_await task_group([&](TaskGroup& group) -> Async<void> {
    for (int i = 0; i < 10'000; ++i)
      group.create_task(Work::count(i, ended));
    co_return;
  });
  CHECK(ended == 10'000);
  Task<std::string> deep = create_task(end_of(Work::nest(1'000)));
  co_await sleep(1s);
  CHECK(EventLoop::current().task_count() == 1'002);
  deep.cancel();
  const std::string end = co_await deep;
  CHECK(end == "Cancelled(user), cancelling 1");
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task group: an eager child may be done, or have failed, when create_task returns") {
  auto at_once = [](int value) -> Async<int> {
    if (value < 0) throw std::runtime_error("negative");
    co_return value;
  };
  int seen = 0;
  const std::string good = co_await outcome_of(task_group([&](TaskGroup& group) -> Async<void> {
    const Task<int> child = group.create_task(at_once(7), TaskOptions().eager_start());
    CHECK(child.done());
    CHECK(group.running() == 0);
    seen = child.result();
    co_return;
  }));
  CHECK(good == "returned");
  CHECK(seen == 7);
  bool body_cancelled = false;
  std::size_t errors = 0;
  try {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(at_once(-1), TaskOptions().eager_start());
      const std::string outcome = co_await outcome_of(sleep(1h));
      body_cancelled = outcome == "Cancelled(user)";
    });
  } catch (const ExceptionGroup& group) {
    errors = group.exceptions().size();
  }
  CHECK(body_cancelled);
  CHECK(errors == 1);
}

TEST_CASE("task group: a coroutine that it refuses doesn't count as forgotten (test_coro_closed_when_tg_closed)") {
  std::vector<std::string> warnings;
  set_warning_handler([&](const std::string& warning) { warnings.push_back(warning); });
  const bool debug = debug_enabled();
  set_debug(true);
  auto main = []() -> Async<std::string> {
    co_return co_await task_group([&](TaskGroup& group) -> Async<std::string> {
      group.create_task([]() -> Async<void> {
        throw std::runtime_error("first");
        co_return;
      }());
      std::string outcome = co_await outcome_of(sleep(1h));
      try {
        group.create_task([]() -> Async<void> { co_return; }());
      } catch (const RuntimeError& error) {
        outcome = error.what();
      }
      co_return outcome;
    });
  };
  CHECK_THROWS_AS(run(main(), {.virtual_time = true}), ExceptionGroup);
  set_debug(debug);
  set_warning_handler({});
  CHECK(warnings.empty());
}

TEST_SUITE_END();
