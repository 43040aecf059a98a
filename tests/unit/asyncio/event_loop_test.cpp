// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event_loop.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

constexpr EventLoopOptions in_virtual_time{.virtual_time = true};

/// Runs `loop` until everything that was called for has been called.
void run_for(EventLoop& loop, Clock::duration time) {
  loop.call_later(time, [&loop] { loop.stop(); });
  loop.run();
}

/// Has a timer in its loop for as long as it lives.
class LocalWithTimer final : public detail::LoopLocal {
 public:
  LocalWithTimer(EventLoop& loop, Clock::duration delay) : loop_(loop) {
    timer_.when = loop.time() + delay;
    loop.add_timer(timer_);
  }
  ~LocalWithTimer() override {
    CHECK(timer_.queued());
    loop_.remove_timer(timer_);
  }

 private:
  EventLoop& loop_;
  detail::Timer timer_{[](detail::Timer&) noexcept {}};
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("event_loop: current is the loop that runs on this thread, and only while it runs") {
  CHECK_THROWS_WITH_AS(EventLoop::current(), "no running event loop on this thread", RuntimeError);
  EventLoop loop(in_virtual_time);
  CHECK(EventLoop::current_or_null() == nullptr);
  EventLoop* seen = nullptr;
  loop.call_soon([&] {
    seen = &EventLoop::current();
    loop.stop();
  });
  loop.run();
  CHECK(seen == &loop);
  CHECK(EventLoop::current_or_null() == nullptr);
}

TEST_CASE("event_loop: run inside run throws RuntimeError, the outer loop goes on (test_recursive_run)") {
  EventLoop loop(in_virtual_time);
  EventLoop inner(in_virtual_time);
  std::string log;
  loop.call_soon([&] {
    try {
      inner.run();
    } catch (const RuntimeError& error) {
      log = error.what();
    }
    loop.call_soon([&] {
      log += "; went on";
      loop.stop();
    });
  });
  loop.run();
  CHECK(log == "an event loop is already running on this thread; went on");
}

TEST_CASE("event_loop: call_soon runs callbacks in order, and those that they add in the next round (test_call_soon)") {
  EventLoop loop(in_virtual_time);
  std::string log;
  loop.call_soon([&] {
    log += 'a';
    loop.call_soon([&] { log += 'c'; });
  });
  loop.call_soon([&] { log += 'b'; });
  run_for(loop, 1ms);
  CHECK(log == "abc");
}

TEST_CASE("event_loop: call_at runs at its time, in the order of the deadlines (test_call_later, test_call_at)") {
  EventLoop loop(in_virtual_time);
  std::vector<Clock::duration> seen;
  for (const auto delay : {30ms, 10ms, 20ms, 10ms, 0ms}) {
    loop.call_later(delay, [&loop, &seen] { seen.push_back(loop.time().time_since_epoch()); });
  }
  run_for(loop, 1s);
  CHECK(seen == std::vector<Clock::duration>{0ms, 10ms, 10ms, 20ms, 30ms});
}

TEST_CASE("event_loop: callbacks with one deadline run in the order in which they were added") {
  EventLoop loop(in_virtual_time);
  std::vector<int> log;
  for (int i = 0; i < 100; ++i) {
    loop.call_at(Clock::time_point{(i % 2 == 0) ? 5ms : 7ms}, [&log, i] { log.push_back(i); });
  }
  run_for(loop, 1s);
  std::vector<int> expected;
  for (int i = 0; i < 100; i += 2)
    expected.push_back(i);
  for (int i = 1; i < 100; i += 2)
    expected.push_back(i);
  CHECK(log == expected);
}

TEST_CASE("event_loop: what was ready before a timer became due runs before it") {
  EventLoop loop(in_virtual_time);
  std::string log;
  loop.call_later(0ms, [&] { log += "timer "; });
  loop.call_soon([&] { log += "ready "; });
  run_for(loop, 1ms);
  CHECK(log == "ready timer ");
}

TEST_CASE("event_loop: a timer that adds one already due doesn't keep the others from running") {
  EventLoop loop(in_virtual_time);
  int count = 0;
  std::function<void()> again = [&] {
    if (++count < 100'000) loop.call_later(-1ms, [&] { again(); });
  };
  loop.call_later(0ms, [&] { again(); });
  int seen = -1;
  loop.call_soon([&] { loop.call_soon([&] { loop.call_soon([&] { seen = count; }); }); });
  run_for(loop, 1ms);
  CHECK(count == 100'000);
  CHECK(seen >= 1);
  CHECK(seen < 10);
}

TEST_CASE("event_loop: the longest delay there is doesn't overflow") {
  EventLoop loop(in_virtual_time);
  bool fired = false;
  loop.call_later(1s, [&] { loop.call_later(Clock::duration::max(), [&] { fired = true; }); });
  run_for(loop, 1000h);
  CHECK_FALSE(fired);
}

TEST_CASE(
    "event_loop: an error of a callback goes to the exception handler, the loop goes on "
    "(test_default_exc_handler_callback)") {
  std::vector<std::string> reported;
  set_exception_handler([&](const ExceptionContext& context) {
    reported.push_back(context.message + ": " + describe_exception(context.error));
  });
  EventLoop loop(in_virtual_time);
  int ran = 0;
  loop.call_soon([] { throw std::runtime_error("soon"); });
  loop.call_later(1ms, [] { throw std::runtime_error("later"); });
  loop.call_soon_threadsafe([] { throw std::runtime_error("posted"); });
  loop.call_later(2ms, [&] { ++ran; });
  run_for(loop, 3ms);
  set_exception_handler({});
  CHECK(ran == 1);
  REQUIRE(reported.size() == 3);
  CHECK(reported[0] == "exception in a callback of the event loop: soon");
  CHECK(reported[1] == "exception in a callback of the event loop: posted");
  CHECK(reported[2] == "exception in a callback of the event loop: later");
}

TEST_CASE("event_loop: callbacks that were not run are destroyed with the loop") {
  auto token = std::make_shared<int>(0);
  {
    EventLoop loop(in_virtual_time);
    loop.call_soon([token] { ++*token; });
    loop.call_later(1h, [token] { ++*token; });
    loop.call_soon_threadsafe([token] { ++*token; });
    CHECK(token.use_count() == 4);
  }
  CHECK(token.use_count() == 1);
  CHECK(*token == 0);
}

TEST_CASE("event_loop: what it keeps for others removes its timers from among callbacks that were not run") {
  auto token = std::make_shared<int>(0);
  {
    EventLoop loop(in_virtual_time);
    const auto add_callback = [&](Clock::duration delay) { loop.call_later(delay, [token] { ++*token; }); };
    for (int i = 1; i <= 5; ++i)
      add_callback(i * 1h);
    loop.set_local(&token, std::make_unique<LocalWithTimer>(loop, 3h));
    loop.set_local(&loop, std::make_unique<LocalWithTimer>(loop, 6h));
    for (int i = 1; i <= 5; ++i)
      add_callback(i * 90min);
    CHECK(token.use_count() == 11);
  }
  CHECK(token.use_count() == 1);
  CHECK(*token == 0);
}

TEST_CASE("event_loop: a task that was posted and never ran is cancelled with the loop") {
  bool entered = false;
  auto body = [&entered](std::shared_ptr<int>) -> Async<void> {
    entered = true;
    co_return;
  };
  auto token = std::make_shared<int>(0);
  std::optional<Task<void>> task;
  {
    EventLoop loop(in_virtual_time);
    task = create_task_on(loop, body(token));
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
  CHECK_FALSE(entered);
  CHECK(task->cancelled());
  CHECK_FALSE(task->cancel());
}

TEST_CASE("event_loop: stop ends run after the round in progress, and a stop before run ends the next one at once") {
  EventLoop loop(in_virtual_time);
  std::string log;
  loop.call_soon([&] {
    log += 'a';
    loop.stop();
    loop.call_soon([&] { log += 'c'; });
  });
  loop.call_soon([&] { log += 'b'; });
  loop.run();
  CHECK(log == "ab");
  loop.stop();
  loop.run();
  CHECK(log == "ab");
  run_for(loop, 1ms);
  CHECK(log == "abc");
}

TEST_CASE("event_loop: in virtual time nothing to wait for is a DeadlockError, and the loop can run again") {
  EventLoop loop(in_virtual_time);
  CHECK_THROWS_AS(loop.run(), DeadlockError);
  bool ran = false;
  loop.call_soon([&] { ran = true; });
  run_for(loop, 1ms);
  CHECK(ran);
}

TEST_CASE("event_loop: virtual time stands still while something can run, and years cost nothing") {
  EventLoop loop(in_virtual_time);
  CHECK(loop.time() == Clock::time_point{});
  int steps = 0;
  std::function<void()> spin = [&] {
    if (++steps < 1000) loop.call_soon([&] { spin(); });
  };
  Clock::time_point after_steps = Clock::time_point::max();
  loop.call_soon([&] { spin(); });
  loop.call_later(1ns, [&] { after_steps = loop.time(); });
  run_for(loop, 24h * 365 * 100);
  CHECK(steps == 1000);
  CHECK(after_steps == Clock::time_point{1ns});
  CHECK(loop.time() == Clock::time_point{24h * 365 * 100});
}

TEST_CASE("event_loop: real time moves on, and a timer is never early") {
  EventLoop loop;
  const Clock::time_point began = Clock::now();
  Clock::time_point fired;
  loop.call_at(began + 3ms, [&] {
    fired = Clock::now();
    loop.stop();
  });
  loop.run();
  CHECK(fired >= began + 3ms);
  CHECK(loop.time() >= began + 3ms);
}

TEST_CASE("event_loop: 4 threads post 1,000 callbacks each, every thread's in order (test_call_soon_threadsafe)") {
  constexpr int thread_count = 4;
  constexpr int posts = 1'000;
  EventLoop loop;
  std::vector<std::vector<int>> seen(thread_count);
  int left = thread_count * posts;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < posts; ++i) {
        loop.call_soon_threadsafe([&, t, i] {
          seen[t].push_back(i);
          if (--left == 0) loop.stop();
        });
        if (i % 100 == 0) std::this_thread::yield();  // lets the loop fall asleep in between
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads)
    thread.join();
  std::vector<int> in_order(posts);
  std::iota(in_order.begin(), in_order.end(), 0);
  for (const std::vector<int>& one : seen)
    CHECK(one == in_order);
}

TEST_CASE("event_loop: a post wakes a loop that sleeps without a timer") {
  for (int round = 0; round < 200; ++round) {
    EventLoop loop;
    std::thread poster([&loop] { loop.call_soon_threadsafe([&loop] { loop.stop(); }); });
    loop.run();  // hangs when the wake-up gets lost
    poster.join();
  }
  CHECK(EventLoop::current_or_null() == nullptr);
}

TEST_CASE("event_loop: may be destroyed as soon as run has returned because of another thread") {
  for (int round = 0; round < 200; ++round) {
    std::thread other;
    {
      EventLoop loop;
      other = std::thread([&loop, round] {
        if (round % 2 == 0) {
          loop.stop();
        } else {
          loop.call_soon_threadsafe([&loop] { loop.stop(); });
        }
      });
      loop.run();
    }  // the other thread may still be inside the call: sanitizers look on
    other.join();
  }
  CHECK(EventLoop::current_or_null() == nullptr);
}

TEST_CASE("event_loop: task_count counts what is not done, cancel_tasks_of cancels one scope") {
  auto main = []() -> Async<void> {
    EventLoop& loop = EventLoop::current();
    CHECK(loop.task_count() == 1);
    Task<void> first = create_task([]() -> Async<void> { co_await sleep(1ms); }());
    Task<void> second = create_task([]() -> Async<void> { co_await sleep(2ms); }());
    CHECK(loop.task_count() == 3);
    co_await first;
    CHECK(loop.task_count() == 2);
    co_await second;
    CHECK(loop.task_count() == 1);
  };
  run(main(), in_virtual_time);
}

TEST_SUITE_END();
