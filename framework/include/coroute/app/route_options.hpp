// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What is said about a route beyond its path and its handler.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coroute/http/status.hpp"
#include "coroute/openapi/operation.hpp"
#include "coroute/params/dependency.hpp"
#include "coroute/params/model_output.hpp"

namespace coroute {

/// What a returned value that is no Response is sent as; a text, but for Json.
enum class AnswerAs : unsigned char { Json, Html, PlainText, Redirect };

struct RouteOptions {
  /// Of what the handler returns, unless that is a Response, which says it itself.
  Status status = Status::Ok;
  /// For `Request::url_for`, and what the operation is called in documents.
  std::string name = {};
  std::vector<std::string> tags = {};
  std::string summary = {};
  /// Markdown.
  std::string description = {};
  std::string operation_id = {};
  bool deprecated = false;
  bool include_in_schema = true;
  /// Run for what they check, before the handler: `{depends<verify_token>()}`.
  std::vector<const detail::DependencyInfo*> dependencies = {};
  /// `.response_model = response_model<ItemOut>()`.
  ResponseModel response_model = {};
  ModelOutput output = {};
  AnswerAs answer_as = AnswerAs::Json;
  std::string response_description = "Successful Response";
  /// Further answers in documents: `{{"404", {.description = "no such item"}}}`.
  std::map<std::string, DocumentedResponse> responses = {};
  /// A JSON object: examples of the request body in documents.
  std::string body_examples = {};
  std::vector<Callback> callbacks = {};
  /// A JSON object that is merged over the operation in documents.
  std::string openapi_extra = {};
  /// Larger request bodies are answered with 413; nullopt: the server's limit.
  std::optional<std::uint64_t> max_body_bytes = std::nullopt;
  /// Whether the handler is cancelled when its client leaves.
  bool cancel_on_disconnect = true;
};

/// What all routes of a router have in common; it comes before what they say themselves.
struct RouterOptions {
  std::vector<std::string> tags = {};
  std::vector<const detail::DependencyInfo*> dependencies = {};
  std::map<std::string, DocumentedResponse> responses = {};
  bool deprecated = false;
  bool include_in_schema = true;
};

}  // namespace coroute
