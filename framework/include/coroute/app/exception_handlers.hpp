// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which function of the application answers which error: FastAPI's exception handlers.
#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/handler.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/routing/route_collection.hpp"

namespace coroute {
namespace detail {

class ExceptionTable;

/// What has to be asked about a class of exceptions when only its type_info is known.
struct ExceptionType {
  const std::type_info* id;
  /// The exception as this class, or null. It lives as long as `error`; `known` is its std::exception part, if any.
  const void* (*find)(const std::exception_ptr& error, const std::exception* known) noexcept;
  void (*throw_pointer)();
  bool (*catches)(void (*throw_pointer)()) noexcept;
};

using ExceptionCall = Function<Async<Response>(Request&, const void* exception)>;

template <class E>
const ExceptionType& exception_type() noexcept;
template <class E, class F>
ExceptionCall exception_call(F handler);

}  // namespace detail

/// Filled before serving, by one thread; then all loops use it at once. A handler is called in the request's task with
/// `(Request&, const E&)` and returns a Response or an `Async` of one; the exception lives until that has ended.
class ExceptionHandlers {
 public:
  /// Knows what HttpException, RequestValidationError and ThreadPoolFull are answered with by default.
  ExceptionHandlers();
  ExceptionHandlers(ExceptionHandlers&&) noexcept;
  ExceptionHandlers& operator=(ExceptionHandlers&&) noexcept;
  ~ExceptionHandlers();

  /// For exceptions of class E or derived from it, unless there is a handler for a class that is derived further; of
  /// unrelated bases the one added first counts. Replaces an earlier one for E. std::exception means whatever nobody
  /// else answers, as status 500 does: that is logged, too.
  template <class E, class F>
  void add(F handler);
  /// For HttpExceptions with that status, before any handler for a class, and for the router's own 404 and 405. Not for
  /// RequestValidationError. For 500: see above, so the handler must take `const std::exception&`, which then stands
  /// for what is no std::exception, too. Replaces an earlier one.
  template <class F>
  void add(Status status, F handler);

  /// The Handler of `routes` with the answers to what they throw. Cancellations pass. What no handler answers passes
  /// too, unless `answers_all`. Classes are handled inside the middleware of `routes`, the rest around it.
  Handler build(RouteCollection routes, DispatchOptions options, bool answers_all) &&;

 private:
  void add_type(const detail::ExceptionType& type, detail::ExceptionCall call);
  void add_status(Status status, detail::ExceptionCall call);
  void set_last(detail::ExceptionCall call);
  [[noreturn]] static void refuse_narrow_handler();

  std::unique_ptr<detail::ExceptionTable> table_;
  bool has_own_ = false;         // besides the default ones
  bool answers_router_ = false;  // what the router refuses
};

// ---------------------------------------------------------------------------------------------------------------------
// Implementation
// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

template <class E>
const void* find_exception(const std::exception_ptr& error, const std::exception* known) noexcept {
  if constexpr (std::is_convertible_v<const E*, const std::exception*>) {
    if (known) return dynamic_cast<const E*>(known);
  }
  try {
    std::rethrow_exception(error);
  } catch (const E& exception) {
    return std::addressof(exception);
  } catch (...) {
    return nullptr;
  }
}

template <class E>
void throw_pointer_to() {
  throw static_cast<E*>(nullptr);
}

/// A pointer to a derived class is caught as one to its base: so two classes that never meet in one place of the
/// program can be compared.
template <class E>
bool catches_pointer_to(void (*throw_pointer)()) noexcept {
  try {
    throw_pointer();
  } catch (E*) {
    return true;
  } catch (...) {
  }
  return false;
}

template <class E>
const ExceptionType& exception_type() noexcept {
  static constexpr ExceptionType type{&typeid(E), &find_exception<E>, &throw_pointer_to<E>, &catches_pointer_to<E>};
  return type;
}

template <class E, class F>
ExceptionCall exception_call(F handler) {
  static_assert(std::is_invocable_v<const F&, Request&, const E&>,
                "an exception handler takes (Request&, const E&): its arguments are something else, or it is not "
                "callable when const (a mutable lambda can't be shared by all loops)");
  if constexpr (std::is_invocable_v<const F&, Request&, const E&>) {
    using Result = std::invoke_result_t<const F&, Request&, const E&>;
    static_assert(std::same_as<Result, Response> || std::same_as<Result, Async<Response>>,
                  "an exception handler returns a Response or an Async<Response>");
    return [handler = std::move(handler)](Request& request, const void* exception) -> Async<Response> {
      if constexpr (std::same_as<Result, Async<Response>>) {
        return handler(request, *static_cast<const E*>(exception));
      } else {
        return Async<Response>::ready(handler(request, *static_cast<const E*>(exception)));
      }
    };
  }
}

}  // namespace detail

template <class E, class F>
void ExceptionHandlers::add(F handler) {
  static_assert(std::is_class_v<E> && std::same_as<E, std::remove_cv_t<E>>,
                "exception_handler<E>: E is a class, without const or &");
  static_assert(!std::same_as<E, Cancelled>,
                "exception_handler<Cancelled>: a cancellation is not an error; clean up where it is awaited");
  if constexpr (std::same_as<E, std::exception>) {
    set_last(detail::exception_call<E>(std::move(handler)));
  } else {
    add_type(detail::exception_type<E>(), detail::exception_call<E>(std::move(handler)));
  }
}

template <class F>
void ExceptionHandlers::add(Status status, F handler) {
  if (status != Status::InternalServerError) {
    add_status(status, detail::exception_call<HttpException>(std::move(handler)));
  } else if constexpr (std::is_invocable_v<const F&, Request&, const std::exception&>) {
    set_last(detail::exception_call<std::exception>(std::move(handler)));
  } else {
    refuse_narrow_handler();
  }
}

}  // namespace coroute
