// SPDX-License-Identifier: BSL-1.0
// expect: an exception handler takes .Request&, const E&.
#include "coroute/coroute.hpp"

using namespace coroute;

struct SoldOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void declare(App& app) {
#ifdef CORRECT
  app.exception_handler<SoldOut>([](Request&, const SoldOut& error) { return text(error.what(), 409); });
#else
  app.exception_handler<SoldOut>([](Request&, SoldOut& error) { return text(error.what(), 409); });  // MISTAKE
#endif
}
