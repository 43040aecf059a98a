// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What asyncio code throws: cancellation, time-outs and misuse.
#include <exception>
#include <stdexcept>
#include <string>

namespace coroute {

/// Why a task was cancelled; rides on `Cancelled`.
enum class CancelReason : unsigned char { User, Deadline, Disconnect, Overload, Shutdown };

const char* to_string(CancelReason reason) noexcept;

/// Thrown out of a `co_await` when its task is cancelled: asyncio's CancelledError. Not a `std::exception`, so that
/// `catch (const std::exception&)` around business code doesn't swallow a cancellation. Catch it to clean up (cleanup
/// may `co_await`, the cancellation is delivered once), then rethrow.
class Cancelled {
 public:
  explicit Cancelled(CancelReason reason = CancelReason::User) noexcept : reason_(reason) {}

  CancelReason reason() const noexcept { return reason_; }
  const char* what() const noexcept;

 private:
  CancelReason reason_;
};

/// A time limit passed: asyncio's TimeoutError.
class TimeoutError : public std::runtime_error {
 public:
  explicit TimeoutError(const std::string& what = "timed out") : std::runtime_error(what) {}
};

/// Misuse of the asyncio vocabulary, such as awaiting a coroutine twice or outside a loop: Python's RuntimeError.
class RuntimeError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// In virtual time: every task waits and nothing is left that could wake one.
class DeadlockError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// A thread pool's queue is full, the job was refused and did not run. A server answers it with 503.
class ThreadPoolFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace coroute
