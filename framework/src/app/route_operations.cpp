// SPDX-License-Identifier: BSL-1.0
#include "app/route_operations.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "coroute/openapi/operation_id.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute::detail {
namespace {

/// "/files/{path:path}" as "/files/{path}".
std::string documented_path(std::string_view path) {
  std::string text;
  PathScanner scanner{path};
  for (PathToken token; scanner.next(token);) {
    if (token.is_parameter) {
      text.append("{").append(token.text).append("}");
    } else {
      text.append(token.text);
    }
  }
  return text;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// Parameters and schemes of dependencies, each dependency once, those that it needs first.
class DependencyCollector {
 public:
  DependencyCollector(Operation& operation, const DependencyOverrides& overrides)
      : operation_(operation), overrides_(overrides) {}

  void add(const DependencyInfo& declared) {
    const DependencyInfo& info = overrides_.find(declared);
    if (std::find(seen_.begin(), seen_.end(), &info) != seen_.end()) return;
    seen_.push_back(&info);
    std::vector<const DependencyInfo*> needed;
    info.list_dependencies(needed);
    for (const DependencyInfo* const each : needed)
      add(*each);
    info.list_parameters(operation_.parameters);
    if (info.security_scheme)
      operation_.security.push_back({std::make_shared<const SecurityScheme>(info.security_scheme()), {}});
  }

 private:
  Operation& operation_;
  const DependencyOverrides& overrides_;
  std::vector<const DependencyInfo*> seen_;
};

void describe_answer(Operation& operation, const RouteInfo& info) {
  const RouteOptions& options = info.options;
  operation.status = options.status.code();
  operation.response_description = options.response_description;
  operation.responses = options.responses;
  operation.response_schema = options.response_model ? options.response_model.describe : info.response_schema;
  switch (options.answer_as) {
    case AnswerAs::Json:
      break;
    case AnswerAs::Html:
      operation.response_media_type = "text/html";
      break;
    case AnswerAs::PlainText:
      operation.response_media_type = "text/plain";
      break;
    case AnswerAs::Redirect:
      operation.response_media_type = {};
      if (operation.status == 200) operation.status = 307;
      break;
  }
}

Operation operation_of(const RouteInfo& info, const std::string& method, std::string_view path, const AppOptions& app,
                       const DependencyOverrides& overrides) {
  const RouteOptions& options = info.options;
  Operation operation;
  operation.method = lower_case(method);
  operation.path = documented_path(path);
  operation.name = options.name;
  operation.operation_id = options.operation_id;
  if (operation.operation_id.empty() && app.operation_id) {
    operation.operation_id = app.operation_id(operation.name, operation.path, operation.method);
  }
  operation.summary = options.summary;
  operation.description = options.description;
  operation.tags = options.tags;
  operation.deprecated = options.deprecated;
  operation.in_schema = options.include_in_schema;
  DependencyCollector dependencies(operation, overrides);
  for (const DependencyInfo* const each : options.dependencies)
    dependencies.add(*each);
  for (const DependencyInfo* const each : info.dependencies)
    dependencies.add(*each);
  operation.parameters.insert(operation.parameters.end(), info.parameters.begin(), info.parameters.end());
  operation.embeds_body = info.embeds_body;
  operation.body_examples = options.body_examples;
  operation.callbacks = options.callbacks;
  operation.extra = options.openapi_extra;
  describe_answer(operation, info);
  return operation;
}

}  // namespace

std::vector<Operation> route_operations(RouteCollection& routes, const AppOptions& options,
                                        const DependencyOverrides& overrides) {
  std::vector<Operation> operations;
  routes.for_each_route([&](const MethodSet& methods, std::string_view path, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<RouteInfo>(settings.declaration);
    if (!info || !info->options.include_in_schema) return;
    for (const std::string& method : methods.declared_names())
      operations.push_back(operation_of(*info, method, path, options, overrides));
  });
  return operations;
}

}  // namespace coroute::detail
