// SPDX-License-Identifier: BSL-1.0
// expect: an exception handler returns a Response or an Async<Response>
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.exception_handler(404, [](Request&, const HttpException&) { return json(Json{{"custom", "nf"}}, 404); });
#else
  app.exception_handler(404, [](Request&, const HttpException&) { return Json{{"custom", "nf"}}; });  // MISTAKE
#endif
}
