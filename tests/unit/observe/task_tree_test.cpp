// SPDX-License-Identifier: BSL-1.0
#include "coroute/observe/task_tree.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/json.hpp"
#include "support/loop_thread.hpp"

using namespace coroute;
using coroute::testing::LoopThread;
using namespace std::chrono_literals;

namespace {

/// What a dumper has written.
class Dumps {
 public:
  TaskTreeDumper::Write sink() {
    return [this](std::string_view text) {
      const std::lock_guard lock(mutex_);
      all_.emplace_back(text);
      added_.notify_all();
    };
  }
  std::string wait_for(std::size_t number) {
    std::unique_lock lock(mutex_);
    added_.wait(lock, [&] { return all_.size() >= number; });
    return all_[number - 1];
  }

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<std::string> all_;
};

Async<void> acquire(Semaphore& semaphore) {
  const Permit permit = co_await semaphore.acquire();
}

/// A loop on which one task, "customer", waits for a semaphore.
class WaitingLoop {
 public:
  WaitingLoop() : task_(create_task_on(thread_.loop(), acquire(never_), "customer")) {
    while (never_.waiting() == 0)
      std::this_thread::yield();
  }
  std::uint64_t number() { return EventLoop::progress_of(&thread_.loop())->number; }

 private:
  Semaphore never_{0};
  LoopThread thread_;
  Task<void> task_;
};

sighandler_t handler_of(int signal) {
  struct sigaction present{};
  sigaction(signal, nullptr, &present);
  return present.sa_handler;
}

int own_handler_calls = 0;
void own_handler(int) {
  ++own_handler_calls;
}

}  // namespace

TEST_SUITE("observe") {
  TEST_CASE("task tree json: all fields of all loops, in one line") {
    TaskSnapshot waiting;
    waiting.id = 7;
    waiting.name = "customer \"x\"";
    waiting.age = 1500ms;
    waiting.time_left = -250ms;
    waiting.waits_for = "Task";
    waiting.waiting = 500ms;
    waiting.awaits = {8, 9};
    waiting.stack = {{"f", "a.cpp", 3}};
    TaskSnapshot running;
    running.id = 8;
    running.name = "runs";
    LoopSnapshot loop;
    loop.number = 2;
    loop.thread = 42;
    loop.tasks = {waiting, running};
    LoopSnapshot blocked;
    blocked.number = 3;
    blocked.answered = false;
    CHECK(task_tree_json({loop, blocked}) ==
          R"({"loops":[{"loop":2,"thread":42,"answered":true,"tasks":[)"
          R"({"id":7,"name":"customer \"x\"","age_s":1.5,"time_left_s":-0.25,"waits_for":"Task","waiting_s":0.5,)"
          R"("awaits":[8,9],"stack":[{"function":"f","file":"a.cpp","line":3}]},)"
          R"({"id":8,"name":"runs","age_s":0.0,"time_left_s":null,"waits_for":null,"waiting_s":0.0,"awaits":[],)"
          R"("stack":[]}]},{"loop":3,"thread":0,"answered":false,"tasks":[]}]})");
  }

  TEST_CASE("task tree json: no loops, and names that are not UTF-8") {
    CHECK(task_tree_json({}) == R"({"loops":[]})");
    TaskSnapshot task;
    task.name = "\xff\n";
    LoopSnapshot loop;
    loop.tasks = {task};
    const Json parsed = parse_json(task_tree_json({loop}));
    CHECK(parsed["loops"][0]["tasks"][0]["name"] == "\xEF\xBF\xBD\n");
  }

  TEST_CASE("task tree dumper: a signal has the tasks of all loops written, each time") {
    WaitingLoop loop;
    Dumps dumps;
    const TaskTreeDumper dumper(LogFormat::Text, SIGUSR1, dumps.sink());
    raise(SIGUSR1);
    const std::string first = dumps.wait_for(1);
    CHECK(first.find("loop " + std::to_string(loop.number()) + " (thread ") != std::string::npos);
    CHECK(first.find(" 'customer', ") != std::string::npos);
    CHECK(first.find(" waits for Semaphore.acquire since ") != std::string::npos);
    CHECK(first.find("task_tree_test.cpp:") != std::string::npos);
    CHECK(first.ends_with("\n"));
    raise(SIGUSR1);
    CHECK(dumps.wait_for(2).find("'customer'") != std::string::npos);
  }

  TEST_CASE("task tree dumper: JSON, on another signal") {
    WaitingLoop loop;
    Dumps dumps;
    const TaskTreeDumper dumper(LogFormat::Json, SIGUSR2, dumps.sink());
    raise(SIGUSR2);
    const std::string line = dumps.wait_for(1);
    CHECK(line.find('\n') == line.size() - 1);
    const Json parsed = parse_json(line);
    bool found = false;
    for (const Json& one : parsed["loops"]) {
      if (one["loop"] == loop.number()) found = one["tasks"][0]["name"] == "customer";
    }
    CHECK(found);
  }

  TEST_CASE("task tree dumper: what the signal did before is back at the end") {
    const bool was_free = std::signal(SIGUSR2, &own_handler) == SIG_DFL;
    REQUIRE(was_free);
    own_handler_calls = 0;
    Dumps dumps;
    {
      const TaskTreeDumper dumper(LogFormat::Text, SIGUSR2, dumps.sink());
      raise(SIGUSR2);
      dumps.wait_for(1);
      CHECK(own_handler_calls == 0);
    }
    const bool is_back = handler_of(SIGUSR2) == &own_handler;
    CHECK(is_back);
    raise(SIGUSR2);
    CHECK(own_handler_calls == 1);
    std::signal(SIGUSR2, SIG_DFL);
  }

  TEST_CASE("task tree dumper: one at a time, and another after it") {
    Dumps dumps;
    for (int i = 0; i < 2; ++i) {
      const TaskTreeDumper dumper(LogFormat::Text, SIGUSR1, dumps.sink());
      CHECK_THROWS_WITH_AS(TaskTreeDumper(LogFormat::Text, SIGUSR2), "there is a TaskTreeDumper already", RuntimeError);
    }
    const bool untouched = handler_of(SIGUSR2) == SIG_DFL;
    CHECK(untouched);
  }

  TEST_CASE("task tree dumper: a signal that can't be handled is refused, and takes no place") {
    CHECK_THROWS_AS(TaskTreeDumper(LogFormat::Text, SIGKILL), std::system_error);
    CHECK_THROWS_AS(TaskTreeDumper(LogFormat::Text, 12'345), std::system_error);
    const TaskTreeDumper dumper;
    const bool installed = handler_of(SIGUSR1) != SIG_DFL;
    CHECK(installed);
  }

  TEST_CASE("task tree dumper: an error while it writes is reported, and the next signal is answered") {
    std::mutex mutex;
    std::condition_variable came;
    std::string error;
    int calls = 0;
    set_exception_handler([&](const ExceptionContext& context) {
      const std::lock_guard lock(mutex);
      error = context.message + ": " + describe_exception(context.error);
      came.notify_all();
    });
    {
      const TaskTreeDumper dumper(LogFormat::Text, SIGUSR1, [&](std::string_view) {
        const std::lock_guard lock(mutex);
        if (++calls == 1) throw std::runtime_error("disk full");
        came.notify_all();
      });
      raise(SIGUSR1);
      std::unique_lock lock(mutex);
      came.wait(lock, [&] { return !error.empty(); });
      raise(SIGUSR1);
      came.wait(lock, [&] { return calls == 2; });
    }
    set_exception_handler({});
    CHECK(error == "the dump of the task tree failed: disk full");
  }

  TEST_CASE("task tree dumper: signals from many threads while dumpers come and go") {
    std::atomic<bool> ends{false};
    std::signal(SIGUSR2, SIG_IGN);  // between two dumpers
    std::vector<std::thread> senders;
    for (int i = 0; i < 3; ++i) {
      senders.emplace_back([&] {
        while (!ends)
          kill(getpid(), SIGUSR2);
      });
    }
    for (std::size_t i = 0; i < 20; ++i) {
      Dumps dumps;
      const TaskTreeDumper dumper(LogFormat::Text, SIGUSR2, dumps.sink());
      dumps.wait_for(2);
    }
    ends = true;
    for (std::thread& sender : senders)
      sender.join();
    const bool is_back = std::signal(SIGUSR2, SIG_DFL) == SIG_IGN;
    CHECK(is_back);
  }
}
