// SPDX-License-Identifier: BSL-1.0
// Apart from what uses channels: in Boost 1.81 experimental/coro.hpp and experimental/channel.hpp don't share a file.
#include <boost/asio/experimental/coro.hpp>
#include <boost/asio/experimental/use_coro.hpp>

#include "asio_loop.hpp"

namespace micro::peers {
namespace {

namespace experimental = asio::experimental;

experimental::coro<std::uint64_t, void, LoopExecutor> ones(LoopExecutor) {
  while (true)
    co_yield 1;
}

experimental::coro<void, Sample, LoopExecutor> consume(LoopExecutor executor, std::uint64_t operations) {
  auto items = ones(executor);
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    if (const auto item = co_await items) done += *item;
  }
  co_return watch.stop(done);
}

Sample from_coro(std::uint64_t operations) {
  asio::io_context context(loop_hint);
  auto consumer = consume(context.get_executor(), operations);
  Sample sample;
  consumer.async_resume([&](const std::exception_ptr& error, Sample measured) {
    rethrow(error);
    sample = measured;
  });
  context.run();
  return sample;
}

/// A generator that an ordinary awaitable consumes.
template <class Executor>
asio::awaitable<Sample, Executor> coro_in_awaitable_body(std::uint64_t operations) {
  const Executor executor = co_await asio::this_coro::executor;
  const auto loop = [&] {
    if constexpr (std::is_same_v<Executor, LoopExecutor>) {
      return executor;
    } else {
      return *executor.template target<LoopExecutor>();
    }
  }();
  auto items = ones(loop);
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    if (const auto item = co_await items.async_resume(asio::use_awaitable_t<Executor>())) done += *item;
  }
  co_return watch.stop(done);
}

}  // namespace

std::vector<Variant> generator_item() {
  return {{"experimental::coro in a coro", from_coro},
          {"experimental::coro in an awaitable", on_loop<LoopExecutor, coro_in_awaitable_body<LoopExecutor>>}};
}

}  // namespace micro::peers
