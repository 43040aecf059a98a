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
#include "support/task_group_end.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::testing;

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

ASYNC_TEST_CASE("task group: an error that the body got by awaiting the child is in the group once") {
  const std::string end = co_await end_of(task_group([](TaskGroup& group) -> Async<void> {
    Task<void> child = group.create_task(fail_after(1s, "crash"));
    group.create_task([](Task<void> other) -> Async<void> { co_await other; }(child));
    co_await child;
  }));
  CHECK(end == "group[crash]");
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

ASYNC_TEST_CASE("task group: an eager child during whose first step another one fails is cancelled, too") {
  auto fail_at_once = []() -> Async<void> {
    throw std::runtime_error("first");
    co_return;
  };
  bool cancelled = false;
  auto start_another = [&](TaskGroup& group) -> Async<void> {
    group.create_task(fail_at_once(), TaskOptions().eager_start());
    const std::string outcome = co_await outcome_of(sleep(1h));
    cancelled = outcome == "Cancelled(user)";
  };
  std::size_t errors = 0;
  try {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(start_another(group), TaskOptions().eager_start());
      co_return;
    });
  } catch (const ExceptionGroup& group) {
    errors = group.exceptions().size();
  }
  CHECK(errors == 1);
  CHECK(cancelled);
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

TEST_CASE(
    "task group: none can be had outside of its block, and so outside of a task (test_taskgroup_without_parent_task)") {
  CHECK_FALSE(std::is_default_constructible_v<TaskGroup>);
  CHECK_FALSE(std::is_copy_constructible_v<TaskGroup>);
  CHECK_FALSE(std::is_move_constructible_v<TaskGroup>);
}

ASYNC_TEST_CASE(
    "task group: an error thrown while the body is left by a cancellation of ours joins the child's "
    "(test_taskgroup_context_manager_exit_raises)") {
  auto fail = []() -> Async<void> {
    co_await sleep(1s);
    throw std::runtime_error("child");
  };
  std::vector<std::string> texts;
  try {
    co_await task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(fail());
      bool cancelled = false;
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
        cancelled = true;
      }
      if (cancelled) throw std::logic_error("exit");
    });
  } catch (const ExceptionGroup& errors) {
    for (const std::exception_ptr& error : errors.exceptions())
      texts.push_back(describe_exception(error));
  }
  std::sort(texts.begin(), texts.end());
  CHECK(texts == std::vector<std::string>{"child", "exit"});
}

TEST_SUITE_END();
