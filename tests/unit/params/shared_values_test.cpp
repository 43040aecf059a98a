// SPDX-License-Identifier: BSL-1.0
// Singleton and PerLoop, in applications as users write them.
#include "coroute/params/shared_values.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::call;
using coroute::testing::get;
using coroute::testing::TestRequest;

namespace {

std::atomic<int> made{0};
std::atomic<int> failures_left{0};
std::atomic<int> alive{0};
std::vector<std::string> ended;

struct Ends {
  explicit Ends(std::string its_name) : name(std::move(its_name)) {}
  Ends(Ends&& other) noexcept = default;
  ~Ends() {
    if (!name.empty()) ended.push_back(std::exchange(name, {}));
  }
  std::string name;
};

int settings() {
  return ++made;
}
Async<int> slow_settings() {
  co_await sleep(1s);
  co_return ++made;
}
Async<int> real_slow() {
  co_await sleep(30ms);
  ++made;
  co_return 7;
}
Async<int> unreliable() {
  co_await sleep(1s);
  ++made;
  if (failures_left-- > 0) throw HttpException(503, "no database");
  co_return made.load();
}
std::unique_ptr<Ends> first() {
  return std::make_unique<Ends>("first");
}
std::unique_ptr<Ends> second(Singleton<first> one) {
  return std::make_unique<Ends>("second of " + (*one)->name);
}
AsyncGenerator<int> pool(Singleton<second> owner) {
  const Ends local("pool of " + (*owner)->name);
  co_yield 5;
  ended.emplace_back("never reached");
}
int per_request(Singleton<settings> value, Query<int, "q", defaults_to(0)> q) {
  return *value * 10 + *q;
}

struct Counter {
  int hits = 0;
  int from_settings = 0;
  std::thread::id made_on = std::this_thread::get_id();
  struct Guard {
    Guard() { ++alive; }
    Guard(Guard&&) noexcept { ++alive; }
    ~Guard() { --alive; }
  } guard = {};
};
Counter counter(Singleton<settings> value) {
  ++made;
  Counter it;
  it.from_settings = *value;
  return it;
}
Async<Counter> slow_counter(PerLoop<counter> other) {
  co_await sleep(1s);
  ++made;
  Counter it;
  it.from_settings = other->from_settings + 1;
  co_return it;
}

int substitute() {
  return ++made + 100;
}
int substitute_of_request(Query<int, "q"> q) {
  ++made;
  return q;
}
Counter fake_counter() {
  Counter it;
  it.hits = 50;
  return it;
}

template <class F>
Handler app_with(F handler) {
  App app;
  app.get("/", std::move(handler));
  return std::move(app).handler();
}
Async<std::string> ask(const Handler& handler, std::string target = "/") {
  TestRequest request("GET", target);
  const Response response = co_await call(handler, *request);
  co_return std::to_string(response.status.code()) + " " + response.body;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("singleton: is made when first needed, once for all requests and loops") {
    made = 0;
    const Handler handler =
        app_with([](Singleton<settings> a, Depends<per_request> b) { return std::vector<int>{a, b}; });
    CHECK(made == 0);
    CHECK(get(handler, "/?q=1") == "200 [1,11]");
    CHECK(get(handler, "/?q=2") == "200 [1,12]");
    std::string elsewhere;
    std::thread([&] { elsewhere = get(handler, "/?q=3"); }).join();
    CHECK(elsewhere == "200 [1,13]");
    CHECK(made == 1);
  }

  TEST_CASE("singleton: each application has its own, one that is mounted too") {
    made = 0;
    App app;
    app.get("/", [](Singleton<settings> value) { return *value; });
    App sub;
    sub.get("/", [](Singleton<settings> value) { return *value; });
    app.mount("/sub", std::move(sub));
    const Handler one = std::move(app).handler();
    const Handler two = app_with([](Singleton<settings> value) { return *value; });
    CHECK(get(one, "/") == "200 1");
    CHECK(get(two, "/") == "200 2");
    CHECK(get(one, "/sub/") == "200 3");
    CHECK(get(one, "/") == "200 1");
    CHECK(get(two, "/") == "200 2");
  }

  TEST_CASE("singleton: may be taken by routers, by lists of dependencies and by what they need") {
    made = 0;
    Router router;
    router.get("/r", [](Depends<per_request> value) { return *value; });
    App app;
    app.include(std::move(router));
    app.get("/list", [] { return 1; }, {.dependencies = {depends<per_request>()}});
    const Handler handler = std::move(app).handler();
    CHECK(get(handler, "/list") == "200 1");
    CHECK(made == 1);
    CHECK(get(handler, "/r") == "200 10");
  }

  ASYNC_TEST_CASE("singleton: requests that need it meanwhile wait for the one that makes it") {
    made = 0;
    const Handler handler = app_with([](Singleton<slow_settings> value) { return *value; });
    const auto began = EventLoop::current().time();
    const auto [a, b, c] = co_await gather(ask(handler), ask(handler), ask(handler));
    CHECK(EventLoop::current().time() - began == 1s);
    CHECK(a == "200 1");
    CHECK(b == "200 1");
    CHECK(c == "200 1");
    CHECK(made == 1);
  }

  TEST_CASE("singleton: requests on other loops wait too") {
    made = 0;
    const Handler handler = app_with([](Singleton<real_slow> value) { return *value; });
    std::vector<std::string> answers(4);
    {
      std::vector<std::thread> threads;
      for (std::string& answer : answers)
        threads.emplace_back([&] { answer = run(ask(handler)); });
      for (std::thread& thread : threads)
        thread.join();
    }
    for (const std::string& answer : answers)
      CHECK(answer == "200 7");
    CHECK(made == 1);
  }

  ASYNC_TEST_CASE("singleton: an error is thrown to all that wait, and the next request tries again") {
    made = 0;
    failures_left = 1;
    App app;
    app.get("/", [](Singleton<unreliable> value) { return *value; });
    const Handler handler = std::move(app).handler();
    const auto began = EventLoop::current().time();
    int refused = 0;
    const auto expect_error = [&]() -> Async<> {
      try {
        co_await ask(handler);
      } catch (const HttpException& error) {
        refused += error.status() == 503 ? 1 : 0;
      }
    };
    co_await gather(expect_error(), expect_error(), expect_error());
    CHECK(refused == 3);
    CHECK(made == 1);
    CHECK(EventLoop::current().time() - began == 1s);
    const std::string again = co_await ask(handler);
    CHECK(again == "200 2");
    const std::string kept = co_await ask(handler);
    CHECK(kept == "200 2");
  }

  ASYNC_TEST_CASE("singleton: when the request that makes it is cancelled, the next one that waits makes it") {
    made = 0;
    const Handler handler = app_with([](Singleton<slow_settings> value) { return *value; });
    Task<std::string> maker = create_task(ask(handler));
    co_await sleep(100ms);
    Task<std::string> waiter = create_task(ask(handler));
    co_await sleep(100ms);
    maker.cancel();
    const std::string answer = co_await waiter;
    CHECK(answer == "200 1");
    CHECK(maker.cancelled());
    CHECK(made == 1);
  }

  ASYNC_TEST_CASE("singleton: a request that waits may be cancelled without harm to the others") {
    made = 0;
    const Handler handler = app_with([](Singleton<slow_settings> value) { return *value; });
    Task<std::string> maker = create_task(ask(handler));
    co_await sleep(100ms);
    Task<std::string> waiter = create_task(ask(handler));
    co_await sleep(100ms);
    waiter.cancel();
    const std::string answer = co_await maker;
    CHECK(answer == "200 1");
    CHECK(waiter.cancelled());
  }

  TEST_CASE("singleton: all end with the application, what was made last first; generators where they stand") {
    ended.clear();
    {
      const Handler handler = app_with([](Singleton<pool> value) { return *value; });
      CHECK(get(handler, "/") == "200 5");
      CHECK(get(handler, "/") == "200 5");
      CHECK(ended.empty());
    }
    CHECK(ended == std::vector<std::string>{"pool of second of first", "second of first", "first"});
  }

  TEST_CASE("singleton: another function may stand in, made once too, or once a request when it takes from that") {
    made = 0;
    App app;
    app.get("/", [](Singleton<settings> value) { return *value; });
    app.dependency_overrides().set<settings, substitute>();
    const Handler handler = std::move(app).handler();
    CHECK(get(handler, "/") == "200 101");
    CHECK(get(handler, "/") == "200 101");
    CHECK(made == 1);

    App other;
    other.get("/", [](Singleton<settings> value) { return *value; });
    other.dependency_overrides().set<settings, substitute_of_request>();
    const Handler asking = std::move(other).handler();
    CHECK(get(asking, "/?q=4") == "200 4");
    CHECK(get(asking, "/?q=5") == "200 5");
    CHECK(get(asking, "/").starts_with("422"));
    CHECK(made == 3);
  }

  TEST_CASE("singleton: one that only a substitute takes is there") {
    made = 0;
    App app;
    app.get("/", [](Depends<substitute> value) { return *value; });
    app.dependency_overrides().set<substitute, per_request>();
    CHECK(get(std::move(app).handler(), "/?q=3") == "200 13");
  }

  TEST_CASE("singleton: without an application it is refused") {
    const Handler handler = make_handler([](Singleton<settings> value) { return *value; });
    CHECK_THROWS_AS(get(handler, "/"), RuntimeError);
  }

  TEST_CASE("per loop: each loop has its own, which may be changed, and which ends with it") {
    made = 0;
    const Handler handler = app_with([](PerLoop<counter> c) {
      CHECK(c->made_on == std::this_thread::get_id());
      return ++c->hits;
    });
    const auto twice = [&]() -> Async<std::string> {
      const std::string one = co_await ask(handler);
      const std::string two = co_await ask(handler);
      CHECK(alive == 1);
      co_return one + " " + two;
    };
    CHECK(run(twice()) == "200 1 200 2");
    CHECK(alive == 0);
    std::string elsewhere;
    std::thread([&] { elsewhere = run(twice()); }).join();
    CHECK(elsewhere == "200 1 200 2");
    CHECK(alive == 0);
    CHECK(made == 3);  // two counters of one setting
  }

  ASYNC_TEST_CASE("per loop: several requests of a loop wait for the one that makes it; it may need others") {
    made = 0;
    const Handler handler = app_with([](PerLoop<slow_counter> c) { return c->from_settings * 100 + ++c->hits; });
    const auto [a, b] = co_await gather(ask(handler), ask(handler));
    CHECK(a == "200 201");
    CHECK(b == "200 202");
    CHECK(made == 3);
  }

  ASYNC_TEST_CASE("per loop: each application has its own, also one that has the place of an earlier one") {
    for (int i = 0; i < 20; ++i) {
      const Handler handler = app_with([](PerLoop<counter> c) { return ++c->hits; });
      const std::string answer = co_await ask(handler);
      CHECK(answer == "200 1");
    }
  }

  TEST_CASE("per loop: another function may stand in") {
    App app;
    app.get("/", [](PerLoop<counter> c) { return ++c->hits; });
    app.dependency_overrides().set<counter, fake_counter>();
    CHECK(get(std::move(app).handler(), "/") == "200 51");
  }

  TEST_CASE("shared values: what a function takes says how long what it makes may live") {
    using detail::DependencyLifetime;
    CHECK(depends<settings>()->info->longest == DependencyLifetime::Application);
    CHECK(depends<second>()->info->longest == DependencyLifetime::Application);
    CHECK(depends<slow_counter>()->info->longest == DependencyLifetime::Loop);
    CHECK(depends<per_request>()->info->longest == DependencyLifetime::Request);
  }
}
