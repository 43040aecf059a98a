// SPDX-License-Identifier: BSL-1.0
// expect: a cancellation is not an error
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.exception_handler<TimeoutError>([](Request&, const TimeoutError&) { return text("late", 504); });
#else
  app.exception_handler<Cancelled>([](Request&, const Cancelled&) { return text("late", 504); });  // MISTAKE
#endif
}
