// SPDX-License-Identifier: BSL-1.0
#include "openapi/docs_pages.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace coroute;
using namespace coroute::detail;

namespace {

std::string script(const DocsOptions& options, std::string_view base = {}) {
  return SwaggerInitializer(options).script(base);
}

std::string script_with(std::string parameters) {
  DocsOptions options;
  options.swagger_ui_parameters = std::move(parameters);
  return script(options);
}

std::string script_with_oauth(std::string init_oauth) {
  DocsOptions options;
  options.swagger_ui_init_oauth = std::move(init_oauth);
  return script(options);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("docs pages: text is escaped for HTML where a browser would read more than text") {
    CHECK(html_escaped("") == "");
    CHECK(html_escaped("/docs/a-b_c.js?d='e'") == "/docs/a-b_c.js?d='e'");
    CHECK(html_escaped(R"(<a href="x">&amp;</a>)") == "&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;");
    CHECK(html_escaped("naïve") == "naïve");
  }

  TEST_CASE("docs pages: text is escaped for a script's single quotes, and cannot end a script or a comment") {
    CHECK(js_escaped("") == "");
    CHECK(js_escaped("/openapi.json?a=\"b\"&c") == "/openapi.json?a=\"b\"&c");
    CHECK(js_escaped(R"('\)") == R"(\x27\x5c)");
    CHECK(js_escaped("</script>-->") == R"(\x3c/script\x3e--\x3e)");
    CHECK(js_escaped(std::string_view("\0\n\r\x1f\x7f", 5)) == R"(\x00\x0a\x0d\x1f\x7f)");
    CHECK(js_escaped("naïve") == "naïve");
  }

  TEST_CASE("docs pages: Swagger UI is created by FastAPI's script, without the foreign validator") {
    CHECK(script({}) == R"(const ui = SwaggerUIBundle({
    url: '/openapi.json',
"dom_id": "#swagger-ui",
"layout": "BaseLayout",
"deepLinking": true,
"showExtensions": true,
"showCommonExtensions": true,
"validatorUrl": null,
oauth2RedirectUrl: window.location.origin + '/docs/oauth2-redirect',
presets: [
    SwaggerUIBundle.presets.apis,
    SwaggerUIBundle.SwaggerUIStandalonePreset
],
})
)");
  }

  TEST_CASE("docs pages: the base stands before every URL of the script") {
    const std::string text = script({}, "/api/v1");
    CHECK(contains(text, "url: '/api/v1/openapi.json',"));
    CHECK(contains(text, "oauth2RedirectUrl: window.location.origin + '/api/v1/docs/oauth2-redirect',"));
  }

  TEST_CASE("docs pages: without an OAuth 2 redirect the script names none") {
    DocsOptions options;
    options.swagger_ui_oauth2_redirect_url = std::nullopt;
    CHECK_FALSE(contains(script(options), "oauth2RedirectUrl"));
    options.swagger_ui_oauth2_redirect_url = "";
    CHECK_FALSE(contains(script(options), "oauth2RedirectUrl"));
  }

  TEST_CASE("docs pages: parameters are added to the defaults, or take their place in the same line") {
    const std::string text =
        script_with(R"({"syntaxHighlight":{"theme":"obsidian","on":[1,"a",[]]},"deepLinking":false})");
    CHECK(contains(text, "\"layout\": \"BaseLayout\",\n\"deepLinking\": false,\n\"showExtensions\": true,\n"));
    CHECK(contains(text,
                   "\"validatorUrl\": null,\n"
                   "\"syntaxHighlight\": {\"theme\": \"obsidian\", \"on\": [1, \"a\", []]},\n"
                   "oauth2RedirectUrl"));
    CHECK(count(text, "deepLinking") == 1);
  }

  TEST_CASE("docs pages: a parameter takes its default's place even as an object") {
    CHECK(contains(script_with(R"({"validatorUrl": {}})"), "\"validatorUrl\": {},\n"));
  }

  TEST_CASE("docs pages: no text of a parameter can leave its string, the script or a comment") {
    const std::string text = script_with(R"({"a\"</script>": "--><script>alert('x')&\"\\"})");
    CHECK(contains(text, R"("a\"\u003c/script\u003e": "--\u003e\u003cscript\u003ealert('x')\u0026\"\\",)"));
    CHECK_FALSE(contains(text, "<"));
    CHECK_FALSE(contains(text, ">"));
  }

  TEST_CASE("docs pages: initOAuth is called with its JSON, and not at all without one") {
    CHECK(script_with_oauth(R"({"clientId":"the-<id>","usePkce":true})")
              .ends_with("})\nui.initOAuth({\"clientId\": \"the-\\u003cid\\u003e\", \"usePkce\": true})\n"));
    CHECK_FALSE(contains(script_with_oauth(""), "initOAuth"));
    CHECK_FALSE(contains(script_with_oauth("{}"), "initOAuth"));
  }

  TEST_CASE("docs pages: parameters that are no JSON object are refused where they are declared") {
    CHECK_THROWS_WITH_AS(script_with("[]"), "swagger_ui_parameters must be a JSON object: it is of type array",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(script_with("null"), "swagger_ui_parameters must be a JSON object: it is of type null",
                         std::invalid_argument);
    CHECK_THROWS_AS(script_with("{"), std::invalid_argument);
    CHECK_THROWS_AS(script_with("{} {}"), std::invalid_argument);
    CHECK_THROWS_AS(script_with("alert(1)"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(script_with_oauth("7"), "swagger_ui_init_oauth must be a JSON object: it is of type number",
                         std::invalid_argument);
  }

  TEST_CASE("docs pages: parameters may be nested as deep as JSON is read, and not deeper") {
    const auto nested = [](std::size_t depth) {
      return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + '}';
    };
    CHECK(contains(script_with(nested(31)), std::string(31, '[') + std::string(31, ']')));
    CHECK_THROWS_AS(script_with(nested(32)), std::invalid_argument);
    CHECK_THROWS_AS(script_with(nested(100'000)), std::invalid_argument);
  }

  TEST_CASE("docs pages: the page of Swagger UI loads its files and then the script, and shows the script") {
    const std::string html =
        swagger_ui_html("Shop - Swagger UI", "/docs/ui@1", "/docs/swagger-initializer.js", script({}));
    CHECK(html.starts_with("<!DOCTYPE html>\n"));
    CHECK(contains(html, "<title>Shop - Swagger UI</title>"));
    CHECK(contains(html, R"(<link rel="stylesheet" href="/docs/ui@1/swagger-ui.css">)"));
    CHECK(contains(html, R"(href="/docs/ui@1/favicon-32x32.png")"));
    CHECK(contains(html, "<div id=\"swagger-ui\">"));
    const std::size_t bundle = html.find(R"(<script src="/docs/ui@1/swagger-ui-bundle.js"></script>)");
    const std::size_t initializer = html.find(R"(<script src="/docs/swagger-initializer.js"></script>)");
    REQUIRE(bundle != std::string::npos);
    REQUIRE(initializer != std::string::npos);
    CHECK(bundle < initializer);
    CHECK(contains(html, "url: '/openapi.json'"));
    CHECK(contains(html, "oauth2RedirectUrl: window.location.origin + '/docs/oauth2-redirect'"));
  }

  TEST_CASE("docs pages: no page has a script, a style or a handler in itself") {
    for (const std::string& html :
         {swagger_ui_html("t", "/a", "/i.js", script({})), oauth2_redirect_html("/s.js"),
          redoc_html("t", "/openapi.json", "/r.js", "/r.css"), no_docs_ui_html("t", "Swagger UI", "/openapi.json")}) {
      CAPTURE(html);
      CHECK(count(html, "<script") == count(html, "<script src=\""));
      CHECK(count(html, "<script") == count(html, "\"></script>"));
      CHECK_FALSE(contains(html, "<style"));
      CHECK_FALSE(contains(html, "style="));
      CHECK_FALSE(contains(html, " on"));
      CHECK_FALSE(contains(html, "//"));
    }
  }

  TEST_CASE("docs pages: a comment in a page ends where the page says") {
    DocsOptions options;
    options.openapi_url = "/--><script>alert(1)</script>";
    options.swagger_ui_parameters = R"({"-->": "--!><!--"})";
    const std::string html = swagger_ui_html("t", "/a", "/i.js", script(options, "/--><b>"));
    CHECK(count(html, "<!--") == 1);
    CHECK(count(html, "-->") == 1);
    CHECK(count(html, "--!>") == 0);
    CHECK(count(html, "<script") == 2);
  }

  TEST_CASE("docs pages: titles and URLs are escaped in every page") {
    const std::string_view evil = R"("><script>x)";
    const std::string_view safe = "&quot;&gt;&lt;script&gt;x";
    CHECK(count(swagger_ui_html(evil, evil, evil, ""), safe) == 5);
    CHECK(count(oauth2_redirect_html(evil), safe) == 1);
    CHECK(count(redoc_html(evil, evil, evil, evil), safe) == 4);
    CHECK(count(no_docs_ui_html(evil, "ReDoc", evil), safe) == 3);
    for (const std::string& html : {swagger_ui_html(evil, evil, evil, ""), oauth2_redirect_html(evil),
                                    redoc_html(evil, evil, evil, evil), no_docs_ui_html(evil, "ReDoc", evil)}) {
      CHECK_FALSE(contains(html, evil));
    }
  }

  TEST_CASE("docs pages: ReDoc is told of the document by its element") {
    const std::string html =
        redoc_html("Shop - ReDoc", "/openapi.json", "/redoc/r@1/redoc.standalone.js", "/redoc.css");
    CHECK(contains(html, "<title>Shop - ReDoc</title>"));
    CHECK(contains(html, R"(<redoc spec-url="/openapi.json"></redoc>)"));
    CHECK(contains(html, R"(<script src="/redoc/r@1/redoc.standalone.js"></script>)"));
    CHECK(contains(html, R"(<link rel="stylesheet" href="/redoc.css">)"));
  }

  TEST_CASE("docs pages: the policies allow this origin alone, and nothing inline") {
    const std::string swagger_ui = swagger_ui_policy({});
    for (std::string_view policy : {std::string_view(swagger_ui), redoc_policy(), bare_page_policy()}) {
      CAPTURE(policy);
      CHECK(policy.starts_with("default-src 'none'; "));
      CHECK_FALSE(contains(policy, "unsafe"));
      CHECK_FALSE(contains(policy, "http"));
      CHECK(contains(policy, "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"));
    }
    CHECK(contains(swagger_ui_policy({}),
                   "; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                   "connect-src 'self'; "));
    CHECK(contains(redoc_policy(), "; script-src 'self'; "));
  }

  TEST_CASE("docs pages: origins that the user names may be called too") {
    CHECK(contains(swagger_ui_policy({"https://login.example.com", "http://localhost:8080"}),
                   "; connect-src 'self' https://login.example.com http://localhost:8080; base-uri"));
    CHECK(contains(swagger_ui_policy({"https://*.example.com", "https://[::1]:8443"}),
                   " 'self' https://*.example.com https://[::1]:8443;"));
  }

  TEST_CASE("docs pages: what is no origin is refused, above all what would add to the policy") {
    for (const char* text : {"", "example.com", "https://", "ftp://example.com", "https://a.com/path", "*",
                             "'unsafe-inline'", "https://a.com https://b.com", "https://a.com; script-src *",
                             "https://a.com,", "https://a\r\nx", "https://münchen.de", "https://user@a.com"}) {
      CAPTURE(text);
      CHECK_THROWS_WITH_AS(
          swagger_ui_policy({text}),
          ("swagger_ui_connect_origins must be like https://example.com: " + std::string(text)).c_str(),
          std::invalid_argument);
    }
  }
}
