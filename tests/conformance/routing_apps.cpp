// SPDX-License-Identifier: BSL-1.0
// Routing, and errors that the application answers itself.
#include "conformance_apps.hpp"

namespace coroute::conformance {
namespace {

Async<Response> require_token(Request& request, const Handler& next) {
  if (request.header("x-token") != "fake") throw HttpException(400, "X-Token header invalid");
  co_return co_await next(request);
}

struct Unicorn {
  std::string name;
};

}  // namespace

App route_app() {
  App app;
  app.get("/users/me", [] { return "me"; });
  app.get("/users/{uid}", [](Request& request) { return std::string(request.path_param("uid")); });
  app.get("/multi", [] { return "get"; });
  app.post("/multi", [] { return "post"; });
  app.get("/slash/", [] { return "slash"; });
  app.get("/noslash", [] { return "noslash"; });
  app.route({Method::Get, Method::Post}, "/both", [](Request& request) { return std::string(request.method_name()); });

  Router things("/things");
  things.use(&require_token);
  things.get("/{tid}", [](Request& request) { return request.url_for("thing", {{"tid", "7"}}); }, {.name = "thing"});
  Router v1("/v1");
  v1.include(std::move(things));
  app.include(std::move(v1));

  App sub({.title = "Sub"});
  sub.get("/sub", [] { return Json{{"message", "sub"}}; });
  app.mount("/subapi", std::move(sub));
  return app;
}

App noredir_app() {
  App app({.redirect_slashes = false});
  app.get("/slash/", [] { return "slash"; });
  return app;
}

App errh_app() {
  App app;
  app.get("/unicorns/{name}", [](Path<std::string, "name"> name) { throw Unicorn{*name}; });
  app.get("/i/{n}", [](Path<int, "n"> n) { return *n; });
  app.exception_handler<Unicorn>([](Request&, const Unicorn& unicorn) {
    return json(Json{{"message", "Oops! " + unicorn.name + " did something."}}, 418);
  });
  app.exception_handler<RequestValidationError>([](Request&, const RequestValidationError& error) {
    return text("bad: " + error.errors().front().type, Status::BadRequest);
  });
  app.exception_handler(404, [](Request&, const HttpException&) { return json(Json{{"custom", "nf"}}, 404); });
  return app;
}

}  // namespace coroute::conformance
