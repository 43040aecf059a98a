// SPDX-License-Identifier: BSL-1.0
#include "app/route_operations.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

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

/// Parameters and schemes of dependencies, each dependency once for each set of scopes, before those that it needs.
class DependencyCollector {
 public:
  DependencyCollector(Operation& operation, const DependencyOverrides& overrides)
      : operation_(operation), overrides_(overrides) {}

  void add(const std::vector<const DependencyUse*>& uses, const ScopeChain* outer = nullptr) {
    for (const DependencyUse* const each : uses)
      add(*each, outer);
  }

  void add_parameters(const std::vector<const ParameterInfo*>& parameters) {
    for (const ParameterInfo* const each : parameters) {
      if (each->in != ParameterIn::Body || !has_body_part(*each)) operation_.parameters.push_back(each);
    }
  }

 private:
  struct Seen {
    const DependencyInfo* info;
    std::vector<std::string_view> scopes;
    bool operator==(const Seen&) const = default;
  };

  void add(const DependencyUse& use, const ScopeChain* outer) {
    const DependencyInfo& info = overrides_.find(*use.info);
    const ScopeChain chain{outer, use.scopes};
    const std::vector<std::string_view> scopes = scopes_of(&chain);
    if (!enter(info, use.scopes.empty() && !info.uses_scopes ? std::vector<std::string_view>() : scopes)) return;
    std::vector<const ParameterInfo*> parameters;
    info.list_parameters(parameters);
    add_parameters(parameters);
    if (info.security_scheme) {
      operation_.security.push_back({std::make_shared<const SecurityScheme>(info.security_scheme()),
                                     {scopes.begin(), scopes.end()},
                                     info.is_optional});
    }
    std::vector<const DependencyUse*> needed;
    info.list_dependencies(needed);
    add(needed, &chain);
  }

  bool enter(const DependencyInfo& info, std::vector<std::string_view> scopes) {
    std::sort(scopes.begin(), scopes.end());
    Seen seen{&info, std::move(scopes)};
    if (std::find(seen_.begin(), seen_.end(), seen) != seen_.end()) return false;
    seen_.push_back(std::move(seen));
    return true;
  }

  /// Those with one name are one.
  bool has_body_part(const ParameterInfo& info) const {
    return std::any_of(operation_.parameters.begin(), operation_.parameters.end(), [&](const ParameterInfo* known) {
      return known->in == ParameterIn::Body && !info.name.empty() && known->name == info.name;
    });
  }

  Operation& operation_;
  const DependencyOverrides& overrides_;
  std::vector<Seen> seen_;
};

void describe_stream(Operation& operation, const RouteInfo& info) {
  switch (info.stream_as(info.answer.as)) {
    case StreamAs::JsonLines:
      operation.response_media_type = "application/jsonl";
      operation.item_schema = info.item_schema;
      break;
    case StreamAs::Events:
      operation.response_media_type = "text/event-stream";
      operation.item_schema = info.item_schema;
      break;
    case StreamAs::Text:
      operation.response_media_type = info.answer.as == AnswerAs::Html ? "text/html" : "text/plain";
      break;
  }
}

void describe_answer(Operation& operation, const RouteInfo& info) {
  const RouteOptions& options = info.options;
  operation.status = options.status.code();
  operation.response_description = options.response_description;
  operation.responses = options.responses;
  operation.response_schema = options.response_model ? options.response_model.describe : info.response_schema;
  switch (info.answers_value ? AnswerAs::Json : info.answer.as) {
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
    case AnswerAs::EventStream:
      operation.response_media_type = "text/event-stream";
      break;
  }
  if (info.stream_as) describe_stream(operation, info);
  if (options.item_schema) operation.item_schema = options.item_schema;
  if (!options.response_media_type.empty()) operation.response_media_type = options.response_media_type;
}

/// Where a request goes, in one method.
struct Target {
  std::string method;
  std::string path;
  bool is_one_of_several = false;  ///< Methods of one route.
};

class OperationMaker {
 public:
  explicit OperationMaker(const DependencyOverrides& overrides) : overrides_(overrides) {}

  /// `generate_unique_id`: for what says nothing itself.
  Operation make(const RouteInfo& info, Target target, GenerateUniqueId generate_unique_id);

 private:
  void describe_request(Operation& operation, const RouteInfo& info);
  std::vector<Callback> callbacks_of(const RouteOptions& options, GenerateUniqueId generate_unique_id);

  const DependencyOverrides& overrides_;
  std::map<const RouteInfo*, std::shared_ptr<const Operation>> callbacks_;  // those that routes have in common, once
};

/// The methods of one route have one name and need ids of their own.
std::string operation_id_of(const Operation& operation, const Target& target, GenerateUniqueId generate_unique_id) {
  if (!operation.operation_id.empty()) return operation.operation_id;
  if (generate_unique_id) return generate_unique_id(operation);
  const bool needs_method = target.is_one_of_several && !operation.name.empty();
  return needs_method ? operation.name + "_" + operation.method : std::string();
}

void OperationMaker::describe_request(Operation& operation, const RouteInfo& info) {
  DependencyCollector collector(operation, overrides_);
  collector.add_parameters(info.parameters);
  collector.add(info.options.dependencies);
  collector.add(info.dependencies);
  operation.embeds_body = info.body.embedded;
  operation.body_examples = info.options.body_examples;
}

std::vector<Callback> OperationMaker::callbacks_of(const RouteOptions& options, GenerateUniqueId generate_unique_id) {
  std::vector<Callback> callbacks;
  for (const OutgoingRoute& route : options.callbacks) {
    std::shared_ptr<const Operation>& known = callbacks_[route.info.get()];
    if (!known) {
      known = std::make_shared<const Operation>(
          make(*route.info, {lower_case(route.method), route.url}, generate_unique_id));
    }
    callbacks.push_back({default_operation_id(known->name, route.url, known->method), route.url, known});
  }
  return callbacks;
}

Operation OperationMaker::make(const RouteInfo& info, Target target, GenerateUniqueId generate_unique_id) {
  const RouteOptions& options = info.options;
  if (options.generate_unique_id_function) generate_unique_id = options.generate_unique_id_function;
  Operation operation;
  operation.method = target.method;
  operation.path = target.path;
  operation.name = options.name;
  operation.summary = options.summary;
  operation.description = options.description;
  operation.tags = options.tags;
  operation.deprecated = options.deprecated;
  operation.in_schema = options.include_in_schema;
  operation.extra = options.openapi_extra;
  operation.operation_id = options.operation_id;
  operation.operation_id = operation_id_of(operation, target, generate_unique_id);
  describe_request(operation, info);
  describe_answer(operation, info);
  operation.callbacks = callbacks_of(options, generate_unique_id);
  return operation;
}

}  // namespace

std::vector<Operation> route_operations(RouteCollection& routes, const DependencyOverrides& overrides) {
  std::vector<Operation> operations;
  OperationMaker maker(overrides);
  routes.for_each_route([&](const MethodSet& methods, std::string_view path, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<RouteInfo>(settings.declaration);
    if (!info || !info->options.include_in_schema) return;
    const std::vector<std::string> names = methods.declared_names();
    for (const std::string& method : names) {
      operations.push_back(maker.make(*info, {lower_case(method), documented_path(path), names.size() > 1}, nullptr));
    }
  });
  return operations;
}

std::vector<Operation> outgoing_operations(const OutgoingRouter& router, GenerateUniqueId generate_unique_id,
                                           const DependencyOverrides& overrides) {
  std::vector<Operation> operations;
  OperationMaker maker(overrides);
  for (const OutgoingRoute& route : router.routes()) {
    if (!route.info->options.include_in_schema) continue;
    operations.push_back(maker.make(*route.info, {lower_case(route.method), route.url}, generate_unique_id));
  }
  return operations;
}

}  // namespace coroute::detail
