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
  std::string_view validation_alias = {};
  std::string_view serialization_alias = {};
  std::string_view title = {};
  std::string_view description = {};
  std::string_view format = {};
  std::string_view json_schema_extra = {};
  std::string_view openapi_examples = {};
  std::array<Constant, max_examples> examples{};
  bool deprecated = false;
  bool in_schema = true;
};
inline constexpr Rules no_rules{};

/// Which values a constraint is about, so that one that doesn't fit doesn't compile.
enum class RuleFor : unsigned char { Anything, Numbers, Decimals, Lengths, Texts };

/// A constraint that bounds numbers.
template <Constant Rules::* member, class N>
struct Bound {
  static constexpr auto rule_for = RuleFor::Numbers;
  constexpr void apply(Rules& rules) const { rules.*member = constant(bound); }
  N bound;
};

/// A constraint that is a count or a switch.
template <auto member, class V, RuleFor values = RuleFor::Anything>
struct Setting {
  static constexpr auto rule_for = values;
  constexpr void apply(Rules& rules) const { rules.*member = value; }
  V value;
};

/// A constraint that is a text.
template <std::string_view Rules::* member, FixedString text, RuleFor values = RuleFor::Anything>
struct TextSetting {
  static constexpr auto rule_for = values;
  constexpr void apply(Rules& rules) const { rules.*member = constant_text<text>; }
};

// Never defined: where constant evaluation meets a call of one, the compiler stops and prints its name.
void error_nothing_is_a_multiple_of_0();
void error_min_length_is_greater_than_max_length();
void error_the_bounds_leave_no_value();

}  // namespace detail

// --- of numbers ---
template <class N>
constexpr auto ge(N bound) {
  return detail::Bound<&detail::Rules::ge, N>{bound};
}
template <class N>
constexpr auto gt(N bound) {
  return detail::Bound<&detail::Rules::gt, N>{bound};
}
template <class N>
constexpr auto le(N bound) {
  return detail::Bound<&detail::Rules::le, N>{bound};
}
template <class N>
constexpr auto lt(N bound) {
  return detail::Bound<&detail::Rules::lt, N>{bound};
}
template <class N>
consteval auto multiple_of(N divisor) {
  if (divisor == N{}) detail::error_nothing_is_a_multiple_of_0();
  return detail::Bound<&detail::Rules::multiple_of, N>{divisor};
}
/// Takes infinity and NaN, which are refused otherwise since no JSON can show them.
inline constexpr detail::Setting<&detail::Rules::allow_inf_nan, bool, detail::RuleFor::Numbers> allow_inf_nan{true};

/// Of a Decimal, in total.
constexpr auto max_digits(std::size_t most) {
  return detail::Setting<&detail::Rules::max_digits, std::size_t, detail::RuleFor::Decimals>{most};
}
/// Of a Decimal, after the point at most.
constexpr auto decimal_places(std::size_t most) {
  return detail::Setting<&detail::Rules::decimal_places, std::size_t, detail::RuleFor::Decimals>{most};
}

// --- of texts, in characters, and of lists, in items ---
constexpr auto min_length(std::size_t least) {
  return detail::Setting<&detail::Rules::min_length, std::size_t, detail::RuleFor::Lengths>{least};
}
constexpr auto max_length(std::size_t most) {
  return detail::Setting<&detail::Rules::max_length, std::size_t, detail::RuleFor::Lengths>{most};
}
/// A regular expression (RE2's syntax, linear time) that must occur in the text: anchor it with ^ and $.
template <FixedString expression>
inline constexpr detail::TextSetting<&detail::Rules::pattern, expression, detail::RuleFor::Texts> pattern{};

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

/// Not required: without it the value is what its type or member initializer says.
inline constexpr detail::Setting<&detail::Rules::has_default, bool> defaulted{true};
/// No coercion: "5" is no number.
inline constexpr detail::Setting<&detail::Rules::strict, bool> strict{true};
/// Of a body: the value is a member of an object, under the parameter's name.
inline constexpr detail::Setting<&detail::Rules::embed, bool> embed{true};
/// Of a header: its name keeps its underscores instead of getting hyphens.
inline constexpr detail::Setting<&detail::Rules::convert_underscores, bool> keep_underscores{false};

/// Another name in requests, answers and documents.
template <FixedString text>
inline constexpr detail::TextSetting<&detail::Rules::alias, text> alias{};
/// Another name in requests alone, before `alias`.
template <FixedString text>
inline constexpr detail::TextSetting<&detail::Rules::validation_alias, text> validation_alias{};
/// Another name of a model's field in answers alone, before `alias`.
template <FixedString text>
inline constexpr detail::TextSetting<&detail::Rules::serialization_alias, text> serialization_alias{};

// --- of documents ---
template <FixedString text>
inline constexpr detail::TextSetting<&detail::Rules::title, text> title{};
/// Markdown.
template <FixedString text>
inline constexpr detail::TextSetting<&detail::Rules::description, text> description{};
/// JSON Schema's `format`.
template <FixedString text>
inline constexpr detail::TextSetting<&detail::Rules::format, text> format{};
/// Members of a JSON object that the schema gets besides or in place of its own:
/// `json_schema_extra<R"({"x-unit":"m"})">`. Text that is no JSON object is an error when the document is built.
template <FixedString object>
inline constexpr detail::TextSetting<&detail::Rules::json_schema_extra, object> json_schema_extra{};
/// OpenAPI's `examples` of a parameter or a body that is taken as a whole: a JSON object of Example Objects by their
/// names, `openapi_examples<R"({"usual":{"summary":"A usual one","value":3}})">`.
template <FixedString object>
inline constexpr detail::TextSetting<&detail::Rules::openapi_examples, object> openapi_examples{};
inline constexpr detail::Setting<&detail::Rules::deprecated, bool> deprecated{true};
/// Not in documents.
inline constexpr detail::Setting<&detail::Rules::in_schema, bool> hidden{false};

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

/// Whether values are left between the bounds.
constexpr bool leave_values(const Rules& rules) {
  const auto cross = [](const Constant& least, const Constant& most, bool both_included) {
    if (!least || !most) return false;
    return both_included ? least.as_real() > most.as_real() : least.as_real() >= most.as_real();
  };
  return !cross(rules.ge, rules.le, true) && !cross(rules.ge, rules.lt, false) && !cross(rules.gt, rules.le, false) &&
         !cross(rules.gt, rules.lt, false);
}

template <auto... constraints>
inline constexpr Rules rules_of = [] {
  Rules rules;
  (constraints.apply(rules), ...);
  return rules;
}();

}  // namespace detail
}  // namespace coroute
