// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The names of an enumeration's values, read from the compiler's own spelling of template arguments.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coroute/params/detail/aggregate.hpp"

namespace coroute::detail {

/// The values that are looked for.
inline constexpr int least_enumerator = -16;
inline constexpr int most_enumerator = 127;

/// Makes clang look into an enumeration that is a member of a template, which it doesn't to spell its values.
template <class E>
inline constexpr bool is_defined = requires { E::no_such_name; } || true;

template <class E>
inline constexpr int first_candidate =
    is_defined<E> && std::is_signed_v<std::underlying_type_t<E>> ? least_enumerator : 0;
template <class E>
inline constexpr std::size_t candidates = [] {
  using Number = std::underlying_type_t<E>;
  if constexpr (std::is_same_v<Number, bool>) {
    return std::size_t{2};
  } else {
    return static_cast<std::size_t>(most_enumerator - first_candidate<E> + 1);
  }
}();

// Of an enumeration without a fixed type, values beyond its range are spelled and never made.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#if defined(__clang__)
#if __has_warning("-Wenum-constexpr-conversion")
#pragma GCC diagnostic ignored "-Wenum-constexpr-conversion"
#endif
#endif
template <class E, E... values>
constexpr std::string_view spelled_values() {
  return __PRETTY_FUNCTION__;
}
template <class E, int... index>
constexpr std::string_view spelled_candidates(std::integer_sequence<int, index...>) {
  return spelled_values<E, static_cast<E>(first_candidate<E> + index)...>();
}
#pragma GCC diagnostic pop

/// Of "shop::red, (shop::Color)1, shop::blue>": "red", nothing, "blue".
class EnumeratorScanner {
 public:
  constexpr explicit EnumeratorScanner(std::string_view text) : text_(text) {}

  /// Empty: the value has no name.
  constexpr std::string_view next() {
    const bool is_number = skip_cast();
    const std::size_t end = is_number ? text_.find(',') : end_of_name();
    const std::string_view name = is_number ? std::string_view() : last_word(text_.substr(0, end));
    text_.remove_prefix(end + 2 < text_.size() ? end + 2 : text_.size());  // ", "
    return name;
  }

 private:
  static constexpr bool begins_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }

  /// Most of the values are numbers, whose casts are all alike: they are not looked at again.
  constexpr bool skip_cast() {
    if (!text_.starts_with('(')) return !text_.empty() && begins_number(text_[0]);
    if (cast_ == 0 || text_.size() <= cast_ || text_[cast_ - 1] != ')' || !begins_number(text_[cast_])) {
      const std::size_t end = end_of_parentheses();
      if (end >= text_.size() || !begins_number(text_[end])) return false;
      cast_ = end;
    }
    text_.remove_prefix(cast_);
    return true;
  }
  constexpr std::size_t end_of_parentheses() const {
    int depth = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '(') ++depth;
      if (text_[i] == ')' && --depth == 0) return i + 1;
    }
    return text_.size();
  }
  constexpr std::size_t end_of_name() const {
    int depth = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '(' || c == '<' || c == '{') ++depth;
      if (c == ')' || c == '>' || c == '}') --depth;
      if (depth < 0 || (c == ',' && depth == 0)) return i;
    }
    return text_.size();
  }

  std::string_view text_;
  std::size_t cast_ = 0;  ///< The length of "(shop::Color)".
};

template <std::size_t count>
struct EnumeratorTable {
  std::array<std::string_view, count> names;
  std::array<int, count> values;

  /// `count`: the value has no name.
  constexpr std::size_t index_of(std::intmax_t value) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (values[i] == value) return i;
    }
    return count;
  }
};

/// Those of an enumeration whose values are in the range, by value.
template <class E>
inline constexpr auto enumerators = [] {
  constexpr auto found = [] {
    constexpr std::string_view begin = "values = <";  // or {
    std::string_view text = spelled_candidates<E>(std::make_integer_sequence<int, static_cast<int>(candidates<E>)>());
    text.remove_prefix(text.find(begin.substr(0, begin.size() - 1)) + begin.size());
    EnumeratorScanner scanner(text);
    EnumeratorTable<candidates<E>> all{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < candidates<E>; ++i) {
      const std::string_view name = scanner.next();
      if (name.empty()) continue;
      all.names[count] = name;
      all.values[count++] = first_candidate<E> + static_cast<int>(i);
    }
    return std::pair(all, count);
  }();
  EnumeratorTable<found.second> table{};
  for (std::size_t i = 0; i < found.second; ++i) {
    table.names[i] = found.first.names[i];
    table.values[i] = found.first.values[i];
  }
  return table;
}();

}  // namespace coroute::detail
