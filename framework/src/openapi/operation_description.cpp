// SPDX-License-Identifier: BSL-1.0
#include "openapi/operation_description.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

/// A scheme with all scopes that the dependencies of an operation ask for.
struct AskedScheme {
  std::string name;
  Json scopes = Json::array();
  bool is_optional = true;
};

std::vector<AskedScheme> asked_schemes(const Operation& operation, DocumentContext& context) {
  std::vector<AskedScheme> asked;
  for (const SecurityRequirement& requirement : operation.security) {
    const SecurityScheme& scheme = *requirement.scheme;
    context.security_schemes[scheme.name] = parse_object(scheme.json, "security scheme \"" + scheme.name + "\"");
    const auto is_same = [&](const AskedScheme& known) { return known.name == scheme.name; };
    auto known = std::find_if(asked.begin(), asked.end(), is_same);
    if (known == asked.end()) known = asked.insert(asked.end(), AskedScheme{.name = scheme.name});
    known->is_optional = known->is_optional && requirement.is_optional;
    for (const std::string& scope : requirement.scopes) {
      if (std::find(known->scopes.begin(), known->scopes.end(), scope) == known->scopes.end()) {
        known->scopes.push_back(scope);
      }
    }
  }
  return asked;
}

/// What is asked for in any case is one requirement; each scheme that may lack makes an alternative to it.
Json combined_requirements(const std::vector<AskedScheme>& asked) {
  Json always = Json::object();
  for (const AskedScheme& scheme : asked) {
    if (!scheme.is_optional) always[scheme.name] = scheme.scopes;
  }
  Json requirements = Json::array();
  if (!always.empty()) requirements.push_back(always);
  for (const AskedScheme& scheme : asked) {
    if (!scheme.is_optional) continue;
    Json alternative = always;
    alternative[scheme.name] = scheme.scopes;
    requirements.push_back(std::move(alternative));
  }
  return requirements;
}

Json describe_security(const Operation& operation, DocumentContext& context) {
  const std::vector<AskedScheme> asked = asked_schemes(operation, context);
  if (context.combine_security_schemes) return combined_requirements(asked);
  Json requirements = Json::array();
  for (const AskedScheme& scheme : asked)
    requirements.push_back(Json::object({{scheme.name, scheme.scopes}}));
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
