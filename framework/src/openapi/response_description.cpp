// SPDX-License-Identifier: BSL-1.0
#include "openapi/response_description.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "coroute/http/media_type.hpp"
#include "openapi/operation_ids.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view event_stream = "text/event-stream";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "404", "4XX" or "default", of which FastAPI takes any case; std::invalid_argument for anything else.
std::string response_key(const std::string& key, const Operation& operation) {
  std::string upper = key;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (upper == "DEFAULT") return "default";
  const bool is_class = upper.size() == 3 && upper[0] >= '1' && upper[0] <= '5';
  if (is_class && (upper.ends_with("XX") || (is_digit(upper[1]) && is_digit(upper[2])))) return upper;
  throw std::invalid_argument("responses of " + route_label(operation) + ": \"" + key +
                              R"(" is no status; it is like "404", "4XX" or "default")");
}

bool key_has_body(const std::string& key) {
  if (key[0] == '1') return false;
  return !is_digit(key.back()) || has_body(Status(std::stoi(key)));
}

std::string phrase_of(const std::string& key) {
  static constexpr std::array<std::string_view, 5> classes{"Information", "Success", "Redirection", "Client Error",
                                                           "Server Error"};
  if (key == "default") return "Default Response";
  if (key.ends_with("XX")) return std::string(classes[static_cast<std::size_t>(key[0] - '1')]);
  const std::string_view phrase = reason_phrase(Status(std::stoi(key)));
  return std::string(phrase.empty() ? "Additional Response" : phrase);
}

/// A server-sent event whose data is JSON of the schema; null: any event.
Json describe_event(Json data) {
  Json event = parse_json(R"({"type": "object", "properties": {"data": {"type": "string"}, "event": {"type": "string"},
      "id": {"type": "string"}, "retry": {"type": "integer", "minimum": 0}}})");
  if (data.is_null()) return event;
  Json& member = event["properties"]["data"];
  member["contentMediaType"] = "application/json";
  member["contentSchema"] = std::move(data);
  event["required"] = Json::array({"data"});
  return event;
}

Json describe_stream(const Operation& operation, const std::string& id, DocumentContext& context) {
  Json item;
  if (operation.item_schema) item = context.schemas.describe(operation.item_schema, "StreamItem_" + id);
  return operation.response_media_type == event_stream ? describe_event(std::move(item)) : item;
}

Json describe_content(const Operation& operation, const std::string& id, DocumentContext& context) {
  const bool is_stream = operation.item_schema || operation.response_media_type == event_stream;
  if (is_stream) return Json::object({{"itemSchema", describe_stream(operation, id, context)}});
  Json schema = Json::object();
  if (!is_json_media_type(operation.response_media_type)) {
    schema["type"] = "string";
  } else if (operation.response_schema) {
    schema = context.schemas.describe(operation.response_schema, "Response_" + id);
  }
  return Json::object({{"schema", std::move(schema)}});
}

Json describe_usual(const Operation& operation, const std::string& id, DocumentContext& context) {
  Json response = Json::object();
  response["description"] = operation.response_description;
  if (!operation.response_media_type.empty() && has_body(Status(operation.status))) {
    response["content"][operation.response_media_type] = describe_content(operation, id, context);
  }
  return response;
}

/// Adds to what is known of that status: its description is the new one when there is one.
void describe_further(const DocumentedResponse& further, const std::string& key, const std::string& id, Json& response,
                      DocumentContext& context) {
  if (!further.description.empty()) {
    response["description"] = further.description;
  } else if (!response.contains("description")) {
    response["description"] = phrase_of(key);
  }
  const bool is_json = is_json_media_type(further.media_type);
  const bool has_content = further.has_content && key_has_body(key) && (further.schema || !is_json);
  if (!has_content) return;
  Json schema = Json::object({{"type", "string"}});
  if (further.schema) schema = context.schemas.describe(further.schema, "Response_" + key + "_" + id);
  response["content"][further.media_type]["schema"] = std::move(schema);
}

/// `detail` of FastAPI's answer, `errors` of problem details.
Json list_of_errors(const char* title, const std::string& item) {
  return Json::object({{"items", {{"$ref", item}}}, {"type", "array"}, {"title", title}});
}

std::string validation_error(SchemaBuilder& schemas, bool problem_details) {
  Json error = parse_json(R"({"properties": {
      "loc": {"items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "type": "array", "title": "Location"},
      "msg": {"type": "string", "title": "Message"}, "type": {"type": "string", "title": "Error Type"},
      "input": {"title": "Input"}, "ctx": {"type": "object", "title": "Context"}},
      "type": "object", "required": ["loc", "msg", "type"], "title": "ValidationError"})");
  const std::string item = schemas.add_definition("ValidationError", std::move(error));
  if (problem_details) {
    Json problem = parse_json(R"({"properties": {
        "type": {"type": "string", "format": "uri-reference", "title": "Type"},
        "title": {"type": "string", "title": "Title"}, "status": {"type": "integer", "title": "Status"},
        "detail": {"type": "string", "title": "Detail"},
        "instance": {"type": "string", "format": "uri-reference", "title": "Instance"}},
        "type": "object", "required": ["type", "title", "status", "detail", "instance", "errors"],
        "title": "ValidationProblem"})");
    problem["properties"]["errors"] = list_of_errors("Errors", item);
    return schemas.add_definition("ValidationProblem", std::move(problem));
  }
  Json answer = parse_json(R"({"properties": {}, "type": "object", "title": "HTTPValidationError"})");
  answer["properties"]["detail"] = list_of_errors("Detail", item);
  return schemas.add_definition("HTTPValidationError", std::move(answer));
}

void add_validation_error(Json& responses, DocumentContext& context) {
  for (const char* key : {"422", "4XX", "default"}) {
    if (responses.contains(key)) return;
  }
  if (context.validation_error.empty()) {
    context.validation_error = validation_error(context.schemas, context.problem_details);
  }
  Json& response = responses["422"];
  response["description"] = "Validation Error";
  const char* const media_type = context.problem_details ? "application/problem+json" : "application/json";
  response["content"][media_type]["schema"]["$ref"] = context.validation_error;
}

}  // namespace

Json describe_responses(const Operation& operation, const std::string& id, DocumentContext& context) {
  context.schemas.set_mode(SchemaMode::Output);
  Json responses = Json::object();
  responses[std::to_string(operation.status)] = describe_usual(operation, id, context);
  for (const auto& [name, further] : operation.responses) {
    const std::string key = response_key(name, operation);
    describe_further(further, key, id, responses[key], context);
  }
  if (!operation.parameters.empty()) add_validation_error(responses, context);
  return responses;
}

}  // namespace coroute::detail
