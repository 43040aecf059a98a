// SPDX-License-Identifier: BSL-1.0
// Dependencies: called once, set up and torn down, of a whole application, replaced in tests.
#include <mutex>

#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

/// Of one process, which serves on one loop; a mutex all the same, since handlers are shared.
class Log {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};
Log& log_of_process() {
  static Log log;
  return log;
}

/// Counts from 1 in each request.
int counter(Request& request) {
  static thread_local std::string last;
  static thread_local int count = 0;
  if (std::exchange(last, request.request_id()) != request.request_id()) count = 0;
  return ++count;
}
int through_counter(Depends<counter> count) {
  return *count;
}

struct Commons {
  std::optional<std::string> q;
  int skip;
  int limit;
};
Commons common_parameters(Query<std::optional<std::string>, "q"> q, Query<int, "skip", defaults_to(0)> skip,
                          Query<int, "limit", defaults_to(100)> limit) {
  return {*q, *skip, *limit};
}

AsyncGenerator<std::string> resource() {
  log_of_process().add("open");
  std::exception_ptr error;
  try {
    co_yield std::string("res");
  } catch (const HttpException& failed) {
    log_of_process().add("saw " + std::to_string(failed.status().code()));
    error = std::current_exception();
  }
  log_of_process().add("close");
  if (error) std::rethrow_exception(error);
}

int depends_on_x(Query<int, "x"> x) {
  return *x;
}
int depends_on_y(Query<int, "y"> y) {
  return *y;
}

void require_token(Header<std::string, "x_token"> token) {
  if (*token != "fake") throw HttpException(400, "X-Token header invalid");
}

std::string real_dependency(Query<std::string, "q"> q) {
  return *q;
}
std::string fake_dependency() {
  return "fake";
}

}  // namespace

App di_app() {
  App app;
  app.get("/cached", [](Depends<counter> a, Depends<through_counter> b) { return Json{{"a", *a}, {"b", *b}}; });
  app.get("/nocache", [](Depends<counter> a, Depends<counter, no_cache> b) { return Json{{"a", *a}, {"b", *b}}; });
  app.get("/commons", [](Depends<common_parameters> commons) { return *commons; });
  app.get("/y/ok", [](Depends<resource> value) {
    log_of_process().add("handler");
    return *value;
  });
  app.get("/y/err", [](Depends<resource>) -> Json {
    log_of_process().add("handler");
    throw HttpException(409, "conflict");
  });
  app.get("/ylog", [] { return log_of_process().take(); });
  app.get("/two", [](Depends<depends_on_x> x, Depends<depends_on_y> y) { return Json{{"x", *x}, {"y", *y}}; });
  return app;
}

App apdeps_app() {
  App app({.dependencies = {depends<require_token>()}});
  app.get("/x", [] { return Json{{"ok", true}}; });
  return app;
}

App override_app() {
  App app;
  app.get("/o", [](Depends<real_dependency> value) { return *value; });
  app.dependency_overrides().set<real_dependency, fake_dependency>();
  return app;
}

}  // namespace coroute::conformance
