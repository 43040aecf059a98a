// SPDX-License-Identifier: BSL-1.0
// Background and periodic tasks of an application, in virtual time.
#include "coroute/app/background.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/shutdown.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

/// When something was done, in milliseconds since the beginning.
class Times {
 public:
  void note() {
    const Clock::time_point now = EventLoop::current().time();
    if (!began_) began_ = now;
    at_.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(now - *began_).count());
  }
  const std::vector<long>& at() const { return at_; }

 private:
  std::optional<Clock::time_point> began_;
  std::vector<long> at_;
};

/// Fails at once, each time.
auto failing(Times& times) {
  return [&times]() -> Async<void> {
    times.note();
    co_await sleep(0s);
    throw std::runtime_error("broken");
  };
}

auto ending(Times& times) {
  return [&times]() -> Async<void> {
    times.note();
    co_return;
  };
}

using At = std::vector<long>;

Async<void> sleep_long() {
  co_await sleep(1h);
}

}  // namespace

TEST_SUITE_BEGIN("app");

TEST_CASE("background: a task runs while the application is served, and is cancelled and waited for at the end") {
  App app;
  std::vector<std::string> log;
  app.background("work", [&log]() -> Async<void> {
    log.push_back("begins");
    bool cancelled = false;
    try {
      co_await sleep(1h);
    } catch (const Cancelled& reason) {
      cancelled = reason.reason() == CancelReason::Shutdown;
    }
    co_await sleep(2s);
    log.push_back(cancelled ? "cleaned up" : "slept");
  });
  TestClient client(std::move(app));
  client.advance(1min);
  CHECK(log == std::vector<std::string>{"begins"});
  client.close();
  CHECK(log == std::vector<std::string>{"begins", "cleaned up"});
}

TEST_CASE("background: one that fails is run again after growing pauses, up to the longest") {
  App app;
  Times times;
  app.background("fails", failing(times), {.pause = 100ms, .max_pause = 400ms});
  TestClient client(std::move(app));
  client.advance(1600ms);
  CHECK(times.at() == At{0, 100, 300, 700, 1100, 1500});
}

TEST_CASE("background: a long run brings the first pause back") {
  App app;
  Times times;
  int runs = 0;
  app.background("sometimes",
                 [&]() -> Async<void> {
                   times.note();
                   if (++runs == 3) co_await sleep(400ms);
                   throw std::runtime_error("broken");
                 },
                 {.pause = 100ms, .max_pause = 400ms});
  TestClient client(std::move(app));
  client.advance(850ms);
  CHECK(times.at() == At{0, 100, 300, 800});
}

TEST_CASE("background: one that ends is run again only when it always is") {
  Times once;
  Times always;
  Times never;
  App app;
  app.background("once", ending(once));
  app.background("always", ending(always), {.restart = Restart::Always, .pause = 1s, .max_pause = 1s});
  app.background("never", failing(never), {.restart = Restart::Never});
  TestClient client(std::move(app));
  client.advance(2500ms);
  CHECK(once.at() == At{0});
  CHECK(always.at() == At{0, 1000, 2000});
  CHECK(never.at() == At{0});
}

TEST_CASE("background: what it waits for being cancelled is a failure, not its own cancellation") {
  App app;
  Times times;
  app.background("waits", [&times]() -> Async<void> {
    times.note();
    Task<void> other = create_task(sleep_long());
    other.cancel();
    co_await other;
  });
  TestClient client(std::move(app));
  client.advance(150ms);
  CHECK(times.at() == At{0, 100});
}

TEST_CASE("background: one that is told of the end ends what is left instead of being cancelled") {
  Queue<int> jobs;
  std::vector<int> done;
  const auto work = [&]() -> Async<void> {
    try {
      while (true) {
        const int job = co_await jobs.get();
        co_await sleep(1s);
        done.push_back(job);
      }
    } catch (const QueueShutDown&) {
    }
  };
  App app;
  app.background("work", work, {.restart = Restart::Always, .on_stop = [&jobs] { jobs.shutdown(); }});
  TestClient client(std::move(app));
  for (const int job : {1, 2, 3})
    jobs.put_nowait(job);
  client.advance(1500ms);
  CHECK(done == std::vector<int>{1});
  client.close();
  CHECK(done == std::vector<int>{1, 2, 3});
}

TEST_CASE("background: one that fails while it ends what is left is run again, unless it never is") {
  for (const Restart restart : {Restart::Never, Restart::OnFailure, Restart::Always}) {
    Queue<int> jobs;
    std::vector<int> begun;
    const auto work = [&]() -> Async<void> {
      int job = 0;
      try {
        job = co_await jobs.get();
      } catch (const QueueShutDown&) {
        co_return;
      }
      begun.push_back(job);
      co_await sleep(1s);
      throw std::runtime_error("broken");
    };
    App app;
    app.background("work", work, {.restart = restart, .on_stop = [&jobs] { jobs.shutdown(); }});
    TestClient client(std::move(app));
    for (const int job : {1, 2, 3})
      jobs.put_nowait(job);
    client.advance(500ms);
    client.close();
    CHECK(begun.size() == (restart == Restart::Never ? 1 : 3));
  }
}

TEST_CASE("background: one that doesn't end although it is told so is cancelled in time") {
  for (const int seconds : {9, 11}) {
    App app;
    bool cancelled = false;
    app.background("work",
                   [&cancelled, seconds]() -> Async<void> {
                     co_await shutdown_requested();
                     try {
                       co_await sleep(std::chrono::seconds(seconds));
                     } catch (const Cancelled&) {
                       cancelled = true;
                       throw;
                     }
                   },
                   {.on_stop = [] {}});
    TestClient client(std::move(app), {.shutdown_timeout = 10s});
    client.advance(1s);
    if (seconds < 10) {
      client.close();
    } else {
      CHECK_THROWS_AS(client.close(), TimeoutError);
    }
    CHECK(cancelled == (seconds > 10));
  }
}

TEST_CASE("background: one that can't be told that serving ends is cancelled, and the error thrown") {
  App app;
  std::vector<std::string> log;
  app.lifespan([&log]() -> Lifespan {
    co_yield {};
    log.push_back("closed");
  });
  const auto work = [&log]() -> Async<void> {
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
      log.push_back("cancelled");
      throw;
    }
  };
  app.background("work", work, {.on_stop = [] { throw std::runtime_error("broken"); }});
  TestClient client(std::move(app));
  client.advance(1s);
  CHECK_THROWS_WITH_AS(client.close(), "broken", std::runtime_error);
  CHECK(log == std::vector<std::string>{"cancelled", "closed"});
}

TEST_CASE("background: it starts after lifespans that are declared before it and ends before them") {
  App app;
  std::vector<std::string> log;
  app.lifespan([&log]() -> Lifespan {
    log.push_back("open");
    co_yield {};
    log.push_back("closed");
  });
  app.background("work", [&log]() -> Async<void> {
    log.push_back("work");
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
      log.push_back("cancelled");
      throw;
    }
  });
  TestClient client(std::move(app));
  client.advance(1s);
  client.close();
  CHECK(log == std::vector<std::string>{"open", "work", "cancelled", "closed"});
}

TEST_CASE("periodic: it runs once a period, at fixed times") {
  App app;
  Times times;
  Times at_once;
  app.periodic("counts", 10s, [&times]() -> Async<void> {
    times.note();
    co_await sleep(3s);
  });
  app.periodic("counts at once", 10s, ending(at_once), {.at_once = true});
  TestClient client(std::move(app));
  CHECK(times.at().empty());
  client.advance(31s);
  CHECK(times.at() == At{0, 10'000, 20'000});
  CHECK(at_once.at() == At{0, 10'000, 20'000, 30'000});
}

TEST_CASE("periodic: a run that takes longer than the period skips what it misses") {
  App app;
  Times times;
  app.periodic("slow", 10s, [&times]() -> Async<void> {
    times.note();
    co_await sleep(25s);
  });
  TestClient client(std::move(app));
  client.advance(75s);
  CHECK(times.at() == At{0, 30'000, 60'000});
}

TEST_CASE("periodic: a run that fails or takes longer than it may is followed by the next") {
  App app;
  Times failures;
  Times late;
  app.periodic("fails", 10s, failing(failures));
  app.periodic("late", 10s,
               [&late]() -> Async<void> {
                 late.note();
                 co_await sleep(1h);
               },
               {.timeout = 2s});
  TestClient client(std::move(app));
  client.advance(35s);
  CHECK(failures.at() == At{0, 10'000, 20'000});
  CHECK(late.at() == At{0, 10'000, 20'000});
}

TEST_CASE("periodic: the jitter is added to each wait and moves no later one") {
  App app;
  std::vector<Clock::time_point> at;
  app.periodic("jitters", 10s,
               [&at]() -> Async<void> {
                 at.push_back(EventLoop::current().time());
                 co_return;
               },
               {.jitter = 2s});
  TestClient client(std::move(app));
  const Clock::time_point began = client.loop().time();
  client.advance(101s);
  REQUIRE(at.size() >= 9);
  for (std::size_t i = 0; i < at.size(); ++i) {
    CHECK(at[i] - began >= 10s * (i + 1));
    CHECK(at[i] - began <= 10s * (i + 1) + 2s);
  }
}

TEST_CASE("periodic: the period must be positive") {
  App app;
  Times times;
  CHECK_THROWS_WITH_AS(app.periodic("never", 0s, ending(times)), "the period of 'never' must be positive",
                       std::invalid_argument);
}

TEST_SUITE_END();
