// SPDX-License-Identifier: BSL-1.0
#include "app.hpp"

#include <utility>

#include "compare.hpp"
#include "coroute/json.hpp"
#include "fetch.hpp"

namespace gateway {
namespace {

using namespace coroute;

Json describe(const Backends& backends) {
  Json list = Json::array();
  for (const auto& [name, backend] : backends) {
    list.push_back({{"name", name},
                    {"slots", backend->slot_count},
                    {"slots_free", backend->slots.available()},
                    {"waiting", backend->slots.waiting()},
                    {"timeout_ms", backend->timeout.count()}});
  }
  return list;
}

Json index(const Backends& backends) {
  const std::string& name = backends.first().name;
  return {{"service", "gateway"},
          {"try",
           {"/backends", "/fetch?from=" + name + ":/stock/1&from=" + name + ":/price/1", "/compare?n=5", "/healthz"}}};
}

}  // namespace

App make_app(std::shared_ptr<Backends> backends) {
  App app({.title = "gateway"});
  app.get("/", [backends] { return index(*backends); });
  app.get("/healthz", [] { return Json{{"status", "ok"}}; });
  app.get("/backends", [backends] { return describe(*backends); });
  app.get("/fetch", [backends](Request& request) { return fetch(*backends, request); });
  app.get("/compare", [backends](Request& request) { return compare(*backends, request); });
  return app;
}

}  // namespace gateway
