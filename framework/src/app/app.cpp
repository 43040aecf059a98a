// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/app.hpp"

#include <stdexcept>
#include <utility>

#include "app/declaration_check.hpp"
#include "app/lifespan_steps.hpp"
#include "app/route_operations.hpp"
#include "app/served_document.hpp"
#include "coroute/asyncio/deadline.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/openapi/docs.hpp"
#include "coroute/params/shared_values.hpp"
#include "http/propagation.hpp"

namespace coroute {
namespace {

/// What every request of an application starts with.
struct Preparation {
  bool debug;
  bool problem_details;
  std::string root_path;
  std::shared_ptr<const DependencyOverrides> overrides;
  std::shared_ptr<detail::DependencyStore> store;

  bool honors_timeout;

  bool is_needed() const noexcept {
    return honors_timeout || debug || problem_details || overrides || store || !root_path.empty();
  }
  void apply_to(Request& request) const {
    if (debug) request.show_errors();
    if (problem_details) request.use_problem_details();
    if (!root_path.empty()) request.set_root_path(root_path);
    if (overrides) request.set_dependency_overrides(overrides.get());
    if (store) request.set_dependency_store(store.get());
  }
};

constexpr std::chrono::milliseconds no_time{0};

[[noreturn]] void throw_too_late() {
  throw HttpException(Status::GatewayTimeout, "the deadline of the request has passed");
}

Async<Response> refuse_late_request() {
  throw_too_late();
  co_return Response();
}

Async<Response> answer_within(std::chrono::milliseconds limit, Async<Response> answer) {
  const Clock::time_point until = EventLoop::current().time_after(limit);
  try {
    co_return co_await with_deadline(until, std::move(answer));
  } catch (const TimeoutError&) {
    if (EventLoop::current().time() < until) throw;  // it is the handler's own
  }
  throw_too_late();
}

Handler prepared(Preparation preparation, Handler handler) {
  if (!preparation.is_needed()) return handler;
  return [preparation = std::move(preparation), next = std::move(handler)](Request& request) {
    preparation.apply_to(request);
    if (preparation.honors_timeout && !request.asks_for_websocket()) {
      if (const auto value = request.header(detail::timeout_field)) {
        const auto limit = detail::parse_timeout_field(*value);
        if (limit == no_time) return refuse_late_request();
        if (limit) return answer_within(*limit, next(request));
      }
    }
    return next(request);
  };
}

DocsOptions docs_of(const AppOptions& options) {
  DocsOptions docs;
  docs.title = options.title;
  docs.openapi_url = options.openapi_url;
  docs.docs_url = options.docs_url;
  docs.redoc_url = options.redoc_url;
  docs.swagger_ui_oauth2_redirect_url = options.swagger_ui_oauth2_redirect_url;
  docs.swagger_ui_parameters = options.swagger_ui_parameters;
  docs.swagger_ui_init_oauth = options.swagger_ui_init_oauth;
  docs.swagger_ui_connect_origins = options.swagger_ui_connect_origins;
  return docs;
}

RouterOptions of_all_routes(const AppOptions& options) {
  return {.dependencies = options.dependencies,
          .responses = options.responses,
          .callbacks = options.callbacks,
          .deprecated = options.deprecated,
          .include_in_schema = options.include_in_schema,
          .generate_unique_id_function = options.generate_unique_id_function,
          .answer_as = options.answer_as,
          .form_limits = options.form_limits};
}

}  // namespace

// The documentation's routes come first, so that no route of the program hides them.
App::App(AppOptions options)
    : Router({}, of_all_routes(options)),
      options_(std::move(options)),
      document_(std::make_shared<detail::ServedDocument>()) {
  add_docs_routes(*this, docs_of(options_),
                  [document = document_](const Request& request) { return document->text_for(request.root_path()); });
}

OpenApiInfo App::openapi_info() const {
  return {.title = options_.title,
          .version = options_.version,
          .summary = options_.summary,
          .description = options_.description,
          .terms_of_service = options_.terms_of_service,
          .contact = options_.contact,
          .license = options_.license,
          .servers = options_.servers,
          .tags = options_.openapi_tags,
          .external_docs = options_.external_docs,
          .webhooks = detail::outgoing_operations(webhooks_, options_.generate_unique_id_function, overrides_),
          .separate_input_output_schemas = options_.separate_input_output_schemas,
          .combine_security_schemes = options_.combine_security_schemes,
          .problem_details = options_.problem_details};
}

std::string App::openapi() {
  return openapi_document(openapi_info(), detail::route_operations(*this, overrides_));
}

std::string App::routes_text() {
  constexpr std::size_t column = 8;
  std::string text;
  const auto add_line = [&](std::string_view methods, std::string_view path, std::string_view name) {
    text.append(methods).append(methods.size() < column ? column - methods.size() : 0, ' ').append(path);
    if (!name.empty()) text.append("  ").append(name);
    text += '\n';
  };
  for_each_route([&](const MethodSet& methods, std::string_view path, const RouteSettings& settings, Handler&) {
    std::string names;
    for (const std::string& name : methods.declared_names())
      names.append(names.empty() ? "" : ",").append(name);
    if (settings.is_websocket) names = "WS";
    if (names.empty()) names = "*";
    add_line(names, path, settings.name);
  });
  for_each_mount([&](std::string_view path) { add_line("MOUNT", path.empty() ? "/" : path, {}); });
  return text;
}

Service App::service() && {
  std::shared_ptr<detail::LifespanSteps> steps = take_steps();
  Handler handler = std::move(*this).build_handler(false);
  return {std::move(handler), std::move(steps)};
}

Handler App::handler() && {
  Service service = std::move(*this).service();
  if (service.hooks) throw std::logic_error("a Handler has no lifespan and no background tasks: use App::service()");
  return std::move(service.handler);
}

App& App::provide(const detail::DependencyInfo& info, std::unique_ptr<detail::MadeValue> value) {
  provided_[&info] = std::move(value);
  return *this;
}

Handler App::build_handler(bool mounted) && {
  const bool shares = detail::check_declarations(*this, overrides_);
  if (options_.openapi_url) {
    document_->set(openapi_info(), detail::route_operations(*this, overrides_), options_.root_path_in_servers);
  }
  DispatchOptions dispatch;
  dispatch.redirect_slashes = options_.redirect_slashes;
  Preparation preparation{options_.debug,
                          options_.problem_details,
                          options_.root_path,
                          nullptr,
                          nullptr,
                          options_.honor_timeout_header && !mounted};
  if (!overrides_.empty()) preparation.overrides = std::make_shared<const DependencyOverrides>(overrides_);
  if (shares) preparation.store = std::make_shared<detail::DependencyStore>();
  for (auto& [info, value] : provided_) {
    if (shares) preparation.store->singletons().put(*info, std::move(value));
  }
  ExceptionHandlers handlers = std::exchange(exception_handlers_, ExceptionHandlers());
  return prepared(std::move(preparation), std::move(handlers).build(std::move(*this), std::move(dispatch), mounted));
}

}  // namespace coroute
