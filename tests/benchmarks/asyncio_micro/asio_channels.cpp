// SPDX-License-Identifier: BSL-1.0
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>

#include "asio_loop.hpp"

namespace micro::peers {
namespace {

namespace experimental = asio::experimental;
using Error = boost::system::error_code;

/// A channel of capacity N as a semaphore of N permits: a message in the buffer is a permit that is taken. Only for
/// tasks of one loop, unlike the concurrent one.
using Semaphore = experimental::channel<LoopExecutor, void(Error)>;
using ConcurrentSemaphore = experimental::concurrent_channel<LoopExecutor, void(Error)>;

template <class Channel>
void release(Channel& semaphore) {
  semaphore.try_receive([](auto&&...) {});
}

template <class Channel>
asio::awaitable<Sample, LoopExecutor> semaphore_free_body(std::uint64_t operations) {
  Channel semaphore(co_await asio::this_coro::executor, contended_permits);
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    co_await semaphore.async_send(Error(), asio::deferred);
    ++done;
    release(semaphore);
  }
  co_return watch.stop(done);
}

template <class Channel>
asio::awaitable<Sample, LoopExecutor> semaphore_free_try_body(std::uint64_t operations) {
  Channel semaphore(co_await asio::this_coro::executor, contended_permits);
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    // Overtakes nobody: while there is room, nobody waits.
    if (!semaphore.try_send(Error())) co_await semaphore.async_send(Error(), asio::deferred);
    ++done;
    release(semaphore);
  }
  co_return watch.stop(done);
}

template <class Channel>
asio::awaitable<void, LoopExecutor> contend(Channel& semaphore, std::uint64_t turns, std::uint64_t& done) {
  for (std::uint64_t i = 0; i < turns; ++i) {
    if (!semaphore.try_send(Error())) co_await semaphore.async_send(Error(), asio::deferred);
    co_await asio::post(asio::deferred);
    ++done;
    release(semaphore);
  }
}

template <class Channel>
Sample semaphore_contended_on(std::uint64_t operations) {
  asio::io_context context(loop_hint);
  Channel semaphore(context.get_executor(), contended_permits);
  std::uint64_t done = 0;
  for (std::size_t task = 0; task < contending_tasks; ++task) {
    asio::co_spawn(context, contend(semaphore, operations / contending_tasks, done), rethrow);
  }
  const Stopwatch watch;
  context.run();
  return watch.stop(done);
}

using Queue = experimental::channel<LoopExecutor, void(Error, std::uint64_t)>;
using ConcurrentQueue = experimental::concurrent_channel<LoopExecutor, void(Error, std::uint64_t)>;

template <class Channel>
asio::awaitable<void, LoopExecutor> produce(Channel& queue, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i)
    co_await queue.async_send(Error(), 1, asio::deferred);
}

template <class Channel>
asio::awaitable<void, LoopExecutor> consume(Channel& queue, std::uint64_t operations, std::uint64_t& done) {
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await queue.async_receive(asio::deferred);
}

template <class Channel>
asio::awaitable<void, LoopExecutor> try_produce(Channel& queue, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i) {
    if (!queue.try_send(Error(), 1U)) co_await queue.async_send(Error(), 1, asio::deferred);
  }
}

template <class Channel>
asio::awaitable<void, LoopExecutor> try_consume(Channel& queue, std::uint64_t operations, std::uint64_t& done) {
  for (std::uint64_t i = 0; i < operations; ++i) {
    if (queue.try_receive([&](const Error&, std::uint64_t item) { done += item; })) continue;
    done += co_await queue.async_receive(asio::deferred);
  }
}

template <class Channel, std::size_t capacity, auto producer, auto consumer>
Sample hand_over(std::uint64_t operations) {
  asio::io_context context(loop_hint);
  Channel queue(context.get_executor(), capacity);
  std::uint64_t done = 0;
  asio::co_spawn(context, producer(queue, operations), rethrow);
  asio::co_spawn(context, consumer(queue, operations, done), rethrow);
  const Stopwatch watch;
  context.run();
  return watch.stop(done);
}

template <class Channel, std::size_t capacity>
constexpr Measure always_async = hand_over<Channel, capacity, produce<Channel>, consume<Channel>>;
template <class Channel, std::size_t capacity>
constexpr Measure try_first = hand_over<Channel, capacity, try_produce<Channel>, try_consume<Channel>>;

}  // namespace

std::vector<Variant> semaphore_free() {
  return {{"concurrent_channel, try first", on_loop<LoopExecutor, semaphore_free_try_body<ConcurrentSemaphore>>}};
}

std::vector<Variant> semaphore_free_one_loop() {
  return {{"channel", on_loop<LoopExecutor, semaphore_free_body<Semaphore>>},
          {"channel, try first", on_loop<LoopExecutor, semaphore_free_try_body<Semaphore>>}};
}

std::vector<Variant> semaphore_contended() {
  return {{"channel, try first", semaphore_contended_on<Semaphore>},
          {"concurrent_channel, try first", semaphore_contended_on<ConcurrentSemaphore>}};
}

std::vector<Variant> queue_buffered() {
  return {{"concurrent_channel, try first", try_first<ConcurrentQueue, queue_capacity>}};
}

std::vector<Variant> queue_buffered_one_loop() {
  return {{"channel, deferred", always_async<Queue, queue_capacity>},
          {"channel, try first", try_first<Queue, queue_capacity>}};
}

std::vector<Variant> queue_of_one() {
  return {{"channel, deferred", always_async<Queue, 1>},
          {"channel, try first", try_first<Queue, 1>},
          {"concurrent_channel, try first", try_first<ConcurrentQueue, 1>}};
}

}  // namespace micro::peers
