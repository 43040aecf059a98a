// SPDX-License-Identifier: BSL-1.0
#include "tour.hpp"

#include "catalog.hpp"
#include "coroute/json.hpp"

using namespace coroute;

namespace tour {

void describe(AppOptions& about) {
  about.summary = "A tour of coroute that runs.";
  about.description =
      "Log in as `ada` with the password `lovelace` (*Authorize*, on the right) to change products. The code is in "
      "`services/quickstart`, its explanation in `framework/guide.md`.";
  about.license = {.name = "Boost Software License 1.0", .identifier = "BSL-1.0"};
  about.openapi_tags = {
      {.name = "items", .description = "The first steps: parameters and a body."},
      {.name = "products", .description = "A small shop, in memory: lists, models, partial updates, errors."},
      {.name = "users", .description = "Who you are: OAuth 2 with a password, and a cookie."},
      {.name = "photos", .description = "Forms with files."},
  };
}

void add_to(App& app) {
  app.include(products_router());
  app.include(users_router());
  app.include(photos_router());
  app.exception_handler<OutOfStock>([](Request&, const OutOfStock& error) {
    return json(Json{{"detail", error.what()}, {"left", error.left()}}, Status::Conflict);
  });
}

}  // namespace tour
