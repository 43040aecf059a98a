// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a value must satisfy, and what documentation says about it: `Query<int, "limit", ge(1), le(100)>`.
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "coroute/params/fixed_string.hpp"

namespace coroute {
namespace detail {

/// A number, boolean or text that was written in the program.
struct Constant {
  enum class Kind : unsigned char { None, Integer, Real, Boolean, Text };
  Kind kind = Kind::None;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text = {};

  constexpr explicit operator bool() const { return kind != Kind::None; }
  constexpr double as_real() const { return kind == Kind::Integer ? static_cast<double>(integer) : real; }
};

template <class T>
constexpr Constant constant(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return {.kind = Constant::Kind::Boolean, .integer = value};
  } else if constexpr (std::integral<T>) {
    return {.kind = Constant::Kind::Integer, .integer = static_cast<std::int64_t>(value)};
  } else if constexpr (std::floating_point<T>) {
    return {.kind = Constant::Kind::Real, .real = static_cast<double>(value)};
  } else {
    return {.kind = Constant::Kind::Text, .text = value};
  }
}

/// All that was declared about one value. Texts are constants of the program.
struct Rules {
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_examples = 4;

  Constant ge, gt, le, lt, multiple_of;
  std::size_t min_length = 0;
  std::size_t max_length = unlimited;
  std::string_view pattern = {};
  std::size_t max_digits = unlimited;
  std::size_t decimal_places = unlimited;
  bool strict = false;
  bool allow_inf_nan = false;
  bool has_default = false;
  bool embed = false;
  bool convert_underscores = true;
  /// Throws std::invalid_argument for a value that is not good; null: none. The value's type is the one declared, of an
  /// optional that inside.
  void (*check)(const void* value) = nullptr;

  std::string_view alias = {};
  std::string_view title = {};
  std::string_view description = {};
  std::string_view format = {};
  std::array<Constant, max_examples> examples{};
  bool deprecated = false;
  bool in_schema = true;
};
inline constexpr Rules no_rules{};

/// Which values a constraint is about, so that one that doesn't fit doesn't compile.
enum class RuleFor : unsigned char { Anything, Numbers, Decimals, Lengths, Texts };

}  // namespace detail

// --- of numbers ---
template <class N>
struct ge {
  static constexpr auto rule_for = detail::RuleFor::Numbers;
  constexpr explicit ge(N bound) : bound(bound) {}
  constexpr void apply(detail::Rules& rules) const { rules.ge = detail::constant(bound); }
  N bound;
};
template <class N>
struct gt {
  static constexpr auto rule_for = detail::RuleFor::Numbers;
  constexpr explicit gt(N bound) : bound(bound) {}
  constexpr void apply(detail::Rules& rules) const { rules.gt = detail::constant(bound); }
  N bound;
};
template <class N>
struct le {
  static constexpr auto rule_for = detail::RuleFor::Numbers;
  constexpr explicit le(N bound) : bound(bound) {}
  constexpr void apply(detail::Rules& rules) const { rules.le = detail::constant(bound); }
  N bound;
};
template <class N>
struct lt {
  static constexpr auto rule_for = detail::RuleFor::Numbers;
  constexpr explicit lt(N bound) : bound(bound) {}
  constexpr void apply(detail::Rules& rules) const { rules.lt = detail::constant(bound); }
  N bound;
};
template <class N>
struct multiple_of {
  static constexpr auto rule_for = detail::RuleFor::Numbers;
  constexpr explicit multiple_of(N divisor) : divisor(divisor) {
    if (divisor == N{}) throw "nothing is a multiple of 0";
  }
  constexpr void apply(detail::Rules& rules) const { rules.multiple_of = detail::constant(divisor); }
  N divisor;
};
struct AllowInfNanRule {
  static constexpr auto rule_for = detail::RuleFor::Numbers;
  constexpr void apply(detail::Rules& rules) const { rules.allow_inf_nan = true; }
};
/// Takes infinity and NaN, which are refused otherwise since no JSON can show them.
inline constexpr AllowInfNanRule allow_inf_nan{};

/// Of a Decimal, in total.
struct max_digits {
  static constexpr auto rule_for = detail::RuleFor::Decimals;
  constexpr explicit max_digits(std::size_t most) : most(most) {}
  constexpr void apply(detail::Rules& rules) const { rules.max_digits = most; }
  std::size_t most;
};
/// Of a Decimal, after the point at most.
struct decimal_places {
  static constexpr auto rule_for = detail::RuleFor::Decimals;
  constexpr explicit decimal_places(std::size_t most) : most(most) {}
  constexpr void apply(detail::Rules& rules) const { rules.decimal_places = most; }
  std::size_t most;
};

// --- of texts, in characters, and of lists, in items ---
struct min_length {
  static constexpr auto rule_for = detail::RuleFor::Lengths;
  constexpr explicit min_length(std::size_t least) : least(least) {}
  constexpr void apply(detail::Rules& rules) const { rules.min_length = least; }
  std::size_t least;
};
struct max_length {
  static constexpr auto rule_for = detail::RuleFor::Lengths;
  constexpr explicit max_length(std::size_t most) : most(most) {}
  constexpr void apply(detail::Rules& rules) const { rules.max_length = most; }
  std::size_t most;
};
/// A regular expression (RE2's syntax, linear time) that must occur in the text: anchor it with ^ and $.
template <FixedString expression>
struct PatternRule {
  static constexpr auto rule_for = detail::RuleFor::Texts;
  constexpr void apply(detail::Rules& rules) const { rules.pattern = detail::constant_text<expression>; }
};
template <FixedString expression>
inline constexpr PatternRule<expression> pattern{};

// --- of defaults and names ---
/// The value when there is none.
template <class T>
struct defaults_to {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  using is_default = void;
  constexpr explicit defaults_to(T value) : value(value) {}
  constexpr void apply(detail::Rules& rules) const { rules.has_default = true; }
  T value;
};
template <class T>
defaults_to(T) -> defaults_to<T>;
template <std::size_t Size>
defaults_to(const char (&)[Size]) -> defaults_to<FixedString<Size>>;

/// The value that `make` returns when there is none: for what can't be a template argument.
template <auto make>
struct DefaultFactoryRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  using is_default_factory = void;
  constexpr void apply(detail::Rules& rules) const { rules.has_default = true; }
  auto operator()() const { return make(); }
};
/// `default_factory<[] { return std::vector<std::string>{"foo", "bar"}; }>`: called for each request without a value.
template <auto make>
inline constexpr DefaultFactoryRule<make> default_factory{};

struct DefaultedRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.has_default = true; }
};
/// Not required: without it the value is what its type or member initializer says.
inline constexpr DefaultedRule defaulted{};

struct StrictRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.strict = true; }
};
/// No coercion: "5" is no number.
inline constexpr StrictRule strict{};

struct EmbedRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.embed = true; }
};
/// Of a body: the value is a member of an object, under the parameter's name.
inline constexpr EmbedRule embed{};

struct KeepUnderscoresRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.convert_underscores = false; }
};
/// Of a header: its name keeps its underscores instead of getting hyphens.
inline constexpr KeepUnderscoresRule keep_underscores{};

template <FixedString text>
struct AliasRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.alias = detail::constant_text<text>; }
};
/// Another name in requests, answers and documents.
template <FixedString text>
inline constexpr AliasRule<text> alias{};

template <FixedString text>
struct TitleRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.title = detail::constant_text<text>; }
};
/// What documents call it.
template <FixedString text>
inline constexpr TitleRule<text> title{};

template <FixedString text>
struct DescriptionRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.description = detail::constant_text<text>; }
};
/// Markdown.
template <FixedString text>
inline constexpr DescriptionRule<text> description{};

template <FixedString text>
struct FormatRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.format = detail::constant_text<text>; }
};
/// JSON Schema's `format`, for documents alone.
template <FixedString text>
inline constexpr FormatRule<text> format{};

namespace detail {

/// A number, boolean or text as a template argument.
template <class T>
struct Sample {
  constexpr Sample(T value) : value(value) {}  // NOLINT(google-explicit-constructor): example<3>
  T value;
};
template <std::size_t Size>
struct Sample<FixedString<Size>> {
  constexpr Sample(const char (&literal)[Size]) : value(literal) {}  // NOLINT(google-explicit-constructor)
  FixedString<Size> value;
};
template <class T>
Sample(T) -> Sample<T>;
template <std::size_t Size>
Sample(const char (&)[Size]) -> Sample<FixedString<Size>>;

}  // namespace detail

template <detail::Sample sample>
struct ExampleRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const {
    for (detail::Constant& slot : rules.examples) {
      if (slot) continue;
      if constexpr (requires { sample.value.view(); }) {
        slot = detail::constant(sample.value.view());
      } else {
        slot = detail::constant(sample.value);
      }
      return;
    }
  }
};
/// A value as documents show it; up to four: `example<3>`, `example<"abc">`.
template <detail::Sample sample>
inline constexpr ExampleRule<sample> example{};

struct DeprecatedRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.deprecated = true; }
};
inline constexpr DeprecatedRule deprecated{};

struct HiddenRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  constexpr void apply(detail::Rules& rules) const { rules.in_schema = false; }
};
/// Not in documents.
inline constexpr HiddenRule hidden{};

namespace detail {

template <auto function>
struct CheckedType;
template <class T, void (*function)(T)>
struct CheckedType<function> {
  using type = std::remove_cvref_t<T>;
};

}  // namespace detail

/// A function `void f(const T&)` that throws std::invalid_argument for a value that is not good. The value of an
/// optional is checked when it has one.
template <auto function>
struct CheckRule {
  static constexpr auto rule_for = detail::RuleFor::Anything;
  using Value = typename detail::CheckedType<function>::type;
  constexpr void apply(detail::Rules& rules) const {
    rules.check = [](const void* value) { function(*static_cast<const Value*>(value)); };
  }
};
template <auto function>
inline constexpr CheckRule<function> check{};

/// `ge(1)`, `pattern<"...">`, ... : what may stand in a parameter's or field's declaration.
template <class C>
concept Constraint = requires(const C& constraint, detail::Rules& rules) { constraint.apply(rules); };

namespace detail {

template <class C>
concept DefaultValue = requires { typename C::is_default; };
template <class C>
concept DefaultFactory = requires { typename C::is_default_factory; };

template <auto... constraints>
inline constexpr Rules rules_of = [] {
  Rules rules;
  (constraints.apply(rules), ...);
  return rules;
}();

}  // namespace detail
}  // namespace coroute
