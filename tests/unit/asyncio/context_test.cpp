// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/context.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/errors.hpp"

using namespace coroute;

namespace {

/// The value as text, "-" when there is none.
std::string seen(const ContextVar<std::string>& variable) {
  return variable.get("-");
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("context: a variable has its name, its default, and what was set last (test_context_getset_1)") {
  const ContextVar<std::string> plain("plain");
  const ContextVar<int> counted("counted", 5);
  Context().run([&] {
    CHECK(plain.name() == "plain");
    CHECK_THROWS_WITH_AS(plain.get(), "context variable 'plain' has no value here and no default", LookupError);
    CHECK(plain.get("fallback") == "fallback");
    CHECK(plain.find() == nullptr);
    CHECK(counted.get() == 5);
    CHECK(counted.get(6) == 6);  // as Python: the argument goes before the variable's default
    CHECK(counted.find() == nullptr);
    plain.set("first");
    plain.set("second");
    counted.set(7);
    CHECK(plain.get() == "second");
    CHECK(plain.get("fallback") == "second");
    CHECK(*plain.find() == "second");
    CHECK(counted.get() == 7);
    CHECK(counted.get(6) == 7);
  });
  CHECK(counted.get() == 5);
}

TEST_CASE("context: a token puts back what was there, and can be used once (test_context_getset_1)") {
  const ContextVar<std::string> variable("variable");
  Context().run([&] {
    ContextToken to_nothing = variable.set("one");
    ContextToken to_one = variable.set("two");
    variable.reset(std::move(to_one));
    CHECK(variable.get() == "one");
    variable.reset(std::move(to_nothing));
    CHECK(variable.find() == nullptr);
    CHECK_THROWS_WITH_AS(variable.reset(std::move(to_nothing)), "the token has been used before", RuntimeError);
  });
}

TEST_CASE("context: a token of another variable or context is refused (test_context_getset_2, test_context_getset_4)") {
  const ContextVar<int> variable("variable");
  const ContextVar<int> other("other");
  const Context context;
  Context().run([&] {
    ContextToken of_variable = variable.set(1);
    CHECK_THROWS_WITH_AS(other.reset(std::move(of_variable)), "the token was made by another ContextVar",
                         std::invalid_argument);
    CHECK(variable.get() == 1);
    ContextToken of_context = context.run([&] { return variable.set(2); });
    CHECK_THROWS_WITH_AS(variable.reset(std::move(of_context)), "the token was made in another context",
                         std::invalid_argument);
    CHECK(variable.get() == 1);
    CHECK(context.run([&] { return variable.get(); }) == 2);
  });
}

TEST_CASE("context: a token outlives its context") {
  const ContextVar<int> variable("variable");
  auto token = std::make_unique<ContextToken>(Context().run([&] { return variable.set(2); }));
  CHECK_THROWS_AS(variable.reset(std::move(*token)), std::invalid_argument);
}

TEST_CASE(
    "context: run works inside it, gives the result, and passes errors (test_context_run_4, test_context_run_5)") {
  const ContextVar<std::string> variable("variable");
  const Context first;
  const Context second;
  const std::string inner = first.run([&] {
    CHECK(seen(variable) == "-");
    variable.set("spam");
    second.run([&] { CHECK(seen(variable) == "-"); });
    return variable.get();
  });
  CHECK(inner == "spam");
  CHECK(seen(variable) == "-");
  CHECK(first.run([&] { return seen(variable); }) == "spam");
  CHECK_THROWS_WITH_AS(second.run([&] {
    variable.set("set before the error");
    throw std::runtime_error("failed");
  }),
                       "failed", std::runtime_error);
  CHECK(seen(variable) == "-");
  CHECK(second.run([&] { return seen(variable); }) == "set before the error");
}

TEST_CASE("context: run inside run of the same one sees and changes the same values (unlike test_context_run_7)") {
  const ContextVar<int> variable("variable", 0);
  const Context context;
  context.run([&] {
    variable.set(1);
    context.run([&] {
      CHECK(variable.get() == 1);
      variable.set(2);
    });
    CHECK(variable.get() == 2);
  });
  CHECK(variable.get() == 0);
}

TEST_CASE(
    "context: a copy and its origin don't see each other's changes (test_context_copy_1, test_context_getset_5)") {
  const ContextVar<int> variable("variable", 42);
  const ContextVar<int> untouched("untouched", 0);
  Context().run([&] {
    variable.set(10);
    untouched.set(1);
    const Context copy = copy_context();
    variable.set(20);
    copy.run([&] {
      CHECK(variable.get() == 10);
      CHECK(untouched.get() == 1);
      variable.set(30);
    });
    CHECK(variable.get() == 20);
    CHECK(copy.run([&] { return variable.get(); }) == 30);
  });
}

TEST_CASE("context: a value that find gave stays what it is, and values are freed with their last context") {
  const ContextVar<std::shared_ptr<int>> variable("variable");
  auto token = std::make_shared<int>(0);
  std::shared_ptr<const std::shared_ptr<int>> found;
  {
    const Context context;
    context.run([&] {
      variable.set(token);
      found = variable.find();
      variable.set(std::make_shared<int>(1));
      CHECK(*found == token);
    });
    CHECK(token.use_count() == 2);
    context.run([&] { variable.set(token); });
    CHECK(token.use_count() == 3);
  }
  CHECK(token.use_count() == 2);
  found.reset();
  CHECK(token.use_count() == 1);
}

TEST_CASE("context: a variable made where another one died doesn't see its values") {
  Context().run([] {
    auto variable = std::make_unique<ContextVar<std::string>>("short-lived");
    variable->set("value");
    variable.reset();
    variable = std::make_unique<ContextVar<std::string>>("next");
    CHECK(seen(*variable) == "-");
  });
}

TEST_CASE("context: fifty variables are kept apart, and reset one by one") {
  std::vector<std::unique_ptr<ContextVar<int>>> variables;
  std::vector<ContextToken> tokens;
  for (int i = 0; i < 50; ++i)
    variables.push_back(std::make_unique<ContextVar<int>>(std::to_string(i), -1));
  Context().run([&] {
    for (int i = 0; i < 50; ++i)
      tokens.push_back(variables[static_cast<std::size_t>(i)]->set(i));
    for (std::size_t i = 0; i < 50; i += 2)
      variables[i]->reset(std::move(tokens[i]));
    for (int i = 0; i < 50; ++i)
      CHECK(variables[static_cast<std::size_t>(i)]->get() == (i % 2 == 0 ? -1 : i));
  });
}

TEST_CASE("context: every thread has its own (test_context_threads_1)") {
  const ContextVar<int> variable("variable", -1);
  std::latch all_set(4);
  std::vector<int> results(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      variable.set(i);
      all_set.arrive_and_wait();
      results[static_cast<std::size_t>(i)] = variable.get();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(results == std::vector<int>{0, 1, 2, 3});
  CHECK(variable.get() == -1);
}

TEST_SUITE_END();
