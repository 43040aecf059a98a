// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/codec.hpp"

#include <charconv>
#include <cmath>

#include "coroute/params/lax_numbers.hpp"
#include "coroute/params/values.hpp"
#include "params/refuse.hpp"

namespace coroute::detail {
namespace {

std::string number_text(const Constant& bound) {
  if (bound.kind == Constant::Kind::Integer) return std::to_string(bound.integer);
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, bound.real).ptr;
  return {buffer, end};
}

/// {"ge":1}, or {"ge":1.0} for what is not a whole number by its type.
std::string bound_context(std::string_view name, const Constant& bound, bool is_real) {
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  out.key(name);
  if (is_real || bound.kind == Constant::Kind::Real) {
    out.number(bound.as_real());
  } else {
    out.integer(bound.integer);
  }
  out.end_object();
  return json;
}

/// -1, 0 or 1.
template <class N>
int compare(N value, const Constant& bound) {
  if constexpr (std::integral<N>) {
    if (bound.kind == Constant::Kind::Integer) {
      if (std::cmp_less(value, bound.integer)) return -1;
      return std::cmp_greater(value, bound.integer) ? 1 : 0;
    }
  }
  const auto real = static_cast<double>(value);
  return real < bound.as_real() ? -1 : real > bound.as_real() ? 1 : 0;
}

template <class N>
bool is_multiple(N value, const Constant& divisor) {
  if constexpr (std::signed_integral<N>) {
    if (divisor.kind == Constant::Kind::Integer) return divisor.integer == -1 || value % divisor.integer == 0;
  } else if constexpr (std::unsigned_integral<N>) {
    if (divisor.kind == Constant::Kind::Integer) {
      const auto absolute = divisor.integer < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(divisor.integer)
                                                : static_cast<std::uint64_t>(divisor.integer);
      return value % absolute == 0;
    }
  }
  const double quotient = static_cast<double>(value) / divisor.as_real();
  return std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient));
}

template <class N>
bool check_number(N value, const Rules& rules, const Loc& at, Problems& problems, Input input) {
  constexpr bool is_real = std::floating_point<N>;
  const auto fail = [&](std::string_view type, const char* words, std::string_view name, const Constant& bound) {
    return refuse(
        at, problems,
        {type, std::string("Input should be ") + words + number_text(bound), bound_context(name, bound, is_real)},
        input);
  };
  if constexpr (is_real) {
    if (!rules.allow_inf_nan && !std::isfinite(value)) {
      return refuse(at, problems, {"finite_number", "Input should be a finite number", {}}, input);
    }
  }
  if (rules.multiple_of && !is_multiple(value, rules.multiple_of)) {
    return fail("multiple_of", "a multiple of ", "multiple_of", rules.multiple_of);
  }
  if (rules.le && !(compare(value, rules.le) <= 0)) {
    return fail("less_than_equal", "less than or equal to ", "le", rules.le);
  }
  if (rules.lt && !(compare(value, rules.lt) < 0)) return fail("less_than", "less than ", "lt", rules.lt);
  if (rules.ge && !(compare(value, rules.ge) >= 0)) {
    return fail("greater_than_equal", "greater than or equal to ", "ge", rules.ge);
  }
  if (rules.gt && !(compare(value, rules.gt) > 0)) return fail("greater_than", "greater than ", "gt", rules.gt);
  return true;
}

/// What bounds a decimal number as it is.
Decimal decimal_of(const Constant& bound) {
  if (bound.kind == Constant::Kind::Integer) return bound.integer;
  Decimal number;
  value_from_number(bound.real, number);
  return number;
}

/// To the last digit, as Python's `value % divisor == 0` has it.
bool is_multiple(const Decimal& value, const Decimal& divisor) {
  if (value.is_zero()) return true;
  const std::int64_t zeros = std::int64_t{value.exponent()} - divisor.exponent();  // behind the value's digits
  std::string_view digits = value.coefficient();
  if (zeros < 0) {
    const auto missing = static_cast<std::size_t>(-zeros);  // which the value would need to be as round as the divisor
    if (missing >= digits.size()) return false;
    if (digits.substr(digits.size() - missing).find_first_not_of('0') != std::string_view::npos) return false;
    digits.remove_suffix(missing);
  }
  // A rule has at most 19 digits.
  __extension__ using Wide = unsigned __int128;
  Wide by = 0;
  for (const char c : divisor.coefficient())
    by = by * 10 + static_cast<unsigned>(c - '0');
  Wide rest = 0;
  for (const char c : digits)
    rest = (rest * 10 + static_cast<unsigned>(c - '0')) % by;
  for (std::int64_t i = 0; i < zeros && rest != 0; ++i)
    rest = rest * 10 % by;
  return rest == 0;
}

std::optional<InvalidValue> too_many_digits(std::string_view type, std::string_view name, std::size_t most,
                                            std::string_view what) {
  return InvalidValue{type, "Decimal input should have no more than " + std::to_string(most) + " " + std::string(what),
                      "{\"" + std::string(name) + "\":" + std::to_string(most) + "}"};
}

std::optional<InvalidValue> too_many_digits(const Decimal& number, const Rules& rules) {
  const auto digits = [](std::size_t count) { return count == 1 ? std::string("digit") : std::string("digits"); };
  if (rules.max_digits != Rules::unlimited && number.digits() > rules.max_digits) {
    return too_many_digits("decimal_max_digits", "max_digits", rules.max_digits,
                           digits(rules.max_digits) + " in total");
  }
  if (rules.decimal_places == Rules::unlimited) return std::nullopt;
  if (number.decimal_places() > rules.decimal_places) {
    return too_many_digits("decimal_max_places", "decimal_places", rules.decimal_places,
                           rules.decimal_places == 1 ? "decimal place" : "decimal places");
  }
  if (rules.max_digits == Rules::unlimited || rules.max_digits < rules.decimal_places) return std::nullopt;
  const std::size_t whole = rules.max_digits - rules.decimal_places;
  if (number.whole_digits() <= whole) return std::nullopt;
  return too_many_digits("decimal_whole_digits", "whole_digits", whole, digits(whole) + " before the decimal point");
}

const InvalidValue not_an_integer{"int_type", "Input should be a valid integer", {}};
const InvalidValue not_a_number{"float_type", "Input should be a valid number", {}};
const InvalidValue not_a_boolean{"bool_type", "Input should be a valid boolean", {}};
const InvalidValue too_large{
    "int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size", {}};

template <class Int>
std::optional<InvalidValue> whole(const JsonNumber& number, Int& out) {
  switch (number.kind) {
    case JsonNumber::Kind::Signed:
      if constexpr (std::unsigned_integral<Int>) return int_from_number(number.as_signed, out);
      out = static_cast<Int>(number.as_signed);
      return std::nullopt;
    case JsonNumber::Kind::Unsigned:
      if constexpr (std::signed_integral<Int>) return int_from_number(number.as_unsigned, out);
      out = static_cast<Int>(number.as_unsigned);
      return std::nullopt;
    case JsonNumber::Kind::Big:
      return too_large;
    case JsonNumber::Kind::Float:
      return int_from_number(number.as_double, out);
  }
  return too_large;
}

std::optional<InvalidValue> from_text(std::string_view text, std::int64_t& out) {
  return int_from_text(text, out);
}
std::optional<InvalidValue> from_text(std::string_view text, std::uint64_t& out) {
  return int_from_text(text, out);
}

template <class Int>
bool read_whole(JsonReader& in, Int& out, const Rules& rules, const Loc& at, Problems& problems) {
  const std::size_t begin = in.offset();
  std::optional<InvalidValue> problem;
  switch (in.kind()) {
    case JsonKind::Number: {
      const JsonNumber number = in.read_number();
      problem = rules.strict && number.kind == JsonNumber::Kind::Float ? not_an_integer : whole(number, out);
      if (number.kind == JsonNumber::Kind::Float) problems.coerced();
      break;
    }
    case JsonKind::String:
      if (rules.strict) return refuse_kind(in, begin, at, problems, not_an_integer);
      problem = from_text(in.read_string(), out);
      problems.coerced();
      break;
    case JsonKind::Bool:
      if (rules.strict) return refuse_kind(in, begin, at, problems, not_an_integer);
      out = in.read_bool() ? 1 : 0;
      problems.coerced();
      break;
    default:
      return refuse_kind(in, begin, at, problems, not_an_integer);
  }
  const Input input{in.text(begin), true};
  if (problem) return refuse(at, problems, std::move(*problem), input);
  return check_number(out, rules, at, problems, input);
}

template <class Int>
bool parse_whole(std::string_view text, Int& out, const Rules& rules, const Loc& at, Problems& problems) {
  problems.coerced();
  if (auto problem = from_text(text, out)) return refuse(at, problems, std::move(*problem), {text, false});
  return check_number(out, rules, at, problems, {text, false});
}

}  // namespace

std::optional<InvalidValue> broken_decimal_rule(const Decimal& number, const Rules& rules) {
  if (auto problem = too_many_digits(number, rules)) return problem;
  const auto problem = [](std::string_view type, const char* words, std::string_view name, const Constant& bound) {
    return InvalidValue{type, std::string("Input should be ") + words + number_text(bound),
                        bound_context(name, bound, false)};
  };
  if (rules.multiple_of && !is_multiple(number, decimal_of(rules.multiple_of))) {
    return problem("multiple_of", "a multiple of ", "multiple_of", rules.multiple_of);
  }
  if (rules.le && number > decimal_of(rules.le)) {
    return problem("less_than_equal", "less than or equal to ", "le", rules.le);
  }
  if (rules.lt && number >= decimal_of(rules.lt)) return problem("less_than", "less than ", "lt", rules.lt);
  if (rules.ge && number < decimal_of(rules.ge)) {
    return problem("greater_than_equal", "greater than or equal to ", "ge", rules.ge);
  }
  if (rules.gt && number <= decimal_of(rules.gt)) return problem("greater_than", "greater than ", "gt", rules.gt);
  return std::nullopt;
}

bool read_integer(JsonReader& in, std::int64_t& out, const Rules& rules, const Loc& at, Problems& problems) {
  return read_whole(in, out, rules, at, problems);
}
bool parse_integer(std::string_view text, std::int64_t& out, const Rules& rules, const Loc& at, Problems& problems) {
  return parse_whole(text, out, rules, at, problems);
}
bool read_unsigned(JsonReader& in, std::uint64_t& out, const Rules& rules, const Loc& at, Problems& problems) {
  return read_whole(in, out, rules, at, problems);
}
bool parse_unsigned(std::string_view text, std::uint64_t& out, const Rules& rules, const Loc& at, Problems& problems) {
  return parse_whole(text, out, rules, at, problems);
}

bool read_real(JsonReader& in, double& out, const Rules& rules, const Loc& at, Problems& problems) {
  const std::size_t begin = in.offset();
  std::optional<InvalidValue> problem;
  switch (in.kind()) {
    case JsonKind::Number: {
      const JsonNumber number = in.read_number();
      out = number.as_double;
      if (number.kind != JsonNumber::Kind::Float) problems.coerced(Exactness::Strict);
      break;
    }
    case JsonKind::String:
      if (rules.strict) return refuse_kind(in, begin, at, problems, not_a_number);
      problem = float_from_text(in.read_string(), out);
      problems.coerced();
      break;
    case JsonKind::Bool:
      if (rules.strict) return refuse_kind(in, begin, at, problems, not_a_number);
      out = in.read_bool() ? 1 : 0;
      problems.coerced();
      break;
    default:
      return refuse_kind(in, begin, at, problems, not_a_number);
  }
  const Input input{in.text(begin), true};
  if (problem) return refuse(at, problems, std::move(*problem), input);
  return check_number(out, rules, at, problems, input);
}

bool parse_real(std::string_view text, double& out, const Rules& rules, const Loc& at, Problems& problems) {
  problems.coerced();
  if (auto problem = float_from_text(text, out)) return refuse(at, problems, std::move(*problem), {text, false});
  return check_number(out, rules, at, problems, {text, false});
}

bool read_boolean(JsonReader& in, bool& out, const Rules& rules, const Loc& at, Problems& problems) {
  const std::size_t begin = in.offset();
  switch (in.kind()) {
    case JsonKind::Bool:
      out = in.read_bool();
      return true;
    case JsonKind::Number: {
      if (rules.strict) break;
      problems.coerced();
      const double number = in.read_number().as_double;
      if (number == 0 || number == 1) {
        out = number == 1;
        return true;
      }
      const bool is_whole = std::isfinite(number) && number == std::floor(number);
      return refuse(at, problems,
                    is_whole
                        ? InvalidValue{"bool_parsing", "Input should be a valid boolean, unable to interpret input", {}}
                        : not_a_boolean,
                    {in.text(begin), true});
    }
    case JsonKind::String:
      if (rules.strict) break;
      problems.coerced();
      if (auto problem = bool_from_text(in.read_string(), out)) {
        return refuse(at, problems, std::move(*problem), {in.text(begin), true});
      }
      return true;
    default:
      break;
  }
  return refuse_kind(in, begin, at, problems, not_a_boolean);
}

bool parse_boolean(std::string_view text, bool& out, const Rules&, const Loc& at, Problems& problems) {
  problems.coerced();
  if (auto problem = bool_from_text(text, out)) return refuse(at, problems, std::move(*problem), {text, false});
  return true;
}

void add_out_of_range(const Loc& at, Problems& problems, std::string_view input, bool input_is_json) {
  refuse(at, problems, too_large, {input, input_is_json});
}

void add_not_finite(const Loc& at, Problems& problems, std::string_view input, bool input_is_json) {
  refuse(at, problems, {"finite_number", "Input should be a finite number", {}}, {input, input_is_json});
}

bool run_check(const void* value, const Rules& rules, const Loc& at, Problems& problems, std::string_view input) {
  try {
    rules.check(value);
    return true;
  } catch (const std::invalid_argument& error) {
    problems.add(at, {"value_error", std::string("Value error, ") + error.what(), R"({"error":{}})"}, input);
    return false;
  }
}

void add_problem(const Loc& at, Problems& problems, std::optional<InvalidValue> problem, std::string_view input,
                 bool input_is_json) {
  if (problem) refuse(at, problems, std::move(*problem), {input, input_is_json});
}

void describe_number(SchemaNode node, std::string_view type, const Rules& rules) {
  node.type(type);
  node.rules(rules);
}

}  // namespace coroute::detail
