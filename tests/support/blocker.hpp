// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Work for a thread that lasts until it is let go.
#include <latch>

namespace coroute::testing {

class Blocker {
 public:
  void operator()() {
    started_.count_down();
    released_.wait();
  }
  void wait_started() { started_.wait(); }
  void release() { released_.count_down(); }

 private:
  std::latch started_{1};
  std::latch released_{1};
};

}  // namespace coroute::testing
