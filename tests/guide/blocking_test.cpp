// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <future>
#include <thread>
#include "coroute/coroute.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// [ticker]
Async<void> count_ticks(int& ticks) {
  while (true) {
    co_await sleep(1ms);
    ++ticks;
  }
}
// [/ticker]

/// Stands for a driver without an asynchronous interface; returns when it is told to.
std::string query_old_database(std::shared_future<void> end) {
  end.wait();
  return "rows";
}

// [blocking]
Async<std::string> blocks_everyone(std::shared_future<void> end) {
  co_return query_old_database(std::move(end));  // the loop stands still: no timer, no request, nobody else
}
// [/blocking]

// [to_thread]
Async<std::string> lets_the_others_go_on(std::shared_future<void> end) {
  co_return co_await to_thread(query_old_database, std::move(end));  // waits on a thread of the pool
}
// [/to_thread]

// [pool]
ThreadPool& database_threads() {
  static ThreadPool pool({.name = "database", .threads = 4, .max_queued = 100});
  return pool;  // a slow database fills its own pool and nobody else's
}

Async<std::string> query(std::shared_future<void> end) {
  co_return co_await to_thread(database_threads(), query_old_database, std::move(end));
}
// [/pool]

// [stop_token]
long count_primes(std::stop_token stop, long limit) {
  long primes = 0;
  for (long n = 2; n < limit && !stop.stop_requested(); ++n) {
    bool is_prime = true;
    for (long d = 2; d * d <= n; ++d)
      is_prime = is_prime && n % d != 0;
    primes += is_prime ? 1 : 0;
  }
  return primes;  // what it has, when the task is cancelled
}

Async<long> primes_below(long limit) {
  co_return co_await to_thread(count_primes, limit);
}
// [/stop_token]

}  // namespace

TEST_CASE("guide: a blocking call stops the loop, to_thread lets it run") {
  auto ticks_during = [](auto call, bool release_from_outside) {
    auto main = [&]() -> Async<int> {
      int ticks = 0;
      const Task<void> ticking = create_task(count_ticks(ticks));
      co_await sleep(3ms);
      std::promise<void> end;
      std::shared_future<void> ended = end.get_future().share();
      const int before = ticks;
      std::thread other;
      if (release_from_outside) {
        other = std::thread([&end] {
          std::this_thread::sleep_for(30ms);
          end.set_value();
        });
      } else {
        EventLoop::current().call_later(5ms, [&end] { end.set_value(); });  // only a loop that runs can do this
      }
      const std::string rows = co_await call(ended);
      CHECK(rows == "rows");
      const int after = ticks;
      if (other.joinable()) other.join();
      ticking.cancel();
      try {
        co_await ticking;  // its end, before `ticks` goes
      } catch (const Cancelled&) {
      }
      co_return after - before;
    };
    return run(main());
  };
  CHECK(ticks_during(blocks_everyone, true) == 0);
  CHECK(ticks_during(lets_the_others_go_on, false) > 0);
  CHECK(ticks_during(query, false) > 0);
}

TEST_CASE("guide: a function that takes a stop_token ends early when its task is cancelled") {
  const long all = run(primes_below(100));
  CHECK(all == 25);
  auto main = []() -> Async<bool> {
    const Task<long> counting = create_task(primes_below(1'000'000'000'000));
    co_await sleep(5ms);
    counting.cancel();
    const long some = co_await counting;  // it returned a value in spite of the request: the value counts
    co_return some > 0;
  };
  CHECK(run(main()));
}
