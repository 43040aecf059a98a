// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The texts of the docs pages; `base` is what stands before every URL in them: mounts and prefixes.
#include <string>
#include <string_view>
#include <vector>

#include "coroute/openapi/docs.hpp"

namespace coroute::detail {

/// For text and for attributes in double quotes.
std::string html_escaped(std::string_view text);

/// Between single quotes in JavaScript, also in a script or a comment of an HTML page.
std::string js_escaped(std::string_view text);

/// Creates Swagger UI in its page, by a script that differs from FastAPI's only in `validatorUrl`: the validator is a
/// service of somebody else.
class SwaggerInitializer {
 public:
  /// std::invalid_argument when a text of `options` is no JSON object.
  explicit SwaggerInitializer(const DocsOptions& options);

  std::string script(std::string_view base) const;

 private:
  std::string openapi_url_;
  std::string oauth2_redirect_url_;
  std::string parameters_;  // a line for each
  std::string init_oauth_;
};

/// `assets` is the folder of Swagger UI's files, `initializer_url` that of the script `initializer`, which the page
/// shows in a comment.
std::string swagger_ui_html(std::string_view title, std::string_view assets, std::string_view initializer_url,
                            std::string_view initializer);
std::string oauth2_redirect_html(std::string_view script_url);
std::string redoc_html(std::string_view title, std::string_view openapi_url, std::string_view script_url,
                       std::string_view style_url);
/// In place of a page whose files the library was built without.
std::string no_docs_ui_html(std::string_view title, std::string_view what, std::string_view openapi_url);

/// std::invalid_argument when one of `connect_origins` is no origin (RFC 6454 section 6.2) of http or https.
std::string swagger_ui_policy(const std::vector<std::string>& connect_origins);
std::string_view redoc_policy() noexcept;
std::string_view bare_page_policy() noexcept;

}  // namespace coroute::detail
