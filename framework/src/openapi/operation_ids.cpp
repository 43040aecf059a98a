// SPDX-License-Identifier: BSL-1.0
#include "openapi/operation_ids.hpp"

#include <set>
#include <stdexcept>
#include <utility>

#include "coroute/openapi/operation_id.hpp"

namespace coroute::detail {
namespace {

bool is_named(const Operation& operation) {
  return !operation.operation_id.empty() || !operation.name.empty();
}

}  // namespace

std::vector<const Operation*> documented(std::span<const Operation> operations) {
  std::vector<const Operation*> all;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Operation& operation : operations) {
    if (operation.in_schema && seen.emplace(operation.path, operation.method).second) all.push_back(&operation);
  }
  return all;
}

std::string route_label(const Operation& operation) {
  std::string label;
  for (const char c : operation.method)
    label.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return label + " " + operation.path;
}

OperationIds::OperationIds(std::span<const Operation> operations, std::span<const Operation> webhooks) {
  std::vector<const Operation*> all;
  for (const Operation* operation : documented(operations))
    collect(*operation, all);
  for (const Operation* operation : documented(webhooks))
    collect(*operation, all);
  for (const Operation* operation : all) {
    if (!is_named(*operation)) continue;
    const std::string& id = operation->operation_id;
    give(*operation, id.empty() ? default_operation_id(operation->name, operation->path, operation->method) : id);
  }
  for (const Operation* operation : all) {
    if (is_named(*operation)) continue;
    const std::string id = default_operation_id({}, operation->path, operation->method);
    std::string numbered = id;
    for (std::size_t number = 2; owners_.contains(numbered); ++number)
      numbered = id + "_" + std::to_string(number);
    give(*operation, numbered);
  }
}

/// A callback that several operations share is collected once.
void OperationIds::collect(const Operation& operation, std::vector<const Operation*>& all) {
  if (!ids_.emplace(&operation, std::string()).second) return;
  all.push_back(&operation);
  for (const Callback& callback : operation.callbacks) {
    if (callback.operation && callback.operation->in_schema) collect(*callback.operation, all);
  }
}

void OperationIds::give(const Operation& operation, const std::string& id) {
  const auto [owner, is_new] = owners_.emplace(id, &operation);
  if (!is_new) {
    throw std::invalid_argument("two operations have the operationId \"" + id + "\": " + route_label(*owner->second) +
                                " and " + route_label(operation) + "; give one of them another name or operation_id");
  }
  ids_[&operation] = id;
}

}  // namespace coroute::detail
