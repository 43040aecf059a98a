// SPDX-License-Identifier: BSL-1.0
#include "app.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "compare.hpp"
#include "coroute/json.hpp"
#include "fetch.hpp"

namespace gateway {
namespace {

using namespace coroute;

std::string_view name_of(CircuitState state) {
  switch (state) {
    case CircuitState::closed:
      return "closed";
    case CircuitState::open:
      return "open";
    case CircuitState::half_open:
      return "half_open";
  }
  return "unknown";
}

Json describe(const UpstreamAddressStats& address) {
  return {
      {"url", address.address},           {"circuit", name_of(address.circuit)}, {"in_progress", address.in_progress},
      {"latency_ms", address.latency_ms}, {"requests", address.requests},        {"failures", address.failures}};
}

Json describe(const Backends& backends) {
  Json list = Json::array();
  for (const auto& [name, backend] : backends) {
    const UpstreamStats stats = backend->upstream.stats();
    Json addresses = Json::array();
    for (const UpstreamAddressStats& address : stats.addresses)
      addresses.push_back(describe(address));
    list.push_back({{"name", name},
                    {"slots", stats.limit},
                    {"slots_free", stats.limit - std::min(stats.limit, stats.in_progress)},
                    {"waiting", stats.waiting},
                    {"timeout_ms", backend->timeout.count()},
                    {"refused", stats.queue_full + stats.circuit_open},
                    {"retries", stats.retries},
                    {"addresses", std::move(addresses)}});
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
