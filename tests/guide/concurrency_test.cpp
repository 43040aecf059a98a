// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <thread>
#include "coroute/coroute.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// [coroutine]
Async<int> answer() {
  co_await sleep(1s);  // the task waits, the thread doesn't
  co_return 42;
}

Async<int> twice() {
  const int once = co_await answer();  // runs answer() now, in this task
  co_return 2 * once;
}
// [/coroutine]

// [fetch]
Async<std::string> fetch(std::string name) {
  co_await sleep(1s);  // stands for a call over the network
  co_return name + " is here";
}
// [/fetch]

// [sequential]
Async<std::string> breakfast_in_sequence() {
  const std::string eggs = co_await fetch("egg");
  const std::string toast = co_await fetch("toast");
  const std::string coffee = co_await fetch("coffee");
  co_return eggs + ", " + toast + ", " + coffee;  // after 3 s
}
// [/sequential]

// [concurrent]
Async<std::string> breakfast_at_once() {
  const auto results = co_await gather(fetch("egg"), fetch("toast"), fetch("coffee"));
  const auto& [eggs, toast, coffee] = results;
  co_return eggs + ", " + toast + ", " + coffee;  // after 1 s
}
// [/concurrent]

// [create_task]
Async<std::string> breakfast_with_tasks() {
  const Task<std::string> eggs = create_task(fetch("egg"));  // begins as soon as this task waits
  const Task<std::string> toast = create_task(fetch("toast"), "toast");
  const std::string coffee = co_await fetch("coffee");  // meanwhile the two others go on
  const std::string first = co_await eggs;              // done long ago: no waiting
  co_return first + ", " + co_await toast + ", " + coffee;
}
// [/create_task]

// [not_concurrent]
Async<void> looks_concurrent_but_is_not() {
  Async<std::string> eggs = fetch("egg");  // nothing runs yet: a coroutine is lazy
  Async<std::string> toast = fetch("toast");
  co_await std::move(eggs);   // 1 s
  co_await std::move(toast);  // another second
}
// [/not_concurrent]

// [gather_range]
Async<std::size_t> total_length(const std::vector<std::string>& names) {
  std::vector<Async<std::string>> calls;
  for (const std::string& name : names)
    calls.push_back(fetch(name));
  std::size_t length = 0;
  for (const std::string& text : co_await gather(std::move(calls)))
    length += text.size();
  co_return length;
}
// [/gather_range]

// [settled]
Async<int> how_many_answered(std::vector<Async<std::string>> calls) {
  int answered = 0;
  for (const Result<std::string>& result : co_await gather_settled(std::move(calls))) {
    if (result) ++answered;  // result.value(), or result.error() for the others
  }
  co_return answered;
}
// [/settled]

// [as_completed]
Async<std::string> in_order_of_arrival(std::vector<Async<std::string>> calls) {
  std::string order;
  auto finished = as_completed(std::move(calls));
  while (auto task = co_await finished.next())
    order += co_await *task + "; ";
  co_return order;
}
// [/as_completed]

// [race]
Async<std::string> from_whoever_is_faster(Async<std::string> here, Async<std::string> there) {
  auto winner = co_await race(std::move(here), std::move(there));  // the other one is cancelled
  co_return winner.index() == 0 ? std::get<0>(winner) : std::get<1>(winner);
}
// [/race]

Async<std::string> fetch_after(Clock::duration delay, std::string name) {
  co_await sleep(delay);
  co_return name;
}

Async<std::string> broken() {
  co_await sleep(500ms);
  throw std::runtime_error("out of eggs");
}

Clock::duration since(Clock::time_point began) {
  return EventLoop::current().time() - began;
}

}  // namespace

ASYNC_TEST_CASE("guide: a coroutine awaits another in the same task") {
  const int value = co_await twice();
  CHECK(value == 84);
}

ASYNC_TEST_CASE("guide: one after the other takes 3 s, at once 1 s, with tasks 1 s") {
  auto began = EventLoop::current().time();
  const std::string sequence = co_await breakfast_in_sequence();
  CHECK(since(began) == 3s);
  began = EventLoop::current().time();
  const std::string at_once = co_await breakfast_at_once();
  CHECK(since(began) == 1s);
  began = EventLoop::current().time();
  const std::string tasks = co_await breakfast_with_tasks();
  CHECK(since(began) == 1s);
  CHECK(sequence == "egg is here, toast is here, coffee is here");
  CHECK(at_once == sequence);
  CHECK(tasks == sequence);
}

ASYNC_TEST_CASE("guide: making coroutines doesn't start them") {
  const auto began = EventLoop::current().time();
  co_await looks_concurrent_but_is_not();
  CHECK(since(began) == 2s);
}

ASYNC_TEST_CASE("guide: gather takes a range") {
  const auto began = EventLoop::current().time();
  const std::vector<std::string> names{"a", "bb"};
  const std::size_t length = co_await total_length(names);
  CHECK(length == 19);
  CHECK(since(began) == 1s);
}

ASYNC_TEST_CASE("guide: gather_settled keeps errors as values") {
  std::vector<Async<std::string>> calls;
  calls.push_back(fetch("egg"));
  calls.push_back(broken());
  const int answered = co_await how_many_answered(std::move(calls));
  CHECK(answered == 1);
}

ASYNC_TEST_CASE("guide: as_completed gives what is ready first") {
  std::vector<Async<std::string>> calls;
  calls.push_back(fetch_after(2s, "slow"));
  calls.push_back(fetch_after(1s, "quick"));
  const std::string order = co_await in_order_of_arrival(std::move(calls));
  CHECK(order == "quick; slow; ");
}

ASYNC_TEST_CASE("guide: race gives the first and cancels the other") {
  const auto began = EventLoop::current().time();
  const std::string winner = co_await from_whoever_is_faster(fetch_after(2s, "here"), fetch_after(1s, "there"));
  CHECK(winner == "there");
  CHECK(since(began) == 1s);
}
