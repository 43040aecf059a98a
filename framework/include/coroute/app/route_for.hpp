// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A route's path as it stands beside its handler: the compiler checks one against the other.
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coroute/params/signature.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute {
namespace detail {

// Never defined and never called while running: calling one stops constant evaluation, and the compiler prints its
// name.
template <FixedString parameter>
void error_route_has_no_placeholder_for_this_Path_parameter_of_its_handler();
void error_route_has_a_placeholder_for_which_its_handler_has_no_Path_parameter(std::string_view placeholder);

/// Path parameters of one argument.
template <class A>
struct PathNames {
  static consteval bool has(std::string_view) { return false; }
  static consteval void check_are_in(std::string_view) {}
};
template <class T, FixedString name, auto... constraints>
struct PathNames<Parameter<ParameterIn::Path, T, name, constraints...>> {
  static consteval bool has(std::string_view placeholder) { return placeholder == name.view(); }
  static consteval void check_are_in(std::string_view path) {
    if (count_parameter(path, name.view()) == 0) {
      error_route_has_no_placeholder_for_this_Path_parameter_of_its_handler<name>();
    }
  }
};

/// Those of its members.
template <class... Member>
consteval bool has_path_name(std::type_identity<std::tuple<Member...>>, std::string_view placeholder) {
  return (PathNames<Member>::has(placeholder) || ...);
}
template <class... Member>
consteval void check_path_names(std::type_identity<std::tuple<Member...>>, std::string_view path) {
  (PathNames<Member>::check_are_in(path), ...);
}
template <class T>
struct PathNames<Params<T>> {
  using Members = decltype(ModelTraits<T>::visit(
      std::declval<T&>(), []<class... Member>(Member&...) { return std::type_identity<std::tuple<Member...>>(); }));
  static consteval bool has(std::string_view placeholder) { return has_path_name(Members(), placeholder); }
  static consteval void check_are_in(std::string_view path) { check_path_names(Members(), path); }
};

/// An argument through which a handler can see path parameters without naming them in its signature.
template <class A>
inline constexpr bool may_read_path = std::same_as<A, Request> || is_needed<A>;

template <class... A>
struct PathCheck {
  static consteval void run(std::string_view path) {
    (PathNames<std::remove_cvref_t<A>>::check_are_in(path), ...);
    if constexpr (!(may_read_path<std::remove_cvref_t<A>> || ...)) {
      PathScanner scanner{path};
      for (PathToken token; scanner.next(token);) {
        if (token.is_parameter && !(PathNames<std::remove_cvref_t<A>>::has(token.text) || ...)) {
          error_route_has_a_placeholder_for_which_its_handler_has_no_Path_parameter(token.text);
        }
      }
    }
  }
};

}  // namespace detail

/// Made of a literal: `app.get("/items/{item_id}", f)` doesn't compile when f has no `Path<..., "item_id">`, unless f
/// takes the Request or dependencies. A RoutePath is not checked: `users.get(RoutePath("/orders"), f)` is for a router
/// whose prefix has the placeholder.
template <class F>
class RouteFor {
 public:
  template <std::size_t Size>
  consteval RouteFor(const char (&literal)[Size]) : path_(literal) {  // NOLINT(google-explicit-constructor)
    if constexpr (requires { typename detail::Signature<F>::Result; }) {
      if (Size > 1) detail::Signature<F>::template Apply<detail::PathCheck>::run(path_.text());
    }
  }
  constexpr RouteFor(RoutePath path) : path_(path) {}  // NOLINT(google-explicit-constructor)

  constexpr RoutePath path() const { return path_; }

 private:
  RoutePath path_;
};

}  // namespace coroute
