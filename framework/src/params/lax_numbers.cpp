// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/lax_numbers.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "invalid_text.hpp"
#include "text_scan.hpp"

namespace coroute::detail {
namespace {

/// What Python's `int` takes at most, so that its quadratic conversion stays quick; kept for the error's sake.
constexpr std::size_t max_int_digits = 4300;

InvalidValue not_an_integer() {
  return invalid("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
}

InvalidValue integer_too_large() {
  return invalid("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size");
}

InvalidValue negative_integer() {
  return {"greater_than_equal", "Input should be greater than or equal to 0", "{\"ge\":0}"};
}

InvalidValue not_a_boolean_kind() {
  return invalid("bool_type", "Input should be a valid boolean");
}

InvalidValue not_a_boolean() {
  return invalid("bool_parsing", "Input should be a valid boolean, unable to interpret input");
}

/// Digits with single underscores between them.
bool is_grouped_digits(std::string_view text) noexcept {
  bool after_digit = false;
  for (const char c : text) {
    if (c != '_' && !is_digit(c)) return false;
    if (c == '_' && !after_digit) return false;
    after_digit = c != '_';
  }
  return after_digit;
}

struct Magnitude {
  bool negative;
  std::uint64_t value;
};

std::optional<InvalidValue> magnitude_from_text(std::string_view text, Magnitude& result) {
  std::string_view digits = trimmed(text);
  result.negative = take_sign(digits);
  if (const std::size_t point = digits.find('.'); point != std::string_view::npos) {
    const std::string_view fraction = digits.substr(point + 1);
    if (fraction.empty() || fraction.find_first_not_of('0') != std::string_view::npos) return not_an_integer();
    digits = digits.substr(0, point);
  }
  if (!is_grouped_digits(digits)) return not_an_integer();

  digits.remove_prefix(std::min(digits.find_first_not_of("0_"), digits.size()));
  if (digits.size() > max_int_digits) return integer_too_large();
  result.value = 0;
  for (const char c : digits) {
    if (c == '_') continue;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (__builtin_mul_overflow(result.value, 10U, &result.value) ||
        __builtin_add_overflow(result.value, digit, &result.value))
      return integer_too_large();
  }
  return std::nullopt;
}

std::optional<InvalidValue> check_integral(double number) {
  if (!std::isfinite(number)) return not_finite();
  if (number != std::trunc(number))
    return invalid("int_from_float", "Input should be a valid integer, got a number with a fractional part");
  return std::nullopt;
}

bool float_or_special_from_text(std::string_view text, double& result) noexcept {
  std::string_view word = text;
  const bool negative = take_sign(word);
  double special = 0;
  if (is_word(word, "inf") || is_word(word, "infinity")) special = std::numeric_limits<double>::infinity();
  if (is_word(word, "nan")) special = std::numeric_limits<double>::quiet_NaN();
  if (special == 0) return decimal_float_from_text(text, result);
  result = negative ? -special : special;
  return true;
}

}  // namespace

std::optional<InvalidValue> int_from_text(std::string_view text, std::int64_t& result) {
  Magnitude read{};
  if (auto error = magnitude_from_text(text, read)) return error;
  const std::uint64_t limit = std::uint64_t{std::numeric_limits<std::int64_t>::max()} + (read.negative ? 1U : 0U);
  if (read.value > limit) return integer_too_large();
  result = static_cast<std::int64_t>(read.negative ? 0U - read.value : read.value);
  return std::nullopt;
}

std::optional<InvalidValue> int_from_text(std::string_view text, std::uint64_t& result) {
  Magnitude read{};
  if (auto error = magnitude_from_text(text, read)) return error;
  if (read.negative && read.value != 0) return negative_integer();
  result = read.value;
  return std::nullopt;
}

std::optional<InvalidValue> float_from_text(std::string_view text, double& result) {
  const std::string_view number = trimmed(text);
  if (float_or_special_from_text(number, result)) return std::nullopt;
  // pydantic drops single underscores from anywhere but the ends, so "1_.5" is a number.
  const bool may_drop_underscores = number.find('_') != std::string_view::npos && !number.starts_with('_') &&
                                    !number.ends_with('_') && number.find("__") == std::string_view::npos;
  if (may_drop_underscores) {
    std::string plain(number);
    std::erase(plain, '_');
    if (float_or_special_from_text(plain, result)) return std::nullopt;
  }
  return invalid("float_parsing", "Input should be a valid number, unable to parse string as a number");
}

std::optional<InvalidValue> bool_from_text(std::string_view text, bool& result) {
  constexpr std::array<std::string_view, 6> yes{"1", "t", "y", "on", "yes", "true"};
  constexpr std::array<std::string_view, 6> no{"0", "f", "n", "no", "off", "false"};
  const auto is_text = [text](std::string_view word) { return is_word(text, word); };
  const bool is_yes = std::any_of(yes.begin(), yes.end(), is_text);
  if (!is_yes && std::none_of(no.begin(), no.end(), is_text)) return not_a_boolean();
  result = is_yes;
  return std::nullopt;
}

std::optional<InvalidValue> int_from_number(double number, std::int64_t& result) {
  if (auto error = check_integral(number)) return error;
  if (number < -0x1p63 || number >= 0x1p63) return integer_too_large();
  result = static_cast<std::int64_t>(number);
  return std::nullopt;
}

std::optional<InvalidValue> int_from_number(double number, std::uint64_t& result) {
  if (auto error = check_integral(number)) return error;
  if (number < 0) return negative_integer();
  if (number >= 0x1p64) return integer_too_large();
  result = static_cast<std::uint64_t>(number);
  return std::nullopt;
}

std::optional<InvalidValue> int_from_number(std::int64_t number, std::uint64_t& result) {
  if (number < 0) return negative_integer();
  result = static_cast<std::uint64_t>(number);
  return std::nullopt;
}

std::optional<InvalidValue> int_from_number(std::uint64_t number, std::int64_t& result) {
  if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return integer_too_large();
  result = static_cast<std::int64_t>(number);
  return std::nullopt;
}

std::optional<InvalidValue> bool_from_number(std::int64_t number, bool& result) {
  if (number != 0 && number != 1) return not_a_boolean();
  result = number == 1;
  return std::nullopt;
}

std::optional<InvalidValue> bool_from_number(double number, bool& result) {
  const bool is_integer = std::abs(number) < 0x1p63 && number == std::trunc(number);
  if (!is_integer) return not_a_boolean_kind();
  if (number != 0.0 && number != 1.0) return not_a_boolean();
  result = number == 1.0;
  return std::nullopt;
}

}  // namespace coroute::detail
