// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/app.hpp"

#include <utility>

#include "app/route_operations.hpp"
#include "app/served_document.hpp"
#include "coroute/openapi/docs.hpp"

namespace coroute {
namespace {

/// What every request of an application starts with.
struct Preparation {
  bool debug;
  bool problem_details;
  std::string root_path;
  std::shared_ptr<const DependencyOverrides> overrides;

  bool is_needed() const noexcept { return debug || problem_details || overrides || !root_path.empty(); }
  void apply_to(Request& request) const {
    if (debug) request.show_errors();
    if (problem_details) request.use_problem_details();
    if (!root_path.empty()) request.set_root_path(root_path);
    if (overrides) request.set_dependency_overrides(overrides.get());
  }
};

Handler prepared(Preparation preparation, Handler handler) {
  if (!preparation.is_needed()) return handler;
  return [preparation = std::move(preparation), next = std::move(handler)](Request& request) {
    preparation.apply_to(request);
    return next(request);
  };
}

OpenApiInfo info_of(const AppOptions& options) {
  return {.title = options.title,
          .version = options.version,
          .summary = options.summary,
          .description = options.description,
          .terms_of_service = options.terms_of_service,
          .contact = options.contact,
          .license = options.license,
          .servers = options.servers,
          .tags = options.openapi_tags,
          .external_docs = options.external_docs,
          .webhooks = options.webhooks,
          .separate_input_output_schemas = options.separate_input_output_schemas};
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
  return docs;
}

}  // namespace

// The documentation's routes come first, so that no route of the program hides them.
App::App(AppOptions options)
    : Router({}, RouterOptions{.dependencies = options.dependencies}),
      options_(std::move(options)),
      document_(std::make_shared<detail::ServedDocument>()) {
  add_docs_routes(*this, docs_of(options_),
                  [document = document_](const Request& request) { return document->text_for(request.root_path()); });
}

std::string App::openapi() {
  return openapi_document(info_of(options_), detail::route_operations(*this, options_, overrides_));
}

std::string App::routes_text() {
  std::string text;
  for_each_route([&](const MethodSet& methods, std::string_view path, const RouteSettings& settings, Handler&) {
    std::string names;
    for (const std::string& name : methods.declared_names())
      names.append(names.empty() ? "" : ",").append(name);
    if (names.empty()) names = "*";
    names.resize(std::max<std::size_t>(names.size(), 8), ' ');
    text.append(names).append(path);
    if (!settings.name.empty()) text.append("  ").append(settings.name);
    text += '\n';
  });
  return text;
}

Handler App::build_handler(bool mounted) && {
  if (options_.openapi_url) {
    document_->set(info_of(options_), detail::route_operations(*this, options_, overrides_));
  }
  DispatchOptions dispatch;
  dispatch.redirect_slashes = options_.redirect_slashes;
  Preparation preparation{options_.debug, options_.problem_details, options_.root_path, nullptr};
  if (!overrides_.empty()) preparation.overrides = std::make_shared<const DependencyOverrides>(overrides_);
  ExceptionHandlers handlers = std::exchange(exception_handlers_, ExceptionHandlers());
  return prepared(std::move(preparation), std::move(handlers).build(std::move(*this), std::move(dispatch), mounted));
}

}  // namespace coroute
