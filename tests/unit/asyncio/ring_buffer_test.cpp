// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/ring_buffer.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <random>
#include <utility>

using coroute::detail::RingBuffer;

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("ring buffer: agrees with a deque at both ends, through growth and wrapping") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    INFO("seed ", seed);
    std::mt19937 random(seed);
    RingBuffer<std::unique_ptr<int>> ring;
    std::deque<int> expected;
    int differences = 0;
    for (int i = 0; i < 2'000; ++i) {
      const bool grows = (i / 400) % 2 == 0;  // fills up, drains, fills up ...
      const bool at_front = random() % 3 == 0;
      if (expected.empty() || random() % 10 < (grows ? 8U : 2U)) {
        if (at_front) {
          ring.push_front(std::make_unique<int>(i));
          expected.push_front(i);
        } else {
          ring.push_back(std::make_unique<int>(i));
          expected.push_back(i);
        }
      } else if (at_front) {
        differences += *ring.pop_back() == expected.back() ? 0 : 1;
        expected.pop_back();
      } else {
        differences += *ring.pop_front() == expected.front() ? 0 : 1;
        expected.pop_front();
      }
      differences += ring.size() == expected.size() ? 0 : 1;
    }
    CHECK(differences == 0);
  }
}

TEST_CASE("ring buffer: keeps its memory in steady state and gives back that of a burst") {
  RingBuffer<int> ring;
  CHECK(ring.capacity() == 0);
  for (int i = 0; i < 16; ++i)
    ring.push_back(int{i});
  CHECK(ring.capacity() == 16);
  for (int i = 0; i < 1'000; ++i)
    ring.push_back(ring.pop_front());
  CHECK(ring.capacity() == 16);
  for (int i = 16; i < 1'024; ++i)
    ring.push_back(int{i});
  CHECK(ring.capacity() == 1'024);
  while (!ring.empty())
    ring.pop_back();
  ring.trim();
  CHECK(ring.capacity() == 1'024);
  for (int i = 0; i < 1'025; ++i)
    ring.push_back(int{i});
  CHECK(ring.capacity() == 2'048);
  ring.trim();
  CHECK(ring.size() == 1'025);
  while (!ring.empty())
    ring.pop_front();
  ring.trim();
  CHECK(ring.capacity() == 0);
  ring.push_front(1);
  CHECK(ring.pop_back() == 1);
}

TEST_CASE("ring buffer: moving takes everything, and what is left inside is destroyed") {
  auto token = std::make_shared<int>(0);
  {
    RingBuffer<std::shared_ptr<int>> first;
    for (int i = 0; i < 20; ++i)
      first.push_front(std::shared_ptr<int>(token));
    RingBuffer<std::shared_ptr<int>> second(std::move(first));
    CHECK(first.empty());
    CHECK(second.size() == 20);
    RingBuffer<std::shared_ptr<int>> third;
    third.push_back(std::shared_ptr<int>(token));
    third = std::move(second);
    CHECK(third.size() == 20);
    CHECK(token.use_count() == 21);
  }
  CHECK(token.use_count() == 1);
}

TEST_SUITE_END();
