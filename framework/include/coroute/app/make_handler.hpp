// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a function becomes a Handler: what it may take and what it may return.
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "coroute/http/handler.hpp"
#include "coroute/json.hpp"

namespace coroute {
namespace detail {

template <class T>
inline constexpr bool is_async = false;
template <class T>
inline constexpr bool is_async<Async<T>> = true;

template <class F>
concept TakesRequest = std::is_invocable_v<const F&, Request&>;
template <class F>
concept TakesNothing = std::is_invocable_v<const F&>;

template <class F>
decltype(auto) call_with(const F& function, Request& request) {
  if constexpr (TakesRequest<F>) {
    return function(request);
  } else {
    return function();
  }
}

template <class R>
concept Answer = std::same_as<R, Response> || std::is_void_v<R> || std::is_constructible_v<Json, R>;

/// A value as a JSON response; nothing as `null`, as in FastAPI.
template <class R>
Response to_response(R&& value, Status status) {
  if constexpr (std::same_as<std::remove_cvref_t<R>, Response>) {
    return std::forward<R>(value);
  } else {
    return json(Json(std::forward<R>(value)), status);
  }
}

inline Response null_response(Status status) {
  return json_text("null", status);
}

template <class R>
Async<Response> answer_from(Async<R> coroutine, Status status) {
  if constexpr (std::is_void_v<R>) {
    co_await std::move(coroutine);
    co_return null_response(status);
  } else {
    R value = co_await std::move(coroutine);
    co_return to_response(std::move(value), status);
  }
}

}  // namespace detail

/// `function` takes `Request&` or nothing and returns a value or an `Async` of one: a Response, anything that nlohmann
/// can make JSON of, or nothing. A coroutine is awaited in the request's task; a plain function costs no coroutine
/// frame.
template <class F>
Handler make_handler(F function, Status status = Status::Ok) {
  static_assert(
      detail::TakesRequest<F> || detail::TakesNothing<F>,
      "a handler takes Request& or nothing: its arguments are something else, or it is not callable when const "
      "(a mutable lambda can't be shared by all loops)");
  if constexpr (detail::TakesRequest<F> || detail::TakesNothing<F>) {
    using Result = decltype(detail::call_with(function, std::declval<Request&>()));
    if constexpr (std::same_as<Result, Async<Response>>) {
      return [function = std::move(function)](Request& request) { return detail::call_with(function, request); };
    } else if constexpr (detail::is_async<Result>) {
      static_assert(detail::Answer<typename Result::value_type>,
                    "a handler returns a Response, something that can become Json, or nothing");
      return [function = std::move(function), status](Request& request) {
        return detail::answer_from(detail::call_with(function, request), status);
      };
    } else {
      static_assert(detail::Answer<Result>, "a handler returns a Response, something that can become Json, or nothing");
      return [function = std::move(function), status](Request& request) {
        if constexpr (std::is_void_v<Result>) {
          detail::call_with(function, request);
          return Async<Response>::ready(detail::null_response(status));
        } else {
          return Async<Response>::ready(detail::to_response(detail::call_with(function, request), status));
        }
      };
    }
  }
}

}  // namespace coroute
