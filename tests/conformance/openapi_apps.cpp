// SPDX-License-Identifier: BSL-1.0
// The document and the pages that show it.
#include "conformance_apps.hpp"
#include "coroute/openapi/operation_id.hpp"

namespace coroute::conformance {

App docs0_app() {
  App app({.title = "FastAPI", .generate_unique_id_function = fastapi_operation_id});
  app.get("/", [] { return Json{{"message", "Hello World"}}; }, {.name = "root"});
  return app;
}

App docs1_app() {
  App app({.title = "FastAPI", .openapi_url = std::nullopt});
  app.get("/", [] { return Json{{"message", "Hello World"}}; }, {.name = "root"});
  return app;
}

App proxy_app() {
  App app({.title = "FastAPI", .generate_unique_id_function = fastapi_operation_id, .root_path = "/api/v1"});
  app.get("/app", [](Request& request) { return Json{{"root_path", request.root_path()}}; }, {.name = "pra"});
  return app;
}

}  // namespace coroute::conformance
