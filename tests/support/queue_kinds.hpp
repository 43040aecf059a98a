// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What tests that hold for all three kinds of queue share.
#include <type_traits>
#include <utility>

#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/run.hpp"

/// For TEST_CASE_TEMPLATE.
#define COROUTE_QUEUE_KINDS ::coroute::Queue<int>, ::coroute::PriorityQueue<int>, ::coroute::LifoQueue<int>

namespace coroute::testing {

/// Runs the coroutine that `body()` makes, in virtual time; `body` outlives it.
template <class Body>
void in_virtual_time(Body body) {
  run(body(), {.virtual_time = true});
}

template <class Q>
Task<typename Q::value_type> get_in_task(Q& queue) {
  return create_task(detail::as_async(queue.get()));
}

template <class Q>
Task<void> put_in_task(Q& queue, typename Q::value_type item) {
  return create_task(detail::as_async(queue.put(std::move(item))));
}

}  // namespace coroute::testing
