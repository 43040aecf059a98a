// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The exception handlers of an application, and the way from an exception to its answer.
#include <exception>
#include <map>
#include <memory>
#include <vector>

#include "coroute/app/exception_handlers.hpp"

namespace coroute::detail {

/// Filled, then shared by all loops.
class ExceptionTable {
 public:
  void add_type(const ExceptionType& type, ExceptionCall call);
  void add_status(Status status, ExceptionCall call) { statuses_.insert_or_assign(status.code(), std::move(call)); }
  void set_last(ExceptionCall call) { last_ = std::move(call); }

  bool has_last() const noexcept { return static_cast<bool>(last_); }

  /// Answers what `error` is known to be; rethrows it when it isn't known, at once.
  Async<Response> answer(Request& request, std::exception_ptr error) const;
  /// Answers with a 500, which the log is told of.
  Async<Response> answer_unknown(Request& request, std::exception_ptr error) const;

 private:
  struct Entry {
    const ExceptionType* type;
    ExceptionCall call;
  };
  struct Found {
    const ExceptionCall* call = nullptr;
    const void* exception = nullptr;
  };

  Found find(const std::exception_ptr& error) const;

  std::vector<Entry> types_;  // each before its bases
  std::map<int, ExceptionCall> statuses_;
  ExceptionCall last_;
};

/// Stands around a handler, as middleware, and answers what it throws. A handler that is done at once costs no
/// coroutine frame, any other one.
class ErrorBoundary {
 public:
  ErrorBoundary(std::shared_ptr<const ExceptionTable> table, bool answers_all) noexcept
      : table_(std::move(table)), answers_all_(answers_all) {}

  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  Async<Response> guard(Request& request, Async<Response> answer) const;
  Async<Response> recover(Request& request, const std::exception_ptr& error) const;

  std::shared_ptr<const ExceptionTable> table_;
  bool answers_all_;
};

}  // namespace coroute::detail
