// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: middleware that come with coroute.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

using namespace coroute;
using namespace std::chrono_literals;

namespace {

Json account() {
  return {{"balance", 100}};
}
std::string report() {
  return std::string(1000, '.');
}
Json pay() {
  return {{"paid", true}};
}

namespace ready_made {
// [ready_made]
App make_app() {
  App app;  // what is used last is outermost
  app.use(EtagMiddleware());
  app.use(CompressionMiddleware());
  app.use(CorsMiddleware({.allow_origins = {"https://example.org"}, .allow_methods = {"*"}}));
  app.use(TrustedHostMiddleware({.allowed_hosts = {"example.org", "*.example.org", "testserver"}}));
  app.use(SecurityHeadersMiddleware());
  app.use(request_id_middleware);

  Router payments("/payments");  // for a group of routes
  payments.use(IdempotencyKeyMiddleware({.required = true}));
  payments.use(BodyLimitMiddleware(64 * 1024));
  payments.post("/", pay);
  app.include(std::move(payments));

  app.get("/account", account, {.middleware = {RateLimitMiddleware({.limit = 2, .window = 1s})}});  // for one route
  app.get("/report", report, {.middleware = {TimeoutMiddleware(2s), ResponseCacheMiddleware({.default_ttl = 10s})}});
  return app;
}
// [/ready_made]
}  // namespace ready_made

namespace sessions {
// [sessions]
App make_app(const std::string& secret, const std::string& last_secret) {
  App app;
  app.use(SessionMiddleware({.secret_keys = {secret, last_secret}, .https_only = true, .encrypted = true}));
  app.post("/login", [](Request& request, Form<std::string, "user"> user) { request.session()["user"] = *user; });
  app.get("/me", [](Request& request) -> Json {
    const Json& session = request.session();
    if (!session.contains("user")) throw HttpException(Status::Unauthorized);
    return session["user"];
  });
  app.post("/logout", [](Request& request) { request.session().clear(); });
  return app;
}
// [/sessions]
}  // namespace sessions

namespace own {
// [own_middleware]
class MaintenanceMiddleware {
 public:
  explicit MaintenanceMiddleware(std::shared_ptr<const std::atomic<bool>> closed) : closed_(std::move(closed)) {}

  Async<Response> operator()(Request& request, const Handler& next) const {
    if (!closed_->load() || request.path() == "/health") return next(request);
    return Async<Response>::ready(text("back soon", Status::ServiceUnavailable));
  }

 private:
  std::shared_ptr<const std::atomic<bool>> closed_;  // loops share what a middleware has
};
// [/own_middleware]
}  // namespace own

}  // namespace

TEST_SUITE("guide") {
  TEST_CASE("guide: ready-made middleware for an application, a router and a route") {
    TestClient client(ready_made::make_app());
    const TestResponse first = client.get("/report", {.headers = {{"accept-encoding", "gzip"}}});
    CHECK(first.header("content-encoding") == "gzip");
    CHECK(first.header("x-frame-options") == "DENY");
    CHECK(first.header("x-request-id"));
    const std::string etag(first.header("etag").value_or(""));
    CHECK(client.get("/report", {.headers = {{"if-none-match", etag}}}).status_code() == 304);
    CHECK(client.get("/report").header("cache-status") == "coroute; hit");
    CHECK(client.post("/payments/").status_code() == 400);
    CHECK(client.post("/payments/", {.headers = {{"idempotency-key", "1"}}}).status_code() == 200);
    CHECK(client.get("/account").status_code() == 200);
    CHECK(client.get("/account").status_code() == 200);
    CHECK(client.get("/account").status_code() == 429);
    CHECK(client.get("http://evil.example/account").status_code() == 400);
    CHECK(client.get("/account", {.headers = {{"origin", "https://example.org"}}})
              .header("access-control-allow-origin") == "https://example.org");
  }

  TEST_CASE("guide: a session is kept in a cookie") {
    TestClient client(sessions::make_app("new", "old"), {.base_url = "https://testserver"});
    CHECK(client.get("/me").status_code() == 401);
    CHECK(client.post("/login", {.form = {{"user", "rick"}}}).status_code() == 200);
    CHECK(client.get("/me").text() == "\"rick\"");
    client.post("/logout");
    CHECK(client.get("/me").status_code() == 401);
  }

  TEST_CASE("guide: a middleware of one's own") {
    const auto closed = std::make_shared<std::atomic<bool>>(false);
    App app;
    app.get("/", [] { return 1; });
    app.get("/health", [] { return 1; });
    app.use(own::MaintenanceMiddleware(closed));
    TestClient client(std::move(app));
    CHECK(client.get("/").status_code() == 200);
    closed->store(true);
    CHECK(client.get("/").text() == "back soon");
    CHECK(client.get("/health").status_code() == 200);
  }
}
