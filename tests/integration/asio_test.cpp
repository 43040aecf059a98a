// SPDX-License-Identifier: BSL-1.0
#include "coroute/asio.hpp"

#include <doctest/doctest.h>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/asyncio/timeout.hpp"

using namespace coroute;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using LocalSocket = AsioObject<asio::local::stream_protocol::socket>;

struct Pair {
  Pair() : near(asio_context()), far(asio_context()) { asio::local::connect_pair(near, far); }
  LocalSocket near;
  LocalSocket far;
};

asio::awaitable<int> their_answer(Clock::duration delay) {
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
  co_return 42;
}

asio::awaitable<void> their_failure() {
  throw std::runtime_error("theirs failed");
  co_return;
}

Async<std::unique_ptr<int>> our_answer() {
  co_await sleep(1ms);
  co_return std::make_unique<int>(7);
}

asio::awaitable<int> theirs_awaits_ours() {
  const std::unique_ptr<int> answer = co_await as_awaitable(our_answer());
  co_return *answer + 1;
}

/// Sets `reason` when it is cancelled.
Async<void> wait_for_ever(bool& cancelled) {
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    cancelled = true;
    throw;
  }
}

asio::awaitable<void> theirs_awaits_ours_for_ever(bool& cancelled) {
  co_await as_awaitable(wait_for_ever(cancelled));
}

template <class Operation>
Async<bool> times_out(Operation operation) {
  bool timed_out = false;
  try {
    co_await timeout(5ms, std::move(operation));
  } catch (const TimeoutError&) {
    timed_out = true;
  }
  co_return timed_out;
}

}  // namespace

TEST_SUITE("asio") {
  TEST_CASE("asio: an operation is awaited without a completion token and gives its value") {
    const auto body = []() -> Async<std::string> {
      Pair pair;
      const std::string_view word = "hello";
      co_await asio::async_write(pair.near, asio::buffer(word), asio::deferred);
      std::string received(word.size(), ' ');
      const std::size_t count = co_await pair.far.async_read_some(asio::buffer(received));
      received.resize(count);
      co_return received;
    };
    CHECK(run(body()) == "hello");
  }

  TEST_CASE("asio: a failed operation throws system_error with its code") {
    const auto body = []() -> Async<boost::system::error_code> {
      Pair pair;
      pair.far.close();
      char byte = 0;
      boost::system::error_code code;
      try {
        co_await pair.near.async_read_some(asio::buffer(&byte, 1));
      } catch (const boost::system::system_error& error) {
        code = error.code();
      }
      co_return code;
    };
    CHECK(run(body()) == asio::error::eof);
  }

  TEST_CASE("asio: a timeout cancels the operation, and the socket can be used again") {
    const auto body = []() -> Async<char> {
      Pair pair;
      char byte = 0;
      const bool timed_out = co_await times_out(pair.near.async_read_some(asio::buffer(&byte, 1)));
      CHECK(timed_out);
      co_await asio::async_write(pair.far, asio::buffer("x", 1), asio::deferred);
      co_await pair.near.async_read_some(asio::buffer(&byte, 1));
      co_return byte;
    };
    CHECK(run(body()) == 'x');
  }

  TEST_CASE("asio: cancelling a task that awaits an operation throws Cancelled in it") {
    const auto body = []() -> Async<bool> {
      AsioTimer timer(asio_context(), 1h);
      Task<void> waiting = create_task([](AsioTimer& on) -> Async<void> { co_await on.async_wait(); }(timer));
      co_await sleep(0ms);
      waiting.cancel();
      bool cancelled = false;
      try {
        co_await waiting;
      } catch (const Cancelled&) {
        cancelled = true;
      }
      co_return cancelled;
    };
    CHECK(run(body()));
  }

  TEST_CASE("asio: operation_aborted that nobody asked this task for stays an error of the operation") {
    const auto body = []() -> Async<bool> {
      AsioTimer timer(asio_context(), 1h);
      EventLoop::current().call_soon([&] { timer.cancel(); });
      bool aborted = false;
      try {
        co_await timer.async_wait();
      } catch (const boost::system::system_error& error) {
        aborted = error.code() == asio::error::operation_aborted;
      }
      co_return aborted;
    };
    CHECK(run(body()));
  }

  TEST_CASE("asio: an asio::awaitable is awaited and gives its value") {
    const auto body = []() -> Async<int> { co_return co_await their_answer(1ms); };
    CHECK(run(body()) == 42);
  }

  TEST_CASE("asio: an exception of an asio::awaitable arrives as it was thrown") {
    const auto body = []() -> Async<void> { co_await their_failure(); };
    CHECK_THROWS_WITH_AS(run(body()), "theirs failed", std::runtime_error);
  }

  TEST_CASE("asio: an asio::awaitable that is cancelled before its first step never runs and ends the await") {
    const auto body = []() -> Async<bool> {
      Task<int> waiting = create_task(detail::as_async(their_answer(1h)));
      waiting.cancel();
      bool cancelled = false;
      try {
        co_await waiting;
      } catch (const Cancelled&) {
        cancelled = true;
      }
      co_return cancelled;
    };
    CHECK(run(body()));
  }

  TEST_CASE("asio: a timeout reaches the innermost operation of an asio::awaitable") {
    CHECK(run(times_out(their_answer(1h))));
  }

  TEST_CASE("asio: as_awaitable gives Asio code our coroutine's result, also one that can only be moved") {
    const auto body = []() -> Async<int> { co_return co_await theirs_awaits_ours(); };
    CHECK(run(body()) == 8);
  }

  TEST_CASE("asio: a cancellation goes through their coroutine into ours") {
    bool cancelled = false;
    const bool timed_out = run(times_out(theirs_awaits_ours_for_ever(cancelled)));
    CHECK(timed_out);
    CHECK(cancelled);
  }

  TEST_CASE("asio: Asio's operations and ours wait together in gather") {
    const auto body = []() -> Async<int> {
      AsioTimer timer(asio_context(), 2ms);
      const auto square = [](int number) { return number * number; };
      auto results = co_await gather(their_answer(1ms), timer.async_wait(), sleep(1ms), to_thread(square, 3));
      co_return std::get<0>(results) + std::get<3>(results);
    };
    CHECK(run(body()) == 51);
  }

  TEST_CASE("asio: handlers that other threads post to the context wake a sleeping loop") {
    const auto body = []() -> Async<bool> {
      bool posted = false;
      asio::io_context& context = asio_context();
      std::thread poster([&] {
        std::this_thread::sleep_for(5ms);
        asio::post(context, [&] { posted = true; });
      });
      while (!posted)
        co_await sleep(1ms);
      poster.join();
      co_return posted;
    };
    CHECK(run(body()));
  }

  TEST_CASE("asio: each loop has a context of its own, made when first asked for") {
    const auto own_context = []() -> Async<asio::io_context*> { co_return &asio_context(); };
    const auto twice = [&]() -> Async<bool> {
      asio::io_context* const first = co_await own_context();
      asio::io_context* const second = co_await own_context();
      co_return first == second;
    };
    CHECK(run(twice()));
    EventLoop loop;
    CHECK(loop.guest() == nullptr);
    asio_context(loop);
    CHECK(loop.guest() != nullptr);
  }

  TEST_CASE("asio: a thousand operations that are cancelled at random leave nothing behind") {
    const auto body = []() -> Async<int> {
      int ended = 0;
      for (int i = 0; i < 1000; ++i) {
        Pair pair;
        Task<void> reading = create_task([](LocalSocket& from) -> Async<void> {
          char byte = 0;
          co_await from.async_read_some(asio::buffer(&byte, 1));
        }(pair.near));
        if (i % 3 != 0) co_await sleep(0ms);
        if (i % 2 == 0) asio::write(pair.far, asio::buffer("x", 1));
        if (i % 5 != 0) co_await sleep(0ms);
        reading.cancel();
        try {
          co_await reading;
        } catch (const Cancelled&) {
        }
        ++ended;
      }
      co_return ended;
    };
    CHECK(run(body()) == 1000);
  }
}
