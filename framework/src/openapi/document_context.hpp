// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the parts of a document have in common while it is built.
#include <string>
#include <string_view>

#include "coroute/json.hpp"
#include "openapi/operation_ids.hpp"
#include "params/declared_json.hpp"
#include "params/schema_builder.hpp"

namespace coroute::detail {

struct DocumentContext {
  SchemaBuilder& schemas;
  const OperationIds& ids;
  Json security_schemes = Json::object();
  std::string validation_error = {};  ///< Reference to the schema of 422, which is defined when something refers to it.
  bool combine_security_schemes = true;
  bool problem_details = false;
};

/// As FastAPI's `deep_dict_update`: objects are merged, lists appended, all else replaced.
void merge(Json& into, const Json& from);

}  // namespace coroute::detail
