// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Dates, times, UUIDs, decimals and URLs as values of parameters and models: types with a ValueSchema.
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/params/codec.hpp"
#include "coroute/params/decimal.hpp"
#include "coroute/params/http_url.hpp"
#include "coroute/params/time_of_day.hpp"
#include "coroute/params/time_text.hpp"
#include "coroute/params/uuid.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {
namespace detail {

template <class T>
concept TextValue = requires(std::string_view text, T& out, const T& value) {
  { value_from_text(text, out) } -> std::same_as<std::optional<InvalidValue>>;
  { to_text(value) } -> std::convertible_to<std::string>;
  ValueSchema<T>::type;
};

void add_problem(const Loc& at, Problems& problems, std::optional<InvalidValue> problem, std::string_view input,
                 bool input_is_json);

/// The bounds of a decimal number, the length of a text.
std::optional<InvalidValue> broken_decimal_rule(const Decimal& number, const Rules& rules);
std::optional<InvalidValue> broken_length_rule(std::size_t length, const Rules& rules);

template <class T>
std::optional<InvalidValue> broken_rule(const T& value, const Rules& rules) {
  if constexpr (std::same_as<T, Decimal>) {
    return broken_decimal_rule(value, rules);
  } else if constexpr (requires { value.size(); }) {
    return broken_length_rule(value.size(), rules);
  } else {
    return std::nullopt;
  }
}

template <class T>
std::optional<InvalidValue> value_from_json_number(const JsonNumber& number, T& out) {
  if constexpr (requires { value_from_number(number.as_signed, out); }) {
    return number.kind == JsonNumber::Kind::Signed ? value_from_number(number.as_signed, out)
                                                   : value_from_number(number.as_double, out);
  } else {
    return InvalidValue{ValueSchema<T>::error_type, std::string(ValueSchema<T>::error_message), {}};
  }
}

}  // namespace detail

template <detail::TextValue T>
struct Codec<T> {
  static void read(JsonReader& in, T& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems) {
    problems.coerced();
    const std::size_t begin = in.offset();
    std::optional<InvalidValue> problem;
    if (in.kind() == JsonKind::String) {
      problem = value_from_text(in.read_string(), out);
    } else if (in.kind() == JsonKind::Number && !rules.strict) {
      problem = detail::value_from_json_number(in.read_number(), out);
    } else {
      in.skip();
      problem = InvalidValue{ValueSchema<T>::error_type, std::string(ValueSchema<T>::error_message), {}};
    }
    if (!problem) problem = detail::broken_rule(out, rules);
    if (problem) detail::add_problem(at, problems, std::move(problem), in.text(begin), true);
  }
  static void parse(std::string_view text, T& out, const detail::Rules& rules, const detail::Loc& at,
                    detail::Problems& problems) {
    problems.coerced();
    std::optional<InvalidValue> problem = value_from_text(text, out);
    if (!problem) problem = detail::broken_rule(out, rules);
    detail::add_problem(at, problems, std::move(problem), text, false);
  }
  static void write(JsonWriter& out, const T& value) { out.string(to_text(value)); }
  static void describe(SchemaNode node, const detail::Rules& rules) {
    if constexpr (std::same_as<T, Decimal>) return node.decimal(rules);
    node.type(ValueSchema<T>::type, ValueSchema<T>::format);
    if constexpr (requires { ValueSchema<T>::max_length; }) {
      node.lengths(ValueSchema<T>::min_length, ValueSchema<T>::max_length);
    }
    if constexpr (requires { ValueSchema<T>::write_only; }) node.write_only();
    node.rules(rules);
  }
};

}  // namespace coroute
