// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The application: routes, mounts and middleware under a title.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/exception_handlers.hpp"
#include "coroute/app/router.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/openapi/document.hpp"
#include "coroute/params/dependency.hpp"

namespace coroute {

namespace detail {
class ServedDocument;
}

/// What documents say (empty texts are left out), where they are, and what all routes have in common.
struct AppOptions {
  std::string title = "coroute";
  std::string version = "0.1.0";
  std::string summary = {};
  /// Markdown.
  std::string description = {};
  std::string terms_of_service = {};
  ApiContact contact = {};
  ApiLicense license = {};
  std::vector<ApiServer> servers = {};
  /// The groups of operations on documentation pages, in their order.
  std::vector<ApiTag> openapi_tags = {};
  ApiExternalDocs external_docs = {};
  /// Requests that the service makes to its subscribers; `path` is the name.
  std::vector<Operation> webhooks = {};
  bool separate_input_output_schemas = true;
  /// The operationId of a route that doesn't give one; null: its name, else words from method and path.
  std::string (*operation_id)(std::string_view name, std::string_view path, std::string_view method) = nullptr;
  /// The path under which a proxy shows the application, "/api/v1": it is taken off requests and put before URLs.
  std::string root_path = {};

  /// Without a URL a page is left out; without `openapi_url` all are.
  std::optional<std::string> openapi_url = "/openapi.json";
  std::optional<std::string> docs_url = "/docs";
  std::optional<std::string> redoc_url = "/redoc";
  std::optional<std::string> swagger_ui_oauth2_redirect_url = "/docs/oauth2-redirect";
  /// JSON objects: Swagger UI's own parameters, and those of its initOAuth.
  std::string swagger_ui_parameters = {};
  std::string swagger_ui_init_oauth = {};

  /// Run before every route's handler, not for what no route answers, nor for the documentation.
  std::vector<const detail::DependencyInfo*> dependencies = {};
  bool redirect_slashes = true;
  /// A 500 shows the error, its stack and the request line as text. For development: it tells strangers of your code.
  bool debug = false;
  /// Errors are answered as application/problem+json (RFC 9457) instead of `{"detail": ...}`, also by what is mounted.
  bool problem_details = false;
};

/// Declared on one thread, then turned into a Handler and served by all loops.
class App : public Router {
 public:
  explicit App(AppOptions options = {});

  const std::string& title() const noexcept { return options_.title; }
  const std::string& version() const noexcept { return options_.version; }

  /// The whole application as one Handler; the App is empty afterwards.
  Handler handler() && { return std::move(*this).build_handler(false); }

  /// The OpenAPI document of the routes declared so far; std::invalid_argument when two have one operationId.
  std::string openapi();
  /// One line for each route, "GET     /items/{item_id}  read_item".
  std::string routes_text();
  /// Dependencies that others stand in for, in tests.
  DependencyOverrides& dependency_overrides() noexcept { return overrides_; }

  /// `handler(Request&, const E&)` answers what handlers throw of class E or derived from it: see ExceptionHandlers.
  /// An application that is mounted answers its own errors only, and its parent none of them.
  ///
  ///     app.exception_handler<SoldOut>([](Request&, const SoldOut& e) { return json({{"sku", e.sku}}, 409); });
  template <class E, class F>
  App& exception_handler(F handler) {
    exception_handlers_.add<E>(std::move(handler));
    return *this;
  }
  /// `handler(Request&, const HttpException&)` answers what has that status, the router's 404 and 405 too; for 500
  /// `handler(Request&, const std::exception&)` answers whatever nobody else does.
  template <class F>
  App& exception_handler(Status status, F handler) {
    exception_handlers_.add(status, std::move(handler));
    return *this;
  }

  /// Below `path` another application answers; it sees the rest of the path.
  void mount(std::string_view path, App application) {
    RouteCollection::mount(path, std::move(application).build_handler(true));
  }
  using RouteCollection::mount;

  /// A task that outlives the request that starts it; cancelled when the server stops.
  template <class T>
  static Task<T> spawn(Async<T> coroutine, TaskOptions options = {}) {
    options.without_deadline();
    return detail::start_task(EventLoop::current(), std::move(coroutine), std::move(options), nullptr);
  }

 private:
  Handler build_handler(bool mounted) &&;

  AppOptions options_;
  ExceptionHandlers exception_handlers_;
  DependencyOverrides overrides_;
  std::shared_ptr<detail::ServedDocument> document_;  // what the documentation routes show
};

}  // namespace coroute
