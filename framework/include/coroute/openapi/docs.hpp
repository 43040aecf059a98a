// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The OpenAPI document and the pages that show it: Swagger UI and ReDoc, served from this program alone.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/http/handler.hpp"
#include "coroute/http/request.hpp"
#include "coroute/routing/route_collection.hpp"

namespace coroute {

/// Without a URL (nullopt or empty) its page is left out; without `openapi_url` all are.
struct DocsOptions {
  /// The pages are titled "<title> - Swagger UI" and "<title> - ReDoc".
  std::string title = "coroute";
  std::optional<std::string> openapi_url = "/openapi.json";
  std::optional<std::string> docs_url = "/docs";
  /// Where an OAuth 2 server sends the browser back to; only with `docs_url`.
  std::optional<std::string> swagger_ui_oauth2_redirect_url = "/docs/oauth2-redirect";
  std::optional<std::string> redoc_url = "/redoc";
  /// A JSON object of Swagger UI's parameters, added to the defaults or in their place: R"({"deepLinking": false})".
  std::string swagger_ui_parameters = {};
  /// A JSON object for Swagger UI's initOAuth: R"({"clientId": "docs"})".
  std::string swagger_ui_init_oauth = {};
  /// "https://login.example.com": what "Try it out" and the OAuth 2 flows may call besides this service itself. The
  /// browser refuses all else.
  std::vector<std::string> swagger_ui_connect_origins = {};
};

/// A text that is served again and again, with its entity tag (RFC 9110 section 8.8.3).
class TaggedText {
 public:
  explicit TaggedText(std::string text);

  const std::string& text() const noexcept { return text_; }
  /// Strong, quotes included: other bytes have another one.
  const std::string& etag() const noexcept { return etag_; }

 private:
  std::string text_;
  std::string etag_;
};

/// The document, for a request to it; never null. Called by all loops at once.
using OpenApiText = Function<std::shared_ptr<const TaggedText>(const Request&)>;

/// The document is answered with its entity tag, with 304 to who has it; all answers share its bytes. Adds what
/// `options` name, for GET and HEAD, and what the pages load, below `docs_url` and `redoc_url`. The URLs that pages and
/// document refer to each other with follow the mounts and prefixes that `routes` end up under, also behind middleware
/// of `routes`. std::invalid_argument for URLs that don't begin with "/" or have parameters, texts that are not JSON
/// objects, origins that are none.
///
/// The pages send a Content-Security-Policy: they have no inline script or style, load nothing from elsewhere.
void add_docs_routes(RouteCollection& routes, const DocsOptions& options, OpenApiText document);

}  // namespace coroute
