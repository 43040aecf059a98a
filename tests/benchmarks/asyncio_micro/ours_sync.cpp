// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <thread>

#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "ours.hpp"

namespace micro::ours {
namespace {

using namespace std::chrono_literals;
using coroute::Async;
using Queue = coroute::Queue<std::uint64_t>;

/// What one loop alone uses is cheaper than what a second thread has used once.
enum class Use : unsigned char { OneLoop, Shared };

template <Use use>
Async<Sample> semaphore_free_body(std::uint64_t operations) {
  coroute::Semaphore semaphore(contended_permits);
  if (use == Use::Shared) std::thread([&] { const auto permit = semaphore.try_acquire(); }).join();
  std::uint64_t done = 0;
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    const auto permit = co_await semaphore.acquire();
    if (permit) ++done;
  }
  co_return watch.stop(done);
}

Async<> contend(coroute::Semaphore& semaphore, std::uint64_t turns, std::uint64_t& done) {
  for (std::uint64_t i = 0; i < turns; ++i) {
    const auto permit = co_await semaphore.acquire();
    co_await coroute::sleep(0s);
    ++done;
  }
}

Async<Sample> semaphore_contended_body(std::uint64_t operations) {
  coroute::Semaphore semaphore(contended_permits);
  std::uint64_t done = 0;
  std::vector<Async<>> all;
  for (std::size_t task = 0; task < contending_tasks; ++task)
    all.push_back(contend(semaphore, operations / contending_tasks, done));
  const Stopwatch watch;
  co_await coroute::gather(std::move(all));
  co_return watch.stop(done);
}

Async<> produce(Queue& queue, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i)
    co_await queue.put(1);
}

Async<> consume(Queue& queue, std::uint64_t operations, std::uint64_t& done) {
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await queue.get();
}

Async<Sample> hand_over(std::size_t capacity, Use use, std::uint64_t operations) {
  Queue queue(capacity);
  if (use == Use::Shared) std::thread([&] { queue.try_get(); }).join();
  std::uint64_t done = 0;
  const Stopwatch watch;
  co_await coroute::gather(produce(queue, operations), consume(queue, operations, done));
  co_return watch.stop(done);
}

/// A loop on a thread of its own, for as long as it lives.
class OtherLoop {
 public:
  ~OtherLoop() {
    loop_.stop();
    thread_.join();
  }
  coroute::EventLoop& loop() noexcept { return loop_; }

 private:
  coroute::EventLoop loop_;
  std::thread thread_{[this] { loop_.run(); }};
};

Async<> echo(Queue& in, Queue& out, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i) {
    const std::uint64_t item = co_await in.get();
    co_await out.put(item);
  }
}

Async<Sample> ping_pong_body(std::uint64_t operations) {
  Queue ping(1);
  Queue pong(1);
  OtherLoop other;
  const auto echoing = coroute::create_task_on(other.loop(), echo(ping, pong, operations));
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i) {
    co_await ping.put(1);
    done += co_await pong.get();
  }
  const Sample sample = watch.stop(done);
  co_await echoing;
  co_return sample;
}

[[gnu::noinline]] Async<std::uint64_t> one() {
  co_return 1;
}

Async<Sample> call_across_body(std::uint64_t operations) {
  OtherLoop other;
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await coroute::create_task_on(other.loop(), one());
  co_return watch.stop(done);
}

Async<Sample> to_thread_body(std::uint64_t operations) {
  coroute::ThreadPoolOptions options;
  options.threads = 1;
  coroute::ThreadPool pool(options);
  std::uint64_t done = 0;
  const WallStopwatch watch;
  for (std::uint64_t i = 0; i < operations; ++i)
    done += co_await coroute::to_thread(pool, [] { return std::uint64_t{1}; });
  co_return watch.stop(done);
}

}  // namespace

Sample semaphore_free(std::uint64_t operations) {
  return coroute::run(semaphore_free_body<Use::Shared>(operations));
}
Sample semaphore_free_one_loop(std::uint64_t operations) {
  return coroute::run(semaphore_free_body<Use::OneLoop>(operations));
}
Sample semaphore_contended(std::uint64_t operations) {
  return coroute::run(semaphore_contended_body(operations));
}
Sample queue_buffered(std::uint64_t operations) {
  return coroute::run(hand_over(queue_capacity, Use::Shared, operations));
}
Sample queue_buffered_one_loop(std::uint64_t operations) {
  return coroute::run(hand_over(queue_capacity, Use::OneLoop, operations));
}
Sample queue_of_one(std::uint64_t operations) {
  return coroute::run(hand_over(1, Use::OneLoop, operations));
}
Sample queue_across_loops(std::uint64_t operations) {
  return coroute::run(ping_pong_body(operations));
}
Sample call_across_loops(std::uint64_t operations) {
  return coroute::run(call_across_body(operations));
}
Sample to_thread(std::uint64_t operations) {
  return coroute::run(to_thread_body(operations));
}

}  // namespace micro::ours
