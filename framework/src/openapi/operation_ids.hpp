// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The operationId of each operation of a document: no two are the same.
#include <map>
#include <span>
#include <string>
#include <vector>

#include "coroute/openapi/operation.hpp"

namespace coroute::detail {

/// Those that documents show. Of several with one path and method the first, which is the one that answers.
std::vector<const Operation*> documented(std::span<const Operation> operations);

/// "GET /items"
std::string route_label(const Operation& operation);

class OperationIds {
 public:
  /// With the callbacks of each. std::invalid_argument, which names both, when two have the same name or id; ids that
  /// are made from paths get numbers instead.
  OperationIds(std::span<const Operation> operations, std::span<const Operation> webhooks);

  const std::string& of(const Operation& operation) const { return ids_.at(&operation); }

 private:
  void collect(const Operation& operation, std::vector<const Operation*>& all);
  void give(const Operation& operation, const std::string& id);

  std::map<const Operation*, std::string> ids_;
  std::map<std::string, const Operation*, std::less<>> owners_;
};

}  // namespace coroute::detail
