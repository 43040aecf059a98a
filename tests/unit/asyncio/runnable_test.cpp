// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/runnable.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace coroute::detail;

namespace {

struct Node : Runnable {
  Node() : Runnable([](Runnable& node) noexcept { ++static_cast<Node&>(node).runs; }) {}
  int runs = 0;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("run_queue: first in, first out, and usable again when it was empty") {
  RunQueue queue;
  CHECK(queue.empty());
  CHECK(queue.pop() == nullptr);
  Node a, b;
  queue.push(a);
  queue.push(b);
  CHECK_FALSE(queue.empty());
  CHECK(queue.pop() == &a);
  queue.push(a);
  CHECK(queue.pop() == &b);
  CHECK(queue.pop() == &a);
  CHECK(queue.pop() == nullptr);
  CHECK(queue.empty());
  queue.push(b);
  CHECK(queue.pop() == &b);
}

TEST_CASE("run_queue: append takes everything, in order, into a queue that is empty or not") {
  Node a, b, c, d;
  RunQueue first;
  RunQueue second;
  first.append(second);
  CHECK(first.empty());
  second.push(a);
  second.push(b);
  first.append(second);
  CHECK(second.empty());
  second.push(c);
  second.push(d);
  first.append(second);
  CHECK(second.pop() == nullptr);
  for (Node* expected : {&a, &b, &c, &d}) {
    Runnable* node = first.pop();
    CHECK(node == expected);
    if (node) node->step(*node);
  }
  CHECK(first.empty());
  CHECK(a.runs + b.runs + c.runs + d.runs == 4);
}

TEST_SUITE_END();
