// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>

#include "asio_loop.hpp"

namespace micro::peers {
namespace {

namespace experimental = asio::experimental;
using namespace experimental::awaitable_operators;

template <class Executor>
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

template <class Executor>
[[gnu::noinline]] asio::awaitable<int, Executor> ready() {
  co_return 1;
}

template <class Executor>
[[gnu::noinline]] asio::awaitable<int, Executor> yielding() {
  co_await asio::post(asio::deferred);
  co_return 1;
}

template <class Executor>
using Child = asio::awaitable<int, Executor> (*)();

template <class Executor>
asio::awaitable<Sample, Executor> spawn_join_body(std::uint64_t operations) {
  const Executor executor = co_await asio::this_coro::executor;
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    done +=
        static_cast<unsigned>(co_await asio::co_spawn(executor, ready<Executor>(), asio::use_awaitable_t<Executor>()));
  }
  co_return watch.stop(done);
}

template <class Executor, Child<Executor> child>
asio::awaitable<Sample, Executor> gather_operators_body(std::uint64_t operations) {
  std::uint64_t results = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    const auto all = co_await (child() && child() && child() && child() && child() && child() && child() && child() &&
                               child() && child());
    std::apply([&](auto... result) { results += static_cast<unsigned>((result + ...)); }, all);
  }
  co_return watch.stop(results / gathered);
}

template <class Executor, Child<Executor> child, std::size_t... I>
auto group_of(const Executor& executor, std::index_sequence<I...>) {
  return experimental::make_parallel_group(
      (static_cast<void>(I), asio::co_spawn(executor, child(), asio::deferred))...);
}

template <class Executor, Child<Executor> child>
asio::awaitable<Sample, Executor> gather_group_body(std::uint64_t operations) {
  const Executor executor = co_await asio::this_coro::executor;
  std::uint64_t results = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    const auto all = co_await group_of<Executor, child>(executor, std::make_index_sequence<gathered>())
                         .async_wait(experimental::wait_for_one_error(), asio::use_awaitable_t<Executor>());
    const auto add = [&](const auto& part) {
      if constexpr (std::is_same_v<std::decay_t<decltype(part)>, int>) results += static_cast<unsigned>(part);
    };
    std::apply([&](const auto&... part) { (add(part), ...); }, all);
  }
  co_return watch.stop(results / gathered);
}

template <class Executor, Child<Executor> child>
asio::awaitable<Sample, Executor> timeout_operators_body(std::uint64_t operations) {
  const Executor executor = co_await asio::this_coro::executor;
  Timer<Executor> standing(executor, standing_limit);
  standing.async_wait([](const boost::system::error_code&) {});
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    Timer<Executor> limit(executor, time_limit);
    const auto first = co_await (child() || limit.async_wait(asio::use_awaitable_t<Executor>()));
    if (first.index() == 0) done += static_cast<unsigned>(std::get<0>(first));
  }
  co_return watch.stop(done);
}

/// Without the timer's frame and the group: a timer that emits a cancellation signal.
template <class Executor, Child<Executor> child>
asio::awaitable<Sample, Executor> timeout_signal_body(std::uint64_t operations) {
  const Executor executor = co_await asio::this_coro::executor;
  Timer<Executor> standing(executor, standing_limit);
  standing.async_wait([](const boost::system::error_code&) {});
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    asio::cancellation_signal signal;
    Timer<Executor> limit(executor, time_limit);
    limit.async_wait([&signal](const boost::system::error_code& error) {
      if (!error) signal.emit(asio::cancellation_type::terminal);
    });
    done += static_cast<unsigned>(co_await asio::co_spawn(
        executor, child(), asio::bind_cancellation_slot(signal.slot(), asio::use_awaitable_t<Executor>())));
  }
  co_return watch.stop(done);
}

template <template <class> class ChildOf>
std::vector<Variant> gather_variants() {
  return {{"&&, io_context executor",
           on_loop<LoopExecutor, gather_operators_body<LoopExecutor, ChildOf<LoopExecutor>::call>>},
          {"parallel_group, io_context executor",
           on_loop<LoopExecutor, gather_group_body<LoopExecutor, ChildOf<LoopExecutor>::call>>},
          {"parallel_group, any_io_executor",
           on_loop<AnyExecutor, gather_group_body<AnyExecutor, ChildOf<AnyExecutor>::call>>}};
}

template <template <class> class ChildOf>
std::vector<Variant> timeout_variants() {
  return {
      {"||, io_context executor",
       on_loop<LoopExecutor, timeout_operators_body<LoopExecutor, ChildOf<LoopExecutor>::call>>},
      {"||, any_io_executor", on_loop<AnyExecutor, timeout_operators_body<AnyExecutor, ChildOf<AnyExecutor>::call>>},
      {"timer and cancellation_signal, io_context executor",
       on_loop<LoopExecutor, timeout_signal_body<LoopExecutor, ChildOf<LoopExecutor>::call>>}};
}

template <class Executor>
struct Ready {
  static constexpr Child<Executor> call = ready<Executor>;
};
template <class Executor>
struct Yielding {
  static constexpr Child<Executor> call = yielding<Executor>;
};

}  // namespace

std::vector<Variant> spawn_join() {
  return {{"co_spawn, use_awaitable, io_context executor", on_loop<LoopExecutor, spawn_join_body<LoopExecutor>>},
          {"co_spawn, use_awaitable, any_io_executor", on_loop<AnyExecutor, spawn_join_body<AnyExecutor>>}};
}

std::vector<Variant> gather_ready() {
  return gather_variants<Ready>();
}
std::vector<Variant> gather_yielding() {
  return gather_variants<Yielding>();
}
std::vector<Variant> timeout_ready() {
  return timeout_variants<Ready>();
}
std::vector<Variant> timeout_yielding() {
  return timeout_variants<Yielding>();
}

}  // namespace micro::peers
