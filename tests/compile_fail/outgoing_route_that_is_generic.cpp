// SPDX-License-Identifier: BSL-1.0
// expect: the function of an outgoing route is neither generic nor overloaded
#include "coroute/coroute.hpp"

using namespace coroute;

struct Invoice {
  std::string id;
};

void declare(OutgoingRouter& router) {
#ifdef CORRECT
  router.post("{$url}", [](const Invoice&) {});
#else
  router.post("{$url}", [](const auto& invoice) -> decltype(invoice.id.size()) { return 0; });  // MISTAKE
#endif
}
