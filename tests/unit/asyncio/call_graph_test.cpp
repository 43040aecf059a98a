// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/call_graph.hpp"

#include <algorithm>
#include <atomic>
#include <latch>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/generator.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;

namespace {

/// "deep" of "coroute::Async<void> (anonymous namespace)::deep(Seen &)".
std::string short_name(std::string_view function) {
  std::string text(function);
  for (const char* anonymous : {"(anonymous namespace)", "{anonymous}"}) {
    const std::size_t at = text.find(anonymous);
    if (at != std::string::npos) text.replace(at, std::string_view(anonymous).size(), "anonymous");
  }
  const std::size_t end = text.find('(');
  const std::size_t begin = text.find_last_of(" :", end);
  text = text.substr(begin + 1, end - begin - 1);
  return text.starts_with("async_test_body_") ? "test" : text;
}

std::string stack_of(const TaskSnapshot& task) {
  std::string text;
  for (const StackEntry& entry : task.stack)
    text.append(text.empty() ? "" : " ").append(short_name(entry.function));
  return text;
}

/// "T<name>[innermost ... outermost]", and in braces what awaits it; tasks that were not named are anonymous.
std::string show(const CallGraph& graph) {
  const bool is_named = graph.task.name.find('-') == std::string::npos;
  std::string text = "T<" + (is_named ? graph.task.name : "anon") + ">[" + stack_of(graph.task) + "]";
  std::vector<std::string> awaiting;
  for (const CallGraph& one : graph.awaited_by)
    awaiting.push_back(show(one));
  std::sort(awaiting.begin(), awaiting.end());
  for (const std::string& one : awaiting)
    text += " {" + one + "}";
  return text;
}

/// What the innermost coroutine of a test saw when it looked.
struct Seen {
  std::string graph;
  std::string text;

  void look() {
    graph = show(capture_call_graph(*current_task()));
    text = format_call_graph();
  }
};

Async<void> deep(Seen& seen) {
  co_await sleep(0s);
  seen.look();
}
Async<void> c1(Seen& seen) {
  co_await sleep(0s);
  co_await deep(seen);
}
Async<void> c2() {
  co_await sleep(0s);
}

AsyncGenerator<int> numbers(Seen& seen) {
  for (int i = 0; i < 2; ++i) {
    co_yield i;
    if (i == 1) co_await deep(seen);
  }
}
Async<void> loop_over(Seen& seen) {
  auto all = numbers(seen);
  while (true) {
    const std::optional<int> one = co_await all.next();
    if (!one) break;
  }
}

Async<void> gather_both(Seen& seen) {
  co_await gather(c1(seen), c2());
}

Async<void> bounded(Seen& seen) {
  co_await timeout(1s, deep(seen));
}

Async<void> await_named_task(Seen& seen) {
  co_await create_task(c1(seen), "there there");
}
Async<void> outer(Seen& seen) {
  co_await await_named_task(seen);
}

Async<void> await_task(Task<void> task) {
  co_await task;
}

Async<void> acquire(Semaphore& semaphore) {
  const Permit permit = co_await semaphore.acquire();
}
Async<void> acquire_below(Semaphore& semaphore) {
  co_await acquire(semaphore);
}

/// Awaits a task that is not known yet, and is cancelled alone: so a cycle of tasks can be broken.
class LooseJoin : public detail::Suspension {
 public:
  explicit LooseJoin(const std::optional<Task<void>>& target) noexcept : target_(target) {}

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return begin(awaiting.promise());
  }
  void await_resume() const { finish(); }
  detail::CancelOutcome cancel() noexcept override { return detail::CancelOutcome::Aborted; }
  const char* describe() const noexcept override { return "loose join"; }
  void list_awaited(std::vector<const detail::TaskState*>& tasks) const override { tasks.push_back(&target_->state()); }

 private:
  const std::optional<Task<void>>& target_;
};

Async<void> join_loosely(const std::optional<Task<void>>& target) {
  co_await LooseJoin(target);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const TaskSnapshot* find_task(const LoopSnapshot& loop, const std::string& name) {
  const auto found =
      std::find_if(loop.tasks.begin(), loop.tasks.end(), [&](const TaskSnapshot& task) { return task.name == name; });
  return found == loop.tasks.end() ? nullptr : &*found;
}

const LoopSnapshot* find_loop(const std::vector<LoopSnapshot>& loops, std::uint64_t number) {
  const auto found =
      std::find_if(loops.begin(), loops.end(), [&](const LoopSnapshot& loop) { return loop.number == number; });
  return found == loops.end() ? nullptr : &*found;
}

std::uint64_t number_of(const EventLoop& loop) {
  return EventLoop::progress_of(&loop)->number;
}

/// A loop on another thread whose task doesn't return before it is told to.
class BlockedLoopThread {
 public:
  BlockedLoopThread() {
    create_task_on(thread_.loop(), block(), "blocker");
    blocked_.wait();
  }
  ~BlockedLoopThread() { release(); }
  BlockedLoopThread(const BlockedLoopThread&) = delete;
  BlockedLoopThread& operator=(const BlockedLoopThread&) = delete;

  std::uint64_t number() { return number_of(thread_.loop()); }
  void release() noexcept {
    if (!released_) release_.count_down();
    released_ = true;
  }

 private:
  Async<void> block() {
    blocked_.count_down();
    release_.wait();
    co_return;
  }

  std::latch blocked_{1};
  std::latch release_{1};
  bool released_ = false;
  LoopThread thread_;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

// --- the graph of one task ---

ASYNC_TEST_CASE("call graph: a generator stands between what it awaits and who iterates (test_stack_async_gen)") {
  Seen seen;
  co_await loop_over(seen);
  CHECK(seen.graph == "T<main>[deep numbers loop_over test]");
  CHECK(contains(seen.text, "numbers("));
}

ASYNC_TEST_CASE("call graph: a task of gather is awaited by the one that gathers (test_stack_gather)") {
  Seen seen;
  co_await gather_both(seen);
  CHECK(contains(seen.graph, "T<anon>[deep c1"));
  CHECK(contains(seen.graph, "] {T<main>["));
  CHECK(contains(seen.graph, "gather_both test]}"));
}

ASYNC_TEST_CASE("call graph: timeout is a coroutine like any other (test_stack_timeout)") {
  Seen seen;
  co_await create_task(bounded(seen));
  CHECK(seen.graph.starts_with("T<anon>[deep "));
  CHECK(contains(seen.graph, " bounded] {T<main>[test]}"));
}

ASYNC_TEST_CASE("call graph: an awaited task is awaited by its awaiter (test_stack_task)") {
  Seen seen;
  co_await outer(seen);
  CHECK(seen.graph == "T<there there>[deep c1] {T<main>[await_named_task outer test]}");
}

ASYNC_TEST_CASE("call graph: of a task that others await too, each with those above it (test_stack_future)") {
  Semaphore never(0);
  Task<void> inner = create_task(acquire_below(never), "inner");
  Task<void> a = create_task(await_task(inner), "task A");
  Task<void> b = create_task(await_task(inner), "task B");
  Task<void> above = create_task(await_task(a), "above A");
  co_await sleep(0s);
  co_await sleep(0s);
  const CallGraph graph = capture_call_graph(inner);
  CHECK(show(graph) ==
        "T<inner>[acquire acquire_below] {T<task A>[await_task] {T<above A>[await_task]}} {T<task B>[await_task]}");
  const std::string text = format_call_graph(inner);
  CHECK(text.starts_with("* Task(name='inner', id=" + std::to_string(inner.id()) + ")\n  + Call stack:\n  |   "));
  CHECK(contains(text, "\n  + Awaited by:\n     * Task(name='task A', id="));
  never.release();
  co_await inner;
  co_await above;
  co_await b;
}

ASYNC_TEST_CASE("call graph: each line is that of the await") {
  Semaphore never(0);
  unsigned line = 0;
  auto wait = [&]() -> Async<void> {
    line = __LINE__ + 1;
    const Permit permit = co_await never.acquire();
  };
  Task<void> waiting = create_task(wait());
  co_await sleep(0s);
  const CallGraph graph = capture_call_graph(waiting);
  CHECK(graph.task.stack.size() == 1);
  CHECK(graph.task.stack.at(0).line == line);
  CHECK(graph.task.stack.at(0).file.ends_with("call_graph_test.cpp"));
  CHECK(contains(format_call_graph(waiting), "call_graph_test.cpp:" + std::to_string(line) + ")\n"));
  never.release();
  co_await waiting;
}

ASYNC_TEST_CASE("call graph: a cycle is cut where it closes") {
  std::optional<Task<void>> a;
  Task<void> b = create_task(join_loosely(a), "b");
  a = create_task(await_task(b), "a");
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(show(capture_call_graph(*a)) == "T<a>[await_task] {T<b>[join_loosely]}");
  CHECK(show(capture_call_graph(b)) == "T<b>[join_loosely] {T<a>[await_task]}");
  b.cancel();
  const std::string outcome = co_await outcome_of(*a);
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("call graph: of a task that is done, nothing") {
  Task<void> done = create_task(c2(), "done");
  co_await done;
  const CallGraph graph = capture_call_graph(done);
  CHECK(show(graph) == "T<done>[]");
}

ASYNC_TEST_CASE("call graph: many paths to the same awaiters don't blow it up") {
  Semaphore never(0);
  std::vector<Task<void>> tasks{create_task(acquire(never))};
  auto wait_for_two = [](Task<void> first, Task<void> second) -> Async<void> { co_await gather(first, second); };
  Task<void> left = tasks[0];
  Task<void> right = tasks[0];
  for (int i = 0; i < 40; ++i) {  // each layer awaits both of the one below: 2^40 paths
    Task<void> next_left = create_task(wait_for_two(left, right));
    Task<void> next_right = create_task(wait_for_two(left, right));
    left = next_left;
    right = next_right;
  }
  co_await sleep(0s);
  co_await sleep(0s);
  const CallGraph graph = capture_call_graph(tasks[0]);
  CHECK(graph.awaited_by.size() == 2);
  never.release();
  co_await left;
  co_await right;
}

TEST_CASE("call graph: without a task it is refused") {
  CHECK_THROWS_WITH_AS(format_call_graph(), "no task runs here: name the one to show", RuntimeError);
  CHECK_THROWS_WITH_AS(print_call_graph(), "no task runs here: name the one to show", RuntimeError);
}

// --- the tasks of a loop ---

ASYNC_TEST_CASE("task tree: a task's age, deadline, and what it waits for since when") {
  Semaphore never(0);
  auto wait = [&]() -> Async<void> {
    co_await sleep(2s);
    const Permit permit = co_await never.acquire();
  };
  auto bounded_parent = [&]() -> Async<void> {
    auto body = [&]() -> Async<void> { co_await create_task(wait(), "bounded"); };
    co_await with_deadline(10s, body());
  };
  Task<void> parent = create_task(bounded_parent(), "parent");
  co_await sleep(5s);
  const LoopSnapshot loop = capture_tasks();
  CHECK(loop.answered);
  CHECK(loop.number == number_of(EventLoop::current()));
  CHECK(loop.thread > 0);
  const TaskSnapshot* waiting = find_task(loop, "bounded");
  REQUIRE(waiting != nullptr);
  CHECK(waiting->age == 5s);
  CHECK(waiting->time_left == std::optional<Clock::duration>(5s));
  CHECK(waiting->waits_for == "Semaphore.acquire");
  CHECK(waiting->waiting == 3s);
  CHECK(waiting->awaits.empty());
  const TaskSnapshot* awaiting = find_task(loop, "parent");
  REQUIRE(awaiting != nullptr);
  CHECK(awaiting->time_left == std::optional<Clock::duration>(5s));
  CHECK(awaiting->waits_for == "Task");
  CHECK(awaiting->awaits == std::vector<std::uint64_t>{waiting->id});
  const TaskSnapshot* running = find_task(loop, "main");
  REQUIRE(running != nullptr);
  CHECK(running->waits_for.empty());
  CHECK(running->waiting == 0s);
  CHECK(running->time_left == std::nullopt);

  const std::string tree = format_task_tree({loop});
  CHECK(contains(tree, "'bounded', 5.000 s old, deadline in 5.000 s, waits for Semaphore.acquire since 3.000 s\n"));
  CHECK(contains(tree, "'parent', 5.000 s old, deadline in 5.000 s, waits for Task since 5.000 s\n"));
  CHECK(contains(tree, "'main', 5.000 s old, running or ready\n"));
  never.release();
  co_await parent;
}

ASYNC_TEST_CASE("task tree: a time-out is a deadline of its task alone") {
  Semaphore never(0);
  auto outer = [&]() -> Async<void> {
    Task<void> inner = create_task(acquire(never), "inner");
    co_await timeout(10s, timeout(7s, inner));
  };
  Task<void> parent = create_task(outer(), "parent");
  co_await sleep(1s);
  const LoopSnapshot loop = capture_tasks();
  const TaskSnapshot* bounded = find_task(loop, "parent");
  const TaskSnapshot* free = find_task(loop, "inner");
  REQUIRE(bounded != nullptr);
  REQUIRE(free != nullptr);
  CHECK(bounded->time_left == std::optional<Clock::duration>(6s));
  CHECK(free->time_left == std::nullopt);
  never.release();
  co_await parent;
}

ASYNC_TEST_CASE("task tree: a task that waits for several lists those that are not done") {
  Semaphore never(0);
  auto parent = [&]() -> Async<void> { co_await gather(c2(), acquire(never), acquire(never)); };
  Task<void> gathering = create_task(parent(), "parent");
  for (int i = 0; i < 4; ++i)
    co_await sleep(0s);
  const LoopSnapshot loop = capture_tasks();
  const TaskSnapshot* seen = find_task(loop, "parent");
  REQUIRE(seen != nullptr);
  CHECK(seen->waits_for == "gather");
  CHECK(seen->awaits.size() == 2);
  CHECK(loop.tasks.size() == 4);
  never.release();
  co_await gathering;
}

ASYNC_TEST_CASE("task tree: tasks that await each other are found by capturing them") {
  std::optional<Task<void>> a;
  Task<void> b = create_task(join_loosely(a), "b");
  a = create_task(await_task(b), "a");
  co_await sleep(0s);
  co_await sleep(0s);
  const std::string tree = format_task_tree({capture_tasks()});
  CHECK(contains(tree, "\ntasks that wait for each other in a cycle:\n"));
  CHECK(contains(tree, "'a' (a cycle: see above)\n") != contains(tree, "'b' (a cycle: see above)\n"));
  b.cancel();
  const std::string outcome = co_await outcome_of(*a);
  CHECK(outcome == "Cancelled(user)");
}

// --- all loops ---

TEST_CASE("task tree: of all loops, from a thread that has none") {
  Semaphore never(0);
  LoopThread first;
  LoopThread second;
  create_task_on(first.loop(), acquire_below(never), "on the first");
  create_task_on(second.loop(), acquire_below(never), "on the second");
  const auto seen_waiting = [&](const std::vector<LoopSnapshot>& loops, EventLoop& loop, const char* name) {
    const LoopSnapshot* snapshot = find_loop(loops, number_of(loop));
    const TaskSnapshot* found = snapshot ? find_task(*snapshot, name) : nullptr;
    return found && found->waits_for == "Semaphore.acquire" && stack_of(*found) == "acquire acquire_below";
  };
  std::vector<LoopSnapshot> loops;
  do {
    loops = capture_all_tasks(1min);
  } while (!seen_waiting(loops, first.loop(), "on the first") || !seen_waiting(loops, second.loop(), "on the second"));
  const LoopSnapshot* one = find_loop(loops, number_of(first.loop()));
  const LoopSnapshot* two = find_loop(loops, number_of(second.loop()));
  CHECK(one->answered);
  CHECK(one->tasks.size() == 1);
  CHECK(one->thread != two->thread);
  CHECK(one < two);  // the older loop comes first
}

ASYNC_TEST_CASE("task tree: of all loops, from one of them") {
  LoopThread other;
  const std::vector<LoopSnapshot> loops = capture_all_tasks(1min);
  const LoopSnapshot* here = find_loop(loops, number_of(EventLoop::current()));
  REQUIRE(here != nullptr);
  CHECK(find_task(*here, "main") != nullptr);
  co_return;
}

TEST_CASE("task tree: a loop that is blocked is said to be, and the others answer") {
  BlockedLoopThread blocked;
  LoopThread idle;
  while (EventLoop::progress_of(&idle.loop())->thread == 0)
    std::this_thread::yield();
  // The idle loop is given as long as it needs, by asking again.
  std::vector<LoopSnapshot> loops;
  const LoopSnapshot* answering = nullptr;
  do {
    loops = capture_all_tasks(10ms);
    answering = find_loop(loops, number_of(idle.loop()));
  } while (!answering || !answering->answered);
  const LoopSnapshot* silent = find_loop(loops, blocked.number());
  REQUIRE(silent != nullptr);
  CHECK_FALSE(silent->answered);
  CHECK(silent->thread > 0);
  CHECK(silent->tasks.empty());
  blocked.release();
  do {
    loops = capture_all_tasks(1min);
    silent = find_loop(loops, blocked.number());
    REQUIRE(silent != nullptr);
  } while (!silent->answered);
}

TEST_CASE("task tree: loops that don't run are left out") {
  EventLoop never_run;
  for (const LoopSnapshot& loop : capture_all_tasks(1min))
    CHECK(loop.number != number_of(never_run));
}

TEST_CASE("task tree: loops may come and go while they are asked") {
  std::atomic<bool> ends{false};
  std::thread comes_and_goes([&] {
    while (!ends) {
      LoopThread loop;
      create_task_on(loop.loop(), c2());
    }
  });
  for (int i = 0; i < 200; ++i)
    format_task_tree(capture_all_tasks(1min));
  ends = true;
  comes_and_goes.join();
}

TEST_SUITE_END();
