// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include "coroute/coroute.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// [semaphore]
Semaphore backend_slots{10};  // at most 10 calls at once, over all loops of the process

Async<int> call_backend(int id, int& inside, int& most) {
  const Permit slot = co_await backend_slots.acquire();  // given back at the end of the scope
  most = std::max(most, ++inside);
  co_await sleep(100ms);
  --inside;
  co_return id;
}
// [/semaphore]

// [lock]
struct Account {
  Lock lock;
  int balance = 100;
};

Async<bool> withdraw(Account& account, int amount) {
  const LockGuard guard = co_await account.lock.acquire();
  if (account.balance < amount) co_return false;
  co_await sleep(1ms);  // the others stay out while this task waits
  account.balance -= amount;
  co_return true;
}
// [/lock]

// [queue]
Async<void> produce(Queue<int>& numbers) {
  for (int i = 1; i <= 100; ++i)
    co_await numbers.put(i);  // waits while the queue is full: the producer can't run away
  numbers.shutdown();
}

Async<int> consume(Queue<int>& numbers) {
  int sum = 0;
  try {
    while (true) {
      const int number = co_await numbers.get();
      co_await sleep(1ms);  // work
      sum += number;
    }
  } catch (const QueueShutDown&) {  // everything has been taken
  }
  co_return sum;
}

Async<int> pipeline() {
  Queue<int> numbers(8);
  const auto results = co_await gather(produce(numbers), consume(numbers), consume(numbers), consume(numbers));
  co_return std::get<1>(results) + std::get<2>(results) + std::get<3>(results);
}
// [/queue]

// [generator]
AsyncGenerator<std::string> pages(std::string from) {
  std::string next = from;
  while (!next.empty()) {
    co_await sleep(10ms);  // fetch it
    co_yield "page " + next;
    next = next == "1" ? "2" : "";
  }
}

Async<std::string> read_all() {
  std::string all;
  auto source = pages("1");
  while (auto page = co_await source.next())
    all += *page + "; ";
  co_return all;
}
// [/generator]

// [event]
Event warmed_up;

Async<std::string> first_request() {
  co_await warmed_up.wait();
  co_return "served";
}
// [/event]

// [context]
const ContextVar<std::string> tenant{"tenant"};

Async<std::string> load_settings() {
  co_await sleep(1ms);
  co_return "settings of " + tenant.get();
}

Async<std::string> handle(std::string name) {
  tenant.set(name);  // seen by what this task calls and starts, and by nobody else
  const Task<std::string> settings = create_task(load_settings());
  co_return co_await settings;
}
// [/context]

}  // namespace

ASYNC_TEST_CASE("guide: a semaphore bounds how many are inside") {
  int inside = 0;
  int most = 0;
  std::vector<Async<int>> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(call_backend(i, inside, most));
  const auto began = EventLoop::current().time();
  const std::vector<int> ids = co_await gather(std::move(calls));
  CHECK(ids.size() == 50);
  CHECK(most == 10);
  CHECK(EventLoop::current().time() - began == 500ms);
}

ASYNC_TEST_CASE("guide: a lock keeps a sequence with awaits whole") {
  Account account;
  const auto results = co_await gather(withdraw(account, 70), withdraw(account, 70));
  CHECK(std::get<0>(results));
  CHECK_FALSE(std::get<1>(results));
  CHECK(account.balance == 30);
}

ASYNC_TEST_CASE("guide: producer and consumers share a bounded queue") {
  const int sum = co_await pipeline();
  CHECK(sum == 5050);
}

ASYNC_TEST_CASE("guide: an async generator gives pages while it fetches") {
  const std::string all = co_await read_all();
  CHECK(all == "page 1; page 2; ");
}

ASYNC_TEST_CASE("guide: an event lets all who wait go on") {
  const Task<std::string> one = create_task(first_request());
  const Task<std::string> two = create_task(first_request());
  co_await sleep(1s);
  CHECK_FALSE(one.done());
  warmed_up.set();
  const std::string first = co_await one;
  const std::string second = co_await two;
  CHECK(first + second == "servedserved");
}

ASYNC_TEST_CASE("guide: a context variable follows the task") {
  const auto both = co_await gather(handle("acme"), handle("globex"));
  CHECK(std::get<0>(both) == "settings of acme");
  CHECK(std::get<1>(both) == "settings of globex");
}
