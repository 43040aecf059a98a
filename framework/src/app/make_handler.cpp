// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/make_handler.hpp"

#include "coroute/app/route_info.hpp"
#include "coroute/asyncio/errors.hpp"

namespace coroute::detail {
namespace {

void take_errors(std::vector<ErrorDetail>& all, Problems& problems) {
  for (ErrorDetail& error : problems.take())
    all.push_back(std::move(error));
}

/// As in FastAPI: there is an error, and no answer.
std::exception_ptr swallowed_error() {
  return std::make_exception_ptr(RuntimeError(
      "a dependency caught the handler's error and did not throw again: after its co_yield it must, or throw another"));
}

}  // namespace

void check_problems(Request& request, Problems& problems, Problems& body_problems, std::string_view body) {
  DependencyContext* const context = DependencyContext::find(request);
  const bool dependencies_are_good = !context || context->problems().empty();
  if (dependencies_are_good && problems.empty() && body_problems.empty()) return;
  std::vector<ErrorDetail> errors;
  if (context) take_errors(errors, context->problems());
  if (context && body.empty()) body = context->body();
  take_errors(errors, problems);
  take_errors(errors, body_problems);
  throw RequestValidationError(std::move(errors), std::string(body));
}

Async<Response> finish_dependencies(DependencyContext& context, std::size_t depth, Async<Response> answer) {
  std::exception_ptr error;
  Response response;
  try {
    response = co_await std::move(answer);
  } catch (...) {
    error = std::current_exception();
  }
  const bool failed = error != nullptr;
  error = co_await context.finish(DependencyScope::Function, depth, std::move(error));
  if (failed && !error) error = swallowed_error();
  if (!error) co_return response;
  error = co_await context.finish(DependencyScope::Request, depth, std::move(error));
  if (!error) error = swallowed_error();
  std::rethrow_exception(error);
}

namespace {

Async<Response> resolve_and_call(DependencyContext& context, const RouteInfo& route, const Handler& next,
                                 Request& request) {
  const void* value = nullptr;
  std::vector<DependencyTarget> targets;
  for (const DependencyUse* const use : route.options.dependencies)
    targets.push_back({use, &value});
  if (route.body.for_dependencies) co_await context.read_body(route.body.embedded);
  co_await context.resolve(targets, context.problems());
  Response response = co_await next(request);
  if (!route.answers_itself) context.merge_response_into(response);
  co_return response;
}

}  // namespace

Async<Response> run_with_dependencies(const RouteInfo& route, const Handler& next, Request& request) {
  DependencyContext& context = DependencyContext::of(request, route.options.status);
  const std::size_t depth = context.depth();
  return finish_dependencies(context, depth, resolve_and_call(context, route, next, request));
}

}  // namespace coroute::detail
