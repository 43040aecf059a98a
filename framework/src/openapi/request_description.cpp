// SPDX-License-Identifier: BSL-1.0
#include "openapi/request_description.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "openapi/operation_ids.hpp"

namespace coroute::detail {
namespace {

/// One parameter of a document, or one field of a body.
struct Row {
  std::string name;
  bool required;
  SchemaField field;
};

bool is_group(const ParameterInfo& info) {
  return info.name.empty() && info.model && info.in != ParameterIn::Body;
}

SchemaField field_of(const ParameterInfo& info) {
  SchemaField field{.type = info.type, .rules = info.rules, .title_from = info.name};
  if (info.write_default) field.default_value = json_from([&](JsonWriter& out) { info.write_default(out); });
  return field;
}

void add_rows(const ParameterInfo& info, std::vector<Row>& rows) {
  if (!is_group(info)) {
    if (info.rules->in_schema) rows.push_back({std::string(info.name), info.required, field_of(info)});
    return;
  }
  const ModelInfo& model = *info.model();
  for (const FieldInfo& each : model.fields) {
    if (!each.rules->in_schema) continue;
    SchemaField field{.type = each.type, .rules = each.rules, .title_from = each.name};
    if (!each.required) field.default_value = default_of(each, model);
    rows.push_back({wire_name(each, info.in), each.required, std::move(field)});
  }
}

Json describe_row(Row& row, ParameterIn in, DocumentContext& context) {
  row.field.is_parameter = true;
  Json parameter = Json::object();
  parameter["name"] = row.name;
  parameter["in"] = to_string(in);
  parameter["required"] = row.required || in == ParameterIn::Path;
  parameter["schema"] = context.schemas.describe(row.field);
  if (!row.field.rules->description.empty()) parameter["description"] = row.field.rules->description;
  if (row.field.rules->deprecated) parameter["deprecated"] = true;
  if (!row.field.rules->openapi_examples.empty()) {
    parameter["examples"] = parse_object(row.field.rules->openapi_examples, "openapi_examples of " + row.name);
  }
  return parameter;
}

/// Of two with one name the last one counts, but one that is required counts more.
void add_parameter(Json& parameters, Json parameter) {
  for (Json& known : parameters) {
    if (known["name"] != parameter["name"] || known["in"] != parameter["in"]) continue;
    if (parameter["required"] == true || known["required"] == false) known = std::move(parameter);
    return;
  }
  parameters.push_back(std::move(parameter));
}

/// The parts of the body, each once: dependencies may share one.
std::vector<const ParameterInfo*> body_parts(const Operation& operation) {
  std::vector<const ParameterInfo*> parts;
  for (const ParameterInfo* info : operation.parameters) {
    const bool is_body = info->in == ParameterIn::Body || info->in == ParameterIn::Form;
    if (is_body && std::find(parts.begin(), parts.end(), info) == parts.end()) parts.push_back(info);
  }
  return parts;
}

bool is_whole_body(const std::vector<const ParameterInfo*>& parts, const Operation& operation) {
  if (parts.size() != 1 || operation.embeds_body) return false;
  return parts[0]->in == ParameterIn::Body || is_group(*parts[0]);
}

/// `Body_<operationId>`: an object with the parts as its members.
Json describe_members(const std::vector<const ParameterInfo*>& parts, const std::string& id, DocumentContext& context) {
  std::vector<Row> rows;
  for (const ParameterInfo* part : parts)
    add_rows(*part, rows);
  const std::string name = "Body_" + id;
  Json properties = Json::object();
  Json required = Json::array();
  for (const Row& row : rows) {
    if (properties.contains(row.name)) continue;
    properties[row.name] = context.schemas.describe(row.field);
    if (row.required) required.push_back(row.name);
  }
  Json schema = Json::object();
  schema["properties"] = std::move(properties);
  schema["type"] = "object";
  if (!required.empty()) schema["required"] = std::move(required);
  schema["title"] = name;
  return Json::object({{"$ref", context.schemas.add_definition(name, std::move(schema))}});
}

std::string_view media_type_of(const std::vector<const ParameterInfo*>& parts, const Json& schema,
                               const DocumentContext& context) {
  const auto is_form = [](const ParameterInfo* part) { return part->in == ParameterIn::Form; };
  if (std::none_of(parts.begin(), parts.end(), is_form)) return "application/json";
  return context.schemas.has_file(schema) ? "multipart/form-data" : "application/x-www-form-urlencoded";
}

bool may_have_body(std::string_view method) {
  return method != "options" && method != "trace";
}

}  // namespace

Json describe_parameters(const Operation& operation, DocumentContext& context) {
  context.schemas.set_mode(SchemaMode::Input);
  Json parameters = Json::array();
  for (const ParameterIn in : {ParameterIn::Path, ParameterIn::Query, ParameterIn::Header, ParameterIn::Cookie}) {
    std::vector<Row> rows;
    for (const ParameterInfo* info : operation.parameters) {
      if (info->in == in) add_rows(*info, rows);
    }
    for (Row& row : rows)
      add_parameter(parameters, describe_row(row, in, context));
  }
  return parameters;
}

Json describe_request_body(const Operation& operation, const std::string& id, DocumentContext& context) {
  const auto parts = body_parts(operation);
  if (parts.empty() || !may_have_body(operation.method)) return nullptr;
  context.schemas.set_mode(SchemaMode::Input);
  Json schema;
  if (is_whole_body(parts, operation)) {
    SchemaField field = field_of(*parts[0]);
    field.is_parameter = true;
    schema = context.schemas.describe(field);
  } else {
    schema = describe_members(parts, id, context);
  }
  const std::string_view media_type = media_type_of(parts, schema, context);
  Json body = Json::object();
  if (std::any_of(parts.begin(), parts.end(), [](const ParameterInfo* part) { return part->required; })) {
    body["required"] = true;
  }
  Json& content = body["content"][std::string(media_type)];
  content["schema"] = std::move(schema);
  if (is_whole_body(parts, operation) && !parts[0]->rules->openapi_examples.empty()) {
    content["examples"] =
        parse_object(parts[0]->rules->openapi_examples, "openapi_examples of " + route_label(operation));
  }
  if (!operation.body_examples.empty()) {
    content["examples"] = parse_object(operation.body_examples, "body_examples of " + route_label(operation));
  }
  return body;
}

}  // namespace coroute::detail
