// SPDX-License-Identifier: BSL-1.0
#include "coroute/openapi/docs.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "openapi/docs_file_handler.hpp"
#include "openapi/docs_pages.hpp"
#include "openapi/docs_routes.hpp"

namespace coroute {
namespace {

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

void append_hex(std::string& text, std::uint64_t number) {
  std::array<char, 16> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr);
}

}  // namespace

TaggedText::TaggedText(std::string text) : text_(std::move(text)), etag_("\"") {
  append_hex(etag_, hash_of(text_));
  etag_ += '-';
  append_hex(etag_, text_.size());
  etag_ += '"';
}

namespace detail {
namespace {

/// Empty: no such page.
std::string checked_url(std::string_view option, const std::optional<std::string>& url) {
  if (!url || url->empty()) return {};
  const auto refuse = [&](std::string_view reason) {
    throw std::invalid_argument(std::string(option) + ' ' + std::string(reason) + ": " + *url);
  };
  if (url->front() != '/') refuse("must begin with '/'");
  if (url->starts_with("//")) refuse("would name another host");
  if (url->find_first_of("{}?#") != std::string::npos) refuse("must be a path without parameters");
  return *url;
}

/// What stands before `url`, which a route was declared with, in the path that `request` came with.
std::string base_of(const Request& request, std::string_view url) {
  std::string base(request.root_path());
  const std::string_view path = request.path();
  if (path.ends_with(url)) base += path.substr(0, path.size() - url.size());
  return base;
}

/// Where what belongs to the page at `url` is put.
std::string folder_of(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

Response page(std::string html, std::string_view policy, Status status = Status::Ok) {
  Response response = coroute::html(std::move(html), status);
  response.headers.add("content-security-policy", policy);
  response.headers.add("x-content-type-options", "nosniff");
  return response;
}

/// Asked for again each time, since it changes with the program.
Response page_part(std::string text, std::string_view content_type) {
  Response response(std::move(text), content_type);
  response.headers.add("cache-control", "no-cache");
  response.headers.add("x-content-type-options", "nosniff");
  return response;
}

/// Asked about again each time, as it changes with the program; sent only when it has changed.
Response document_answer(const std::shared_ptr<const TaggedText>& document, const Request& request) {
  const std::shared_ptr<const std::string> text(document, &document->text());
  Response response = has_etag(request.headers(), document->etag()) ? Response(Status::NotModified)
                                                                    : shared_bytes(text, "application/json");
  response.headers.add("cache-control", "no-cache");
  response.headers.add("etag", document->etag());
  return response;
}

/// A handler at `url` that calls `make(base)`.
template <class Make>
void add_page(RouteCollection& routes, const std::string& url, Make make) {
  routes.add_route(Method::Get, url, [url, make = std::move(make)](Request& request) {
    return Async<Response>::ready(make(base_of(request, url)));
  });
}

void add_files(RouteCollection& routes, const std::string& folder, DocsPackage package) {
  for (const DocsFile& file : package) {
    routes.add_route(Method::Get, folder + '/' + std::string(file.directory) + '/' + std::string(file.name),
                     docs_file_handler(file));
  }
}

void add_no_docs_ui(RouteCollection& routes, const std::string& url, std::string title, std::string_view what,
                    std::string openapi_url) {
  add_page(routes, url,
           [title = std::move(title), what, openapi_url = std::move(openapi_url)](const std::string& base) {
             return page(no_docs_ui_html(title, what, base + openapi_url), bare_page_policy(), Status::NotFound);
           });
}

void add_swagger_ui(RouteCollection& routes, const DocsOptions& options, const std::string& openapi_url,
                    const std::string& docs_url, DocsPackage package) {
  const std::string redirect_url =
      checked_url("swagger_ui_oauth2_redirect_url", options.swagger_ui_oauth2_redirect_url);
  const auto initializer = std::make_shared<const SwaggerInitializer>(options);
  const std::string policy = swagger_ui_policy(options.swagger_ui_connect_origins);
  const std::string title = options.title + " - Swagger UI";
  if (package.empty()) {
    add_no_docs_ui(routes, docs_url, title, "Swagger UI", openapi_url);
    if (!redirect_url.empty()) add_no_docs_ui(routes, redirect_url, title, "Swagger UI", openapi_url);
    return;
  }
  const std::string folder = folder_of(docs_url);
  const std::string assets = folder + '/' + std::string(package.front().directory);
  const std::string script_url = folder + "/swagger-initializer.js";
  add_page(routes, docs_url, [=](const std::string& base) {
    return page(swagger_ui_html(title, base + assets, base + script_url, initializer->script(base)), policy);
  });
  add_page(routes, script_url, [initializer](const std::string& base) {
    return page_part(initializer->script(base), "text/javascript; charset=utf-8");
  });
  if (!redirect_url.empty()) {
    add_page(routes, redirect_url, [=](const std::string& base) {
      return page(oauth2_redirect_html(base + assets + "/oauth2-redirect.js"), policy);
    });
  }
  add_files(routes, folder, package);
}

void add_redoc(RouteCollection& routes, const DocsOptions& options, const std::string& openapi_url,
               const std::string& redoc_url, DocsPackage package) {
  const std::string title = options.title + " - ReDoc";
  if (package.empty()) {
    add_no_docs_ui(routes, redoc_url, title, "ReDoc", openapi_url);
    return;
  }
  const std::string folder = folder_of(redoc_url);
  const std::string script_url = folder + '/' + std::string(package.front().directory) + "/redoc.standalone.js";
  const std::string style_url = folder + "/redoc.css";
  add_page(routes, redoc_url, [=](const std::string& base) {
    return page(redoc_html(title, base + openapi_url, base + script_url, base + style_url), redoc_policy());
  });
  add_page(routes, style_url, [](const std::string&) {
    return page_part("body { margin: 0; padding: 0; }\n", "text/css; charset=utf-8");
  });
  add_files(routes, folder, package);
}

}  // namespace

void add_docs_routes(RouteCollection& routes, const DocsOptions& options, OpenApiText document, DocsPackage swagger_ui,
                     DocsPackage redoc) {
  const std::string openapi_url = checked_url("openapi_url", options.openapi_url);
  const std::string docs_url = checked_url("docs_url", options.docs_url);
  const std::string redoc_url = checked_url("redoc_url", options.redoc_url);
  if (openapi_url.empty()) return;
  routes.add_route(Method::Get, openapi_url, [document = std::move(document)](Request& request) {
    return Async<Response>::ready(document_answer(document(request), request));
  });
  if (!docs_url.empty()) add_swagger_ui(routes, options, openapi_url, docs_url, swagger_ui);
  if (!redoc_url.empty()) add_redoc(routes, options, openapi_url, redoc_url, redoc);
}

}  // namespace detail

void add_docs_routes(RouteCollection& routes, const DocsOptions& options, OpenApiText document) {
  detail::add_docs_routes(routes, options, std::move(document), detail::embedded_docs_package("swagger-ui-dist"),
                          detail::embedded_docs_package("redoc"));
}

}  // namespace coroute
