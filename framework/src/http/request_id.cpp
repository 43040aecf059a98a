// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/request_id.hpp"

#include <charconv>

#include "coroute/asyncio/context.hpp"
#include "http/propagation.hpp"
#include "request_scope.hpp"

namespace coroute {
namespace {

constexpr std::string_view id_field = "x-request-id";

/// Set only in what has left the scope of its request.
const ContextVar<Headers>& carried_fields() {
  static const auto* const variable = new ContextVar<Headers>("request_id");
  return *variable;
}

Headers fields_of(const Request& request) {
  Headers fields{{id_field, request.request_id()}};
  for (const std::string_view name : {"traceparent", "tracestate"}) {
    if (const auto value = request.header(name)) fields.add(name, *value);
  }
  return fields;
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
  Headers fields = fields_of(*request);
  const ContextSwap swap(into);
  carried_fields().set(std::move(fields));
}

std::optional<std::chrono::milliseconds> parse_timeout_field(std::string_view value) noexcept {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || value.empty()) return std::nullopt;
  return std::chrono::milliseconds(number);
}

Headers propagated_fields() {
  if (const Request* request = RequestScope::current_request()) return fields_of(*request);
  const std::shared_ptr<const Headers> carried = carried_fields().find();
  return carried ? *carried : Headers();
}

}  // namespace detail

std::string request_id() {
  // The scope goes first: its tasks may share a Context with those of another request.
  if (const Request* request = detail::RequestScope::current_request()) return std::string(request->request_id());
  const std::shared_ptr<const Headers> carried = carried_fields().find();
  return carried ? std::string(carried->get(id_field).value_or("")) : std::string();
}

}  // namespace coroute
