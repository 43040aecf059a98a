// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the exception handler of the process is told, for as long as a test wants to know.
#include <mutex>
#include <string>
#include <vector>

#include "coroute/asyncio/task.hpp"

namespace coroute::test {

class ExceptionReports {
 public:
  ExceptionReports() {
    set_exception_handler([this](const ExceptionContext& context) {
      const std::lock_guard lock(mutex_);
      messages_.push_back(context.message + ": " + describe_exception(context.error));
    });
  }
  ~ExceptionReports() { set_exception_handler({}); }
  ExceptionReports(const ExceptionReports&) = delete;
  ExceptionReports& operator=(const ExceptionReports&) = delete;

  /// "what happened: the error"
  std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
};

}  // namespace coroute::test
