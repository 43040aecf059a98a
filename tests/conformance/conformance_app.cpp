// SPDX-License-Identifier: BSL-1.0
// The applications that the black-box cases are replayed against.
// usage: conformance_app --app KEY --port N
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include "coroute/coroute.hpp"
#include "coroute/server/server.hpp"

using namespace coroute;

namespace {

Async<Response> require_token(Request& request, const Handler& next) {
  if (request.header("x-token") != "fake") throw HttpException(400, "X-Token header invalid");
  co_return co_await next(request);
}

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

const std::map<std::string_view, std::function<App()>> apps = {
    {"noredir", noredir_app},
    {"route", route_app},
};

std::string_view value_of(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == flag) return argv[i + 1];
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto found = apps.find(value_of(argc, argv, "--app"));
  if (found == apps.end()) {
    std::cerr << "usage: conformance_app --app KEY --port N, with one of:";
    for (const auto& [key, make] : apps)
      std::cerr << ' ' << key;
    std::cerr << '\n';
    return 2;
  }
  ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(std::string(value_of(argc, argv, "--port"))));
  options.loops = 1;
  Server server(found->second().handler(), std::move(options));
  server.run();
  return 0;
}
