// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The OpenAPI 3.1 document of a service.
#include <span>
#include <string>
#include <vector>

#include "coroute/openapi/operation.hpp"

namespace coroute {

struct ApiContact {
  std::string name = {};
  std::string url = {};
  std::string email = {};
};

/// With an SPDX identifier or a URL, not both.
struct ApiLicense {
  std::string name = {};
  std::string identifier = {};
  std::string url = {};
};

/// `url` may be a path, as below a proxy: "/api/v1".
struct ApiServer {
  std::string url = {};
  std::string description = {};
};

struct ApiExternalDocs {
  std::string url = {};
  std::string description = {};
};

struct ApiTag {
  std::string name = {};
  std::string description = {};
  ApiExternalDocs external_docs = {};
};

/// What a document says about the service as a whole. Empty texts are left out; descriptions are Markdown.
struct OpenApiInfo {
  std::string title = "coroute";
  std::string version = "0.1.0";
  std::string summary = {};
  std::string description = {};
  std::string terms_of_service = {};  ///< A URL.
  ApiContact contact = {};
  ApiLicense license = {};
  std::vector<ApiServer> servers = {};
  /// Their order is that of the groups of operations on documentation pages.
  std::vector<ApiTag> tags = {};
  ApiExternalDocs external_docs = {};
  std::string openapi_version = "3.1.0";
  /// Requests that the service makes to its subscribers; `path` is the name.
  std::vector<Operation> webhooks = {};
  /// Whether a model that is written differently from how it is read is described twice, as `Item-Input` and
  /// `Item-Output`.
  bool separate_input_output_schemas = true;
  /// The security schemes of an operation are all asked for, which one requirement with all of them says. Else they are
  /// requirements each, as FastAPI writes them, which the specification takes for alternatives.
  bool combine_security_schemes = true;
  /// What a request has wrong is answered with problem details (RFC 9457).
  bool problem_details = false;
};

/// The document as compact JSON, equal to FastAPI's for the same declarations. Of several operations with one path and
/// method the first is described. std::invalid_argument when two have the same operationId, or when one of the JSON
/// texts of an operation is none: the message names the routes.
std::string openapi_document(const OpenApiInfo& info, std::span<const Operation> operations);

}  // namespace coroute
