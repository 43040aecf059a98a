// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the compiler knows of a function: its arguments and its result.
#include <concepts>
#include <type_traits>

#include "coroute/params/argument.hpp"

namespace coroute::detail {

/// A value as the function declares it: moved into one that takes it by value.
template <class A, class U>
decltype(auto) pass_as(U& value) {
  if constexpr (std::is_const_v<U>) {
    static_assert(!std::is_lvalue_reference_v<A> || std::is_const_v<std::remove_reference_t<A>>,
                  "a value that takes itself from the request is shared: take it by value or by const reference");
    return static_cast<U&>(value);
  } else if constexpr (std::same_as<U, Request> || std::same_as<U, Response> || std::same_as<U, WebSocket>) {
    static_assert(!std::same_as<A, WebSocket>, "a handler takes its WebSocket by reference: WebSocket&");
    return static_cast<U&>(value);
  } else {
    return static_cast<A&&>(value);
  }
}

template <class F>
struct Signature {};
template <class F>
  requires requires { &F::operator(); }
struct Signature<F> : Signature<decltype(&F::operator())> {};
/// Generic or overloaded, but good for a request: then it takes that.
template <class F>
  requires(std::is_class_v<F> && !requires { &F::operator(); } && std::is_invocable_v<const F&, Request&>)
struct Signature<F> : Signature<std::invoke_result_t<const F&, Request&>(Request&)> {};
template <class R, class... A>
struct Signature<R(A...)> {
  using Result = R;
  using Arguments = detail::Arguments<std::remove_cvref_t<A>...>;
  template <class F, class... U>
  static R invoke(const F& function, U&... values) {
    return function(pass_as<A>(values)...);
  }
  template <template <class...> class To>
  using Apply = To<A...>;
  static constexpr bool copies_websocket = (std::same_as<A, WebSocket> || ...);
  /// Nothing of the arguments has to stay alive after the call.
  static constexpr bool keeps_nothing =
      ((!std::is_reference_v<A> || std::same_as<std::remove_cvref_t<A>, Request>) && ...);
};
template <class R, class... A>
struct Signature<R (*)(A...)> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R(A...)> {};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : Signature<R(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R(A...)> {};

}  // namespace coroute::detail
