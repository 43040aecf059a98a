// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What C++20 lets one know about plain structs: how many members, and their names.
///
/// Names are read from the compiler's own spelling of a template argument, which is the address of a member of an
/// object that is declared and never defined.
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/params/detail/members.hpp"

namespace coroute::detail {

struct AnyField {
  template <class T>
  operator T() const {  // never called: defined because a type of an unnamed namespace could not be elsewhere
    __builtin_unreachable();
  }
};

/// Becomes the bases of T alone.
template <class T>
struct AnyBase {
  template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  operator Base() const {
    __builtin_unreachable();
  }
};
/// Becomes nothing.
struct NoField {};

/// An aggregate that inherits: its first initializer is that of a base. A first member that takes anything, such as
/// std::any, says nothing.
template <class T>
inline constexpr bool inherits = requires { T{AnyBase<T>{}}; } && !requires { T{NoField{}}; };

template <class T, std::size_t count>
constexpr bool can_be_made_of = []<std::size_t... I>(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), AnyField{})...}; };
}(std::make_index_sequence<count>{});

template <class T, std::size_t count = 0>
consteval std::size_t count_fields() {
  if constexpr (count > max_model_fields) {
    return count;
  } else if constexpr (can_be_made_of<T, count> && !can_be_made_of<T, count + 1>) {
    return count;
  } else {
    return count_fields<T, count + 1>();
  }
}

/// Whether T is made of `before` initializers, one that is empty, and `after` more.
template <class T, std::size_t before, std::size_t after>
inline constexpr bool can_skip_a_field =
    []<std::size_t... B, std::size_t... A>(std::index_sequence<B...>, std::index_sequence<A...>) {
      return requires { T{(static_cast<void>(B), AnyField{})..., {}, (static_cast<void>(A), AnyField{})...}; };
    }(std::make_index_sequence<before>{}, std::make_index_sequence<after>{});

/// `count` initializers are more than T has members when the items of an array are among them: such as int[3] takes
/// three, but only one that is `{}`.
template <class T, std::size_t count>
inline constexpr bool has_c_array = []<std::size_t... I>(std::index_sequence<I...>) {
  return ((!can_skip_a_field<T, I, count - I - 1> && can_skip_a_field<T, I, 0>) || ...);
}(std::make_index_sequence<count>{});

template <class T>
struct Holder {
  T value;
};
template <class P>
struct Pointer {
  P pointer;
};
template <class P>
Pointer(P) -> Pointer<P>;

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
extern const Holder<T> declared_object;

template <auto value>
constexpr std::string_view spelled() {
  return __PRETTY_FUNCTION__;
}
template <class T>
constexpr std::string_view spelled_type() {
  return __PRETTY_FUNCTION__;
}

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// gcc: "... [with auto value = Pointer<..>{(& declared_object<..>.Holder<..>::value.Item::name)}; std::string_view =
/// ...]", clang: "... [value = {&declared_object.value.name}]".
constexpr std::string_view last_word(std::string_view text) {
  if (const auto end = text.find("; std::string_view"); end != text.npos) text = text.substr(0, end);
  std::size_t end = text.size();
  while (end > 0 && !is_word(text[end - 1]))
    --end;
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1]))
    --begin;
  return text.substr(begin, end - begin);
}

template <std::size_t index, class First, class... Rest>
constexpr auto& pick(First& first, Rest&... rest) {
  if constexpr (index == 0) {
    return first;
  } else {
    return pick<index - 1>(rest...);
  }
}

template <class T, std::size_t count, std::size_t index>
constexpr auto address_of_field() {
  return with_members<count>(declared_object<T>.value,
                             [](const auto&... member) { return Pointer{&pick<index>(member...)}; });
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <class T>
inline constexpr std::size_t field_count = count_fields<T>();

template <class T>
inline constexpr auto field_names = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{last_word(spelled<address_of_field<T, sizeof...(I), I>()>())...};
}(std::make_index_sequence<field_count<T>>{});

template <auto member>
inline constexpr std::string_view member_name = last_word(spelled<member>());

/// "Item" of `shop::Item` and of `Page<Item>`: "Page_Item_".
template <class T>
constexpr std::string_view qualified_type_name() {
  std::string_view text = spelled_type<T>();
  const std::size_t begin = text.find("T = ") + 4;
  std::size_t end = text.find("; std::string_view", begin);
  if (end == text.npos) end = text.rfind(']');
  return text.substr(begin, end - begin);
}

/// Without namespaces and enclosing classes; of a template, without its arguments.
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = qualified_type_name<T>();
  if (const auto arguments = text.find('<'); arguments != text.npos) text = text.substr(0, arguments);
  if (const auto colon = text.rfind("::"); colon != text.npos) text.remove_prefix(colon + 2);
  return text;
}

}  // namespace coroute::detail
