// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What tests of dependencies have in common: a log of what was called, and requests served up to their very end.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"

namespace coroute::testing::dependency_log {

/// What happened, in order; dependencies are functions without a state of their own.
inline std::vector<std::string> events;
inline void note(std::string event) {
  events.push_back(std::move(event));
}
inline std::string noted() {
  std::string all;
  for (const std::string& event : std::exchange(events, {}))
    all += (all.empty() ? "" : " ") + event;
  return all;
}

template <class F>
Handler handler_of(F function) {
  events.clear();
  return make_handler(std::move(function));
}

/// The answer, then what is left to do when it has been sent.
inline Async<Response> serve(const Handler& handler, Request& request) {
  Response response = co_await handler(request);
  note("answered");
  co_await request.run_after_response();
  co_return response;
}
inline std::string serve_get(const Handler& handler, std::string_view target = "/") {
  testing::TestRequest request("GET", target);
  try {
    const Response response = run(serve(handler, *request), {.virtual_time = true});
    return std::to_string(response.status.code()) + " " + response.body;
  } catch (const HttpException& error) {
    run(request->run_after_response(), {.virtual_time = true});
    return std::to_string(error.status().code()) + " {\"detail\":" + error.detail_json() + "}";
  }
}

inline std::string missing(std::string_view name) {
  return R"({"type":"missing","loc":["query",")" + std::string(name) + R"("],"msg":"Field required","input":null})";
}

inline int plain() {
  note("plain");
  return 7;
}
inline int refusing() {
  note("refusing");
  throw HttpException(403, "no");
}

}  // namespace coroute::testing::dependency_log
