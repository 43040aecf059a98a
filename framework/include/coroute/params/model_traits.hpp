// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which classes are models, and how their members are found.
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/http/json_fwd.hpp"
#include "coroute/params/detail/aggregate.hpp"

namespace coroute {
namespace detail {

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t size>
inline constexpr bool is_std_array<std::array<T, size>> = true;

/// A type of the user's that is one text in JSON and in parameters.
template <class T>
concept CustomText = std::is_class_v<T> && requires(std::string_view text, T& out, const T& value) {
  { from_text(text, out) } -> std::convertible_to<bool>;
  { to_text(value) } -> std::convertible_to<std::string>;
};

/// Of the standard library's kind: a text is none, and neither is any JSON.
template <class C>
concept List = requires(C& list, typename C::value_type item) {
  list.push_back(std::move(item));
  list.clear();
  list.begin() == list.end();
} && !CustomText<C> && !std::same_as<C, std::string> && !std::same_as<C, Json>;
template <class C>
concept Set = requires(C& set, typename C::key_type key) {
  { set.insert(std::move(key)).second } -> std::convertible_to<bool>;
  set.clear();
  requires std::same_as<typename C::key_type, typename C::value_type>;
};
template <class C>
concept Map = requires(C& map, typename C::key_type key, typename C::mapped_type value) {
  map.insert_or_assign(std::move(key), std::move(value));
  map.clear();
};

}  // namespace detail

/// How the members of a class are found; specialized for classes that are not plain structs (coroute/describe.hpp).
template <class T>
struct ModelTraits {
  static constexpr bool is_model = std::is_class_v<T> && std::is_aggregate_v<T> && !detail::is_std_array<T> &&
                                   !detail::CustomText<T> && !detail::List<T> && !detail::Set<T> && !detail::Map<T>;
  /// All members have one.
  static constexpr bool names_are_known() { return !detail::inherits<T>; }
  /// Structured bindings know how many members there are besides those.
  static constexpr bool has_c_array() { return detail::has_c_array<T, detail::field_count<T>>; }
  static constexpr std::size_t field_count() { return detail::field_count<T>; }
  static constexpr std::string_view field_name(std::size_t index) { return detail::field_names<T>[index]; }
  template <class F>
  static constexpr decltype(auto) visit(T& object, F&& visitor) {
    return detail::with_members<detail::field_count<T>>(object, visitor);
  }
};

/// A struct that can be a request body, an answer, or a part of one.
template <class T>
concept Model = ModelTraits<T>::is_model;

}  // namespace coroute
