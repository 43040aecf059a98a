// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A vector as a function's result: g++ 12 miscompiles initializer lists inside a co_await expression.
#include <utility>
#include <vector>

namespace coroute::testing {

template <class T, class... Items>
std::vector<T> list_of(Items... items) {
  std::vector<T> list;
  (list.push_back(std::move(items)), ...);
  return list;
}

}  // namespace coroute::testing
