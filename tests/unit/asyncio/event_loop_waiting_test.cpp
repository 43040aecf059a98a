// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<detail::IoHandle> watch_event(EventLoop& loop, unsigned count) {
  return std::make_unique<detail::IoHandle>(loop, eventfd(count, EFD_NONBLOCK | EFD_CLOEXEC));
}

Async<> wait_for_event(detail::IoHandle& handle, bool& seen) {
  co_await handle.wait_readable();
  seen = true;
}

Async<int> yield_until(const bool& flag, int at_most) {
  int turns = 0;
  while (!flag && turns < at_most) {
    co_await sleep(0s);
    ++turns;
  }
  co_return turns;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("event_loop: one that is never idle looks at its descriptors every few steps") {
  const auto main = []() -> Async<int> {
    const auto event = watch_event(EventLoop::current(), 1);
    bool seen = false;
    const auto waiting = create_task(wait_for_event(*event, seen));
    const int turns = co_await yield_until(seen, 1000);
    co_await waiting;
    co_return turns;
  };
  CHECK(run(main()) <= 64);
}

TEST_CASE("event_loop: one that is never idle fires its timers, however long its steps") {
  const auto main = []() -> Async<int> {
    bool fired = false;
    EventLoop::current().call_later(1ns, [&fired] { fired = true; });
    co_return co_await yield_until(fired, 1000);
  };
  CHECK(run(main()) <= 64);

  const auto slow = []() -> Async<int> {
    bool fired = false;
    EventLoop::current().call_later(1ns, [&fired] { fired = true; });
    int turns = 0;
    while (!fired) {
      std::this_thread::sleep_for(20ms);
      co_await sleep(0s);
      ++turns;
    }
    co_return turns;
  };
  CHECK(run(slow()) <= 2);
}

TEST_CASE("event_loop: a post wakes it, whether it has descriptors to watch or not") {
  for (int round = 0; round < 200; ++round) {
    EventLoop loop;
    std::unique_ptr<detail::IoHandle> silent;
    if (round % 2 == 0) silent = watch_event(loop, 0);
    std::thread poster([&loop] { loop.call_soon_threadsafe([&loop] { loop.stop(); }); });
    loop.run();  // hangs when the wake-up gets lost
    poster.join();
  }
  CHECK(EventLoop::current_or_null() == nullptr);
}

TEST_CASE("event_loop: a stop wakes it, whether it has descriptors to watch or not") {
  for (int round = 0; round < 200; ++round) {
    EventLoop loop;
    std::unique_ptr<detail::IoHandle> silent;
    if (round % 2 == 0) silent = watch_event(loop, 0);
    std::thread stopper([&loop] { loop.stop(); });
    loop.run();
    stopper.join();
  }
  CHECK(EventLoop::current_or_null() == nullptr);
}

TEST_CASE("event_loop: many posts, one after another, each wake it anew") {
  for (const bool watches : {false, true}) {
    EventLoop loop;
    std::unique_ptr<detail::IoHandle> silent;
    if (watches) silent = watch_event(loop, 0);
    std::atomic<int> answered{0};
    std::thread poster([&] {
      for (int i = 0; i < 1000; ++i) {
        loop.call_soon_threadsafe([&answered] { ++answered; });
        while (answered.load() <= i)
          std::this_thread::yield();
      }
      loop.stop();
    });
    loop.run();
    poster.join();
    CHECK(answered == 1000);
  }
}

TEST_CASE("event_loop: one that begins to watch a descriptor after it slept without any is woken by it") {
  const auto main = []() -> Async<bool> {
    co_await sleep(1ms);
    const auto event = watch_event(EventLoop::current(), 0);
    const int descriptor = event->descriptor();
    std::thread writer([descriptor] { eventfd_write(descriptor, 1); });
    bool seen = false;
    co_await wait_for_event(*event, seen);
    writer.join();
    co_return seen;
  };
  CHECK(run(main()));
}

TEST_SUITE_END();
