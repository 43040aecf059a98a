// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/task_group.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"
#include "support/task_group_end.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::testing;

TEST_SUITE_BEGIN("asyncio");

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

ASYNC_TEST_CASE("task group: a cancellation that was pending when it began is thrown at the await after its errors") {
  std::vector<std::string> log;
  auto block = [&]() -> Async<void> {
    co_await shielded(sleep(1s));
    log.push_back(co_await end_of(task_group([&](TaskGroup&) -> Async<void> {
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
      }
      throw std::runtime_error("in the cleanup");
    })));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(block());
  co_await sleep(500ms);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  REQUIRE(log.size() == 2);
  CHECK(log[0].starts_with("group[in the cleanup]"));
  CHECK(log[1] == "Cancelled(user)");
}

TEST_SUITE_END();
