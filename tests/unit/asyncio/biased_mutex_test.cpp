// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/biased_mutex.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using coroute::detail::BiasedMutex;

namespace {

/// Adds to a number that nothing but the mutex protects, until `stop`; gives how often.
long add_until(BiasedMutex& mutex, long& number, const std::atomic<bool>& stop) {
  long added = 0;
  do {
    const std::lock_guard lock(mutex);
    ++number;
    ++added;
  } while (!stop);
  return added;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("biased_mutex: its first thread enters as the owner, again and again") {
  BiasedMutex mutex;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(mutex.try_enter());
    mutex.leave();
  }
}

TEST_CASE("biased_mutex: once a second thread has taken it nobody is the owner any more") {
  BiasedMutex mutex;
  REQUIRE(mutex.try_enter());
  mutex.leave();
  bool entered = true;
  std::thread([&] { entered = mutex.try_enter(); }).join();
  CHECK(!entered);
  CHECK(!mutex.try_enter());
  const std::lock_guard lock(mutex);  // an ordinary mutex now
}

TEST_CASE("biased_mutex: a second thread waits until the owner is out") {
  BiasedMutex mutex;
  std::atomic<bool> arrived{false};
  std::atomic<bool> inside{false};
  mutex.lock();
  std::thread other([&] {
    arrived = true;
    const std::lock_guard lock(mutex);
    inside = true;
  });
  while (!arrived)
    std::this_thread::yield();
  for (int i = 0; i < 1000; ++i)
    std::this_thread::yield();
  CHECK(!inside);
  mutex.unlock();
  other.join();
  CHECK(inside);
}

TEST_CASE("biased_mutex: the owner that comes back while a second thread is inside waits for it") {
  BiasedMutex mutex;
  {
    const std::lock_guard lock(mutex);
  }
  std::atomic<bool> inside{false};
  long number = 0;
  std::thread other([&] {
    const std::lock_guard lock(mutex);
    inside = true;
    for (int i = 0; i < 100; ++i)
      std::this_thread::yield();
    number = 1;
  });
  while (!inside)
    std::this_thread::yield();
  {
    const std::lock_guard lock(mutex);
    CHECK(number == 1);
  }
  other.join();
}

TEST_CASE("biased_mutex: no addition is lost while other threads take it from its owner") {
  for (int round = 0; round < 200; ++round) {
    BiasedMutex mutex;
    long number = 0;
    std::atomic<bool> stop{false};
    std::atomic<long> added{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] { added += add_until(mutex, number, stop); });
    for (int i = 0; i < round % 4; ++i)
      std::this_thread::yield();
    for (int other = 0; other < 2; ++other)
      threads.emplace_back([&] { added += add_until(mutex, number, stop); });
    for (int i = 0; i < 20; ++i)
      std::this_thread::yield();
    stop = true;
    for (std::thread& thread : threads)
      thread.join();
    REQUIRE(number == added);
  }
}

TEST_CASE("biased_mutex: what a thread that is gone has left is visible to the next") {
  const auto mutex = std::make_unique<BiasedMutex>();
  long number = 0;
  for (int i = 0; i < 50; ++i) {
    std::thread([&] {
      const std::lock_guard lock(*mutex);
      ++number;
    }).join();
  }
  const std::lock_guard lock(*mutex);
  CHECK(number == 50);
}

TEST_SUITE_END();
