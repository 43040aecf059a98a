// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

/// The value as text, "-" when there is none.
std::string seen(const ContextVar<std::string>& variable) {
  return variable.get("-");
}

Async<void> set_later(const ContextVar<std::string>& variable, std::string value) {
  co_await sleep(0s);
  variable.set(std::move(value));
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("context: a task copies it at creation, what it sets is not seen outside (test_context_1, _2, _3)") {
  const ContextVar<std::string> variable("variable", "nope");
  std::vector<std::string> log;
  auto inner = [&]() -> Async<void> {
    log.push_back(variable.get());
    co_await sleep(0s);
    variable.set("something else");
    co_await sleep(0s);
    log.push_back(variable.get());
  };
  variable.set("yes");
  Task<void> task = create_task(inner());
  variable.set("set after the creation");
  co_await task;
  CHECK(log == std::vector<std::string>{"yes", "something else"});
  CHECK(variable.get() == "set after the creation");
}

ASYNC_TEST_CASE("context: a hundred tasks that interleave keep their values apart (test_context_3)") {
  const ContextVar<int> variable("variable", -1);
  int mistakes = 0;
  auto body = [&](int number) -> Async<void> {
    for (int i = 0; i < 10; ++i) {
      variable.set(number + i);
      co_await sleep(std::chrono::milliseconds((number * 7 + i) % 5));
      if (variable.get() != number + i) ++mistakes;
    }
  };
  std::vector<Async<void>> bodies;
  for (int i = 0; i < 100; ++i)
    bodies.push_back(body(i * 100));
  co_await gather(std::move(bodies));
  CHECK(mistakes == 0);
  CHECK(variable.get() == -1);
}

ASYNC_TEST_CASE("context: tasks that are given one share it (test_context_4, test_context_5, test_context_6)") {
  const ContextVar<std::string> variable("variable");
  const Context context = copy_context();
  std::vector<std::string> log;
  auto note = [&] { log.push_back(context.run([&] { return seen(variable); })); };
  note();
  co_await create_task(set_later(variable, "1"), TaskOptions().context(context));
  note();
  co_await create_task_on(EventLoop::current(), set_later(variable, "2"), TaskOptions().context(context));
  note();
  CHECK(log == std::vector<std::string>{"-", "1", "2"});
  CHECK(seen(variable) == "-");
}

ASYNC_TEST_CASE("context: a task with a shared one sees at once what another one sets") {
  const ContextVar<std::string> variable("variable");
  const Context context;
  std::vector<std::string> log;
  auto watch = [&]() -> Async<void> {
    for (int i = 0; i < 3; ++i) {
      log.push_back(seen(variable));
      co_await sleep(10ms);
    }
  };
  auto change = [&]() -> Async<void> {
    co_await sleep(5ms);
    const Context inner = copy_context();
    ContextToken token = variable.set("changed");
    co_await sleep(10ms);
    variable.reset(std::move(token));
    CHECK(inner.run([&] { return seen(variable); }) == "-");
  };
  Task<void> watcher = create_task(watch(), TaskOptions().context(context));
  Task<void> changer = create_task(change(), TaskOptions().context(context));
  co_await watcher;
  co_await changer;
  CHECK(log == std::vector<std::string>{"-", "changed", "-"});
}

ASYNC_TEST_CASE("context: an awaited coroutine is part of the task and shares it; one in gather has its own") {
  const ContextVar<std::string> variable("variable");
  co_await set_later(variable, "called");
  CHECK(seen(variable) == "called");
  co_await gather(set_later(variable, "gathered"), sleep(0s));
  CHECK(seen(variable) == "called");
}

ASYNC_TEST_CASE("context: a token may be used after an await in the same task, not in another") {
  const ContextVar<std::string> variable("variable");
  ContextToken token = variable.set("set");
  co_await sleep(1ms);
  std::string refused;
  auto other = [&]() -> Async<void> {
    try {
      variable.reset(std::move(token));
    } catch (const std::invalid_argument& error) {
      refused = error.what();
    }
    co_return;
  };
  co_await create_task(other());
  CHECK(refused == "the token was made in another context");
  CHECK(seen(variable) == "set");
  ContextToken own = variable.set("again");
  co_await sleep(1ms);
  variable.reset(std::move(own));
  CHECK(seen(variable) == "set");
}

ASYNC_TEST_CASE("context: run in a task stays in its function; a coroutine called in there has the task's") {
  const ContextVar<std::string> variable("variable");
  const Context context;
  Async<void> later = context.run([&] {
    variable.set("inside");
    return set_later(variable, "by the coroutine");
  });
  CHECK(seen(variable) == "-");
  co_await std::move(later);
  CHECK(seen(variable) == "by the coroutine");
  CHECK(context.run([&] { return seen(variable); }) == "inside");
}

ASYNC_TEST_CASE("context: a task created in Context::run begins with a copy of that one") {
  const ContextVar<std::string> variable("variable");
  const Context context;
  std::string began_with;
  auto body = [&]() -> Async<void> {
    began_with = seen(variable);
    variable.set("by the task");
    co_return;
  };
  Task<void> task = context.run([&] {
    variable.set("inside");
    return create_task(body());
  });
  co_await task;
  CHECK(began_with == "inside");
  CHECK(context.run([&] { return seen(variable); }) == "inside");
}

ASYNC_TEST_CASE("context: callbacks of the loop see the values of whoever added them, and change a copy") {
  const ContextVar<std::string> variable("variable");
  EventLoop& loop = EventLoop::current();
  std::vector<std::string> log;
  auto callback = [&] {
    log.push_back(seen(variable));
    variable.set("by a callback");
  };
  variable.set("soon");
  loop.call_soon(callback);
  variable.set("later");
  loop.call_later(1ms, callback);
  variable.set("threadsafe");
  loop.call_soon_threadsafe(callback);
  variable.set("now");
  co_await sleep(2ms);
  CHECK(log == std::vector<std::string>{"soon", "threadsafe", "later"});
  CHECK(seen(variable) == "now");
}

ASYNC_TEST_CASE("context: in a callback, tasks and callbacks that it adds go on with its values") {
  const ContextVar<std::string> variable("variable");
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back("task " + seen(variable));
    co_return;
  };
  auto callback = [&] {
    variable.set("callback");
    create_task(body());
    EventLoop::current().call_soon([&] { log.push_back("callback " + seen(variable)); });
  };
  EventLoop::current().call_soon(callback);
  co_await sleep(1ms);
  CHECK(log == std::vector<std::string>{"task callback", "callback callback"});
  CHECK(seen(variable) == "-");
}

TEST_CASE("context: main of run sees the thread's values, the thread sees none of main's") {
  const ContextVar<std::string> variable("variable");
  auto main = [&]() -> Async<std::string> {
    std::string before = seen(variable);
    variable.set("by main");
    co_return before;
  };
  const Context of_test;
  const std::string before = of_test.run([&] {
    variable.set("by the thread");
    return run(main());
  });
  CHECK(before == "by the thread");
  CHECK(of_test.run([&] { return seen(variable); }) == "by the thread");
}

TEST_CASE("context: tasks on another loop and their creator share nothing but the values") {
  const ContextVar<std::shared_ptr<int>> variable("variable");
  auto token = std::make_shared<int>(0);
  {
    Runner here;
    std::atomic<EventLoop*> loop{nullptr};
    std::latch finish(1);
    std::thread other([&] {
      auto serve = [&]() -> Async<void> {
        loop = &EventLoop::current();
        while (!finish.try_wait())
          co_await sleep(1ms);
      };
      run(serve());
    });
    while (!loop)
      std::this_thread::yield();
    auto change = [&](std::shared_ptr<int> value) -> Async<void> {
      for (int i = 0; i < 100; ++i) {
        variable.set(value);
        co_await sleep(0s);
      }
    };
    auto main = [&]() -> Async<void> {
      variable.set(token);
      std::vector<Task<void>> tasks;
      for (int i = 0; i < 20; ++i) {
        tasks.push_back(create_task_on(*loop, change(std::make_shared<int>(i))));
        variable.set(token);
      }
      for (const Task<void>& task : tasks)
        co_await task;
      CHECK(variable.get() == token);
    };
    here.run(main());
    finish.count_down();
    other.join();
  }
  CHECK(token.use_count() == 1);
}

TEST_SUITE_END();
