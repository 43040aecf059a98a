// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/errors.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <type_traits>

using namespace coroute;

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("errors: Cancelled carries its reason and is not a std::exception") {
  CHECK(Cancelled().reason() == CancelReason::User);
  CHECK(Cancelled(CancelReason::Deadline).reason() == CancelReason::Deadline);
  CHECK_FALSE(std::is_base_of_v<std::exception, Cancelled>);
  bool swallowed = false;
  bool arrived = false;
  try {
    try {
      throw Cancelled(CancelReason::Disconnect);
    } catch (const std::exception&) {
      swallowed = true;
    }
  } catch (const Cancelled& cancelled) {
    arrived = cancelled.reason() == CancelReason::Disconnect;
  }
  CHECK_FALSE(swallowed);
  CHECK(arrived);
}

TEST_CASE("errors: every reason has a name and a text of its own") {
  std::set<std::string> names;
  std::set<std::string> texts;
  for (const CancelReason reason : {CancelReason::User, CancelReason::Deadline, CancelReason::Disconnect,
                                    CancelReason::Overload, CancelReason::Shutdown}) {
    names.insert(to_string(reason));
    texts.insert(Cancelled(reason).what());
  }
  CHECK(names == std::set<std::string>{"user", "deadline", "disconnect", "overload", "shutdown"});
  CHECK(texts.size() == 5);
  CHECK(std::string(Cancelled(CancelReason::Deadline).what()) == "cancelled: deadline passed");
  CHECK(std::string(to_string(static_cast<CancelReason>(99))) == "unknown");
  CHECK(std::string(Cancelled(static_cast<CancelReason>(99)).what()) == "cancelled");
}

TEST_CASE("errors: misuse is a logic_error, what the world does is a runtime_error") {
  CHECK(std::is_base_of_v<std::logic_error, RuntimeError>);
  CHECK(std::is_base_of_v<std::logic_error, DeadlockError>);
  CHECK(std::is_base_of_v<std::runtime_error, TimeoutError>);
  CHECK(std::is_base_of_v<std::runtime_error, ThreadPoolFull>);
  CHECK(std::string(TimeoutError().what()) == "timed out");
  CHECK(std::string(TimeoutError("no answer").what()) == "no answer");
}

TEST_SUITE_END();
