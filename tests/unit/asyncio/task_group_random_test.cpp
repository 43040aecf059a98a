// SPDX-License-Identifier: BSL-1.0
// Random trees of task groups with random failures and cancellations. Prints its seed on failure.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task_group.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

struct NumberedError : std::runtime_error {
  explicit NumberedError(int number) : std::runtime_error(std::to_string(number)), number(number) {}
  int number;
};

/// The numbers of the errors in a group, of all levels; -1 for one that is twice in it.
void collect_numbers(const ExceptionGroup& group, std::set<int>& numbers) {
  for (const std::exception_ptr& leaf : group.leaves()) {
    try {
      std::rethrow_exception(leaf);
    } catch (const NumberedError& error) {
      if (!numbers.insert(error.number).second) numbers.insert(-1);
    }
  }
}

class Forest {
 public:
  explicit Forest(unsigned seed) : random_(seed) {}

  void grow() {
    run(main(), {.virtual_time = true});
    CHECK(living_ == 0);
    CHECK(outlived_ == 0);
    CHECK(wrong_levels_ == 0);
    CHECK(thrown_ == seen_);
  }
  std::size_t thrown() const noexcept { return thrown_.size(); }
  int cancels() const noexcept { return cancels_; }
  int cancelled() const noexcept { return cancelled_; }

 private:
  struct Life {
    explicit Life(int& counter) noexcept : count(counter) { ++count; }
    ~Life() { --count; }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;
    int& count;
  };

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool one_in(unsigned n) { return below(n) == 0; }
  Clock::duration some_time() { return std::chrono::milliseconds(below(20)); }

  [[noreturn]] void fail() {
    const int number = static_cast<int>(thrown_.size());
    thrown_.insert(number);
    throw NumberedError(number);
  }

  /// A wait that takes a cancellation in one of several ways.
  Async<void> wait_somehow() {
    if (one_in(4)) {
      const std::string outcome = co_await outcome_of(sleep(some_time()));
      if (outcome != "returned" && one_in(2)) fail();
      co_await sleep(some_time());
    } else if (one_in(6)) {
      co_await shielded(sleep(some_time()));
    } else if (one_in(6)) {
      co_await outcome_of(timeout(some_time(), sleep(some_time())));
    } else {
      co_await sleep(some_time());
    }
    if (one_in(12)) fail();
  }

  Async<void> child(unsigned depth, int& siblings) {
    const Life life(living_);
    const Life in_group(siblings);
    const AnyTask self = *current_task();
    tasks_.push_back(self);
    std::exception_ptr error;
    try {
      co_await wait_somehow();
      if (depth > 0) co_await group(depth - 1);
    } catch (...) {
      error = std::current_exception();
    }
    // Of the requests that are not taken back one may be of the group that aborts.
    const unsigned by_group = self.cancelling() - asked_[self.id()];
    if (by_group > 1) ++wrong_levels_;
    if (error) std::rethrow_exception(error);
  }

  Async<void> body(TaskGroup& children, unsigned depth, int& mine) {
    for (unsigned i = below(4); i > 0; --i) {
      bool refused = false;
      try {
        children.create_task(child(depth, mine));
      } catch (const RuntimeError&) {
        refused = true;
      }
      if (refused || one_in(3)) co_await wait_somehow();
    }
    if (depth > 0 && one_in(2)) co_await group(depth - 1);
    if (one_in(3)) co_await wait_somehow();
    if (one_in(16)) fail();
  }

  Async<void> group(unsigned depth) {
    int mine = 0;
    std::exception_ptr error;
    bool is_swallowed = false;
    try {
      co_await task_group([&](TaskGroup& children) { return body(children, depth, mine); });
    } catch (const ExceptionGroup& errors) {
      error = std::current_exception();
      is_swallowed = one_in(8);
      if (is_swallowed) collect_numbers(errors, seen_);
    } catch (const Cancelled&) {
      error = std::current_exception();
    }
    if (mine != 0) ++outlived_;
    if (is_swallowed) {
      co_await sleep(0s);
    } else if (error) {
      std::rethrow_exception(error);
    }
  }

  void cancel_somebody() {
    if (tasks_.empty()) return;
    const AnyTask& victim = tasks_[below(static_cast<unsigned>(tasks_.size()))];
    if (!victim.cancel()) return;
    ++asked_[victim.id()];
    ++cancels_;
  }

  Async<void> root() {
    const AnyTask self = *current_task();
    tasks_.push_back(self);
    try {
      co_await group(4);
    } catch (const ExceptionGroup& errors) {
      collect_numbers(errors, seen_);
    } catch (const Cancelled&) {
      ++cancelled_;
    }
    if (self.cancelling() != asked_[self.id()]) ++wrong_levels_;
    if (living_ != 0) ++outlived_;
  }

  Async<void> main() {
    Task<void> tree = create_task(root());
    for (unsigned i = below(8); i > 0; --i)
      EventLoop::current().call_later(some_time() * 4, [this] { cancel_somebody(); });
    co_await outcome_of(tree);
    tasks_.clear();
  }

  std::mt19937 random_;
  std::vector<AnyTask> tasks_;
  std::map<std::uint64_t, unsigned> asked_;  // cancellations by us, of each task
  std::set<int> thrown_;
  std::set<int> seen_;
  int living_ = 0;
  int outlived_ = 0;
  int wrong_levels_ = 0;
  int cancels_ = 0;
  int cancelled_ = 0;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("task group: in random trees no task outlives its group, no error is lost, no request to cancel is left") {
  std::size_t thrown = 0;
  int cancels = 0;
  int cancelled = 0;
  for (unsigned seed = 1; seed <= 1'000; ++seed) {
    INFO("seed ", seed);
    Forest forest(seed);
    forest.grow();
    thrown += forest.thrown();
    cancels += forest.cancels();
    cancelled += forest.cancelled();
  }
  // They did what they are for.
  CHECK(thrown > 1'000);
  CHECK(cancels > 500);
  CHECK(cancelled > 20);
}

TEST_SUITE_END();
