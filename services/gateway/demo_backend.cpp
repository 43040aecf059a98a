// SPDX-License-Identifier: BSL-1.0
#include "demo_backend.hpp"

#include <chrono>

#include "coroute/coroute.hpp"

namespace gateway {
namespace {

using namespace coroute;

constexpr long long max_delay_ms = 60'000;

Handler make_handler() {
  App app({.title = "demo backend"});
  app.get("/stock/{sku}", [](Request& request) { return Json{{"sku", request.path_param("sku")}, {"stock", 7}}; });
  app.get("/price/{sku}", [](Request& request) { return Json{{"sku", request.path_param("sku")}, {"price", 12.5}}; });
  app.get("/slow/{ms}", [](Request& request) -> Async<Json> {
    const auto ms = request.path_param<long long>("ms");
    if (ms < 0 || ms > max_delay_ms) throw HttpException(422, "ms must be between 0 and 60000");
    co_await sleep(std::chrono::milliseconds(ms));
    co_return Json{{"slept_ms", ms}};
  });
  app.get("/broken", []() -> Json { throw HttpException(500, "broken on purpose"); });
  return std::move(app).handler();
}

ServerOptions make_options() {
  ServerOptions options;
  options.port = 0;
  options.loops = 1;
  return options;
}

}  // namespace

DemoBackend::DemoBackend() : server_(make_handler(), make_options()) {
  server_.start();
}

std::string DemoBackend::url() const {
  return "http://127.0.0.1:" + std::to_string(server_.port());
}

}  // namespace gateway
