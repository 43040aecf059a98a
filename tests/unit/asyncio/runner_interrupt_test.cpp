// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/runner.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

constexpr EventLoopOptions in_virtual_time{.virtual_time = true};

Async<int> give(int value) {
  co_await sleep(0s);
  co_return value;
}

/// How a run of `main` ended.
template <class T>
std::string outcome_of_run(Runner& runner, Async<T> main) {
  try {
    static_cast<void>(runner.run(std::move(main)));
    return "returned";
  } catch (const Cancelled&) {
    return "Cancelled";
  } catch (const KeyboardInterrupt&) {
    return "KeyboardInterrupt";
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::atomic<int> own_handler_calls{0};
void own_handler(int) {
  ++own_handler_calls;
}

/// SIGINT as a program finds it; the test framework has a handler of its own.
class Disposition {
 public:
  explicit Disposition(void (*handler)(int)) {
    struct sigaction wanted{};
    wanted.sa_handler = handler;
    sigaction(SIGINT, &wanted, &before_);
  }
  ~Disposition() { sigaction(SIGINT, &before_, nullptr); }
  Disposition(const Disposition&) = delete;
  Disposition& operator=(const Disposition&) = delete;

  static std::string present() {
    struct sigaction now{};
    sigaction(SIGINT, nullptr, &now);
    if (now.sa_handler == SIG_DFL) return "default";
    return now.sa_handler == &own_handler ? "own" : "runner's";
  }

 private:
  struct sigaction before_{};
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE(
    "runner: SIGINT cancels a main that never waits for long; run throws KeyboardInterrupt "
    "(test_interrupt_call_soon)") {
  const Disposition standard(SIG_DFL);
  bool cancelled = false;
  auto main = [&]() -> Async<void> {
    EventLoop::current().call_soon([] { raise(SIGINT); });
    try {
      while (true)
        co_await sleep(0s);
    } catch (const Cancelled&) {
      cancelled = true;
      throw;
    }
  };
  Runner runner;
  CHECK(outcome_of_run(runner, main()) == "KeyboardInterrupt");
  CHECK(cancelled);
  CHECK(Disposition::present() == "default");
  CHECK(runner.run(give(2)) == 2);
}

TEST_CASE("runner: SIGINT ends a wait, what is awaited, and cleanup may await (test_interrupt_wait)") {
  const Disposition standard(SIG_DFL);
  std::vector<std::string> log;
  std::optional<Task<void>> inner;
  auto sleeper = [&]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1h));
    log.push_back("inner " + outcome);
    throw Cancelled();
  };
  auto main = [&]() -> Async<void> {
    inner = create_task(sleeper());
    EventLoop::current().call_later(1ms, [] { kill(getpid(), SIGINT); });
    const std::string outcome = co_await outcome_of(*inner);
    log.push_back("main " + outcome);
    co_await sleep(1ms);
    log.push_back("cleaned up");
    throw Cancelled();
  };
  Runner runner;
  CHECK(outcome_of_run(runner, main()) == "KeyboardInterrupt");
  CHECK(inner->cancelled());
  CHECK(log == std::vector<std::string>{"inner Cancelled(user)", "main Cancelled(user)", "cleaned up"});
}

TEST_CASE("runner: SIGINT of a main that somebody cancels too stays Cancelled (test_interrupt_cancelled_task)") {
  const Disposition standard(SIG_DFL);
  Runner runner;
  auto cancelled_first = []() -> Async<void> {
    const AnyTask self = *current_task();
    EventLoop::current().call_soon([self] {
      self.cancel();
      raise(SIGINT);
    });
    co_await sleep(1h);
  };
  auto cancelled_in_cleanup = []() -> Async<void> {
    raise(SIGINT);
    co_await outcome_of(sleep(1h));
    current_task()->cancel();
    co_await sleep(1h);
  };
  CHECK(outcome_of_run(runner, cancelled_first()) == "Cancelled");
  CHECK(outcome_of_run(runner, cancelled_in_cleanup()) == "Cancelled");
}

TEST_CASE("runner: a main that makes something else of SIGINT's cancellation ends by that") {
  const Disposition standard(SIG_DFL);
  Runner runner;
  auto swallow = []() -> Async<std::string> {
    raise(SIGINT);
    std::string outcome = co_await outcome_of(sleep(1h));
    co_return outcome;
  };
  auto fail_instead = []() -> Async<void> {
    raise(SIGINT);
    co_await outcome_of(sleep(1h));
    throw std::runtime_error("failed instead");
  };
  CHECK(runner.run(swallow()) == "Cancelled(user)");
  CHECK(outcome_of_run(runner, fail_instead()) == "failed instead");
}

TEST_CASE("runner: tasks that SIGINT leaves behind are not cancelled before the Runner is closed") {
  const Disposition standard(SIG_DFL);
  std::optional<Task<void>> task;
  auto main = [&]() -> Async<void> {
    task = create_task(detail::as_async(sleep(1h)));
    raise(SIGINT);
    co_await sleep(1h);
  };
  Runner runner;
  CHECK(outcome_of_run(runner, main()) == "KeyboardInterrupt");
  CHECK_FALSE(task->done());
  runner.close();
  CHECK(task->cancelled());
}

TEST_CASE("runner: a SIGINT that another thread takes reaches main") {
  const Disposition standard(SIG_DFL);
  std::atomic<bool> waiting{false};
  auto main = [&]() -> Async<void> {
    waiting = true;
    co_await sleep(1h);
  };
  std::thread other([&] {
    while (!waiting)
      std::this_thread::yield();
    raise(SIGINT);  // to this thread
  });
  Runner runner;
  CHECK(outcome_of_run(runner, main()) == "KeyboardInterrupt");
  other.join();
}

TEST_CASE("runner: a handler that the program has set, before or during the run, is left alone") {
  {
    const Disposition own(&own_handler);
    own_handler_calls = 0;
    auto main = []() -> Async<int> {
      raise(SIGINT);
      co_return co_await give(3);
    };
    Runner runner;
    CHECK(runner.run(main()) == 3);
    CHECK(own_handler_calls == 1);
    CHECK(Disposition::present() == "own");
  }
  const Disposition standard(SIG_DFL);
  auto main = []() -> Async<int> {
    std::signal(SIGINT, &own_handler);
    raise(SIGINT);
    co_return co_await give(4);
  };
  Runner runner;
  CHECK(runner.run(main()) == 4);
  CHECK(own_handler_calls == 2);
  CHECK(Disposition::present() == "own");
}

TEST_CASE("runner: SIGINT is not taken in virtual time, nor on another thread (test_signal_install_not_supported_ok)") {
  const Disposition standard(SIG_DFL);
  auto main = []() -> Async<std::string> { co_return Disposition::present(); };
  CHECK(run(main()) == "runner's");
  CHECK(run(main(), in_virtual_time) == "default");
  std::string on_thread;
  std::thread([&] { on_thread = run(main()); }).join();
  CHECK(on_thread == "default");
  CHECK(Disposition::present() == "default");
}

TEST_CASE("runner: a second SIGINT ends the process, however long the cleanup takes") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const Disposition standard(SIG_DFL);
    auto main = []() -> Async<void> {
      raise(SIGINT);
      co_await outcome_of(sleep(1h));
      raise(SIGINT);
      co_await sleep(1h);
    };
    Runner runner;
    runner.run(main());
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("runner: the KeyboardInterrupt of run passes through what catches std::exception") {
  const Disposition standard(SIG_DFL);
  auto main = []() -> Async<void> {
    raise(SIGINT);
    co_await sleep(1h);
  };
  std::string caught;
  try {
    try {
      run(main());
    } catch (const std::exception&) {
      caught = "std::exception";
    }
  } catch (const KeyboardInterrupt& interrupt) {
    caught = interrupt.what();
  }
  CHECK(caught == "interrupted from the keyboard");
}

TEST_SUITE_END();
