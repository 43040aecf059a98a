// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One route as documents describe it.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/status.hpp"
#include "coroute/params/parameter.hpp"
#include "coroute/params/schema.hpp"
#include "coroute/params/security_scheme.hpp"

namespace coroute {

/// The schema of some type, written when a document is built; null: any value.
using DescribeSchema = void (*)(SchemaNode node);

/// An answer beyond the usual one: `{.description = "not found", .schema = schema_of<Error>}`.
struct DocumentedResponse {
  std::string description = {};
  DescribeSchema schema = nullptr;
  std::string media_type = "application/json";
  bool has_content = true;
};

/// What an operation asks for: a scheme with scopes.
struct SecurityRequirement {
  std::shared_ptr<const SecurityScheme> scheme = {};
  std::vector<std::string> scopes = {};
  /// Whether a request without it is served too.
  bool is_optional = false;
};

struct Operation;

/// A request that the service makes to its client, described below the operation that causes it.
struct Callback {
  std::string name = {};        ///< "invoice_notification"
  std::string expression = {};  ///< "{$callback_url}/invoices/{$request.body.id}"
  std::shared_ptr<const Operation> operation = {};
};

struct Operation {
  std::string method = {};  ///< "get"
  std::string path = {};    ///< "/items/{item_id}", without convertors
  /// Of the function, or as given: "read_item". Empty: none.
  std::string name = {};
  std::string operation_id = {};  ///< As given, or made from the name.
  std::string summary = {};       ///< Empty: from the name, "Read Item".
  std::string description = {};
  std::vector<std::string> tags = {};
  bool deprecated = false;
  bool in_schema = true;

  /// Those of dependencies first. Form fields and bodies among them.
  std::vector<const detail::ParameterInfo*> parameters = {};
  bool embeds_body = false;
  /// `examples` of the request body, as a JSON object text; empty: none.
  std::string body_examples = {};

  int status = 200;
  std::string response_description = "Successful Response";
  std::string response_media_type = "application/json";
  /// Of an answer in JSON; any other is a text.
  DescribeSchema response_schema = nullptr;
  /// The items of a stream, `itemSchema`, instead of `response_schema`.
  DescribeSchema item_schema = nullptr;
  /// "404", "4XX", "default".
  std::map<std::string, DocumentedResponse> responses = {};

  std::vector<SecurityRequirement> security = {};
  std::vector<Callback> callbacks = {};
  /// Merged over the operation object; JSON text, empty: none.
  std::string extra = {};
};

/// `{404, {.schema = schema_of<Error>}}`
template <class T>
void schema_of(SchemaNode node) {
  Codec<T>::describe(node, detail::no_rules);
}

}  // namespace coroute
