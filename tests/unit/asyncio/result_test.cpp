// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/result.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "coroute/asyncio/errors.hpp"

using namespace coroute;

namespace {

std::exception_ptr crash() {
  return std::make_exception_ptr(std::runtime_error("crash"));
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("result: with a value") {
  Result<std::string> result(std::in_place, 3, 'x');
  CHECK(result.has_value());
  CHECK(static_cast<bool>(result));
  CHECK_FALSE(result.cancelled());
  CHECK(result.error() == nullptr);
  CHECK(result.stack().empty());
  CHECK(result.value() == "xxx");
  CHECK(*result == "xxx");
  CHECK(result->size() == 3);
  CHECK(result.value_or("other") == "xxx");
  result.value() += "y";
  CHECK(std::as_const(result).value() == "xxxy");
}

TEST_CASE("result: with an error, which value throws") {
  const std::exception_ptr error = crash();
  const Result<int> result(error, {{"f()", "a.cpp", 3}});
  CHECK_FALSE(result.has_value());
  CHECK_FALSE(static_cast<bool>(result));
  CHECK_FALSE(result.cancelled());
  CHECK(result.error() == error);
  REQUIRE(result.stack().size() == 1);
  CHECK(result.stack()[0].line == 3);
  CHECK_THROWS_WITH_AS(result.value(), "crash", std::runtime_error);
  CHECK_THROWS_WITH_AS(*result, "crash", std::runtime_error);
  CHECK(result.value_or(4) == 4);
}

TEST_CASE("result: of what was cancelled") {
  const Result<int> result(std::make_exception_ptr(Cancelled(CancelReason::Deadline)));
  CHECK(result.cancelled());
  CHECK_FALSE(result.has_value());
  CHECK_THROWS_AS(result.value(), Cancelled);
}

TEST_CASE("result: of something without a value") {
  const Result<> done(std::in_place);
  CHECK(done.has_value());
  CHECK(done.value() == Void{});
  const Result<> failed(crash());
  CHECK_FALSE(failed.has_value());
  CHECK_THROWS_AS(failed.value(), std::runtime_error);
}

TEST_CASE("result: of what only moves") {
  Result<std::unique_ptr<int>> result(std::in_place, std::make_unique<int>(5));
  Result<std::unique_ptr<int>> moved = std::move(result);
  CHECK(**moved == 5);
  const std::unique_ptr<int> taken = std::move(moved).value();
  CHECK(*taken == 5);
  Result<std::unique_ptr<int>> failed(crash());
  CHECK(*std::move(failed).value_or(std::make_unique<int>(6)) == 6);
}

TEST_CASE("result: whose value is itself an exception_ptr") {
  const Result<std::exception_ptr> result(std::in_place, crash());
  CHECK(result.has_value());
  CHECK(result.error() == nullptr);
  CHECK(result.value() != nullptr);
}

TEST_SUITE_END();
