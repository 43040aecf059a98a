// SPDX-License-Identifier: BSL-1.0
// expect: to_thread\(abandon_on_cancel, \.\.\.\): an abandoned function outlives its caller, so it can't take std::ref
#include "coroute/coroute.hpp"

using namespace coroute;

void count(int& calls);
void count_shared(std::shared_ptr<int> calls);

Async<void> wait(int& calls, std::shared_ptr<int> shared) {
#ifdef CORRECT
  co_await to_thread(count, std::ref(calls));
  co_await to_thread(abandon_on_cancel, count_shared, shared);
#else
  co_await to_thread(abandon_on_cancel, count, std::ref(calls));  // MISTAKE
#endif
}
