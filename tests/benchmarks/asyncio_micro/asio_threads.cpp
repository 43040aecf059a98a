// SPDX-License-Identifier: BSL-1.0
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <thread>

#include "asio_loop.hpp"

namespace micro::peers {
namespace {

namespace experimental = asio::experimental;
using Error = boost::system::error_code;
using Queue = experimental::concurrent_channel<LoopExecutor, void(Error, std::uint64_t)>;

/// A loop on a thread of its own, for as long as it lives.
class OtherLoop {
 public:
  ~OtherLoop() {
    work_.reset();
    thread_.join();
  }
  LoopExecutor executor() { return context_.get_executor(); }

 private:
  asio::io_context context_{loop_hint};
  asio::executor_work_guard<LoopExecutor> work_{context_.get_executor()};
  std::thread thread_{[this] { context_.run(); }};
};

/// An idle loop without a reactor waits for a condition variable, one with a socket or timer for epoll.
void have_reactor(const LoopExecutor& executor) {
  asio::steady_timer(executor).cancel();
}

asio::awaitable<void, LoopExecutor> echo(Queue& in, Queue& out, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i) {
    const std::uint64_t item = co_await in.async_receive(asio::deferred);
    co_await out.async_send(Error(), item, asio::deferred);
  }
}

template <bool with_reactor>
asio::awaitable<Sample, LoopExecutor> ping_pong_body(std::uint64_t operations) {
  const LoopExecutor executor = co_await asio::this_coro::executor;
  OtherLoop other;
  if constexpr (with_reactor) {
    have_reactor(executor);
    have_reactor(other.executor());
  }
  Queue ping(other.executor(), 1);
  Queue pong(executor, 1);
  asio::co_spawn(other.executor(), echo(ping, pong, operations), rethrow);
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    co_await ping.async_send(Error(), 1, asio::deferred);
    done += co_await pong.async_receive(asio::deferred);
  }
  co_return watch.stop(done);
}

template <class Executor>
[[gnu::noinline]] asio::awaitable<std::uint64_t, Executor> one() {
  co_return 1;
}

asio::awaitable<Sample, LoopExecutor> spawn_on_other_body(std::uint64_t operations) {
  OtherLoop other;
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    done += co_await asio::co_spawn(other.executor(), one<LoopExecutor>(), asio::use_awaitable_t<LoopExecutor>());
  }
  co_return watch.stop(done);
}

/// The coroutine itself goes over and comes back.
template <class There>
asio::awaitable<std::uint64_t, LoopExecutor> hop(There there, LoopExecutor back) {
  co_await asio::post(there, asio::bind_executor(there, asio::use_awaitable_t<LoopExecutor>()));
  std::uint64_t result = 1;
  co_await asio::post(back, asio::bind_executor(back, asio::use_awaitable_t<LoopExecutor>()));
  co_return result;
}

template <class There>
asio::awaitable<Sample, LoopExecutor> hops(There there, std::uint64_t operations) {
  const LoopExecutor executor = co_await asio::this_coro::executor;
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await hop(there, executor);
  co_return watch.stop(done);
}

asio::awaitable<Sample, LoopExecutor> hop_to_other_body(std::uint64_t operations) {
  OtherLoop other;
  co_return co_await hops(other.executor(), operations);
}

template <bool with_reactor>
asio::awaitable<Sample, LoopExecutor> hop_to_pool_body(std::uint64_t operations) {
  if constexpr (with_reactor) have_reactor(co_await asio::this_coro::executor);
  asio::thread_pool pool(1);
  co_return co_await hops(pool.get_executor(), operations);
}

/// Runs `function` on the pool, then completes on the handler's executor.
template <class Function, class Token>
auto run_in(asio::thread_pool& pool, LoopExecutor back, Function function, Token&& token) {
  return asio::async_initiate<Token, void(std::uint64_t)>(
      [&pool, back](auto handler, Function work) {
        asio::post(pool, [back, work, handler = std::move(handler)]() mutable {
          asio::post(back, [result = work(), handler = std::move(handler)]() mutable { handler(result); });
        });
      },
      token, std::move(function));
}

asio::awaitable<Sample, LoopExecutor> post_to_pool_body(std::uint64_t operations) {
  const LoopExecutor executor = co_await asio::this_coro::executor;
  asio::thread_pool pool(1);
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await run_in(pool, executor, [] { return std::uint64_t{1}; }, asio::deferred);
  co_return watch.stop(done);
}

}  // namespace

std::vector<Variant> queue_across_loops() {
  return {{"concurrent_channel, loops without reactor", on_loop<LoopExecutor, ping_pong_body<false>>},
          {"concurrent_channel, loops with reactor", on_loop<LoopExecutor, ping_pong_body<true>>}};
}

std::vector<Variant> call_across_loops() {
  return {{"co_spawn, use_awaitable", on_loop<LoopExecutor, spawn_on_other_body>},
          {"post there and back", on_loop<LoopExecutor, hop_to_other_body>}};
}

std::vector<Variant> to_thread() {
  return {{"post there and back", on_loop<LoopExecutor, hop_to_pool_body<false>>},
          {"post there and back, loop with reactor", on_loop<LoopExecutor, hop_to_pool_body<true>>},
          {"post of a function, deferred", on_loop<LoopExecutor, post_to_pool_body>}};
}

}  // namespace micro::peers
