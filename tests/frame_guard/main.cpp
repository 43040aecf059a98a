// SPDX-License-Identifier: BSL-1.0
// A coroutine that g++ 12.1 and 12.2 lay out wrong. Built by other compilers it prints "body ran"; built by those it
// must end with the sentence that says why, instead of running garbage.
#include <cstdio>

#include "coroute/asyncio/run.hpp"

using namespace coroute;

namespace {

Async<bool> ask() {
  co_return true;
}

Async<void> no_local_variable() {
  if (co_await ask()) std::puts("body ran");
}

}  // namespace

int main() {
  run(no_local_variable());
  return 0;
}
