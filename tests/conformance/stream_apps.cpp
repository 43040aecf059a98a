// SPDX-License-Identifier: BSL-1.0
// Answers that come piece by piece, and files.
#include <chrono>
#include <string>

#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

using namespace std::chrono_literals;

struct Ev {
  std::string name;
  int n;
};

AsyncGenerator<Ev> json_lines() {
  for (int n = 0; n < 3; ++n)
    co_yield Ev{"é", n};
}

AsyncGenerator<ServerSentEvent> events() {
  co_yield Json{{"a", 1}};
  co_yield "hi";
  co_yield ServerSentEvent().data(Json{{"k", "v"}}).event("upd").id("7").retry(1500ms).comment("c1\nc2");
  co_yield ServerSentEvent().raw_data("line1\nline2");
}

AsyncGenerator<std::string> chunks() {
  co_yield std::string("ab");
  co_yield std::string("cd");
}

}  // namespace

App stream_app() {
  App app;
  app.get("/jsonl", json_lines);
  app.get("/sse", events);
  app.get("/chunks", chunks);
  return app;
}

}  // namespace coroute::conformance
