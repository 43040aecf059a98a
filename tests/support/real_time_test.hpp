// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A test whose body is a coroutine, run on a loop with real sockets and processes; one that hangs fails.
///
///     LOOP_TEST_CASE("streams: what is sent arrives") { ... co_await ... }
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"

#define COROUTE_LOOP_TEST_CASE(body, name)                       \
  static ::coroute::Async<void> body();                          \
  TEST_CASE(name) {                                              \
    ::coroute::run(::coroute::testing::within_a_minute(body())); \
  }                                                              \
  static ::coroute::Async<void> body()

#define COROUTE_LOOP_TEST_JOIN_(a, b) a##b
#define COROUTE_LOOP_TEST_JOIN(a, b) COROUTE_LOOP_TEST_JOIN_(a, b)
#define LOOP_TEST_CASE(name) COROUTE_LOOP_TEST_CASE(COROUTE_LOOP_TEST_JOIN(loop_test_body_, __LINE__), name)

namespace coroute::testing {

inline Async<void> within_a_minute(Async<void> body) {
  co_await timeout(std::chrono::minutes(1), std::move(body));
}

/// Waits for what happens outside of this loop's tasks. A test that waits in vain is ended by its time limit.
template <class Condition>
Async<void> eventually(Condition condition) {
  while (!condition())
    co_await sleep(std::chrono::milliseconds(1));
}

/// A folder of the test's own.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "coroute-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace coroute::testing
