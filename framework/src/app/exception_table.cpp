// SPDX-License-Identifier: BSL-1.0
#include "exception_table.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "coroute/asyncio/task.hpp"
#include "coroute/http/error_response.hpp"
#include "coroute/http/validation_error.hpp"

namespace coroute::detail {
namespace {

/// Null when it is none. A rethrown exception is not copied, so that the result lives as long as `error`.
const std::exception* as_std_exception(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return &exception;
  } catch (...) {
    return nullptr;
  }
}

Async<Response> ready(Response response) {
  return Async<Response>::ready(std::move(response));
}

/// An exception of the exception handler goes to the table's last one.
Async<Response> guard_answer(const ExceptionTable& table, Request& request, std::exception_ptr error,
                             Async<Response> answer) {
  std::exception_ptr failure;
  try {
    co_return co_await std::move(answer);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  error = nullptr;
  co_return co_await table.answer_unknown(request, std::move(failure));
}

/// `error` is what the handler looks at. Behind the last handler stands only the plain 500.
Async<Response> guard_last_answer(Request& request, [[maybe_unused]] std::exception_ptr error, Async<Response> answer) {
  std::exception_ptr failure;
  try {
    co_return co_await std::move(answer);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  request.add_failure(failure);
  co_return internal_error_response(request, failure);
}

}  // namespace

void ExceptionTable::add_type(const ExceptionType& type, ExceptionCall call) {
  const auto same = std::find_if(types_.begin(), types_.end(), [&](const Entry& e) { return *e.type->id == *type.id; });
  if (same != types_.end()) {
    same->call = std::move(call);
    return;
  }
  const auto is_base = [&](const Entry& entry) { return entry.type->catches(type.throw_pointer); };
  types_.insert(std::find_if(types_.begin(), types_.end(), is_base), Entry{&type, std::move(call)});
}

ExceptionTable::Found ExceptionTable::find(const std::exception_ptr& error) const {
  const std::exception* known = as_std_exception(error);
  const auto* http = dynamic_cast<const HttpException*>(known);
  if (http && !statuses_.empty() && !dynamic_cast<const RequestValidationError*>(known)) {
    const auto found = statuses_.find(http->status().code());
    if (found != statuses_.end()) return {&found->second, http};
  }
  for (const Entry& entry : types_) {
    if (const void* exception = entry.type->find(error, known)) return {&entry.call, exception};
  }
  return {};
}

Async<Response> ExceptionTable::answer(Request& request, std::exception_ptr error) const {
  const Found found = find(error);
  if (!found.call) std::rethrow_exception(error);
  std::exception_ptr failure;
  try {
    Async<Response> answer = (*found.call)(request, found.exception);
    if (AsyncAccess::is_ready_value(answer)) return answer;
    return guard_answer(*this, request, std::move(error), std::move(answer));
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  return answer_unknown(request, std::move(failure));
}

Async<Response> ExceptionTable::answer_unknown(Request& request, std::exception_ptr error) const {
  request.add_failure(error);
  if (!last_ || request.shows_errors()) return ready(internal_error_response(request, error));
  const std::exception* exception = as_std_exception(error);
  if (!exception) {
    error = std::make_exception_ptr(std::runtime_error(describe_exception(error)));
    exception = as_std_exception(error);
  }
  std::exception_ptr failure;
  try {
    Async<Response> answer = last_(request, exception);
    if (AsyncAccess::is_ready_value(answer)) return answer;
    return guard_last_answer(request, std::move(error), std::move(answer));
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  request.add_failure(failure);
  return ready(internal_error_response(request, failure));
}

Async<Response> ErrorBoundary::operator()(Request& request, const Handler& next) const {
  std::exception_ptr error;
  try {
    Async<Response> answer = next(request);
    if (AsyncAccess::is_ready_value(answer)) return answer;
    return guard(request, std::move(answer));
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    error = std::current_exception();
  }
  return recover(request, error);
}

Async<Response> ErrorBoundary::guard(Request& request, Async<Response> answer) const {
  std::exception_ptr error;
  try {
    co_return co_await std::move(answer);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    error = std::current_exception();
  }
  co_return co_await recover(request, error);
}

Async<Response> ErrorBoundary::recover(Request& request, const std::exception_ptr& error) const {
  request.set_handler_threw();
  if (!answers_all_) return table_->answer(request, error);
  std::exception_ptr unknown;
  try {
    return table_->answer(request, error);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    unknown = std::current_exception();
  }
  return table_->answer_unknown(request, std::move(unknown));
}

}  // namespace coroute::detail
