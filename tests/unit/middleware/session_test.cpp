// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/session.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"
#include "middleware/session_cookie.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

App make_app(SessionOptions options) {
  App app;
  app.get("/none", [] { return "not looked at"; });
  app.get("/read", [](Request& request) { return request.session(); });
  app.post("/visit", [](Request& request) -> Async<int> {
    co_await sleep(1ms);
    Json& session = request.session();
    session["visits"] = session.value("visits", 0) + 1;
    co_return session["visits"].get<int>();
  });
  app.post("/same", [](Request& request) { request.session()["visits"] = request.session()["visits"]; });
  app.post("/clear", [](Request& request) { request.session().clear(); });
  app.post("/list", [](Request& request) { request.session() = Json::array({1}); });
  app.post("/large/{n}", [](Request& request, Path<int, "n"> n) {
    request.session()["x"] = std::string(static_cast<std::size_t>(*n), 'x');
  });
  app.use(SessionMiddleware(std::move(options)));
  return app;
}

std::string cookie_of(const TestResponse& response) {
  return std::string(response.header("set-cookie").value_or("none"));
}

std::chrono::system_clock::time_point ago(std::chrono::seconds age) {
  return std::chrono::system_clock::now() - age;
}

/// What a client with this session cookie is told of its session.
Json session_of(const SessionOptions& options, const std::string& cookie) {
  TestClient client(make_app(options));
  return client.get("/read", {.cookies = {{"session", cookie}}}).json();
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("session: what a handler puts into it is there in the next request") {
    for (const bool encrypted : {false, true}) {
      TestClient client(make_app({.secret_keys = {"secret"}, .encrypted = encrypted}));
      CHECK(client.post("/visit").json() == 1);
      CHECK(client.post("/visit").json() == 2);
      CHECK(client.get("/read").json() == Json{{"visits", 2}});
    }
  }

  TEST_CASE("session: the cookie is set when the session has changed, and only then") {
    TestClient client(make_app({.secret_keys = {"secret"}}));
    CHECK(cookie_of(client.get("/read")) == "none");
    const std::string set = cookie_of(client.post("/visit"));
    CHECK(set.starts_with("session=eyJ2aXNpdHMiOjF9."));
    CHECK(set.ends_with("; path=/; Max-Age=1209600; httponly; samesite=lax"));
    CHECK(cookie_of(client.post("/same")) == "none");
    CHECK(cookie_of(client.get("/read")) == "none");
  }

  TEST_CASE("session: caches are told when it was looked at") {
    TestClient client(make_app({.secret_keys = {"secret"}}));
    CHECK(client.get("/read").header("vary") == "Cookie");
    CHECK(client.post("/visit").header("vary") == "Cookie");
    CHECK_FALSE(client.get("/none").header("vary"));
  }

  TEST_CASE("session: one that was emptied is deleted, one that was empty is not") {
    TestClient client(make_app({.secret_keys = {"secret"}}));
    CHECK(cookie_of(client.post("/clear")) == "none");
    client.post("/visit");
    CHECK(cookie_of(client.post("/clear")) ==
          "session=null; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax");
    CHECK(client.cookies().size() == 0);
    CHECK(client.get("/read").json() == Json::object());
  }

  TEST_CASE("session: the attributes of the cookie can be chosen") {
    TestClient client(make_app({.secret_keys = {"secret"},
                                .session_cookie = "sid",
                                .max_age = std::nullopt,
                                .path = "/app",
                                .same_site = SameSite::None,
                                .https_only = true,
                                .domain = "testserver.org",
                                .partitioned = true}));
    const std::string set = cookie_of(client.post("/visit"));
    CHECK(set.starts_with("sid=ey"));
    CHECK(set.ends_with("; path=/app; httponly; samesite=none; secure; domain=testserver.org; partitioned"));
  }

  TEST_CASE("session: a cookie that is forged, too old or no object counts as none") {
    const SessionOptions options{.secret_keys = {"secret", "old"}};
    const auto ours = detail::signed_session_cookie({"secret"});
    CHECK(session_of(options, ours->write(R"({"a":1})", ago(14 * 24h - 1min))) == Json{{"a", 1}});
    CHECK(session_of(options, ours->write(R"({"a":1})", ago(14 * 24h + 1min))) == Json::object());
    CHECK(session_of(options, ours->write(R"({"a":1})", ago(-1min))) == Json::object());
    CHECK(session_of(options, detail::signed_session_cookie({"old"})->write(R"({"a":1})", ago(1s))) == Json{{"a", 1}});
    CHECK(session_of(options, detail::signed_session_cookie({"x"})->write(R"({"a":1})", ago(1s))) == Json::object());
    CHECK(session_of(options, ours->write("[1]", ago(1s))) == Json::object());
    CHECK(session_of(options, ours->write("{", ago(1s))) == Json::object());
    CHECK(session_of(options, "null") == Json::object());
  }

  TEST_CASE("session: one that a cookie can't hold is an error, not lost") {
    // A name of 7 bytes, base64 of {"x":"..."}, 35 bytes for time and signature.
    TestClient client(make_app({.secret_keys = {"secret"}, .max_cookie_bytes = 142}));
    CHECK(client.post("/large/64").is_success());  // 72 bytes are 96 in base64: 138 in all
    CHECK(client.post("/large/67").is_success());  // 75 bytes are 100: 142
    CHECK_THROWS_AS(client.post("/large/68"), std::length_error);
    CHECK_THROWS_AS(client.post("/list"), RuntimeError);
  }

  TEST_CASE("session: without the middleware there is none") {
    App app;
    app.get("/read", [](Request& request) { return request.session(); });
    TestClient client(std::move(app));
    CHECK_THROWS_AS(client.get("/read"), RuntimeError);
  }

  TEST_CASE("session: a handler that throws leaves it as it was for a router's middleware") {
    App app;
    Router router;
    router.use(SessionMiddleware({.secret_keys = {"secret"}}));
    router.get("/fail", [](Request& request) -> int {
      request.session()["a"] = 1;
      throw HttpException(409);
    });
    app.include(std::move(router));
    TestClient client(std::move(app));
    const TestResponse response = client.get("/fail");
    CHECK(response.status_code() == 409);
    CHECK(cookie_of(response) == "none");
  }

  TEST_CASE("session: secrets and cookie attributes that can't be used are refused at once") {
    CHECK_THROWS_AS(SessionMiddleware({.secret_keys = {}}), std::invalid_argument);
    CHECK_THROWS_AS(SessionMiddleware({.secret_keys = {""}}), std::invalid_argument);
    CHECK_THROWS_AS(SessionMiddleware({.secret_keys = {"s"}, .session_cookie = "a b"}), std::invalid_argument);
    CHECK_THROWS_AS(SessionMiddleware({.secret_keys = {"s"}, .path = "/;x"}), std::invalid_argument);
    CHECK_THROWS_AS(SessionMiddleware({.secret_keys = {"s"}, .domain = "a;b"}), std::invalid_argument);
  }
}
