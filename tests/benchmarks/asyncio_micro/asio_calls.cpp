// SPDX-License-Identifier: BSL-1.0
#include <sys/eventfd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "asio_loop.hpp"

namespace micro::peers {
namespace {

template <class Executor, template <class> class Token>
asio::awaitable<Sample, Executor> yield_body(std::uint64_t operations) {
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    co_await asio::post(Token<Executor>::token);
    ++done;
  }
  co_return watch.stop(done);
}

/// The same on a loop that has a reactor, as every loop with a socket or a timer.
template <class Executor, template <class> class Token>
asio::awaitable<Sample, Executor> yield_watching_body(std::uint64_t operations) {
  const auto executor = co_await asio::this_coro::executor;
  asio::posix::basic_stream_descriptor<Executor> silent(executor, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  silent.async_wait(asio::posix::descriptor_base::wait_read, [](const boost::system::error_code&) {});
  co_return co_await yield_body<Executor, Token>(operations);
}

template <class Executor>
[[gnu::noinline]] asio::awaitable<std::uint64_t, Executor> one() {
  co_return 1;
}

template <class Executor>
asio::awaitable<Sample, Executor> nested_call_body(std::uint64_t operations) {
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await one<Executor>();
  co_return watch.stop(done);
}

}  // namespace

std::vector<Variant> yield() {
  return {{"post, deferred, io_context executor", on_loop<LoopExecutor, yield_body<LoopExecutor, Deferred>>},
          {"post, use_awaitable, io_context executor", on_loop<LoopExecutor, yield_body<LoopExecutor, UseAwaitable>>},
          {"post, deferred, any_io_executor", on_loop<AnyExecutor, yield_body<AnyExecutor, Deferred>>}};
}

std::vector<Variant> yield_watching() {
  return {{"post, deferred, io_context executor", on_loop<LoopExecutor, yield_watching_body<LoopExecutor, Deferred>>},
          {"post, deferred, any_io_executor", on_loop<AnyExecutor, yield_watching_body<AnyExecutor, Deferred>>}};
}

std::vector<Variant> nested_call() {
  return {{"awaitable, any_io_executor", on_loop<AnyExecutor, nested_call_body<AnyExecutor>>},
          {"awaitable, io_context executor", on_loop<LoopExecutor, nested_call_body<LoopExecutor>>}};
}

}  // namespace micro::peers
