// SPDX-License-Identifier: BSL-1.0
// expect: a cancellation is never retried
#include "coroute/coroute.hpp"

using namespace coroute;

RetryOptions policy() {
#ifdef CORRECT
  return RetryOptions().on<TimeoutError>();
#else
  return RetryOptions().on<Cancelled>();  // MISTAKE
#endif
}
