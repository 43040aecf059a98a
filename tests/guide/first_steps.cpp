// SPDX-License-Identifier: BSL-1.0
// A snippet of framework/guide.md: a whole program.
// [first_steps]
#include <coroute/coroute.hpp>

using namespace coroute;

int main(int argc, char** argv) {
  App app;
  app.get("/", [] { return Json{{"message", "Hello World"}}; });
  return serve(app, argc, argv);
}
// [/first_steps]
