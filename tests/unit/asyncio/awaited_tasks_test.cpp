// SPDX-License-Identifier: BSL-1.0
// What the call graph shows of tasks that wait for others.
#include <algorithm>
#include <string>
#include <vector>

#include "coroute/asyncio/as_completed.hpp"
#include "coroute/asyncio/call_graph.hpp"
#include "coroute/asyncio/gather_settled.hpp"
#include "coroute/asyncio/race.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/staggered_race.hpp"
#include "coroute/asyncio/task_group.hpp"
#include "coroute/asyncio/wait.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

Async<void> work(Clock::duration delay) {
  co_await sleep(delay);
}

/// Starts `awaitable` in a task; two seconds later, what that waits for and how many tasks those are: "wait: 2".
template <class A>
Async<std::string> picture_of(A awaitable) {
  Task<AwaitResult<A>> task = create_task(detail::as_async(std::move(awaitable)));
  co_await sleep(2s);
  const LoopSnapshot loop = capture_tasks();
  const auto found = std::find_if(loop.tasks.begin(), loop.tasks.end(),
                                  [&task](const TaskSnapshot& snapshot) { return snapshot.id == task.id(); });
  std::string picture = "none";
  if (found != loop.tasks.end()) picture = found->waits_for + ": " + std::to_string(found->awaits.size());
  task.cancel();
  const std::vector<AnyTask> tasks{task};
  co_await wait(tasks);
  co_return picture;
}

std::vector<Task<void>> three_tasks() {
  return {create_task(work(1s)), create_task(work(1h)), create_task(work(1h))};
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("call graph: a task group awaits its running children (test_stack_tgroup)") {
  const std::string picture = co_await picture_of(task_group([](TaskGroup& group) -> Async<void> {
    group.create_task(work(1s));
    group.create_task(work(1h));
    group.create_task(work(1h));
    co_return;
  }));
  CHECK(picture == "TaskGroup: 2");
}

ASYNC_TEST_CASE("call graph: shield and shielded await the inner task (test_stack_shield)") {
  const std::string shield_picture = co_await picture_of(shield(work(1h)));
  CHECK(shield_picture == "shield: 1");
  const std::string shielded_picture = co_await picture_of(shielded(work(10s)));
  CHECK(shielded_picture == "shielded: 1");
}

ASYNC_TEST_CASE("call graph: wait and as_completed await the tasks that are not done (test_stack_wait)") {
  const std::string wait_picture = co_await picture_of(wait(three_tasks()));
  CHECK(wait_picture == "wait: 2");
  auto finished = as_completed(three_tasks());
  co_await finished.next();
  const std::string next_picture = co_await picture_of(finished.next());
  CHECK(next_picture == "as_completed: 2");
}

ASYNC_TEST_CASE("call graph: gather_settled, race and staggered_race await the tasks that run (test_stack_gather)") {
  const std::string settled_picture = co_await picture_of(gather_settled(work(1s), work(1h), work(1h)));
  CHECK(settled_picture == "gather: 2");
  const std::string race_picture = co_await picture_of(race(work(1h), work(1h)));
  CHECK(race_picture == "race: 2");
  auto attempt = []() -> Async<void> { co_await work(1h); };
  const std::vector<decltype(attempt)> attempts(3, attempt);
  const std::string staggered_picture = co_await picture_of(staggered_race(attempts, 1500ms));
  CHECK(staggered_picture == "staggered_race: 2");
}

TEST_SUITE_END();
