// SPDX-License-Identifier: BSL-1.0
#include <sys/eventfd.h>

#include <tuple>
#include <utility>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "ours.hpp"

namespace micro::ours {
namespace {

using namespace std::chrono_literals;
using coroute::Async;

[[gnu::noinline]] Async<int> ready() {
  co_return 1;
}

[[gnu::noinline]] Async<int> yielding() {
  co_await coroute::sleep(0s);
  co_return 1;
}

using Child = Async<int> (*)();

Async<Sample> yield_body(std::uint64_t operations) {
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    co_await coroute::sleep(0s);
    ++done;
  }
  co_return watch.stop(done);
}

Async<Sample> yield_watching_body(std::uint64_t operations) {
  const coroute::detail::IoHandle silent(coroute::EventLoop::current(), eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  co_return co_await yield_body(operations);
}

Async<Sample> nested_call_body(std::uint64_t operations) {
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += static_cast<unsigned>(co_await ready());
  co_return watch.stop(done);
}

coroute::AsyncGenerator<std::uint64_t> ones() {
  while (true)
    co_yield 1;
}

Async<Sample> generator_body(std::uint64_t operations) {
  auto items = ones();
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    const auto item = co_await items.next();
    if (item) done += *item;
  }
  co_return watch.stop(done);
}

Async<Sample> spawn_join_body(std::uint64_t operations) {
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += static_cast<unsigned>(co_await coroute::create_task(ready()));
  co_return watch.stop(done);
}

template <Child child, std::size_t... I>
auto gather_of(std::index_sequence<I...>) {
  return coroute::gather((static_cast<void>(I), child())...);
}

template <Child child>
Async<Sample> gather_body(std::uint64_t operations) {
  std::uint64_t results = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    const auto all = co_await gather_of<child>(std::make_index_sequence<gathered>());
    std::apply([&](auto... result) { results += static_cast<unsigned>((result + ...)); }, all);
  }
  co_return watch.stop(results / gathered);
}

template <Child child>
Async<Sample> timeout_body(std::uint64_t operations) {
  coroute::Timeout standing(coroute::EventLoop::current().time_after(standing_limit));
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += static_cast<unsigned>(co_await coroute::timeout(time_limit, child()));
  co_return watch.stop(done);
}

}  // namespace

Sample yield(std::uint64_t operations) {
  return coroute::run(yield_body(operations));
}
Sample yield_watching(std::uint64_t operations) {
  return coroute::run(yield_watching_body(operations));
}
Sample nested_call(std::uint64_t operations) {
  return coroute::run(nested_call_body(operations));
}
Sample generator_item(std::uint64_t operations) {
  return coroute::run(generator_body(operations));
}
Sample spawn_join(std::uint64_t operations) {
  return coroute::run(spawn_join_body(operations));
}
Sample gather_ready(std::uint64_t operations) {
  return coroute::run(gather_body<ready>(operations));
}
Sample gather_yielding(std::uint64_t operations) {
  return coroute::run(gather_body<yielding>(operations));
}
Sample timeout_ready(std::uint64_t operations) {
  return coroute::run(timeout_body<ready>(operations));
}
Sample timeout_yielding(std::uint64_t operations) {
  return coroute::run(timeout_body<yielding>(operations));
}

}  // namespace micro::ours
