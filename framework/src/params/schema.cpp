// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/schema.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "coroute/json.hpp"
#include "coroute/params/decimal.hpp"
#include "coroute/params/model.hpp"
#include "params/declared_json.hpp"
#include "params/schema_builder.hpp"
#include "params/schema_names.hpp"

namespace coroute {
namespace {

using detail::Constant;
using detail::Rules;

Json to_json(const Constant& constant) {
  switch (constant.kind) {
    case Constant::Kind::None:
      return nullptr;
    case Constant::Kind::Integer:
      return constant.integer;
    case Constant::Kind::Real:
      return constant.real;
    case Constant::Kind::Boolean:
      return constant.integer != 0;
    case Constant::Kind::Text:
      return std::string(constant.text);
  }
  return nullptr;
}

void add_bounds(Json& schema, const Rules& rules, bool is_real) {
  const auto add = [&](const char* key, const Constant& bound) {
    if (bound) schema[key] = is_real ? Json(bound.as_real()) : to_json(bound);
  };
  add("multipleOf", rules.multiple_of);
  add("maximum", rules.le);
  add("exclusiveMaximum", rules.lt);
  add("minimum", rules.ge);
  add("exclusiveMinimum", rules.gt);
}

void add_lengths(Json& schema, const char* most, const char* least, const Rules& rules) {
  if (rules.max_length != Rules::unlimited) schema[most] = rules.max_length;
  if (rules.min_length != 0) schema[least] = rules.min_length;
}

void add_constraints(Json& schema, const Rules& rules) {
  const auto found = schema.find("type");
  if (found == schema.end()) return;
  const auto type = found->get<std::string>();
  if (type == "integer" || type == "number") {
    add_bounds(schema, rules, type == "number");
  } else if (type == "string") {
    add_lengths(schema, "maxLength", "minLength", rules);
    if (!rules.pattern.empty()) schema["pattern"] = rules.pattern;
  } else if (type == "array") {
    add_lengths(schema, "maxItems", "minItems", rules);
  } else if (type == "object") {
    add_lengths(schema, "maxProperties", "minProperties", rules);
  }
}

/// Alternatives that are unions themselves become part of this one, equal ones become one.
void flatten_union(Json& schema) {
  const auto found = schema.find("anyOf");
  if (found == schema.end()) return;
  Json flat = Json::array();
  const auto add = [&](const Json& alternative) {
    if (std::find(flat.begin(), flat.end(), alternative) == flat.end()) flat.push_back(alternative);
  };
  for (const Json& alternative : *found) {
    if (alternative.size() == 1 && alternative.contains("anyOf")) {
      for (const Json& inner : alternative["anyOf"])
        add(inner);
    } else {
      add(alternative);
    }
  }
  if (flat.size() > 1) {
    *found = std::move(flat);
    return;
  }
  const Json only = std::move(flat[0]);
  schema.erase("anyOf");
  schema.update(only);
}

/// pydantic's pattern of a decimal's text.
std::string decimal_pattern(const Rules& rules) {
  const bool has_digits = rules.max_digits != Rules::unlimited;
  const bool has_places = rules.decimal_places != Rules::unlimited;
  if (!has_digits && !has_places) return std::string(ValueSchema<Decimal>::pattern);
  const std::string begin = R"(^(?!^[-+.]*$)[+-]?0*)";
  const std::string places = std::to_string(rules.decimal_places);
  if (!has_digits) return begin + R"(\d*\.?\d{0,)" + places + "}0*$";
  const std::string digits = R"((?=[\d.]{1,)" + std::to_string(rules.max_digits + 1) + "}0*$)";
  if (!has_places) {
    return begin + R"((?:\d{0,)" + std::to_string(rules.max_digits) + "}|" + digits + R"(\d*\.\d*0*$))";
  }
  const std::size_t before_point = rules.max_digits - std::min(rules.max_digits, rules.decimal_places);
  const std::string whole = R"(\d{0,)" + std::to_string(before_point) + "}";
  return begin + "(?:" + whole + "|" + digits + whole + R"(\.\d{0,)" + places + "}0*$)";
}

void add_extra(Json& schema, std::string_view object) {
  if (!object.empty()) schema.update(detail::parse_object(object, "json_schema_extra"));
}

Json texts(std::span<const std::string_view> values) {
  Json all = Json::array();
  for (const std::string_view value : values)
    all.push_back(value);
  return all;
}

/// The title of a model is its name, in pydantic's spelling when it is a template.
std::string name_of(std::string_view name, std::string_view identity) {
  return identity.ends_with('>') ? detail::short_type_name(identity) : std::string(name);
}

Json describe_computed(SchemaNode node, const detail::ComputedInfo& field) {
  detail::TypeOperations type{};
  type.describe = field.describe;
  return node.builder().describe({.type = &type, .rules = field.rules, .title_from = field.output_name()});
}

void describe_model(SchemaNode node, const detail::ModelInfo& info, const std::string& name, bool is_patch) {
  Json properties = Json::object();
  Json required = Json::array();
  const bool is_answer = node.mode() == SchemaMode::Output;
  for (const detail::FieldInfo& field : info.fields) {
    if (!field.rules->in_schema) continue;
    const std::string_view field_name = is_answer ? field.output_name : field.name;
    const bool may_lack = is_patch || !field.required;
    // What a patch leaves out stays as it is, so that no default would be true.
    Json default_value = may_lack && !is_patch ? detail::default_of(field, info) : Json();
    properties[std::string(field_name)] = node.builder().describe({.type = field.type,
                                                                   .rules = field.rules,
                                                                   .title_from = field_name,
                                                                   .default_value = std::move(default_value)});
    if (!may_lack) required.push_back(field_name);
  }
  if (is_answer && !is_patch) {
    for (const detail::ComputedInfo& field : info.computed) {
      properties[std::string(field.output_name())] = describe_computed(node, field);
      required.push_back(field.output_name());
    }
  }
  Json& schema = node.json();
  schema["properties"] = std::move(properties);
  if (info.rules.forbid_extra) schema["additionalProperties"] = false;
  schema["type"] = "object";
  if (!required.empty()) schema["required"] = std::move(required);
  schema["title"] = info.rules.title.empty() ? name : std::string(info.rules.title);
  if (!info.rules.description.empty()) schema["description"] = info.rules.description;
  add_extra(schema, info.rules.json_schema_extra);
}

void refer_to_model(SchemaNode node, const detail::ModelInfo& info, bool is_patch) {
  const std::string name = name_of(info.name, info.identity) + (is_patch ? "Patch" : "");
  const SchemaDefinition definition{
      .type = reinterpret_cast<std::uintptr_t>(&info), .name = name, .identity = info.identity, .is_patch = is_patch};
  // What is computed is shown even where answers are described as requests are.
  const SchemaBuilder::TrueMode mode(node.builder(), !info.computed.empty());
  node.json()["$ref"] =
      node.builder().reference(definition, [&](SchemaNode inner) { describe_model(inner, info, name, is_patch); });
}

}  // namespace

SchemaMode SchemaNode::mode() const noexcept {
  return builder_->mode();
}

void SchemaNode::type(std::string_view name, std::string_view format) {
  (*json_)["type"] = name;
  if (!format.empty()) (*json_)["format"] = format;
}

void SchemaNode::rules(const detail::Rules& rules) {
  flatten_union(*json_);
  add_constraints(*json_, rules);
  annotations(rules);
}

void SchemaNode::annotations(const detail::Rules& rules) {
  Json& schema = *json_;
  flatten_union(schema);
  if (is_inner_) return;
  if (!rules.format.empty()) schema["format"] = rules.format;
  if (!rules.title.empty()) schema["title"] = rules.title;
  if (!rules.description.empty()) schema["description"] = rules.description;
  if (rules.deprecated) schema["deprecated"] = true;
  for (const Constant& example : rules.examples) {
    if (example) schema["examples"].push_back(to_json(example));
  }
  add_extra(schema, rules.json_schema_extra);
}

SchemaNode SchemaNode::nullable() {
  Json& alternatives = (*json_)["anyOf"] = Json::array({Json::object(), Json::object({{"type", "null"}})});
  SchemaNode inner(alternatives[0], *builder_);
  inner.is_inner_ = true;
  return inner;
}

SchemaNode SchemaNode::items() {
  return {(*json_)["items"] = Json::object(), *builder_};
}

SchemaNode SchemaNode::prefix_item() {
  Json& items = (*json_)["prefixItems"];
  items.push_back(Json::object());
  return {items.back(), *builder_};
}

void SchemaNode::items_count(std::size_t count) {
  (*json_)["maxItems"] = count;
  (*json_)["minItems"] = count;
}

SchemaNode SchemaNode::additional_properties() {
  return {(*json_)["additionalProperties"] = Json::object(), *builder_};
}

SchemaNode SchemaNode::any_of() {
  Json& alternatives = (*json_)["anyOf"];
  alternatives.push_back(Json::object());
  return {alternatives.back(), *builder_};
}

SchemaNode SchemaNode::one_of() {
  Json& alternatives = (*json_)["oneOf"];
  alternatives.push_back(Json::object());
  return {alternatives.back(), *builder_};
}

void SchemaNode::discriminator(std::string_view property, std::span<const std::string_view> values,
                               SchemaNode alternative) {
  const Json reference = alternative.json()["$ref"];
  Json& discriminator = (*json_)["discriminator"];
  discriminator["propertyName"] = property;
  for (const std::string_view value : values)
    discriminator["mapping"][std::string(value)] = reference;
}

void SchemaNode::enumeration(std::span<const std::string_view> values) {
  (*json_)["enum"] = texts(values);
}

void SchemaNode::literals(std::span<const std::string_view> values) {
  if (values.size() == 1) {
    (*json_)["const"] = values[0];
  } else {
    (*json_)["enum"] = texts(values);
  }
}

void SchemaNode::unique_items() {
  (*json_)["uniqueItems"] = true;
}

void SchemaNode::decimal(const detail::Rules& rules) {
  const Json text = Json::object({{"type", "string"}, {"pattern", decimal_pattern(rules)}});
  if (mode() == SchemaMode::Input) {
    Json number = Json::object({{"type", "number"}});
    add_bounds(number, rules, true);
    (*json_)["anyOf"] = Json::array({std::move(number), text});
  } else {
    json_->update(text);
  }
  annotations(rules);
}

void SchemaNode::lengths(std::size_t least, std::size_t most) {
  (*json_)["maxLength"] = most;
  (*json_)["minLength"] = least;
}

void SchemaNode::write_only() {
  (*json_)["writeOnly"] = true;
}

void SchemaNode::read_only() {
  (*json_)["readOnly"] = true;
}

void SchemaNode::file() {
  (*json_)["type"] = "string";
  (*json_)["contentMediaType"] = "application/octet-stream";
}

void SchemaNode::definition(std::string_view name, std::string_view identity, void (*describe)(SchemaNode)) {
  const SchemaDefinition definition{
      .type = reinterpret_cast<std::uintptr_t>(describe), .name = name_of(name, identity), .identity = identity};
  (*json_)["$ref"] = builder_->reference(definition, [&](SchemaNode inner) {
    describe(inner);
    if (!inner.json().contains("title")) inner.json()["title"] = definition.name;
  });
}

void SchemaNode::model(const detail::ModelInfo& info) {
  refer_to_model(*this, info, false);
}

void SchemaNode::patch(const detail::ModelInfo& info) {
  refer_to_model(*this, info, true);
}

}  // namespace coroute
