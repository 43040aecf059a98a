// SPDX-License-Identifier: BSL-1.0
// App::provide: singletons that the application is given.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

namespace {

struct Settings {
  std::string greeting = "Hi";
};

int calls = 0;

Settings settings() {
  ++calls;
  return {};
}
std::string greeting(Singleton<settings> settings) {
  return settings->greeting + "!";
}
Settings settings_of_a_test() {
  return {"Test"};
}

std::shared_ptr<int> counter() {
  return nullptr;
}

App make_app() {
  App app;
  app.get("/settings", [](Singleton<settings> settings) { return settings->greeting; });
  app.get("/greeting", [](Singleton<greeting> text) { return *text; });
  return app;
}

std::string ask(App app, const std::string& path) {
  TestClient client(std::move(app));
  return client.get(path).text();
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("provide: a singleton is the value that the application was given") {
    calls = 0;
    App app = make_app();
    app.provide<settings>({.greeting = "Hello"});
    CHECK(ask(std::move(app), "/settings") == "\"Hello\"");
    CHECK(calls == 0);
  }

  TEST_CASE("provide: without it the function makes the value") {
    calls = 0;
    CHECK(ask(make_app(), "/settings") == "\"Hi\"");
    CHECK(calls == 1);
  }

  TEST_CASE("provide: other singletons are made of it") {
    App app = make_app();
    app.provide<settings>({.greeting = "Hello"});
    CHECK(ask(std::move(app), "/greeting") == "\"Hello!\"");
  }

  TEST_CASE("provide: what is made of others can be given too, and the last value counts") {
    App app = make_app();
    app.provide<greeting>("Good").provide<greeting>("Better");
    CHECK(ask(std::move(app), "/greeting") == "\"Better\"");
  }

  TEST_CASE("provide: a dependency override goes before it") {
    App app = make_app();
    app.provide<settings>({.greeting = "Hello"});
    app.dependency_overrides().set<settings, settings_of_a_test>();
    CHECK(ask(std::move(app), "/settings") == "\"Test\"");
  }

  TEST_CASE("provide: two applications of a process, one in the other, have values of their own") {
    App inner = make_app();
    inner.provide<settings>({.greeting = "Inner"});
    App outer = make_app();
    outer.provide<settings>({.greeting = "Outer"});
    outer.mount("/inner", std::move(inner));
    TestClient client(std::move(outer));
    CHECK(client.get("/settings").text() == "\"Outer\"");
    CHECK(client.get("/inner/settings").text() == "\"Inner\"");
  }

  TEST_CASE("provide: what the application was given lives as long as it is served") {
    auto value = std::make_shared<int>(7);
    {
      App app;
      app.get("/", [](Singleton<counter> counter) { return **counter; });
      app.provide<counter>(value);
      TestClient client(std::move(app));
      CHECK(client.get("/").text() == "7");
      CHECK(value.use_count() == 2);
    }
    CHECK(value.use_count() == 1);
  }
}
