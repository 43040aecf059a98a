// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/cors.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"

using namespace coroute;
using coroute::testing::around;

namespace {

Handler with_cors(CorsOptions options) {
  return around(CorsMiddleware(std::move(options)), [] { return "content"; });
}

TestResponse preflight(TestClient& client, std::string_view origin, std::string_view method, Headers more = {}) {
  more.set("origin", origin);
  more.set("access-control-request-method", method);
  return client.options("/", {.headers = std::move(more)});
}

std::string header_of(const TestResponse& response, std::string_view name) {
  return std::string(response.header(name).value_or("none"));
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("cors: a preflight says what is allowed") {
    TestClient client(
        with_cors({.allow_origins = {"https://a.org"}, .allow_methods = {"GET", "PUT"}, .allow_headers = {"X-T"}}));
    const TestResponse response =
        preflight(client, "https://a.org", "PUT", {{"access-control-request-headers", "x-t, Accept"}});
    CHECK(response.status_code() == 200);
    CHECK(response.text() == "OK");
    CHECK(header_of(response, "content-type") == "text/plain; charset=utf-8");
    CHECK(header_of(response, "access-control-allow-origin") == "https://a.org");
    CHECK(header_of(response, "access-control-allow-methods") == "GET, PUT");
    CHECK(header_of(response, "access-control-allow-headers") ==
          "Accept, Accept-Language, Content-Language, Content-Type, X-T");
    CHECK(header_of(response, "access-control-max-age") == "600");
    CHECK(header_of(response, "access-control-allow-credentials") == "none");
    CHECK(header_of(response, "vary") == "Origin");
  }

  TEST_CASE("cors: a preflight names all that is wrong") {
    TestClient client(with_cors({.allow_origins = {"https://a.org"}}));
    const TestResponse response =
        preflight(client, "https://b.org", "PUT",
                  {{"access-control-request-headers", "X-T"}, {"access-control-request-private-network", "true"}});
    CHECK(response.status_code() == 400);
    CHECK(response.text() == "Disallowed CORS origin, method, headers, private-network");
    CHECK(header_of(response, "access-control-allow-origin") == "none");
    CHECK(preflight(client, "https://a.org", "get").text() == "Disallowed CORS method");
    CHECK(preflight(client, "https://a.org", "GET", {{"access-control-request-headers", "Accept,"}}).text() ==
          "Disallowed CORS headers");
  }

  TEST_CASE("cors: wildcards allow every origin, method and header") {
    TestClient client(with_cors({.allow_origins = {"*"}, .allow_methods = {"*"}, .allow_headers = {"*"}}));
    const TestResponse response =
        preflight(client, "https://b.org", "DELETE", {{"access-control-request-headers", "X-A, X-B"}});
    CHECK(response.status_code() == 200);
    CHECK(header_of(response, "access-control-allow-origin") == "*");
    CHECK(header_of(response, "access-control-allow-methods") == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    CHECK(header_of(response, "access-control-allow-headers") == "X-A, X-B");
    CHECK(header_of(response, "vary") == "none");
    CHECK(header_of(preflight(client, "https://b.org", "GET"), "access-control-allow-headers") == "none");
  }

  TEST_CASE("cors: with credentials the origin is named, never a wildcard") {
    TestClient client(with_cors({.allow_origins = {"*"}, .allow_credentials = true}));
    CHECK(header_of(preflight(client, "https://b.org", "GET"), "access-control-allow-origin") == "https://b.org");
    CHECK(header_of(preflight(client, "https://b.org", "GET"), "access-control-allow-credentials") == "true");
    const TestResponse response = client.get("/", {.headers = {{"origin", "https://b.org"}}});
    CHECK(header_of(response, "access-control-allow-origin") == "https://b.org");
    CHECK(header_of(response, "access-control-allow-credentials") == "true");
    CHECK(header_of(response, "vary") == "Origin");
  }

  TEST_CASE("cors: a request with a cookie is answered with its origin") {
    TestClient client(with_cors({.allow_origins = {"*"}}));
    CHECK(header_of(client.get("/", {.headers = {{"origin", "https://b.org"}}}), "access-control-allow-origin") == "*");
    const TestResponse response = client.get("/", {.headers = {{"origin", "https://b.org"}}, .cookies = {{"a", "b"}}});
    CHECK(header_of(response, "access-control-allow-origin") == "https://b.org");
    CHECK(header_of(response, "vary") == "Origin");
  }

  TEST_CASE("cors: other requests are served, whatever their origin, and say who may see it") {
    TestClient client(with_cors({.allow_origins = {"https://a.org"}, .expose_headers = {"X-A", "X-B"}}));
    const TestResponse allowed = client.get("/", {.headers = {{"origin", "https://a.org"}}});
    CHECK(allowed.text() == R"("content")");
    CHECK(header_of(allowed, "access-control-allow-origin") == "https://a.org");
    CHECK(header_of(allowed, "access-control-expose-headers") == "X-A, X-B");
    const TestResponse other = client.get("/", {.headers = {{"origin", "https://b.org"}}});
    CHECK(other.text() == R"("content")");
    CHECK(header_of(other, "access-control-allow-origin") == "none");
  }

  TEST_CASE("cors: caches are told to keep answers for different origins apart, also those for none") {
    TestClient client(with_cors({.allow_origins = {"https://a.org"}}));
    CHECK(header_of(client.get("/"), "vary") == "Origin");
    CHECK(header_of(client.get("/", {.headers = {{"origin", "https://b.org"}}}), "vary") == "Origin");
    TestClient all(with_cors({.allow_origins = {"*"}}));
    CHECK(header_of(all.get("/"), "vary") == "none");
    CHECK(header_of(all.get("/"), "access-control-allow-origin") == "*");
    CHECK(header_of(client.get("/"), "access-control-allow-origin") == "none");
    CHECK(header_of(all.get("/", {.headers = {{"origin", "https://b.org"}}}), "vary") == "none");
  }

  TEST_CASE("cors: around a router or a route it answers preflights, too") {
    const CorsMiddleware cors({.allow_origins = {"https://a.org"}, .allow_methods = {"POST"}});
    Router inner("/items");
    inner.post("", [] { return "made"; });
    inner.get("/{id}", [](Path<int, "id"> id) { return *id; });
    inner.use(cors);
    Router outer("/api");
    outer.include(std::move(inner));
    App app;
    app.include(std::move(outer));
    app.post("/one", [] { return "one"; }, {.middleware = {cors}});
    app.get("/one", [] { return "open"; });
    app.post("/bare", [] { return "bare"; });
    TestClient client(std::move(app));
    for (const char* const path : {"/api/items", "/one"}) {
      CAPTURE(path);
      const auto ask = [&](std::string_view origin, std::string_view method) {
        return client.options(path, {.headers = {{"origin", origin}, {"access-control-request-method", method}}});
      };
      CHECK(ask("https://a.org", "POST").text() == "OK");
      CHECK(header_of(ask("https://a.org", "POST"), "access-control-allow-origin") == "https://a.org");
      CHECK(ask("https://b.org", "POST").text() == "Disallowed CORS origin");
      // Without a route for that method, or with one that has no such middleware, it is a question like any other.
      CHECK(ask("https://a.org", "DELETE").status_code() == 204);
    }
    CHECK(header_of(client.options(
                        "/one", {.headers = {{"origin", "https://a.org"}, {"access-control-request-method", "GET"}}}),
                    "access-control-allow-origin") == "none");
    const TestResponse plain = client.options("/api/items");
    CHECK(plain.status_code() == 204);
    CHECK(header_of(plain, "allow") == "POST");
    CHECK(header_of(client.options(
                        "/bare", {.headers = {{"origin", "https://a.org"}, {"access-control-request-method", "POST"}}}),
                    "allow") == "POST");
  }

  TEST_CASE("cors: a preflight goes through all that stands around the route, and to nothing behind it") {
    int passed = 0;
    Router router;
    router.post("/items", []() -> std::string { throw std::logic_error("not asked"); });
    router.use([&passed](Request& request, const Handler& next) {
      ++passed;
      return next(request);
    });
    App app;
    app.include(std::move(router));
    TestClient client(std::move(app));
    const TestResponse response =
        client.options("/items", {.headers = {{"origin", "https://a.org"}, {"access-control-request-method", "POST"}}});
    CHECK(passed == 1);
    CHECK(response.status_code() == 204);
    CHECK(header_of(response, "allow") == "POST");
  }

  TEST_CASE("cors: Vary fields of the handler are kept") {
    TestClient client(around(CorsMiddleware({.allow_origins = {"https://a.org"}}), [] {
      Response response;
      response.headers = Headers{{"vary", "Accept"}, {"vary", "X-A"}};
      return response;
    }));
    const TestResponse response = client.get("/", {.headers = {{"origin", "https://a.org"}}});
    CHECK(response.headers().get_all("vary") == std::vector<std::string_view>{"Accept, X-A, Origin"});
  }

  TEST_CASE("cors: an expression allows the origins that it matches as a whole") {
    TestClient client(
        with_cors({.allow_origins = {"https://b.org"}, .allow_origin_regex = R"(https://[a-z]+\.a\.org)"}));
    const auto allowed = [&](std::string_view origin) {
      return header_of(client.get("/", {.headers = {{"origin", origin}}}), "access-control-allow-origin") == origin;
    };
    CHECK(allowed("https://x.a.org"));
    CHECK(allowed("https://b.org"));
    CHECK_FALSE(allowed("https://x.a.org.evil.org"));
    CHECK_FALSE(allowed("evil:https://x.a.org"));
    CHECK_THROWS_AS(CorsMiddleware({.allow_origin_regex = "("}), std::invalid_argument);
  }

  TEST_CASE("cors: private networks are open when that is said") {
    TestClient client(with_cors({.allow_origins = {"*"}, .allow_private_network = true}));
    const TestResponse response =
        preflight(client, "https://b.org", "GET", {{"access-control-request-private-network", "true"}});
    CHECK(response.status_code() == 200);
    CHECK(header_of(response, "access-control-allow-private-network") == "true");
  }

  TEST_CASE("cors: OPTIONS that is no preflight goes to the handler") {
    TestClient client(with_cors({.allow_origins = {"https://a.org"}}));
    CHECK(client.options("/", {.headers = {{"origin", "https://a.org"}}}).text() == R"("content")");
    CHECK(client.options("/", {.headers = {{"access-control-request-method", "GET"}}}).text() == R"("content")");
  }
}
