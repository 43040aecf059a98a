// SPDX-License-Identifier: BSL-1.0
// Credentials as arguments.
#include "conformance_apps.hpp"
#include "coroute/security/credentials.hpp"
#include "coroute/security/oauth2.hpp"
#include "coroute/security/oauth2_form.hpp"

namespace coroute::conformance {

App sec_app() {
  App app;
  app.get("/basic", [](HttpBasic user) { return user; });
  app.get("/basicr", [](HttpBasicRealm<"simple"> user) { return user; });
  app.get("/bearer", [](HttpBearer token) { return token; });
  app.get("/key", [](ApiKeyHeader<"X-API-Key"> key) { return key; });
  app.get("/oauth", [](OAuth2PasswordBearer<"token"> bearer) { return bearer; });
  app.post("/token", [](Params<OAuth2PasswordRequestForm> form) {
    return Json{{"access_token", *form->username}, {"token_type", "bearer"}, {"scopes", form->scopes()}};
  });
  return app;
}

}  // namespace coroute::conformance
