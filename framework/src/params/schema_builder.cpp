// SPDX-License-Identifier: BSL-1.0
#include "params/schema_builder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "params/schema_names.hpp"

namespace coroute {
namespace {

/// A control character, which no text that is meant for a document begins with.
constexpr std::string_view reference_prefix =
    "\x01"
    "definition/";

std::string numbered(std::size_t index) {
  return std::string(reference_prefix) + std::to_string(index);
}

std::optional<std::size_t> number_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (!text.starts_with(reference_prefix)) return std::nullopt;
  std::size_t index = 0;
  std::from_chars(text.data() + reference_prefix.size(), text.data() + text.size(), index);
  return index;
}

void name_references(Json& value, const std::vector<std::string>& names) {
  if (const auto index = number_of(value)) {
    value = "#/components/schemas/" + names[*index];
  } else if (value.is_structured()) {
    for (Json& member : value)
      name_references(member, names);
  }
}

bool is_reference(const Json& schema) {
  return schema.contains("$ref");
}

bool may_be_null_reference(const Json& schema) {
  const auto found = schema.find("anyOf");
  return found != schema.end() && found->size() == 2 && is_reference((*found)[0]) &&
         (*found)[1] == Json::object({{"type", "null"}});
}

}  // namespace

Json SchemaBuilder::describe(const SchemaField& field) {
  Json schema = Json::object();
  field.type->describe(SchemaNode(schema, *this), *field.rules);
  const bool names_itself = is_reference(schema) || (!field.is_parameter && may_be_null_reference(schema));
  if (!names_itself && !field.title_from.empty() && !schema.contains("title")) {
    schema["title"] = detail::title_case(field.title_from);
  }
  if (!field.default_value.is_null()) schema["default"] = field.default_value;
  return detail::in_order(schema);
}

Json SchemaBuilder::describe(void (*describe)(SchemaNode), std::string_view title_from) {
  Json schema = Json::object();
  describe(SchemaNode(schema, *this));
  if (!schema.empty() && !is_reference(schema) && !schema.contains("title")) {
    schema["title"] = detail::title_case(title_from);
  }
  return detail::in_order(schema);
}

std::string SchemaBuilder::reference(const SchemaDefinition& definition, const Function<void(SchemaNode)>& describe) {
  const Key key{definition.type, definition.is_patch, mode_};
  if (const auto found = known_.find(key); found != known_.end()) return numbered(found->second);
  const std::size_t index = new_definition(names_for(definition));
  known_.emplace(key, index);
  Json schema = Json::object();
  describe(SchemaNode(schema, *this));
  definitions_[index]->schema = detail::in_order(schema);
  return numbered(index);
}

std::string SchemaBuilder::add_definition(std::string_view name, Json schema) {
  const std::string short_name = detail::component_name(name);
  const std::string number = "__" + std::to_string(definitions_.size());
  const std::size_t index = new_definition({short_name, "coroute__" + short_name, "coroute__" + short_name + number});
  definitions_[index]->schema = std::move(schema);
  return numbered(index);
}

std::size_t SchemaBuilder::new_definition(std::vector<std::string> names) {
  definitions_.push_back(std::make_unique<Definition>(Definition{std::move(names), {}}));
  return definitions_.size() - 1;
}

/// Those that pydantic tries: short, qualified, numbered; each without the mode before the one with it.
std::vector<std::string> SchemaBuilder::names_for(const SchemaDefinition& definition) {
  const std::string mode = mode_ == SchemaMode::Input ? "-Input" : "-Output";
  const std::string short_name = detail::component_name(definition.name);
  const std::string long_name =
      detail::component_name(detail::long_type_name(definition.identity)) + (definition.is_patch ? "Patch" : "");
  std::vector<std::uintptr_t>& types = types_[long_name];
  auto type = std::find(types.begin(), types.end(), definition.type);
  if (type == types.end()) type = types.insert(types.end(), definition.type);
  const std::string number = "__" + std::to_string(type - types.begin() + 1);
  return {short_name, short_name + mode, long_name, long_name + mode, long_name + number, long_name + mode + number};
}

/// Each has the first of its names that means no other schema. Definitions that get one name can make those equal that
/// refer to them, hence the rounds; each but the last one makes some names shorter.
std::vector<std::string> SchemaBuilder::resolve_names() const {
  std::vector<std::string> names;
  for (const auto& definition : definitions_)
    names.push_back(definition->names.back());
  for (std::size_t round = 0; round <= definitions_.size(); ++round) {
    std::map<std::string, std::vector<Json>, std::less<>> meanings;
    for (const auto& definition : definitions_) {
      Json schema = definition->schema;
      name_references(schema, names);
      for (const std::string& name : definition->names) {
        std::vector<Json>& known = meanings[name];
        if (std::find(known.begin(), known.end(), schema) == known.end()) known.push_back(schema);
      }
    }
    std::vector<std::string> chosen;
    for (const auto& definition : definitions_) {
      const auto is_clear = [&](const std::string& name) { return meanings[name].size() == 1; };
      chosen.push_back(*std::find_if(definition->names.begin(), definition->names.end() - 1, is_clear));
    }
    if (chosen == names) break;
    names = std::move(chosen);
  }
  return names;
}

bool SchemaBuilder::has_file(const Json& schema) const {
  std::vector<bool> visited(definitions_.size());
  return has_file(schema, visited);
}

bool SchemaBuilder::has_file(const Json& schema, std::vector<bool>& visited) const {
  if (const auto index = number_of(schema)) {
    if (visited[*index]) return false;
    visited[*index] = true;
    return has_file(definitions_[*index]->schema, visited);
  }
  if (!schema.is_structured()) return false;
  if (schema.is_object()) {
    const auto found = schema.find("contentMediaType");
    if (found != schema.end() && *found == "application/octet-stream") return true;
  }
  return std::any_of(schema.begin(), schema.end(), [&](const Json& member) { return has_file(member, visited); });
}

Json SchemaBuilder::finish(Json& document) const {
  const std::vector<std::string> names = resolve_names();
  name_references(document, names);
  std::map<std::string, Json, std::less<>> sorted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Json schema = definitions_[i]->schema;
    name_references(schema, names);
    sorted.emplace(names[i], std::move(schema));
  }
  Json schemas = Json::object();
  for (auto& [name, schema] : sorted)
    schemas[name] = std::move(schema);
  return schemas;
}

namespace detail {

Json in_order(const Json& schema) {
  static constexpr std::array<std::string_view, 34> order{"$ref",
                                                          "anyOf",
                                                          "oneOf",
                                                          "prefixItems",
                                                          "items",
                                                          "properties",
                                                          "additionalProperties",
                                                          "type",
                                                          "enum",
                                                          "const",
                                                          "multipleOf",
                                                          "maximum",
                                                          "exclusiveMaximum",
                                                          "minimum",
                                                          "exclusiveMinimum",
                                                          "maxLength",
                                                          "minLength",
                                                          "pattern",
                                                          "maxItems",
                                                          "minItems",
                                                          "uniqueItems",
                                                          "maxProperties",
                                                          "minProperties",
                                                          "required",
                                                          "format",
                                                          "contentMediaType",
                                                          "title",
                                                          "description",
                                                          "default",
                                                          "deprecated",
                                                          "readOnly",
                                                          "writeOnly",
                                                          "examples",
                                                          "discriminator"};
  Json ordered = Json::object();
  for (const std::string_view key : order) {
    if (const auto found = schema.find(key); found != schema.end()) ordered[std::string(key)] = *found;
  }
  ordered.update(schema);
  return ordered;
}

Json json_from(const Function<void(JsonWriter&)>& write) {
  std::string text;
  JsonWriter out(text);
  try {
    write(out);
  } catch (const JsonNotFinite&) {
    return nullptr;
  }
  return parse_json(text);
}

Json default_of(const FieldInfo& field, const ModelInfo& model) {
  const void* value = field.in(model.prototype);
  if (!field.type->write || (field.type->is_null && field.type->is_null(value))) return nullptr;
  return json_from([&](JsonWriter& out) { field.type->write(out, value); });
}

}  // namespace detail
}  // namespace coroute
