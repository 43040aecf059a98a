// SPDX-License-Identifier: BSL-1.0
// Middleware that stands around a whole application.
#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

App app_with_root() {
  App app;
  app.get("/", [] { return Json{{"ok", 1}}; });
  return app;
}

}  // namespace

App cors_app() {
  App app = app_with_root();
  app.use(CorsMiddleware({.allow_origins = {"https://example.org"},
                          .allow_methods = {"GET", "POST"},
                          .allow_headers = {"X-Token"},
                          .allow_credentials = true,
                          .expose_headers = {"X-Status"}}));
  return app;
}

App corsall_app() {
  App app = app_with_root();
  app.use(CorsMiddleware({.allow_origins = {"*"}, .allow_methods = {"*"}, .allow_headers = {"*"}}));
  return app;
}

App gzip_app() {
  App app;
  app.get("/s", [] { return text(std::string(499, 'x')); });
  app.get("/l", [] { return text(std::string(4000, 'x')); });
  app.use(CompressionMiddleware());
  return app;
}

App host_app() {
  App app;
  app.get("/", [] { return 1; });
  app.use(TrustedHostMiddleware({.allowed_hosts = {"example.com", "*.example.com"}}));
  return app;
}

App httpsr_app() {
  App app;
  app.get("/p", [] { return 1; });
  app.use(https_redirect_middleware);
  return app;
}

App sess_app() {
  App app;
  app.get("/n", [](Request& request) { return request.session(); });
  app.use(SessionMiddleware({.secret_keys = {"a secret of the conformance tests"}}));
  return app;
}

}  // namespace coroute::conformance
