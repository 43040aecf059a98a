// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/per_loop_state.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/run.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"

using namespace coroute;

namespace {

/// Counts how many of its kind there are, and where it ended.
struct Tracked {
  explicit Tracked(std::atomic<int>& count) : alive(&count), made_on(std::this_thread::get_id()) { ++*alive; }
  Tracked(Tracked&& other) noexcept : alive(std::exchange(other.alive, nullptr)), made_on(other.made_on) {}
  ~Tracked() {
    if (!alive) return;
    --*alive;
    CHECK(std::this_thread::get_id() == made_on);
  }
  std::atomic<int>* alive;
  std::thread::id made_on;
  int hits = 0;
};

template <class F>
void on_new_loop(F function) {
  const auto body = [&]() -> Async<> {
    function();
    co_return;
  };
  std::thread([&] { run(body()); }).join();
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("per_loop: each loop makes its own when it first asks, and destroys it on its thread") {
    std::atomic<int> alive{0};
    const auto state = App::per_loop<Tracked>([&] { return Tracked(alive); });
    CHECK(alive == 0);
    const Tracked* first = nullptr;
    on_new_loop([&] {
      CHECK(++state->hits == 1);
      first = &state.get();
      CHECK(++(*state).hits == 2);
      CHECK(alive == 1);
      on_new_loop([&] {
        CHECK(++state->hits == 1);
        CHECK(&state.get() != first);
        CHECK(alive == 2);
      });
      CHECK(alive == 1);
      CHECK(state->hits == 2);
    });
    CHECK(alive == 0);
  }

  TEST_CASE("per_loop: copies are the same state, several calls are several") {
    const auto one = App::per_loop<int>([] { return 5; });
    const auto same = one;
    const auto other = App::per_loop<int>([] { return 5; });
    on_new_loop([&] {
      ++*one;
      CHECK(*same == 6);
      CHECK(*other == 5);
    });
  }

  TEST_CASE("per_loop: a loop keeps what it has from others that came later") {
    on_new_loop([] {
      for (int i = 0; i < 100; ++i) {
        const auto state = App::per_loop<int>([&] { return i; });
        CHECK(*state == i);
      }
    });
  }

  TEST_CASE("per_loop: an error of the factory is thrown, and the next one asks again") {
    int calls = 0;
    const auto state = App::per_loop<int>([&]() -> int {
      if (++calls == 1) throw std::runtime_error("not yet");
      return 3;
    });
    on_new_loop([&] {
      CHECK_THROWS_WITH(state.get(), "not yet");
      CHECK(*state == 3);
      CHECK(*state == 3);
    });
    CHECK(calls == 2);
  }

  TEST_CASE("per_loop: there is none without a loop") {
    const auto state = App::per_loop<int>([] { return 1; });
    CHECK_THROWS_AS(state.get(), RuntimeError);
  }

  TEST_CASE("per_loop: values need not be movable once a factory makes them in place") {
    const auto state = App::per_loop<std::atomic<int>>([] { return std::atomic<int>(4); });
    on_new_loop([&] { CHECK(state->fetch_add(1) == 4); });
  }

  TEST_CASE("per_loop: handlers capture it") {
    App app;
    const auto hits = app.per_loop<int>([] { return 0; });
    app.get("/", [hits](Request&) {
      ++*hits;
      return text(std::to_string(*hits));
    });
    const Handler handler = std::move(app).handler();
    CHECK(coroute::testing::get(handler, "/") == "200 1");
    CHECK(coroute::testing::get(handler, "/") == "200 1");  // each answer has a loop of its own here
  }
}
