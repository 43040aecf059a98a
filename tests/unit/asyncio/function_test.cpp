// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/function.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

using namespace coroute;

namespace {

int twice(int value) {
  return 2 * value;
}

/// Counts its living instances; larger than what is kept inline when `Size` is.
template <std::size_t Size>
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(Counted&& other) noexcept : alive_(other.alive_), calls_(other.calls_) { ++*alive_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive_; }
  int operator()() { return ++calls_; }

 private:
  int* alive_;
  int calls_ = 0;
  std::array<char, Size> padding_{};
};

struct ThrowingMove {
  ThrowingMove() = default;
  ThrowingMove(ThrowingMove&&) noexcept(false) {}
  int operator()() const { return 5; }
};

template <std::size_t Size>
void check_ownership() {
  int alive = 0;
  {
    Function<int()> first{Counted<Size>(alive)};
    CHECK(alive == 1);
    CHECK(first() == 1);
    Function<int()> second = std::move(first);
    CHECK(alive == 1);
    CHECK_FALSE(static_cast<bool>(first));
    CHECK(second() == 2);  // the state moved along
    first = std::move(second);
    CHECK(alive == 1);
    CHECK(first() == 3);
    first = Function<int()>{Counted<Size>(alive)};
    CHECK(alive == 1);  // the old target was destroyed
    CHECK(first() == 1);
  }
  CHECK(alive == 0);
}

// Takes only what can be called with the signature.
static_assert(std::is_constructible_v<Function<int(int)>, int (*)(long)>);
static_assert(!std::is_constructible_v<Function<int(int)>, std::string>);
static_assert(!std::is_constructible_v<Function<int(int)>, int (*)(std::string)>);
static_assert(!std::is_constructible_v<Function<std::string()>, int (*)()>);
static_assert(!std::is_copy_constructible_v<Function<int()>>);
static_assert(std::is_nothrow_move_constructible_v<Function<int()>>);

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("function: an empty one is false") {
  CHECK_FALSE(static_cast<bool>(Function<void()>()));
  CHECK_FALSE(static_cast<bool>(Function<void()>(nullptr)));
  CHECK(static_cast<bool>(Function<void()>([] {})));
}

TEST_CASE("function: calls functions, lambdas and members, and converts the result") {
  CHECK(Function<int(int)>(twice)(21) == 42);
  CHECK(Function<int(int)>(&twice)(2) == 4);
  int sum = 0;
  const Function<void(int)> add = [&sum](int value) { sum += value; };
  add(3);
  add(4);
  CHECK(sum == 7);
  CHECK(Function<std::size_t(const std::string&)>(&std::string::size)("four") == 4);
  CHECK(Function<std::string()>([] { return "text"; })() == "text");
  Function<void()>([] { return 1; })();  // a result may be dropped
}

TEST_CASE("function: passes references and what can only be moved") {
  int value = 1;
  Function<void(int&)>([](int& target) { target = 9; })(value);
  CHECK(value == 9);
  Function<int(std::unique_ptr<int>)> take = [](std::unique_ptr<int> owned) { return *owned; };
  CHECK(take(std::make_unique<int>(6)) == 6);
  Function<int&()> refer = [&value]() -> int& { return value; };
  CHECK(&refer() == &value);
}

TEST_CASE("function: holds a target that can only be moved") {
  Function<int()> owner = [owned = std::make_unique<int>(4)] { return *owned; };
  CHECK(owner() == 4);
}

TEST_CASE("function: destroys a target exactly once, inline or on the heap") {
  check_ownership<1>();
  check_ownership<200>();
}

TEST_CASE("function: moving onto itself changes nothing") {
  Function<int()> function = [owned = std::make_unique<int>(4)] { return *owned; };
  Function<int()>& same = function;
  function = std::move(same);
  CHECK(function() == 4);
}

TEST_CASE("function: a target whose move may throw still lets the Function move") {
  Function<int()> first{ThrowingMove{}};
  Function<int()> second = std::move(first);
  CHECK(second() == 5);
}

TEST_CASE("function: an error of the target passes through") {
  const Function<void()> fails = [] { throw std::string("oops"); };
  CHECK_THROWS_AS(fails(), std::string);
}

TEST_SUITE_END();
