// SPDX-License-Identifier: BSL-1.0
#include "asyncio/thread_stack.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/kernel_gate.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::KernelGate;
using coroute::testing::wait_in_kernel;

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("thread stack: a thread that doesn't answer in time is given up, and its late answer counts for nothing") {
  detail::prepare_samples();
  std::latch blocked{1};
  std::latch go_on{1};
  std::latch unblocked{1};
  KernelGate end;
  int thread_id = 0;
  std::thread deaf([&] {
    sigset_t urgent;
    sigemptyset(&urgent);
    sigaddset(&urgent, SIGURG);
    pthread_sigmask(SIG_BLOCK, &urgent, nullptr);
    thread_id = static_cast<int>(gettid());
    blocked.count_down();
    go_on.wait();
    pthread_sigmask(SIG_UNBLOCK, &urgent, nullptr);  // the late answer comes here
    unblocked.count_down();
    wait_in_kernel(end);
  });
  blocked.wait();
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(detail::sample_stack(thread_id, 1ms).has_value());
  go_on.count_down();
  unblocked.wait();
  const auto stack = detail::sample_stack(thread_id, 1min);
  REQUIRE(stack.has_value());
  CHECK(stack->frame_count > 0);
  CHECK(stack->task[0] == '\0');
  end.open();
  deaf.join();
}

TEST_CASE("thread stack: of a thread that has ended there is no stack") {
  int thread_id = 0;
  std::thread([&] { thread_id = static_cast<int>(gettid()); }).join();
  CHECK_FALSE(detail::sample_stack(thread_id, 1min).has_value());
}

TEST_CASE("thread stack: many threads may be asked by many, and each answer is of the thread that was asked") {
  struct Asked {
    std::latch ready{1};
    KernelGate end;
    int id = 0;
    std::thread thread;
  };
  const auto wait_in_task = [](Asked& self) -> Async<void> {
    self.ready.count_down();
    wait_in_kernel(self.end);
    co_return;
  };
  std::vector<std::unique_ptr<Asked>> threads;
  for (int i = 0; i < 3; ++i) {
    threads.push_back(std::make_unique<Asked>());
    Asked& asked = *threads.back();
    asked.thread = std::thread([&asked, &wait_in_task] {
      asked.id = static_cast<int>(gettid());
      auto body = [&]() -> Async<void> { co_await create_task(wait_in_task(asked), std::to_string(asked.id)); };
      run(body());
    });
    asked.ready.wait();
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (const auto& asked : threads) {
          // Some are given up at once, so that late answers meet later questions.
          const auto stack = detail::sample_stack(asked->id, round % 2 == 0 ? 0ms : 60'000ms);
          if (stack ? stack->task.data() != std::to_string(asked->id) : round % 2 != 0) ++wrong;
        }
      }
    });
  }
  for (std::thread& asker : askers)
    asker.join();
  CHECK(wrong == 0);
  for (const auto& asked : threads) {
    asked->end.open();
    asked->thread.join();
  }
}

TEST_CASE("thread stack: a long name and a deep stack are cut") {
  std::latch ready{1};
  KernelGate end;
  int thread_id = 0;
  struct Recursion {
    static Async<void> descend(int depth, std::latch& ready, KernelGate& end) {
      if (depth > 0) {
        co_await descend(depth - 1, ready, end);
        co_return;
      }
      ready.count_down();
      wait_in_kernel(end);
    }
  };
  std::thread thread([&] {
    thread_id = static_cast<int>(gettid());
    auto body = [&]() -> Async<void> {
      co_await create_task(Recursion::descend(100, ready, end), std::string(1'000, 'x'));
    };
    run(body());
  });
  ready.wait();
  const auto stack = detail::sample_stack(thread_id, 1min);
  end.open();
  thread.join();
  REQUIRE(stack.has_value());
  CHECK(std::string(stack->task.data()) == std::string(detail::ThreadStack::max_name - 1, 'x'));
  CHECK(stack->entry_count == detail::ThreadStack::max_entries);
}

TEST_SUITE_END();
