// SPDX-License-Identifier: BSL-1.0
#include "openapi/operation_description.hpp"

#include <algorithm>
#include <string>

#include "coroute/openapi/operation_id.hpp"
#include "openapi/request_description.hpp"
#include "openapi/response_description.hpp"
#include "params/schema_names.hpp"

namespace coroute::detail {
namespace {

std::string summary_of(const Operation& operation) {
  if (!operation.summary.empty()) return operation.summary;
  return title_case(default_operation_id(operation.name, operation.path, operation.method));
}

/// One object per scheme, as FastAPI writes them. The specification takes that for alternatives, though all are asked
/// for: one object with all schemes would say so.
Json describe_security(const Operation& operation, DocumentContext& context) {
  Json requirements = Json::array();
  for (const SecurityRequirement& requirement : operation.security) {
    const SecurityScheme& scheme = *requirement.scheme;
    context.security_schemes[scheme.name] = parse_object(scheme.json, "security scheme \"" + scheme.name + "\"");
    const auto is_same = [&](const Json& known) { return known.contains(scheme.name); };
    auto known = std::find_if(requirements.begin(), requirements.end(), is_same);
    if (known == requirements.end()) {
      requirements.push_back(Json::object({{scheme.name, Json::array()}}));
      known = requirements.end() - 1;
    }
    Json& scopes = (*known)[scheme.name];
    for (const std::string& scope : requirement.scopes) {
      if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(scope);
    }
  }
  return requirements;
}

Json describe_callbacks(const Operation& operation, DocumentContext& context) {
  Json callbacks = Json::object();
  for (const Callback& callback : operation.callbacks) {
    if (!callback.operation || !callback.operation->in_schema) continue;
    callbacks[callback.name][callback.expression][callback.operation->method] =
        describe_operation(*callback.operation, context);
  }
  return callbacks;
}

}  // namespace

Json describe_operation(const Operation& operation, DocumentContext& context) {
  const std::string& id = context.ids.of(operation);
  Json object = Json::object();
  const auto add = [&](const char* key, Json value) {
    if (!value.empty()) object[key] = std::move(value);
  };
  add("tags", operation.tags);
  object["summary"] = summary_of(operation);
  if (!operation.description.empty()) object["description"] = operation.description;
  object["operationId"] = id;
  if (operation.deprecated) object["deprecated"] = true;
  add("parameters", describe_parameters(operation, context));
  add("requestBody", describe_request_body(operation, id, context));
  add("callbacks", describe_callbacks(operation, context));
  object["responses"] = describe_responses(operation, id, context);
  add("security", describe_security(operation, context));
  if (!operation.extra.empty()) merge(object, parse_object(operation.extra, "extra of " + route_label(operation)));
  return object;
}

}  // namespace coroute::detail
