// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/docs.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "openapi/docs_routes.hpp"
#include "support/gzip.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::answer;
using coroute::testing::gzipped;
using coroute::testing::TestRequest;

namespace {

const std::string packed_css = gzipped(".a{}");
const std::string packed_js = gzipped("run()");
const std::array swagger_ui{
    detail::DocsFile{"swagger-ui-dist@1", "swagger-ui.css", "text/css; charset=utf-8", packed_css, 4, "c1"},
    detail::DocsFile{"swagger-ui-dist@1", "swagger-ui-bundle.js", "text/javascript; charset=utf-8", packed_js, 5,
                     "c2"}};
const std::array redoc{
    detail::DocsFile{"redoc@2", "redoc.standalone.js", "text/javascript; charset=utf-8", packed_js, 5, "c3"}};

OpenApiText document(std::string text = R"({"openapi":"3.1.0"})") {
  return [made = std::make_shared<const TaggedText>(std::move(text))](const Request&) { return made; };
}

RouteCollection docs(const DocsOptions& options = {}, detail::DocsPackage swagger_ui_files = swagger_ui,
                     detail::DocsPackage redoc_files = redoc) {
  RouteCollection routes;
  detail::add_docs_routes(routes, options, document(), swagger_ui_files, redoc_files);
  return routes;
}

Handler docs_handler(const DocsOptions& options = {}) {
  return docs(options).build();
}

Handler bare_build(const DocsOptions& options = {}) {
  return docs(options, {}, {}).build();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view header(const Response& response, std::string_view name) {
  return response.headers.get(name).value_or("none");
}

DocsOptions with_url(std::optional<std::string> DocsOptions::* member, std::optional<std::string> url) {
  DocsOptions options;
  options.*member = std::move(url);
  return options;
}

}  // namespace

TEST_SUITE("openapi") {
  TEST_CASE("docs: the document is served as the provider gives it") {
    const Response response = answer(docs_handler(), "GET", "/openapi.json");
    CHECK(response.status == Status::Ok);
    CHECK(response.content() == R"({"openapi":"3.1.0"})");
    CHECK(response.content_type() == "application/json");
    CHECK(header(response, "cache-control") == "no-cache");
    CHECK(header(response, "etag") == TaggedText(R"({"openapi":"3.1.0"})").etag());
  }

  TEST_CASE("docs: the document is sent from where the provider keeps it") {
    const auto kept = std::make_shared<const TaggedText>("{}");
    RouteCollection routes;
    add_docs_routes(routes, {}, [kept](const Request&) { return kept; });
    const Response response = answer(std::move(routes).build(), "GET", "/openapi.json");
    CHECK(response.content().data() == kept->text().data());
  }

  TEST_CASE("docs: a client that has the document is answered with 304 and no body") {
    const Handler handler = docs_handler();
    const std::string etag(header(answer(handler, "GET", "/openapi.json"), "etag"));
    TestRequest same("GET", "/openapi.json");
    const Response unchanged = answer(handler, same.header("if-none-match", etag));
    CHECK(unchanged.status == Status::NotModified);
    CHECK(unchanged.content().empty());
    CHECK(header(unchanged, "etag") == etag);
    TestRequest other("GET", "/openapi.json");
    CHECK(answer(handler, other.header("if-none-match", "\"0\"")).status == Status::Ok);
  }

  TEST_CASE("docs: the entity tag of a text is its own") {
    CHECK(TaggedText("").etag() == "\"cbf29ce484222325-0\"");
    CHECK(TaggedText("a").etag() == "\"af63dc4c8601ec8c-1\"");
    CHECK(TaggedText(std::string("a\0", 2)).etag() != TaggedText("a").etag());
    CHECK(TaggedText("ab").etag() != TaggedText("ba").etag());
    CHECK(TaggedText(std::string(17, 'x')).etag().ends_with("-11\""));
  }

  TEST_CASE("docs: the provider is asked at each request, and sees it") {
    RouteCollection routes;
    int asked = 0;
    add_docs_routes(routes, {}, [&asked](const Request& request) {
      ++asked;
      return std::make_shared<const TaggedText>(std::string(request.query("as").value_or("nobody")));
    });
    const Handler handler = std::move(routes).build();
    CHECK(answer(handler, "GET", "/openapi.json?as=me").content() == "me");
    CHECK(answer(handler, "GET", "/openapi.json").content() == "nobody");
    CHECK(asked == 2);
  }

  TEST_CASE("docs: the page of Swagger UI names the document, the redirect page and its files") {
    const Response response = answer(docs_handler({.title = "Shop"}), "GET", "/docs");
    CHECK(response.status == Status::Ok);
    CHECK(response.content_type() == "text/html; charset=utf-8");
    CHECK(contains(response.content(), "<title>Shop - Swagger UI</title>"));
    CHECK(contains(response.content(), "swagger-ui"));
    CHECK(contains(response.content(), "url: '/openapi.json'"));
    CHECK(contains(response.content(), "/docs/oauth2-redirect"));
    CHECK(contains(response.content(), "/docs/swagger-ui-dist@1/swagger-ui-bundle.js"));
    CHECK(contains(header(response, "content-security-policy"), "default-src 'none'; script-src 'self'; "));
    CHECK(header(response, "x-content-type-options") == "nosniff");
  }

  TEST_CASE("docs: all that the pages load is there") {
    const Handler handler = docs_handler();
    CHECK(answer(handler, "GET", "/docs/swagger-ui-dist@1/swagger-ui.css").content() == ".a{}");
    CHECK(answer(handler, "GET", "/docs/swagger-ui-dist@1/swagger-ui-bundle.js").content() == "run()");
    CHECK(answer(handler, "GET", "/redoc/redoc@2/redoc.standalone.js").content() == "run()");
    CHECK(contains(answer(handler, "GET", "/redoc/redoc.css").content(), "margin: 0"));
    CHECK(answer(handler, "GET", "/docs/swagger-ui-dist@0/swagger-ui.css").status == Status::NotFound);
  }

  TEST_CASE("docs: the script of the page is what the page shows, and is asked for again each time") {
    const Handler handler = docs_handler({.swagger_ui_init_oauth = R"({"clientId":"me"})"});
    const Response script = answer(handler, "GET", "/docs/swagger-initializer.js");
    CHECK(script.status == Status::Ok);
    CHECK(script.content_type() == "text/javascript; charset=utf-8");
    CHECK(header(script, "cache-control") == "no-cache");
    CHECK(contains(script.content(), R"(ui.initOAuth({"clientId": "me"}))"));
    CHECK(contains(answer(handler, "GET", "/docs").content(), script.content()));
  }

  TEST_CASE("docs: the OAuth 2 redirect page loads Swagger UI's script for it") {
    const Response response = answer(docs_handler(), "GET", "/docs/oauth2-redirect?code=1&state=2");
    CHECK(response.status == Status::Ok);
    CHECK(response.content_type() == "text/html; charset=utf-8");
    CHECK(contains(response.content(), "window.opener.swaggerUIRedirectOauth2"));
    CHECK(contains(response.content(), R"(<script src="/docs/swagger-ui-dist@1/oauth2-redirect.js"></script>)"));
    CHECK(contains(header(response, "content-security-policy"), "script-src 'self'"));
  }

  TEST_CASE("docs: the page of ReDoc names the document and its script") {
    const Response response = answer(docs_handler({.title = "Shop"}), "GET", "/redoc");
    CHECK(response.status == Status::Ok);
    CHECK(response.content_type() == "text/html; charset=utf-8");
    CHECK(contains(response.content(), R"(<redoc spec-url="/openapi.json">)"));
    CHECK(contains(response.content(), R"(src="/redoc/redoc@2/redoc.standalone.js")"));
    CHECK(contains(response.content(), "<title>Shop - ReDoc</title>"));
    CHECK(contains(header(response, "content-security-policy"), "worker-src blob:"));
  }

  TEST_CASE("docs: HEAD is answered as GET, other methods are not") {
    const Handler handler = docs_handler();
    for (std::string_view path : {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc",
                                  "/docs/swagger-initializer.js", "/docs/swagger-ui-dist@1/swagger-ui.css"}) {
      CAPTURE(path);
      CHECK(answer(handler, "HEAD", path).status == Status::Ok);
      CHECK(answer(handler, "POST", path).status == Status::MethodNotAllowed);
    }
  }

  TEST_CASE("docs: each page has the URL that the options say") {
    DocsOptions options;
    options.openapi_url = "/api.json";
    options.docs_url = "/a/b";
    options.swagger_ui_oauth2_redirect_url = "/back";
    options.redoc_url = "/c";
    const Handler handler = docs_handler(options);
    CHECK(contains(answer(handler, "GET", "/a/b").content(), "url: '/api.json'"));
    CHECK(contains(answer(handler, "GET", "/a/b").content(), "origin + '/back'"));
    CHECK(answer(handler, "GET", "/a/b/swagger-ui-dist@1/swagger-ui.css").status == Status::Ok);
    CHECK(answer(handler, "GET", "/a/b/swagger-initializer.js").status == Status::Ok);
    CHECK(contains(answer(handler, "GET", "/back").content(), "/a/b/swagger-ui-dist@1/oauth2-redirect.js"));
    CHECK(contains(answer(handler, "GET", "/c").content(), R"(spec-url="/api.json")"));
    for (std::string_view path : {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}) {
      CHECK(answer(handler, "GET", path).status == Status::NotFound);
    }
  }

  TEST_CASE("docs: a page may be the root") {
    DocsOptions options;
    options.docs_url = "/";
    const Handler handler = docs_handler(options);
    CHECK(contains(answer(handler, "GET", "/").content(), R"(src="/swagger-ui-dist@1/swagger-ui-bundle.js")"));
    CHECK(answer(handler, "GET", "/swagger-ui-dist@1/swagger-ui-bundle.js").status == Status::Ok);
    CHECK(answer(handler, "GET", "/swagger-initializer.js").status == Status::Ok);
  }

  TEST_CASE("docs: without a document there are no pages") {
    for (const std::optional<std::string>& none : {std::optional<std::string>(), std::optional<std::string>("")}) {
      const Handler handler = docs_handler(with_url(&DocsOptions::openapi_url, none));
      for (std::string_view path : {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc",
                                    "/docs/swagger-initializer.js", "/docs/swagger-ui-dist@1/swagger-ui.css"}) {
        CAPTURE(path);
        CHECK(answer(handler, "GET", path).status == Status::NotFound);
      }
    }
  }

  TEST_CASE("docs: each page can be left out alone") {
    for (const std::optional<std::string>& none : {std::optional<std::string>(), std::optional<std::string>("")}) {
      const Handler without_swagger_ui = docs_handler(with_url(&DocsOptions::docs_url, none));
      for (std::string_view path : {"/docs", "/docs/oauth2-redirect", "/docs/swagger-initializer.js",
                                    "/docs/swagger-ui-dist@1/swagger-ui.css", "/swagger-ui-dist@1/swagger-ui.css"}) {
        CAPTURE(path);
        CHECK(answer(without_swagger_ui, "GET", path).status == Status::NotFound);
      }
      CHECK(answer(without_swagger_ui, "GET", "/redoc").status == Status::Ok);

      const Handler without_redoc = docs_handler(with_url(&DocsOptions::redoc_url, none));
      CHECK(answer(without_redoc, "GET", "/redoc").status == Status::NotFound);
      CHECK(answer(without_redoc, "GET", "/redoc/redoc@2/redoc.standalone.js").status == Status::NotFound);
      CHECK(answer(without_redoc, "GET", "/docs").status == Status::Ok);

      const Handler without_redirect = docs_handler(with_url(&DocsOptions::swagger_ui_oauth2_redirect_url, none));
      CHECK(answer(without_redirect, "GET", "/docs/oauth2-redirect").status == Status::NotFound);
      CHECK(answer(without_redirect, "GET", "/docs").status == Status::Ok);
      CHECK(answer(without_redirect, "GET", "/openapi.json").status == Status::Ok);
    }
  }

  TEST_CASE("docs: below a mount every URL has the mount's path before it") {
    RouteCollection outer;
    outer.mount("/sub", docs_handler());
    const Handler handler = std::move(outer).build();
    const Response page = answer(handler, "GET", "/sub/docs");
    CHECK(contains(page.content(), "url: '/sub/openapi.json'"));
    CHECK(contains(page.content(), "origin + '/sub/docs/oauth2-redirect'"));
    CHECK(contains(page.content(), R"(src="/sub/docs/swagger-ui-dist@1/swagger-ui-bundle.js")"));
    CHECK(contains(page.content(), R"(src="/sub/docs/swagger-initializer.js")"));
    CHECK(contains(answer(handler, "GET", "/sub/docs/swagger-initializer.js").content(), "url: '/sub/openapi.json'"));
    CHECK(contains(answer(handler, "GET", "/sub/redoc").content(), R"(<redoc spec-url="/sub/openapi.json">)"));
    CHECK(contains(answer(handler, "GET", "/sub/docs/oauth2-redirect").content(), R"(src="/sub/docs/swagger-ui-dist)"));
  }

  TEST_CASE("docs: prefixes stand before every URL, also with parameters in them") {
    RouteCollection inner("/v1");
    detail::add_docs_routes(inner, {}, document(), swagger_ui, redoc);
    RouteCollection outer;
    outer.include(std::move(inner), "/{tenant}");
    const Handler handler = std::move(outer).build();
    const Response page = answer(handler, "GET", "/acme/v1/docs");
    CHECK(contains(page.content(), "url: '/acme/v1/openapi.json'"));
    CHECK(contains(page.content(), R"(src="/acme/v1/docs/swagger-ui-dist@1/swagger-ui-bundle.js")"));
    CHECK(contains(answer(handler, "GET", "/acme/v1/redoc").content(), R"(spec-url="/acme/v1/openapi.json")"));
    CHECK(answer(handler, "GET", "/acme/v1/openapi.json").status == Status::Ok);
  }

  TEST_CASE("docs: what a client puts into the path before a page cannot leave its place in it") {
    RouteCollection outer;
    outer.mount("/{tenant}", docs_handler());
    const Handler handler = std::move(outer).build();
    const Response page = answer(handler, "GET", "/\"'><script>/docs");
    REQUIRE(page.status == Status::Ok);
    CHECK(contains(page.content(), R"(url: '/"\x27\x3e\x3cscript\x3e/openapi.json')"));
    CHECK(contains(page.content(), R"(src="/&quot;'&gt;&lt;script&gt;/docs/)"));
    CHECK_FALSE(contains(page.content(), "'><script>"));
  }

  TEST_CASE("docs: a page that is asked for with escapes in its path is the same") {
    const Handler handler = docs_handler();
    const Response page = answer(handler, "GET", "/d%6Fcs");
    CHECK(page.content() == answer(handler, "GET", "/docs").content());
  }

  TEST_CASE("docs: middleware of the collection stands around pages and files") {
    RouteCollection routes = docs();
    routes.use([](Request& request, const Handler& next) {
      if (!request.header("authorization")) return Async<Response>::ready(Response(Status::Unauthorized));
      return next(request);
    });
    RouteCollection outer;
    outer.include(std::move(routes), "/internal");
    const Handler handler = std::move(outer).build();
    for (std::string_view path : {"/internal/openapi.json", "/internal/docs", "/internal/redoc",
                                  "/internal/docs/swagger-ui-dist@1/swagger-ui.css"}) {
      CAPTURE(path);
      CHECK(answer(handler, "GET", path).status == Status::Unauthorized);
      TestRequest request("GET", path);
      request.header("authorization", "Bearer x");
      CHECK(answer(handler, request).status == Status::Ok);
    }
  }

  TEST_CASE("docs: a build without the UI says so where the page would be, and where the document is") {
    const Handler handler = bare_build({.title = "Shop"});
    for (std::string_view path : {"/docs", "/docs/oauth2-redirect", "/redoc"}) {
      CAPTURE(path);
      const Response response = answer(handler, "GET", path);
      CHECK(response.status == Status::NotFound);
      CHECK(response.content_type() == "text/html; charset=utf-8");
      CHECK(contains(response.content(), "This build has no docs UI"));
      CHECK(contains(response.content(), R"(<a href="/openapi.json">/openapi.json</a>)"));
      CHECK(contains(response.content(), "COROUTE_SWAGGER_UI_DIR"));
      CHECK(contains(header(response, "content-security-policy"), "default-src 'none'"));
    }
    CHECK(contains(answer(handler, "GET", "/docs").content(), "<title>Shop - Swagger UI</title>"));
    CHECK(contains(answer(handler, "GET", "/redoc").content(), "It was made without ReDoc"));
    CHECK(answer(handler, "GET", "/openapi.json").status == Status::Ok);
  }

  TEST_CASE("docs: one of the two packages is enough for its page") {
    const Handler handler = docs({}, swagger_ui, {}).build();
    CHECK(answer(handler, "GET", "/docs").status == Status::Ok);
    CHECK(answer(handler, "GET", "/redoc").status == Status::NotFound);
  }

  TEST_CASE("docs: a build without the UI refuses the same options") {
    CHECK_THROWS_AS(bare_build({.swagger_ui_parameters = "["}), std::invalid_argument);
    CHECK_THROWS_AS(bare_build({.swagger_ui_connect_origins = {"*"}}), std::invalid_argument);
    CHECK_THROWS_AS(bare_build(with_url(&DocsOptions::swagger_ui_oauth2_redirect_url, "x")), std::invalid_argument);
  }

  TEST_CASE("docs: a URL that is no plain path is refused, by the name of its option") {
    CHECK_THROWS_WITH_AS(docs(with_url(&DocsOptions::docs_url, "docs")), "docs_url must begin with '/': docs",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(docs(with_url(&DocsOptions::openapi_url, "https://a.com/x")),
                         "openapi_url must begin with '/': https://a.com/x", std::invalid_argument);
    CHECK_THROWS_WITH_AS(docs(with_url(&DocsOptions::redoc_url, "//a.com/x")),
                         "redoc_url would name another host: //a.com/x", std::invalid_argument);
    CHECK_THROWS_WITH_AS(docs(with_url(&DocsOptions::docs_url, "/{tenant}/docs")),
                         "docs_url must be a path without parameters: /{tenant}/docs", std::invalid_argument);
    CHECK_THROWS_WITH_AS(docs(with_url(&DocsOptions::swagger_ui_oauth2_redirect_url, "/back?x=1")),
                         "swagger_ui_oauth2_redirect_url must be a path without parameters: /back?x=1",
                         std::invalid_argument);
    CHECK_THROWS_AS(docs(with_url(&DocsOptions::redoc_url, "/a#b")), std::invalid_argument);
  }

  TEST_CASE("docs: two pages at one URL are refused when the routes are built") {
    CHECK_THROWS_AS(docs(with_url(&DocsOptions::redoc_url, "/docs")).build(), std::invalid_argument);
  }

  TEST_CASE("docs: what was embedded is what its table says") {
    for (const char* name : {"swagger-ui-dist", "redoc"}) {
      for (const detail::DocsFile& file : detail::embedded_docs_package(name)) {
        CAPTURE(file.name);
        CHECK(file.directory.starts_with(std::string(name) + '@'));
        CHECK(file.size > 0);
        CHECK_FALSE(file.hash.empty());
        RouteCollection routes;
        detail::add_docs_routes(routes, {}, document(), {&file, 1}, {});
        const std::string path = "/docs/" + std::string(file.directory) + '/' + std::string(file.name);
        const Handler handler = std::move(routes).build();
        CHECK(answer(handler, "GET", path).content().size() == file.size);
      }
    }
    CHECK(detail::embedded_docs_package("swagger-ui").empty());
    CHECK(detail::embedded_docs_package("").empty());
  }
}
