// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What is said about a route beyond its path and its handler.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/http/form_data.hpp"
#include "coroute/http/handler.hpp"
#include "coroute/http/status.hpp"
#include "coroute/openapi/operation.hpp"
#include "coroute/openapi/operation_id.hpp"
#include "coroute/params/dependency.hpp"
#include "coroute/params/model_output.hpp"
#include "coroute/params/server_sent_event.hpp"

namespace coroute {

namespace detail {
struct RouteInfo;
}

/// What a returned value that is no Response is sent as; a text, but for Json. A generator of text gives plain text, or
/// html, any other JSON Lines; as an EventStream the items of both are the JSON data of server-sent events.
enum class AnswerAs : unsigned char { Json, Html, PlainText, Redirect, EventStream };

/// A request that the service makes itself: see OutgoingRouter.
struct OutgoingRoute {
  std::string method = {};  ///< "post"
  std::string url = {};     ///< A URL with expressions in it, or the name of a webhook.
  std::shared_ptr<const detail::RouteInfo> info = {};
};

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
  /// Makes it when there is none; null: what the router or the application says, else the name is the id.
  GenerateUniqueId generate_unique_id_function = nullptr;
  bool deprecated = false;
  bool include_in_schema = true;
  /// Run for what they check, before the handler: `{depends<verify_token>()}`, `{security<f, "admin">()}`.
  std::vector<const detail::DependencyUse*> dependencies = {};
  /// `.response_model = response_model<ItemOut>()`.
  ResponseModel response_model = {};
  ModelOutput output = {};
  /// For returned text; other values are JSON. Nullopt: as the router or the application says, else JSON.
  std::optional<AnswerAs> answer_as = std::nullopt;
  /// Of a handler that is a generator of events: see `EventStreamOptions`.
  std::chrono::milliseconds heartbeat = default_heartbeat;
  std::chrono::milliseconds shutdown_grace = default_shutdown_grace;
  std::string response_description = "Successful Response";
  /// In documents, of a Response that the handler makes itself: "image/png", "application/jsonl". Empty: as `answer_as`
  /// says.
  std::string response_media_type = {};
  /// In documents, each item of an answer that is a stream: `.item_schema = schema_of<Event>`; null: what the handler
  /// yields.
  DescribeSchema item_schema = nullptr;
  /// Further answers in documents: `{{"404", {.description = "no such item"}}}`.
  std::map<std::string, DocumentedResponse> responses = {};
  /// A JSON object: examples of the request body in documents.
  std::string body_examples = {};
  /// Requests that the route makes the service send to its client: `.callbacks = invoice_events.routes()`.
  std::vector<OutgoingRoute> callbacks = {};
  /// A JSON object that is merged over the operation in documents.
  std::string openapi_extra = {};
  /// Larger request bodies are answered with 413; nullopt: the server's limit.
  std::optional<std::uint64_t> max_body_bytes = std::nullopt;
  /// For the whole body while the handler waits for it, then 408; nullopt: the server's. An upload of a GiB wants more
  /// than that; a body that comes too slowly still ends at `ServerTimeouts::slow_body`.
  std::optional<std::chrono::milliseconds> body_timeout = std::nullopt;
  /// Of the form that `Form` and `File` arguments are read from, and of `Request::form()`; nullopt: as the router or
  /// the application says, else the defaults of FormLimits.
  std::optional<FormLimits> form_limits = std::nullopt;
  /// Whether the handler is cancelled when its client leaves.
  bool cancel_on_disconnect = true;
  /// Around the handler and its dependencies, the first one outermost; what routers and the application `use` stands
  /// around these. Loops share them.
  std::vector<SharedMiddleware> middleware = {};

  /// Not inline, as each route of a program has one of these for a moment.
  ~RouteOptions();
};

/// What all routes of a router have in common; it comes before what they say themselves.
struct RouterOptions {
  std::vector<std::string> tags = {};
  std::vector<const detail::DependencyUse*> dependencies = {};
  std::map<std::string, DocumentedResponse> responses = {};
  std::vector<OutgoingRoute> callbacks = {};
  bool deprecated = false;
  bool include_in_schema = true;
  /// The innermost one that is not null counts.
  GenerateUniqueId generate_unique_id_function = nullptr;
  /// FastAPI's default_response_class. The innermost one counts.
  std::optional<AnswerAs> answer_as = std::nullopt;
  /// The innermost ones count, as a whole.
  std::optional<FormLimits> form_limits = std::nullopt;
};

}  // namespace coroute
