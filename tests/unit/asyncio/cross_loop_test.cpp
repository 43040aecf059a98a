// SPDX-License-Identifier: BSL-1.0
// Several loops on several threads at once: what sanitizers have to look at. Random parts print their seed on failure.
#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "support/delayed.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::give_after;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;
using coroute::testing::wait_until_done;

namespace {

Async<void> fail(std::atomic<int>& calls) {
  ++calls;
  throw std::runtime_error("failed elsewhere");
  co_return;
}

unsigned below(std::mt19937& random, unsigned limit) {
  return static_cast<unsigned>(random() % limit);
}

struct Contest {
  explicit Contest(std::size_t permits) : semaphore(permits) {}
  Semaphore semaphore;
  std::atomic<std::size_t> inside{0};
  std::atomic<std::size_t> most{0};
  std::atomic<int> turns{0};
};

/// Ten times in and out, with a random number of turns of the loop in between.
Async<void> compete(Contest& contest, unsigned seed) {
  std::mt19937 random(seed);
  for (int round = 0; round < 10; ++round) {
    const Permit permit = co_await contest.semaphore.acquire();
    const std::size_t now = contest.inside.fetch_add(1) + 1;
    std::size_t most = contest.most.load();
    while (now > most && !contest.most.compare_exchange_weak(most, now)) {
    }
    std::exception_ptr cancelled;
    try {
      for (unsigned i = below(random, 3); i > 0; --i)
        co_await sleep(0s);
    } catch (const Cancelled&) {
      cancelled = std::current_exception();
    }
    contest.inside.fetch_sub(1);
    if (cancelled) std::rethrow_exception(cancelled);
    contest.turns.fetch_add(1);
  }
}

void run_contest(std::size_t loop_count, std::size_t permits, unsigned seed) {
  INFO("seed ", seed, ", loops ", loop_count, ", permits ", permits);
  Contest contest(permits);
  std::mt19937 random(seed);
  std::vector<Task<void>> tasks;
  {
    std::vector<std::unique_ptr<LoopThread>> loops;
    for (std::size_t i = 0; i < loop_count; ++i)
      loops.push_back(std::make_unique<LoopThread>());
    for (int i = 0; i < 200; ++i) {
      EventLoop& loop = loops[random() % loop_count]->loop();
      tasks.push_back(create_task_on(loop, compete(contest, static_cast<unsigned>(random()))));
    }
    for (int i = 0; i < 60; ++i) {
      tasks[random() % tasks.size()].cancel();
      if (random() % 4 == 0) std::this_thread::yield();
    }
    for (const Task<void>& task : tasks)
      wait_until_done(task);
  }
  int cancelled = 0;
  for (const Task<void>& task : tasks)
    cancelled += task.cancelled() ? 1 : 0;
  CHECK(contest.semaphore.available() == permits);
  CHECK(contest.semaphore.waiting() == 0);
  CHECK(contest.inside == 0);
  CHECK(contest.most >= 1);
  CHECK(contest.most <= permits);
  CHECK(contest.turns >= (200 - cancelled) * 10);
  CHECK(cancelled <= 60);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("cross loop: a semaphore keeps its permits and its limit under 200 tasks and random cancels") {
  const unsigned seed = 0x5eed;
  for (unsigned round = 0; round < 4; ++round) {
    for (const std::size_t loops : {std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
      run_contest(loops, 1 + round * 2, seed + round * 10 + static_cast<unsigned>(loops));
    }
  }
}

TEST_CASE("cross loop: a release on any thread wakes a waiter on its own loop, in order of arrival") {
  LoopThread first;
  LoopThread second;
  Semaphore semaphore(0);
  std::mutex mutex;
  std::string log;
  auto wait = [&](char name, EventLoop& mine) -> Async<bool> {
    Permit permit = co_await semaphore.acquire();
    const bool at_home = &EventLoop::current() == &mine;
    const std::lock_guard lock(mutex);
    log += name;
    co_return at_home;
  };
  std::vector<Task<bool>> tasks;
  for (std::size_t i = 0; i < 10; ++i) {
    EventLoop& loop = (i % 2 == 0 ? first : second).loop();
    tasks.push_back(create_task_on(loop, wait(static_cast<char>('a' + i), loop)));
    while (semaphore.waiting() <= i)
      std::this_thread::yield();
  }
  semaphore.release();  // handed from one to the next
  bool all_at_home = true;
  for (const Task<bool>& task : tasks) {
    wait_until_done(task);
    all_at_home = all_at_home && task.result();
  }
  CHECK(all_at_home);
  CHECK(log == "abcdefghij");
  while (semaphore.available() == 0)
    std::this_thread::yield();
  CHECK(semaphore.available() == 1);
}

TEST_CASE("cross loop: awaiting a task of another loop gives its result, and its error to every loop that asks") {
  std::atomic<int> calls{0};
  LoopThread other;
  Task<int> task = create_task_on(other.loop(), give_after(1ms, 5));
  Task<void> failing = create_task_on(other.loop(), fail(calls));
  auto main = [&]() -> Async<std::string> {
    const int value = co_await task;
    const std::string outcome = co_await outcome_of(failing);
    co_return std::to_string(value) + ", " + outcome;
  };
  std::vector<std::string> results(3);
  std::vector<std::thread> threads;
  for (std::string& result : results)
    threads.emplace_back([&result, &main] { result = run(main()); });
  for (std::thread& thread : threads)
    thread.join();
  for (const std::string& result : results)
    CHECK(result == "5, error: failed elsewhere");
}

TEST_CASE("cross loop: cancelling a task that waits for one of another loop cancels that one, and waits for it") {
  LoopThread other;
  std::atomic<bool> cleaned_up{false};
  auto body = [&]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1h));
    co_await sleep(1ms);
    cleaned_up = true;
    if (outcome == "Cancelled(shutdown)") throw Cancelled(CancelReason::Shutdown);
  };
  Task<void> remote = create_task_on(other.loop(), body());
  auto main = [&]() -> Async<std::string> {
    auto wait = [&]() -> Async<void> { co_await remote; };
    Task<void> local = create_task(wait());
    co_await sleep(1ms);
    local.cancel(CancelReason::Shutdown);
    std::string outcome = co_await outcome_of(local);
    co_return outcome;
  };
  CHECK(run(main()) == "Cancelled(shutdown)");
  CHECK(cleaned_up);
}

TEST_CASE("cross loop: gather takes tasks of other loops (unlike test_constructor_heterogenous_futures)") {
  LoopThread other;
  Task<int> remote = create_task_on(other.loop(), give_after(1ms, 5));
  Task<int> endless = create_task_on(other.loop(), give_after(1h, 6));
  auto main = [&]() -> Async<int> {
    auto results = co_await gather(remote, give_after(0s, 1));
    Task<int> local = create_task(give_after(1ms, 2));
    auto both = [&]() -> Async<void> { co_await gather(local, endless); };
    Task<void> waiting = create_task(both());
    co_await local;
    waiting.cancel();
    const std::string outcome = co_await outcome_of(waiting);
    CHECK(outcome == "Cancelled(user)");
    co_return std::get<0>(results) + std::get<1>(results);
  };
  CHECK(run(main()) == 6);
  CHECK(endless.cancelled());
}

TEST_CASE("cross loop: a cancellation that reaches the other loop too late is thrown at the next await") {
  const unsigned seed = 77;
  INFO("seed ", seed);
  std::mt19937 random(seed);
  LoopThread other;
  int in_time = 0;
  int too_late = 0;
  auto spin = [](unsigned turns) -> Async<int> {
    for (unsigned i = 0; i < turns; ++i)
      co_await sleep(0s);
    co_return 1;
  };
  for (int round = 0; round < 300; ++round) {
    Task<int> remote = create_task_on(other.loop(), spin(below(random, 20)));
    const unsigned turns = below(random, 20);
    auto main = [&]() -> Async<void> {
      std::string next = "never waited";
      auto wait = [&]() -> Async<void> {
        co_await remote;
        next = co_await outcome_of(sleep(1h));
        ++too_late;
      };
      Task<void> local = create_task(wait());
      for (unsigned i = 0; i < turns; ++i)
        co_await sleep(0s);
      local.cancel();
      const std::string outcome = co_await outcome_of(local);
      if (outcome != "returned") ++in_time;
      CHECK((outcome == "Cancelled(user)" || next == "Cancelled(user)"));
    };
    run(main());  // hangs when the cancellation gets lost
  }
  CHECK(in_time + too_late == 300);
}

TEST_CASE("cross loop: handles may be dropped on any thread while tasks end, with results and unfetched errors") {
  std::atomic<int> reported{0};
  std::atomic<int> failed{0};
  set_exception_handler([&reported](const ExceptionContext&) { ++reported; });
  auto token = std::make_shared<int>(0);
  auto give = [](std::shared_ptr<int> shared) -> Async<std::shared_ptr<int>> {
    co_await sleep(0s);
    co_return shared;
  };
  {
    LoopThread other;
    std::vector<Task<std::shared_ptr<int>>> results;
    std::vector<Task<void>> errors;
    for (int i = 0; i < 500; ++i) {
      results.push_back(create_task_on(other.loop(), give(token)));
      errors.push_back(create_task_on(other.loop(), fail(failed)));
      if (i % 3 == 0) results.erase(results.begin());
      if (i % 5 == 0) errors.erase(errors.begin());
    }
    std::thread dropper([moved = std::move(results)]() mutable { moved.clear(); });
    errors.clear();
    dropper.join();
    while (failed < 500)
      std::this_thread::yield();
  }
  set_exception_handler({});
  CHECK(token.use_count() == 1);
  CHECK(reported == 500);
}

TEST_CASE("cross loop: cancel of a task may race with the end of its loop") {
  for (int round = 0; round < 200; ++round) {
    auto other = std::make_unique<LoopThread>();
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 4; ++i)
      tasks.push_back(create_task_on(other->loop(), give_after(i % 2 == 0 ? 0s : 1h, i)));
    std::latch begin(2);
    std::thread canceller([&tasks, &begin] {
      begin.arrive_and_wait();
      for (int again = 0; again < 20; ++again) {
        for (const Task<int>& task : tasks)
          task.cancel();
      }
    });
    begin.arrive_and_wait();
    other.reset();
    canceller.join();
    for (const Task<int>& task : tasks)
      CHECK(task.done());
  }
}

TEST_CASE("cross loop: a task posted to a loop that is ending is run or cancelled, never lost") {
  auto token = std::make_shared<int>(0);
  auto body = [](std::shared_ptr<int>) -> Async<void> { co_await sleep(1h); };
  for (int round = 0; round < 100; ++round) {
    std::optional<Task<void>> task;
    {
      LoopThread other;
      std::thread stopper([&other] { other.loop().stop(); });
      task = create_task_on(other.loop(), body(token));
      stopper.join();
    }
    CHECK(task->cancelled());
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("cross loop: a thread's result comes back to a loop that is cancelling everything") {
  ThreadPool pool({.name = "late", .threads = 2, .max_queued = 100});
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> calls{0};
    auto work = [&calls] {
      std::this_thread::yield();
      ++calls;
    };
    auto main = [&]() -> Async<void> {
      for (int i = 0; i < 4; ++i)
        create_task(to_thread(pool, work));
      co_await sleep(0s);
    };
    run(main());
    CHECK(calls <= 4);
    CHECK(pool.running() == 0);
    CHECK(pool.queued() == 0);
  }
}

TEST_SUITE_END();
