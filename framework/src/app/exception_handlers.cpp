// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/exception_handlers.hpp"

#include <stdexcept>
#include <utility>

#include "coroute/http/error_response.hpp"
#include "coroute/http/validation_error.hpp"
#include "exception_table.hpp"

namespace coroute {

ExceptionHandlers::ExceptionHandlers(ExceptionHandlers&&) noexcept = default;
ExceptionHandlers& ExceptionHandlers::operator=(ExceptionHandlers&&) noexcept = default;
ExceptionHandlers::~ExceptionHandlers() = default;

ExceptionHandlers::ExceptionHandlers() : table_(std::make_unique<detail::ExceptionTable>()) {
  const auto answer = [](Request& request, const HttpException& error) { return error_response(request, error); };
  table_->add_type(detail::exception_type<HttpException>(), detail::exception_call<HttpException>(answer));
  table_->add_type(detail::exception_type<RequestValidationError>(),
                   detail::exception_call<RequestValidationError>(answer));
  const auto refuse = [](Request& request, const ThreadPoolFull&) { return detail::overload_response(request); };
  table_->add_type(detail::exception_type<ThreadPoolFull>(), detail::exception_call<ThreadPoolFull>(refuse));
}

void ExceptionHandlers::add_type(const detail::ExceptionType& type, detail::ExceptionCall call) {
  table_->add_type(type, std::move(call));
  has_own_ = true;
  if (*type.id == typeid(HttpException)) answers_router_ = true;
}

void ExceptionHandlers::add_status(Status status, detail::ExceptionCall call) {
  table_->add_status(status, std::move(call));
  has_own_ = answers_router_ = true;
}

void ExceptionHandlers::set_last(detail::ExceptionCall call) {
  table_->set_last(std::move(call));
  has_own_ = true;
}

void ExceptionHandlers::refuse_narrow_handler() {
  throw std::invalid_argument(
      "an exception handler for status 500 takes (Request&, const std::exception&): it answers what nobody expected");
}

Handler ExceptionHandlers::build(RouteCollection routes, DispatchOptions options, bool answers_all) && {
  const std::shared_ptr<const detail::ExceptionTable> table = std::move(table_);
  const bool has_middleware = routes.has_middleware();
  const bool is_last = answers_all || table->has_last();
  const bool stands_outside = is_last || has_own_;
  if (answers_router_) {
    options.no_route = [table](Request& request, HttpException error) {
      return table->answer(request, std::make_exception_ptr(std::move(error)));
    };
  }
  if (has_middleware || stands_outside) {
    options.around_routes = detail::ErrorBoundary(table, is_last && !has_middleware);
  }
  Handler handler = std::move(routes).build(std::move(options));
  if (has_middleware && stands_outside) handler = wrap(detail::ErrorBoundary(table, is_last), std::move(handler));
  return handler;
}

}  // namespace coroute
