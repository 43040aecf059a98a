// SPDX-License-Identifier: BSL-1.0
#include "openapi/docs_pages.hpp"

#include <stdexcept>

#include "coroute/json.hpp"

namespace coroute::detail {
namespace {

/// Made of `pieces`, in one allocation.
std::string concat(std::initializer_list<std::string_view> pieces) {
  std::string text;
  std::size_t size = 0;
  for (std::string_view piece : pieces)
    size += piece.size();
  text.reserve(size);
  for (std::string_view piece : pieces)
    text += piece;
  return text;
}

/// Inside a string of a JSON text: what could end a script or a comment.
std::string html_safe(std::string_view json) {
  std::string safe;
  for (char c : json) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

/// As Python's json.dumps writes it, with spaces: pages are compared with FastAPI's. Not deeper than parse_json reads.
std::string spaced_json(const Json& value) {
  if (!value.is_structured()) return html_safe(to_json_text(value));
  std::string text(1, value.is_array() ? '[' : '{');
  std::string_view separator;
  for (auto member = value.begin(); member != value.end(); ++member) {
    text += separator;
    if (value.is_object()) text += html_safe(to_json_text(member.key())) + ": ";
    text += spaced_json(*member);
    separator = ", ";
  }
  return text += value.is_array() ? ']' : '}';
}

Json json_object(std::string_view name, std::string_view text) {
  if (text.empty()) return Json::object();
  const auto refuse = [name](const std::string& reason) -> std::invalid_argument {
    return std::invalid_argument(std::string(name) + " must be a JSON object: " + reason);
  };
  try {
    Json value = parse_json(text);
    if (!value.is_object()) throw refuse("it is of type " + std::string(value.type_name()));
    return value;
  } catch (const JsonParseError& error) {
    throw refuse(error.what());
  }
}

bool is_origin(std::string_view text) noexcept {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    // What may stand in a host, a port or a leading wildcard; above all nothing that means something in a policy.
    return !text.empty() && text.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._:[]*") == std::string_view::npos;
  }
  return false;
}

constexpr std::string_view policy_of_all_pages = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string js_escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string escaped;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '<' || c == '>' || c == '\'' || c == '\\') {
      escaped += "\\x";
      escaped += digits[byte >> 4];
      escaped += digits[byte & 15];
    } else {
      escaped += c;
    }
  }
  return escaped;
}

SwaggerInitializer::SwaggerInitializer(const DocsOptions& options)
    : openapi_url_(options.openapi_url.value_or("")),
      oauth2_redirect_url_(options.swagger_ui_oauth2_redirect_url.value_or("")) {
  Json parameters = {{"dom_id", "#swagger-ui"}, {"layout", "BaseLayout"},       {"deepLinking", true},
                     {"showExtensions", true},  {"showCommonExtensions", true}, {"validatorUrl", nullptr}};
  parameters.update(json_object("swagger_ui_parameters", options.swagger_ui_parameters));
  for (const auto& [name, value] : parameters.items()) {
    parameters_ += html_safe(to_json_text(name)) + ": " + spaced_json(value) + ",\n";
  }
  const Json init_oauth = json_object("swagger_ui_init_oauth", options.swagger_ui_init_oauth);
  if (!init_oauth.empty()) init_oauth_ = spaced_json(init_oauth);
}

std::string SwaggerInitializer::script(std::string_view base) const {
  const std::string safe_base = js_escaped(base);
  std::string text =
      concat({"const ui = SwaggerUIBundle({\n    url: '", safe_base, js_escaped(openapi_url_), "',\n", parameters_});
  if (!oauth2_redirect_url_.empty()) {
    text +=
        concat({"oauth2RedirectUrl: window.location.origin + '", safe_base, js_escaped(oauth2_redirect_url_), "',\n"});
  }
  text += R"(presets: [
    SwaggerUIBundle.presets.apis,
    SwaggerUIBundle.SwaggerUIStandalonePreset
],
})
)";
  if (!init_oauth_.empty()) text += concat({"ui.initOAuth(", init_oauth_, ")\n"});
  return text;
}

std::string swagger_ui_html(std::string_view title, std::string_view assets, std::string_view initializer_url,
                            std::string_view initializer) {
  const std::string folder = html_escaped(assets);
  return concat({R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href=")",
                 folder, R"(/swagger-ui.css">
<link rel="icon" type="image/png" href=")",
                 folder, R"(/favicon-32x32.png">
<title>)",
                 html_escaped(title), R"(</title>
</head>
<body>
<div id="swagger-ui">
</div>
<script src=")",
                 folder, R"(/swagger-ui-bundle.js"></script>
<!-- swagger-initializer.js, a file of its own because the Content-Security-Policy allows no script in here:
)",
                 initializer, R"(-->
<script src=")",
                 html_escaped(initializer_url), R"("></script>
</body>
</html>
)"});
}

std::string oauth2_redirect_html(std::string_view script_url) {
  return concat({R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>Swagger UI: OAuth2 Redirect</title>
</head>
<body>
<!-- hands the authorization server's answer to window.opener.swaggerUIRedirectOauth2 and closes the window -->
<script src=")",
                 html_escaped(script_url), R"("></script>
</body>
</html>
)"});
}

std::string redoc_html(std::string_view title, std::string_view openapi_url, std::string_view script_url,
                       std::string_view style_url) {
  return concat({R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href=")",
                 html_escaped(style_url), R"(">
<link rel="icon" href="data:,">
<title>)",
                 html_escaped(title), R"(</title>
</head>
<body>
<noscript>ReDoc requires JavaScript to function. Please enable it to browse the documentation.</noscript>
<redoc spec-url=")",
                 html_escaped(openapi_url), R"("></redoc>
<script src=")",
                 html_escaped(script_url), R"("></script>
</body>
</html>
)"});
}

std::string no_docs_ui_html(std::string_view title, std::string_view what, std::string_view openapi_url) {
  const std::string url = html_escaped(openapi_url);
  return concat({R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>)",
                 html_escaped(title), R"(</title>
</head>
<body>
<h1>This build has no docs UI</h1>
<p>It was made without )",
                 what, R"(: see COROUTE_DOCS_UI and COROUTE_SWAGGER_UI_DIR where coroute is configured.</p>
<p>The OpenAPI document is here: <a href=")",
                 url, R"(">)", url, R"(</a></p>
</body>
</html>
)"});
}

std::string swagger_ui_policy(const std::vector<std::string>& connect_origins) {
  std::string policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";
  for (const std::string& origin : connect_origins) {
    if (!is_origin(origin)) {
      throw std::invalid_argument("swagger_ui_connect_origins must be like https://example.com: " + origin);
    }
    policy += ' ' + origin;
  }
  return policy.append("; ").append(policy_of_all_pages);
}

std::string_view redoc_policy() noexcept {
  // The hashes are those of the style elements that ReDoc makes: an empty one, which it fills by the CSSOM, and the one
  // of its scroll bar. Its search index is built by a worker.
  static const std::string policy =
      concat({"default-src 'none'; script-src 'self'; style-src 'self' "
              "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
              "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; "
              "img-src 'self' data:; connect-src 'self'; worker-src blob:; ",
              policy_of_all_pages});
  return policy;
}

std::string_view bare_page_policy() noexcept {
  static const std::string policy = concat({"default-src 'none'; img-src data:; ", policy_of_all_pages});
  return policy;
}

}  // namespace coroute::detail
