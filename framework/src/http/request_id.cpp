// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/request_id.hpp"

#include "coroute/asyncio/context.hpp"
#include "request_scope.hpp"

namespace coroute {
namespace {

/// Set only in what has left the scope of its request.
const ContextVar<std::string>& carried_id() {
  static const auto* const variable = new ContextVar<std::string>("request_id");
  return *variable;
}

}  // namespace

namespace detail {

const Request* RequestScope::current_request() noexcept {
  const TaskState* const task = TaskState::current();
  if (!task || !task->scope || task->scope->carry != &carry_id) return nullptr;
  const std::optional<Request>& request = *static_cast<const RequestScope*>(task->scope)->request_;
  return request ? &*request : nullptr;
}

void RequestScope::carry_id(TaskScope& scope, ContextRef& into) {
  const std::optional<Request>& request = *static_cast<RequestScope&>(scope).request_;
  if (!request) return;
  std::string id(request->request_id());
  const ContextSwap swap(into);
  carried_id().set(std::move(id));
}

}  // namespace detail

std::string request_id() {
  // The scope goes first: its tasks may share a Context with those of another request.
  if (const Request* request = detail::RequestScope::current_request()) return std::string(request->request_id());
  const std::shared_ptr<const std::string> carried = carried_id().find();
  return carried ? *carried : std::string();
}

}  // namespace coroute
