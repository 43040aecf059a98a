// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How an operation on a stream or a process ended, and what nobody caught.
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "coroute/asyncio/task.hpp"

namespace coroute::testing {

/// The code of the std::system_error that was thrown, or none.
template <class A>
Async<std::error_code> code_of(A awaitable) {
  std::error_code code;
  try {
    co_await std::move(awaitable);
  } catch (const std::system_error& error) {
    code = error.code();
  }
  co_return code;
}

/// The peer has gone, whichever way the kernel puts it.
inline bool is_lost(const std::error_code& code) {
  return code == std::errc::connection_reset || code == std::errc::broken_pipe || code == std::errc::connection_aborted;
}

/// What goes to the exception handler while it lives.
class Reports {
 public:
  Reports() {
    set_exception_handler([this](const ExceptionContext& context) {
      messages.push_back(context.message + ": " + describe_exception(context.error));
    });
  }
  ~Reports() { set_exception_handler({}); }
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  std::vector<std::string> messages;
};

}  // namespace coroute::testing
