// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The application: routes, mounts and middleware under a title.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/exception_handlers.hpp"
#include "coroute/app/outgoing_router.hpp"
#include "coroute/app/per_loop_state.hpp"
#include "coroute/app/router.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/service.hpp"
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
  /// Whether a model that is written differently from how it is read is described twice, as `Item-Input` and
  /// `Item-Output`.
  bool separate_input_output_schemas = true;
  /// Whether several credentials that a route takes are documented as one requirement: see OpenApiInfo.
  bool combine_security_schemes = true;
  /// The operationId of a route that doesn't give one; null: its name, else words from method and path.
  GenerateUniqueId generate_unique_id_function = nullptr;
  /// Of returned text, for routes and routers that don't say: FastAPI's default_response_class. Nullopt: JSON.
  std::optional<AnswerAs> answer_as = std::nullopt;
  /// The path under which a proxy shows the application, "/api/v1": it is taken off requests and put before URLs.
  std::string root_path = {};
  /// Whether the document names the root path, that of a mount too, among its servers.
  bool root_path_in_servers = true;

  /// Without a URL a page is left out; without `openapi_url` all are.
  std::optional<std::string> openapi_url = "/openapi.json";
  std::optional<std::string> docs_url = "/docs";
  std::optional<std::string> redoc_url = "/redoc";
  std::optional<std::string> swagger_ui_oauth2_redirect_url = "/docs/oauth2-redirect";
  /// JSON objects: Swagger UI's own parameters, and those of its initOAuth.
  std::string swagger_ui_parameters = {};
  std::string swagger_ui_init_oauth = {};
  /// What "Try it out" and OAuth 2 flows may call besides the service itself: see DocsOptions.
  std::vector<std::string> swagger_ui_connect_origins = {};

  /// Run before every route's handler, not for what no route answers, nor for the documentation.
  std::vector<const detail::DependencyUse*> dependencies = {};
  /// Of all routes, in documents, besides those that they say themselves.
  std::map<std::string, DocumentedResponse> responses = {};
  std::vector<OutgoingRoute> callbacks = {};
  /// Of all forms, for routes and routers that don't say; nullopt: the defaults of FormLimits.
  std::optional<FormLimits> form_limits = std::nullopt;
  bool deprecated = false;
  bool include_in_schema = true;
  bool redirect_slashes = true;
  /// Whether `x-request-timeout-ms`, which clients of coroute send, is the deadline of the handler and all that it
  /// awaits: when it passes the answer is 504, and one that has passed already is refused before any work.
  bool honor_timeout_header = true;
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

  /// The whole application, to be served; the App is empty afterwards.
  Service service() &&;
  /// The same as one Handler. std::logic_error when the application has a lifespan or background tasks: nobody would
  /// run them.
  Handler handler() &&;

  /// Requests that the service makes to whoever subscribes to them, for documents: see OutgoingRouter.
  ///
  ///     app.webhooks().post("new-subscription", [](const Subscription&) {}, {.name = "new_subscription"});
  OutgoingRouter& webhooks() noexcept { return webhooks_; }

  /// The OpenAPI document of the routes declared so far; std::invalid_argument when two have one operationId.
  std::string openapi();
  /// One line for each route and each mount, "GET     /items/{item_id}  read_item", "MOUNT   /static".
  std::string routes_text();
  /// Dependencies that others stand in for, in tests.
  DependencyOverrides& dependency_overrides() noexcept { return overrides_; }

  /// `Singleton<function>` is `value` in this application, and the function is not called: for what is known at run
  /// time alone, such as options of the command line, or what handlers share with a lifespan. Again: the last value
  /// counts. A dependency override goes before it; applications that are mounted have values of their own.
  ///
  ///     Settings settings() { return {}; }
  ///     std::string greet(Singleton<settings> settings) { return settings->greeting; }
  ///     app.provide<settings>({.greeting = "Hello"});
  template <auto function>
  App& provide(detail::DependencyValue<function> value) {
    using Made = detail::PlainValue<detail::DependencyValue<function>>;
    return provide(*Singleton<function>::use.info, std::make_unique<Made>(std::move(value)));
  }

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

  /// Below `path` another application answers; it sees the rest of the path. Its lifespans become this one's.
  void mount(std::string_view path, App application) {
    add_steps(application.take_steps());
    RouteCollection::mount(path, std::move(application).build_handler(true));
  }
  using RouteCollection::mount;

  /// What each event loop has of its own, without locks; handlers capture it. See PerLoopState.
  template <class T, class F>
  static PerLoopState<T> per_loop(F factory) {
    return PerLoopState<T>(std::move(factory));
  }

  /// A task that outlives the request that starts it; cancelled when the server stops.
  template <class T>
  static Task<T> spawn(Async<T> coroutine, TaskOptions options = {}) {
    options.without_deadline();
    return detail::start_task(EventLoop::current(), std::move(coroutine), std::move(options), nullptr);
  }

 private:
  App& provide(const detail::DependencyInfo& info, std::unique_ptr<detail::MadeValue> value);
  Handler build_handler(bool mounted) &&;

  OpenApiInfo openapi_info() const;

  AppOptions options_;
  OutgoingRouter webhooks_;
  ExceptionHandlers exception_handlers_;
  DependencyOverrides overrides_;
  std::map<const detail::DependencyInfo*, std::unique_ptr<detail::MadeValue>> provided_;
  std::shared_ptr<detail::ServedDocument> document_;  // what the documentation routes show
};

}  // namespace coroute
