// SPDX-License-Identifier: BSL-1.0
// What goes on around serving, on real servers with several loops.
#include "coroute/app/lifespan.hpp"

#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "support/exception_reports.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// Written by several threads.
class Log {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

using Lines = std::vector<std::string>;

auto noted(Log& log, const std::string& name) {
  return [&log, name]() -> Lifespan {
    co_await sleep(10ms);
    log.add("+" + name);
    co_yield {};
    co_await sleep(10ms);
    log.add("-" + name);
  };
}

ServerOptions with_loops(std::size_t loops) {
  ServerOptions options;
  options.port = 0;
  options.loops = loops;
  return options;
}

void end_gracefully(Server& server) {
  server.shut_down();
  server.join();
}

std::string start_error_of(Server& server) {
  try {
    server.start();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

const std::string get_root = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

}  // namespace

TEST_SUITE_BEGIN("server");

TEST_CASE("lifespan: it encloses those of the loops, and these what the loops serve") {
  App app;
  Log log;
  app.lifespan(noted(log, "app"));
  app.loop_lifespan(noted(log, "loop"));
  app.get("/", [&log] {
    log.add("request");
    return 1;
  });
  Server server(std::move(app).service(), with_loops(3));
  server.start();
  CHECK(log.lines() == Lines{"+app", "+loop", "+loop", "+loop"});
  CHECK(RawClient(server.port()).request(get_root).status == 200);
  end_gracefully(server);
  CHECK(log.lines() == Lines{"+app", "+loop", "+loop", "+loop", "request", "-loop", "-loop", "-loop", "-app"});
}

TEST_CASE("lifespan: a start that fails at once ends all loops, those too that have not begun") {
  for (int i = 0; i < 20; ++i) {
    App app;
    app.lifespan([]() -> Lifespan {
      throw std::runtime_error("no database");
      co_yield {};
    });
    Server server(std::move(app).service(), with_loops(16));
    CHECK(start_error_of(server) == "no database");
  }
}

TEST_CASE("lifespan: each loop's value is one of its own, used by its own thread alone") {
  App app;
  Log log;
  app.loop_lifespan([&log]() -> AsyncGenerator<std::thread::id> {
    const std::thread::id id = std::this_thread::get_id();
    co_yield id;
    if (std::this_thread::get_id() != id) log.add("ended on another thread");
  });
  const auto ids = app.loop_lifespan([]() -> AsyncGenerator<std::thread::id> { co_yield std::this_thread::get_id(); });
  app.get("/", [ids] { return *ids == std::this_thread::get_id(); });
  Server server(std::move(app).service(), with_loops(4));
  server.start();
  for (int i = 0; i < 20; ++i)
    CHECK(RawClient(server.port()).request(get_root).body == "true");
  end_gracefully(server);
  CHECK(log.lines().empty());
}

TEST_CASE("lifespan: a request that comes before it is done waits for it") {
  ServerOptions options = with_loops(2);
  {
    const TestServer probe([](Request&) -> Async<Response> { co_return Response(); });
    options.port = probe.port();  // free again in a moment
  }
  App app;
  std::optional<RawClient> early;
  std::atomic<bool> open = false;
  app.lifespan([&]() -> Lifespan {
    co_await to_thread([&] {
      early.emplace(options.port);
      early->send(get_root);
    });
    co_await sleep(50ms);
    open = true;
    co_yield {};
  });
  app.get("/", [&open] { return open.load(); });
  Server server(std::move(app).service(), std::move(options));
  server.start();
  CHECK(early->receive().body == "true");
  end_gracefully(server);
}

TEST_CASE("lifespan: requests in progress end before it does") {
  App app;
  Log log;
  const auto value = app.lifespan([&log]() -> AsyncGenerator<int> {
    co_yield 7;
    log.add("ended");
  });
  std::atomic<bool> asked = false;
  app.get("/", [&, value]() -> Async<int> {
    asked = true;
    co_await sleep(200ms);
    log.add("answered");
    co_return *value;
  });
  Server server(std::move(app).service(), with_loops(2));
  server.start();
  RawClient client(server.port());
  client.send(get_root);
  REQUIRE(eventually([&] { return asked.load(); }));
  server.shut_down();
  CHECK(client.receive().body == "7");
  server.join();
  CHECK(log.lines() == Lines{"answered", "ended"});
}

TEST_CASE("lifespan: an error before serving is thrown by start, and everything ends") {
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  app.lifespan([]() -> Lifespan {
    throw std::runtime_error("no database");
    co_yield {};
  });
  Server server(std::move(app).service(), with_loops(3));
  CHECK(start_error_of(server) == "no database");
  CHECK(log.lines() == Lines{"+a", "-a"});
}

TEST_CASE("lifespan: an error on one loop ends the others, and is thrown by start") {
  App app;
  Log log;
  std::atomic<int> begun = 0;
  app.lifespan(noted(log, "app"));
  app.loop_lifespan([&]() -> Lifespan {
    if (++begun == 2) throw std::runtime_error("no socket");
    co_yield {};
    log.add("-loop");
  });
  Server server(std::move(app).service(), with_loops(3));
  CHECK(start_error_of(server) == "no socket");
  const Lines lines = log.lines();
  REQUIRE(lines.size() >= 2);
  CHECK(lines.front() == "+app");
  CHECK(lines.back() == "-app");
}

TEST_CASE("lifespan: a start that takes longer than it may is cancelled and an error") {
  App app;
  Log log;
  app.lifespan([&log]() -> Lifespan {
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
      log.add("cancelled");
      throw;
    }
    co_yield {};
  });
  ServerOptions options = with_loops(2);
  options.timeouts.startup = 50ms;
  Server server(std::move(app).service(), std::move(options));
  CHECK(start_error_of(server) == "the start took longer than 50 ms");
  CHECK(log.lines() == Lines{"cancelled"});
}

TEST_CASE("lifespan: an end that takes longer than it may is cancelled and reported") {
  const ExceptionReports reports;
  App app;
  app.lifespan([]() -> Lifespan {
    co_yield {};
    co_await sleep(1h);
  });
  ServerOptions options = with_loops(2);
  options.timeouts.shutdown = 50ms;
  Server server(std::move(app).service(), std::move(options));
  server.start();
  end_gracefully(server);
  REQUIRE(reports.messages().size() == 1);
  CHECK(reports.messages().front().starts_with("what runs around serving has not ended well: "));
}

TEST_CASE("lifespan: stopped without grace, it ends all the same") {
  App app;
  Log log;
  app.lifespan(noted(log, "app"));
  app.loop_lifespan(noted(log, "loop"));
  Server server(std::move(app).service(), with_loops(2));
  server.start();
  server.stop();
  server.join();
  CHECK(log.lines() == Lines{"+app", "+loop", "+loop", "-loop", "-loop", "-app"});
}

TEST_CASE("lifespan: SIGTERM before serving cancels the start") {
  App app;
  Log log;
  std::thread runner;
  std::atomic<bool> started = false;
  app.lifespan([&]() -> Lifespan {
    pthread_kill(runner.native_handle(), SIGTERM);
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
      log.add("cancelled");
      throw;
    }
    co_yield {};
  });
  Server server(std::move(app).service(), with_loops(2));
  std::atomic<bool> go = false;
  runner = std::thread([&] {
    while (!go)
      std::this_thread::yield();
    server.run([&] { started = true; });
  });
  go = true;
  runner.join();
  CHECK(log.lines() == Lines{"cancelled"});
  CHECK_FALSE(started);
}

TEST_CASE("background: one on every loop runs on each of them") {
  App app;
  std::mutex mutex;
  std::map<std::thread::id, int> runs;
  app.periodic("counts", 5ms,
               [&]() -> Async<void> {
                 const std::lock_guard lock(mutex);
                 ++runs[std::this_thread::get_id()];
                 co_return;
               },
               {.on_every_loop = true});
  Server server(std::move(app).service(), with_loops(3));
  server.start();
  CHECK(eventually([&] {
    const std::lock_guard lock(mutex);
    return runs.size() == 3;
  }));
  end_gracefully(server);
}

TEST_SUITE_END();
