// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/queue_storage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

using namespace coroute::detail;

namespace {

template <class Storage>
std::vector<int> drain(Storage& storage) {
  std::vector<int> items;
  while (storage.size() > 0)
    items.push_back(storage.pop());
  return items;
}

struct Ranked {
  int rank;
  int number;
  friend bool operator<(const Ranked& left, const Ranked& right) { return left.rank < right.rank; }
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("queue storage: each gives back what was taken last as the next one") {
  FifoStorage<int> fifo;
  LifoStorage<int> lifo;
  HeapStorage<int, std::less<>> heap;
  for (const int item : {3, 1, 2}) {
    fifo.push(int{item});
    lifo.push(int{item});
    heap.push(int{item});
  }
  fifo.give_back(fifo.pop());
  lifo.give_back(lifo.pop());
  heap.give_back(heap.pop());
  CHECK(drain(fifo) == std::vector<int>{3, 1, 2});
  CHECK(drain(lifo) == std::vector<int>{2, 1, 3});
  CHECK(drain(heap) == std::vector<int>{1, 2, 3});
}

TEST_CASE("queue storage: take_all leaves it empty and usable") {
  FifoStorage<std::unique_ptr<int>> fifo;
  HeapStorage<int, std::less<>> heap;
  for (int i = 0; i < 100; ++i) {
    fifo.push(std::make_unique<int>(i));
    heap.push(int{i});
  }
  const auto from_fifo = fifo.take_all();
  const auto from_heap = heap.take_all();
  CHECK(from_fifo.size() == 100);
  CHECK(from_heap.size() == 100);
  CHECK(fifo.size() == 0);
  CHECK(heap.size() == 0);
  fifo.push(std::make_unique<int>(7));
  heap.push(7);
  CHECK(*fifo.pop() == 7);
  CHECK(heap.pop() == 7);
}

TEST_CASE("queue storage: the heap agrees with a stable sort, whatever is pushed and popped between") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    INFO("seed ", seed);
    std::mt19937 random(seed);
    HeapStorage<Ranked, std::less<>> heap;
    std::vector<Ranked> expected;  // in the order of arrival
    std::vector<std::pair<int, int>> wrong;
    for (int i = 0; i < 1'000; ++i) {
      if (expected.empty() || random() % 3 != 0) {
        const Ranked item{static_cast<int>(random() % 10), i};
        expected.push_back(item);
        heap.push(Ranked(item));
        continue;
      }
      const auto first = std::min_element(expected.begin(), expected.end());
      Ranked popped = heap.pop();
      if (popped.number != first->number) wrong.emplace_back(popped.number, first->number);
      if (random() % 4 == 0) {
        heap.give_back(std::move(popped));
        std::rotate(expected.begin(), first, first + 1);
      } else {
        expected.erase(first);
      }
    }
    CHECK(wrong.empty());
    CHECK(heap.size() == expected.size());
  }
}

TEST_SUITE_END();
