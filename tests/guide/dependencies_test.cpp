// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: dependencies and credentials.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include <doctest/doctest.h>

#include <map>

#include "guide/errors_of.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::errors_of;

namespace {

namespace functions {
// [depends]
struct Common {
  std::optional<std::string> q;
  int skip;
  int limit;
};

Common common_parameters(Query<std::optional<std::string>, "q"> q, Query<int, "skip", defaults_to(0)> skip,
                         Query<int, "limit", defaults_to(100)> limit) {
  return {q, skip, limit};
}

Common read_items(Depends<common_parameters> common) {
  return common;
}

Async<Json> read_users(Depends<common_parameters> common) {  // a dependency or a handler may be a coroutine, or not
  co_await sleep(1ms);
  co_return Json{{"skip", common->skip}};
}
// [/depends]

// [sub_dependencies]
int calls = 0;

std::string query_or_cookie(Query<std::optional<std::string>, "q"> q,
                            Cookie<std::optional<std::string>, "last_query"> last_query) {
  ++calls;
  return q->value_or(last_query->value_or("none"));
}

std::string upper_case(Depends<query_or_cookie> query) {
  std::string text = *query;
  for (char& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Json read_query(Depends<upper_case> upper, Depends<query_or_cookie> query) {  // query_or_cookie runs once
  return Json{{"upper", *upper}, {"query", *query}};
}

Json read_twice(Depends<query_or_cookie>, Depends<query_or_cookie, no_cache>) {  // and here twice
  return Json{{"calls", calls}};
}
// [/sub_dependencies]
}  // namespace functions

namespace lists {
// [dependency_lists]
void verify_token(Header<std::string, "x_token"> x_token) {
  if (*x_token != "fake-super-secret-token") throw HttpException(400, "X-Token header invalid");
}

void verify_key(Header<std::string, "x_key"> x_key) {
  if (*x_key != "fake-super-secret-key") throw HttpException(400, "X-Key header invalid");
}

App make_app() {
  App app({.dependencies = {depends<verify_token>()}});  // before every handler
  app.get("/open", [] { return "open"; });
  app.get("/items", [] { return "items"; }, {.dependencies = {depends<verify_key>()}});  // before this one
  Router admin("/admin", {.tags = {"admin"}, .dependencies = {depends<verify_key>()}});  // before all of a router
  admin.get("/stats", [] { return "stats"; });
  app.include(std::move(admin));
  return app;
}
// [/dependency_lists]
}  // namespace lists

namespace generators {
std::string journal;

// [generator]
struct Session {
  int id;
};

AsyncGenerator<Session> get_session() {
  journal += "open ";  // before the handler
  std::exception_ptr error;
  try {
    co_yield Session{7};
  } catch (...) {
    error = std::current_exception();
    journal += "roll back ";
  }
  journal += "close ";  // in every case
  if (error) std::rethrow_exception(error);
}

Json read_session(Depends<get_session> session) {  // goes on when the answer has been sent
  journal += "handle ";
  return Json{{"session", session->id}};
}

Json read_session_early(Depends<get_session, DependencyScope::Function> session) {  // goes on before it is sent
  return Json{{"session", session->id}};
}

Json fail(Depends<get_session>) {
  throw HttpException(404, "no such thing");
}
// [/generator]
}  // namespace generators

namespace provided {
// [provide]
struct Settings {
  std::string greeting = "Hi";
};

Settings settings() {  // unless the application is given others
  return {};
}

std::string greet(Singleton<settings> settings, Query<std::string, "name"> name) {
  return settings->greeting + ", " + *name + "!";
}

App make_app(const std::string& greeting) {
  App app;
  app.provide<settings>({.greeting = greeting});
  app.get("/greet", greet);
  return app;
}
// [/provide]
}  // namespace provided

namespace oauth {
// [oauth2]
struct User {
  std::string username;
  std::optional<std::string> full_name;
  bool disabled = false;
};

const std::map<std::string, User> users{{"ada", {"ada", "Ada Lovelace", false}}, {"bob", {"bob", std::nullopt, true}}};

User current_user(OAuth2PasswordBearer<"token"> credentials) {  // 401 without `Authorization: Bearer ...`
  const auto found = users.find(credentials.token);             // a real one verifies a signed token
  if (found == users.end()) {
    throw HttpException(401, "Invalid authentication credentials", {{"www-authenticate", "Bearer"}});
  }
  return found->second;
}

User active_user(Depends<current_user> user) {
  if (user->disabled) throw HttpException(400, "Inactive user");
  return user;
}

User read_me(Depends<active_user> user) {
  return user;
}

Json log_in(Params<OAuth2PasswordRequestForm> form) {  // username, password, scope ... of a form
  if (!users.contains(*form->username) || *form->password != "secret") {
    throw HttpException(400, "Incorrect username or password");
  }
  return Json{{"access_token", *form->username}, {"token_type", "bearer"}};
}

App make_app() {
  App app;
  app.post("/token", log_in);
  app.get("/users/me", read_me);
  return app;
}
// [/oauth2]
}  // namespace oauth

namespace other_credentials {
// [credentials]
std::string basic_user(HttpBasicRealm<"shop"> user) {
  const bool good = SecretStr(user.username) == SecretStr("ada") && SecretStr(user.password) == SecretStr("secret");
  if (!good) throw HttpException(401, "Incorrect username or password", {{"www-authenticate", "Basic realm=\"shop\""}});
  return user.username;
}

App make_app() {
  App app;
  app.get("/basic", [](Depends<basic_user> user) { return *user; });
  app.get("/bearer", [](HttpBearer token) { return token.credentials; });
  app.get("/key", [](ApiKeyHeader<"X-API-Key"> key) { return key.key; });
  app.get("/cookie", [](ApiKeyCookie<"session"> session) { return session.key; });
  app.get("/maybe", [](std::optional<HttpBearer> token) { return token ? "known" : "guest"; });  // auto_error=False
  return app;
}
// [/credentials]

// [own_extractor]
struct Tenant {  // a type of your own that takes itself from the request
  std::string name;
  static Tenant from_request(Request& request) {
    const std::string_view host = request.host();
    return {std::string(host.substr(0, host.find('.')))};
  }
};

std::string read_tenant(const Tenant& tenant) {
  return tenant.name;
}
// [/own_extractor]
}  // namespace other_credentials

}  // namespace

TEST_SUITE("guide") {
  TEST_CASE("guide: a dependency's own parameters come from the request, and are documented") {
    App app;
    app.get("/items", functions::read_items);
    app.get("/users", functions::read_users);
    const Json document = Json::parse(app.openapi());
    CHECK(document["paths"]["/users"]["get"]["parameters"].size() == 3);
    TestClient client(std::move(app));
    CHECK(client.get("/items?q=x&skip=3").text() == R"({"q":"x","skip":3,"limit":100})");
    CHECK(client.get("/users?skip=4").json() == Json{{"skip", 4}});
    CHECK(errors_of(client.get("/users?limit=x")) == "query.limit: int_parsing");
  }

  TEST_CASE("guide: a dependency runs once a request, unless it is not cached") {
    App app;
    app.get("/query", functions::read_query);
    app.get("/twice", functions::read_twice);
    TestClient client(std::move(app));
    functions::calls = 0;
    CHECK(client.get("/query", {.cookies = {{"last_query", "abc"}}}).json() ==
          Json{{"upper", "ABC"}, {"query", "abc"}});
    CHECK(functions::calls == 1);
    CHECK(client.get("/twice").json() == Json{{"calls", 3}});
  }

  TEST_CASE("guide: lists of dependencies guard a route, a router or the application") {
    TestClient client(lists::make_app());
    CHECK(errors_of(client.get("/open")) == "header.x-token: missing");
    client.headers().set("x-token", "fake-super-secret-token");
    CHECK(client.get("/open").text() == R"("open")");
    for (const std::string path : {"/items", "/admin/stats"}) {
      CAPTURE(path);
      CHECK(errors_of(client.get(path)) == "header.x-key: missing");
      CHECK(client.get(path, {.headers = {{"x-key", "wrong"}}}).status_code() == 400);
      CHECK(client.get(path, {.headers = {{"x-key", "fake-super-secret-key"}}}).is_success());
    }
    CHECK(client.get("/nowhere").status_code() == 404);
  }

  TEST_CASE("guide: a generator sets up, and tidies up whatever has happened") {
    App app;
    app.get("/session", generators::read_session);
    app.get("/early", generators::read_session_early);
    app.get("/fail", generators::fail);
    TestClient client(std::move(app));
    generators::journal.clear();
    CHECK(client.get("/session").json() == Json{{"session", 7}});
    CHECK(generators::journal == "open handle close ");
    generators::journal.clear();
    CHECK(client.get("/early").is_success());
    CHECK(generators::journal == "open close ");
    generators::journal.clear();
    CHECK(client.get("/fail").status_code() == 404);
    CHECK(generators::journal == "open roll back close ");
  }

  TEST_CASE("guide: an application gives what is known at run time alone") {
    TestClient client(provided::make_app("Hello"));
    CHECK(client.get("/greet?name=Ada").json() == "Hello, Ada!");
  }

  TEST_CASE("guide: the current user comes of a bearer token") {
    App app = oauth::make_app();
    const Json document = Json::parse(app.openapi());
    CHECK(document["paths"]["/users/me"]["get"]["security"][0].contains("OAuth2PasswordBearer"));
    TestClient client(std::move(app));
    const TestResponse nobody = client.get("/users/me");
    CHECK(nobody.status_code() == 401);
    CHECK(nobody.header("www-authenticate") == "Bearer");
    CHECK(nobody.json() == Json{{"detail", "Not authenticated"}});
    CHECK(client.post("/token", {.form = {{"username", "ada"}, {"password", "wrong"}}}).status_code() == 400);
    const Json token =
        client.post("/token", {.form = {{"grant_type", "password"}, {"username", "ada"}, {"password", "secret"}}})
            .json();
    const auto me = [&](const std::string& as) {
      return client.get("/users/me", {.headers = {{"authorization", "Bearer " + as}}});
    };
    CHECK(me(token["access_token"].get<std::string>()).json()["full_name"] == "Ada Lovelace");
    CHECK(me("bob").text() == R"({"detail":"Inactive user"})");
    CHECK(me("eve").status_code() == 401);
  }

  TEST_CASE("guide: other credentials are arguments, too") {
    App app = other_credentials::make_app();
    app.get("/tenant", other_credentials::read_tenant);
    TestClient client(std::move(app));
    const TestResponse asked = client.get("/basic");
    CHECK(asked.status_code() == 401);
    CHECK(asked.header("www-authenticate") == "Basic realm=\"shop\"");
    CHECK(client.get("/basic", {.headers = {{"authorization", "Basic YWRhOnNlY3JldA=="}}}).text() == R"("ada")");
    CHECK(client.get("/basic", {.headers = {{"authorization", "Basic YWRhOndyb25n"}}}).status_code() == 401);
    CHECK(client.get("/bearer", {.headers = {{"authorization", "Bearer abc"}}}).text() == R"("abc")");
    CHECK(client.get("/key", {.headers = {{"x-api-key", "k"}}}).text() == R"("k")");
    CHECK(client.get("/key").header("www-authenticate") == "APIKey");
    CHECK(client.get("/cookie", {.cookies = {{"session", "s"}}}).text() == R"("s")");
    CHECK(client.get("/maybe").text() == R"("guest")");
    CHECK(client.get("/tenant", {.headers = {{"host", "acme.example.com"}}}).text() == R"("acme")");
  }
}
