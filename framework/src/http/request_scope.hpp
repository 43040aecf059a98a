// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The tasks of a request, which know its id from here.
#include <optional>
#include <string>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/http/request.hpp"

namespace coroute::detail {

/// Costs a request that nobody asks for its id nothing: the id is made when it is wanted, or when work leaves the
/// scope.
class RequestScope : public TaskScope {
 public:
  /// `request` is set while tasks run in the scope.
  explicit RequestScope(const std::optional<Request>& request) noexcept : request_(&request) { carry = &carry_id; }
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  /// Of the task that runs now; null outside of requests.
  static const Request* current_request() noexcept;

 private:
  static void carry_id(TaskScope& scope, ContextRef& into);

  const std::optional<Request>* request_;
};

}  // namespace coroute::detail
