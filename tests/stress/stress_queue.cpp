// SPDX-License-Identifier: BSL-1.0
// Queues between 2 to 8 loops and threads without one, under cancellations and shutdowns from outside.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "stress/stress.hpp"
#include "support/queue_kinds.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;
using coroute::testing::wait_until_done;

namespace {

constexpr std::size_t producers_per_run = 8;
constexpr std::size_t consumers_per_run = 8;
constexpr int item_numbers = 1 << 26;  // of one producer; the producer's own number is in the bits above

bool one_in(Random& random, std::size_t number) {
  return below(random, number) == 0;
}

/// One producer or consumer; written by its own loop or thread only.
struct Worker {
  std::vector<int> items;  ///< What entered the queue, or was got out of it, in order.
  bool refused = false;    ///< Ended by the shutdown.
};

template <class Q>
struct Traffic {
  explicit Traffic(std::size_t maxsize) : queue(maxsize) {}
  Q queue;
  std::vector<Worker> producers = std::vector<Worker>(producers_per_run + 1);  // the last one: a thread without a loop
  std::vector<Worker> consumers = std::vector<Worker>(consumers_per_run + 1);
  std::atomic<std::size_t> started{0};
};

/// Sometimes gives way; a cancellation is swallowed.
Async<void> pause(Random& random) {
  if (!one_in(random, 8)) co_return;
  try {
    co_await sleep(0s);
  } catch (const Cancelled&) {
  }
}

template <class Q>
Async<void> produce(Traffic<Q>& traffic, std::size_t who, std::size_t count, unsigned seed) {
  Random random(seed);
  Worker& self = traffic.producers[who];
  ++traffic.started;
  for (std::size_t i = 0; i < count && !self.refused; ++i) {
    const int item = static_cast<int>(who) * item_numbers + static_cast<int>(i);
    bool entered = one_in(random, 3) && traffic.queue.try_put(item);
    if (!entered) {
      try {
        co_await traffic.queue.put(item);
        entered = true;
      } catch (const Cancelled&) {
      } catch (const QueueShutDown&) {
        self.refused = true;
      }
    }
    if (entered) self.items.push_back(item);
    co_await pause(random);
  }
}

template <class Q>
Async<void> consume(Traffic<Q>& traffic, std::size_t who, unsigned seed) {
  Random random(seed);
  Worker& self = traffic.consumers[who];
  ++traffic.started;
  while (!self.refused) {
    std::optional<int> item;
    if (one_in(random, 3)) item = traffic.queue.try_get();
    if (!item) {
      try {
        item = co_await traffic.queue.get();
      } catch (const Cancelled&) {
      } catch (const QueueShutDown&) {
        self.refused = true;
      }
    }
    if (item) {
      self.items.push_back(*item);
      traffic.queue.task_done();
    }
    co_await pause(random);
  }
}

/// The same two without a loop.
template <class Q>
void produce_on_thread(Traffic<Q>& traffic, std::size_t count) {
  Worker& self = traffic.producers.back();
  for (std::size_t i = 0; i < count && !traffic.queue.is_shutdown(); ++i) {
    const int item = static_cast<int>(producers_per_run) * item_numbers + static_cast<int>(i);
    while (!traffic.queue.try_put(item) && !traffic.queue.is_shutdown())
      std::this_thread::yield();
    // Refused by a shutdown, or entered just before it: only the one who takes it out can tell, see `check`.
    self.items.push_back(item);
  }
}

template <class Q>
void consume_on_thread(Traffic<Q>& traffic) {
  Worker& self = traffic.consumers.back();
  while (true) {
    const bool ended = traffic.queue.is_shutdown();
    const std::optional<int> item = traffic.queue.try_get();
    if (item) {
      self.items.push_back(*item);
      traffic.queue.task_done();
    } else if (ended) {
      return;
    } else {
      std::this_thread::yield();
    }
  }
}

std::vector<int> all_items(const std::vector<Worker>& workers) {
  std::vector<int> items;
  for (const Worker& worker : workers)
    items.insert(items.end(), worker.items.begin(), worker.items.end());
  std::sort(items.begin(), items.end());
  return items;
}

/// Whether each consumer saw the items of each producer in the order in which they were put.
bool in_order(const std::vector<Worker>& consumers) {
  for (const Worker& consumer : consumers) {
    std::vector<int> last(producers_per_run + 1, -1);
    for (const int item : consumer.items) {
      int& before = last[static_cast<std::size_t>(item / item_numbers)];
      if (item <= before) return false;
      before = item;
    }
  }
  return true;
}

enum class End { Drained, ShutDown, ShutDownImmediately };

/// Tasks and threads of one run. Cancels at random until all producers have ended, then shuts the queue down.
template <class Q>
void run_traffic(Traffic<Q>& traffic, std::size_t loop_count, std::size_t items, unsigned seed, End end) {
  Random random(seed);
  Loops loops(loop_count);
  std::vector<Task<void>> producers;
  std::vector<Task<void>> consumers;
  const std::size_t each = items / (producers_per_run + 1) + 1;
  for (std::size_t i = 0; i < producers_per_run; ++i) {
    producers.push_back(create_task_on(loops.any(random), produce(traffic, i, each, static_cast<unsigned>(random()))));
    consumers.push_back(create_task_on(loops.any(random), consume(traffic, i, static_cast<unsigned>(random()))));
  }
  while (traffic.started < producers.size() + consumers.size())
    std::this_thread::yield();  // whoever is cancelled before its first step never begins
  std::thread producing_thread([&] { produce_on_thread(traffic, each); });
  std::thread consuming_thread([&] { consume_on_thread(traffic); });
  const auto done = [](const Task<void>& task) { return task.done(); };
  if (end == End::Drained) {
    while (!std::all_of(producers.begin(), producers.end(), done)) {
      (one_in(random, 2) ? producers : consumers)[below(random, producers_per_run)].cancel();
      std::this_thread::yield();
    }
    producing_thread.join();
    traffic.queue.shutdown();
  } else {
    for (std::size_t i = below(random, 200); i > 0; --i) {
      (one_in(random, 2) ? producers : consumers)[below(random, producers_per_run)].cancel();
      std::this_thread::yield();
    }
    traffic.queue.shutdown(end == End::ShutDownImmediately);
    producing_thread.join();
  }
  consuming_thread.join();
  for (std::size_t i = 0; i < producers_per_run; ++i) {
    wait_until_done(producers[i]);
    wait_until_done(consumers[i]);
  }
}

template <class Q>
void check_quiet(const Traffic<Q>& traffic) {
  CHECK(traffic.queue.describe() ==
        "maxsize=" + std::to_string(traffic.queue.maxsize()) + " shutdown");  // no items, waiters, unfinished tasks
}

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE_TEMPLATE(
    "stress: what is put into a queue on any loop or thread is got once, in order, under random cancellations", Q,
    COROUTE_QUEUE_KINDS) {
  const std::size_t items = settings().operations / 21 + 1;  // three kinds, seven numbers of loops
  for (std::size_t loops = 2; loops <= 8; ++loops) {
    const unsigned seed = settings().seed + static_cast<unsigned>(loops);
    const std::size_t maxsize = std::vector<std::size_t>{0, 1, 7}[seed % 3];
    INFO("COROUTE_STRESS_SEED=", settings().seed, ", seed of the round ", seed, ", loops ", loops, ", maxsize ",
         maxsize);
    Traffic<Q> traffic(maxsize);
    run_traffic(traffic, loops, items, seed, End::Drained);
    const std::vector<int> put = all_items(traffic.producers);
    const std::vector<int> got = all_items(traffic.consumers);
    CHECK(put.size() >= items / 9);  // what the thread put, whom nobody cancels
    CHECK(put.size() == got.size());
    CHECK((put == got));
    if constexpr (std::is_same_v<Q, Queue<int>>) CHECK(in_order(traffic.consumers));
    check_quiet(traffic);
  }
}

TEST_CASE_TEMPLATE("stress: a queue shut down in full traffic ends everybody and loses only what it drops", Q,
                   COROUTE_QUEUE_KINDS) {
  const std::size_t rounds = std::max<std::size_t>(settings().operations / 2'000, 7);
  for (std::size_t round = 0; round < rounds; ++round) {
    const unsigned seed = settings().seed + static_cast<unsigned>(round);
    const bool immediate = round % 2 == 0;
    INFO("COROUTE_STRESS_SEED=", settings().seed, ", seed of the round ", seed, ", immediate ", immediate);
    Traffic<Q> traffic(round % 4);
    run_traffic(traffic, 2 + round % 7, 500'000'000, seed, immediate ? End::ShutDownImmediately : End::ShutDown);
    std::vector<int> put = all_items(traffic.producers);
    const std::vector<int> got = all_items(traffic.consumers);
    CHECK(std::adjacent_find(got.begin(), got.end()) == got.end());
    CHECK(std::includes(put.begin(), put.end(), got.begin(), got.end()));
    // The thread can't tell whether its last item went in.
    if (!immediate) CHECK(put.size() <= got.size() + 1);
    check_quiet(traffic);
  }
}

TEST_CASE("stress: Queue.join on every loop returns when the last item is done, not before") {
  const std::size_t rounds = std::max<std::size_t>(settings().operations / 400, 10);
  Loops loops(4);
  int early = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    constexpr int items = 40;
    Queue<int> queue(round % 3);
    std::atomic<int> finished{0};
    auto work = [&]() -> Async<void> {
      for (int i = 0; i < items / 4; ++i) {
        co_await queue.get();
        ++finished;
        queue.task_done();
      }
    };
    auto feed = [&]() -> Async<bool> {
      for (int i = 0; i < items; ++i)
        co_await queue.put(i);
      co_await queue.join();
      co_return finished == items;
    };
    std::vector<Task<void>> workers;
    for (std::size_t i = 0; i < loops.size(); ++i)
      workers.push_back(create_task_on(loops[i], work()));
    Task<bool> feeder = create_task_on(loops[round % 4], feed());
    wait_until_done(feeder);
    early += feeder.result() ? 0 : 1;
    for (const Task<void>& worker : workers)
      wait_until_done(worker);
  }
  CHECK(early == 0);
}

TEST_CASE("stress: whoever is answered by a queue may destroy it while the other side is still on its way out") {
  const std::size_t rounds = std::max<std::size_t>(settings().operations / 20, 10);
  Loops loops(2);
  auto receive = [](std::unique_ptr<Queue<int>> queue) -> Async<int> {
    const int item = co_await queue->get();
    queue.reset();
    co_return item;
  };
  auto wait_for_end = [](std::unique_ptr<Queue<int>> queue) -> Async<void> {
    co_await queue->join();
    queue.reset();
  };
  std::size_t received = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    auto owned = std::make_unique<Queue<int>>();
    Queue<int>& queue = *owned;
    Task<int> receiver = create_task_on(loops[0], receive(std::move(owned)));
    if (round % 2 == 0) {
      while (queue.getters() == 0)
        std::this_thread::yield();
    }
    queue.put_nowait(1);
    wait_until_done(receiver);
    received += static_cast<std::size_t>(receiver.result());
    auto joined = std::make_unique<Queue<int>>();
    Queue<int>& second = *joined;
    second.put_nowait(1);
    Task<void> joiner = create_task_on(loops[1], wait_for_end(std::move(joined)));
    second.task_done();
    wait_until_done(joiner);
  }
  CHECK(received == rounds);
}

TEST_CASE("stress: a Queue ends when it has answered, or before, while those who wait are cancelled") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    std::size_t served = 0;
    for (std::size_t round = 0; round < operations / 8; ++round) {
      auto queue = std::make_unique<Queue<std::size_t>>(1);
      const bool full = one_in(random, 2);  // then they put, else they get
      if (full) queue->put_nowait(0);
      std::vector<Task<bool>> tasks;
      for (std::size_t i = 0; i < loops.size(); ++i) {
        tasks.push_back(full ? create_task_on(loops[i], survives(queue->put(i)))
                             : create_task_on(loops[i], survives(queue->get())));
      }
      while (queue->putters() + queue->getters() < loops.size())
        std::this_thread::yield();
      for (const Task<bool>& task : tasks)
        if (one_in(random, 2)) task.cancel();
      const std::size_t answers = below(random, loops.size() + 1);
      for (std::size_t i = 0; i < answers; ++i) {
        if (full) {
          queue->try_get();
        } else {
          queue->try_put(i);
        }
      }
      queue.reset();
      for (const Task<bool>& task : tasks) {
        task.cancel();
        wait_until_done(task);
        if (task.result()) ++served;
      }
    }
    CHECK((operations < 1000 || served > 0));
  });
}

TEST_SUITE_END();
