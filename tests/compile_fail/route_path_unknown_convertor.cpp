// SPDX-License-Identifier: BSL-1.0
// expect: error_path_convertor_must_be_str_int_float_uuid_or_path
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/{id:int}"
#else
#define PATH "/{id:integer}"
#endif

void declare(App& app) {
  app.get(PATH, [](Request&) { return "items"; });  // MISTAKE
}
