// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "invalid_text.hpp"
#include "text_scan.hpp"

namespace coroute {
namespace {

InvalidValue not_a_decimal() {
  return detail::invalid("decimal_parsing", "Input should be a valid decimal");
}

InvalidValue too_many_digits() {
  const std::string limit = std::to_string(Decimal::max_digits);
  return {"decimal_max_digits", "Decimal input should have no more than " + limit + " digits in total",
          "{\"max_digits\":" + limit + "}"};
}

/// "inf", "infinity", and "nan" and "snan", which may have digits behind them.
bool is_special(std::string_view word) noexcept {
  if (detail::is_word(word, "inf") || detail::is_word(word, "infinity")) return true;
  while (!word.empty() && detail::is_digit(word.back()))
    word.remove_suffix(1);
  return detail::is_word(word, "nan") || detail::is_word(word, "snan");
}

/// The exponent of an "e..." part, cut off at a bound that no number of allowed length can bring back into the limits.
std::optional<std::int64_t> exponent_from_text(std::string_view text) noexcept {
  constexpr std::int64_t bound = std::int64_t{1} << 59;
  const bool negative = detail::take_sign(text);
  if (text.empty() || !detail::all_digits(text)) return std::nullopt;
  std::int64_t exponent = 0;
  for (const char digit : text)
    exponent = std::min(bound, exponent * 10 + (digit - '0'));
  return negative ? -exponent : exponent;
}

std::string without_leading_zeros(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return digits;
}

std::size_t zeros_at_end(std::string_view digits) noexcept {
  return digits.size() - 1 - std::min(digits.find_last_not_of('0'), digits.size() - 1);
}

/// Both without sign, neither zero.
std::weak_ordering compare_magnitudes(const Decimal& a, const Decimal& b) noexcept {
  const auto magnitude = [](const Decimal& number) {
    return static_cast<std::int64_t>(number.coefficient().size()) + number.exponent();
  };
  if (magnitude(a) != magnitude(b)) return magnitude(a) <=> magnitude(b);
  const std::string_view left = a.coefficient();
  const std::string_view right = b.coefficient();
  const std::size_t common = std::min(left.size(), right.size());
  if (const int order = left.substr(0, common).compare(right.substr(0, common)); order != 0) return order <=> 0;
  const auto is_longer = [common](std::string_view digits) {
    return digits.find_first_not_of('0', common) != std::string_view::npos;
  };
  return is_longer(left) <=> is_longer(right);
}

/// The digits of the shortest text that reads back as `magnitude`, and the power of ten of the first one.
struct ShortestDigits {
  std::string digits;
  int magnitude;
};

ShortestDigits shortest_digits(double magnitude) {
  std::array<char, 32> buffer;
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t end = text.find('e');
  std::string digits(text.substr(0, end));
  std::erase(digits, '.');
  return {std::move(digits), static_cast<int>(exponent_from_text(text.substr(end + 1)).value_or(0))};
}

}  // namespace

Decimal::Decimal(std::int64_t value) : negative_(value < 0) {
  const auto bits = static_cast<std::uint64_t>(value);
  coefficient_ = std::to_string(negative_ ? 0U - bits : bits);
}

Decimal Decimal::parse(std::string_view text) {
  Decimal number;
  if (const auto error = value_from_text(text, number)) throw std::invalid_argument(error->message);
  return number;
}

std::size_t Decimal::digits() const noexcept {
  const std::size_t zeros = exponent_ < 0 ? zeros_at_end(coefficient_) : 0;
  const std::size_t whole = coefficient_.size() + static_cast<std::size_t>(std::max(exponent_, 0));
  return std::max(whole - std::min(zeros, static_cast<std::size_t>(-std::min(exponent_, 0))), decimal_places());
}

std::size_t Decimal::decimal_places() const noexcept {
  if (exponent_ >= 0 || is_zero()) return 0;
  const auto places = static_cast<std::size_t>(-exponent_);
  return places - std::min(zeros_at_end(coefficient_), places);
}

double Decimal::to_double() const noexcept {
  double result = 0;
  // Python's form always fits the grammar; nothing can be refused here.
  detail::decimal_float_from_text(to_text(*this), result);
  return result;
}

std::weak_ordering Decimal::operator<=>(const Decimal& other) const noexcept {
  const auto sign = [](const Decimal& number) { return number.is_zero() ? 0 : number.negative_ ? -1 : 1; };
  if (sign(*this) != sign(other) || sign(*this) == 0) return sign(*this) <=> sign(other);
  return negative_ ? compare_magnitudes(other, *this) : compare_magnitudes(*this, other);
}

std::string to_text(const Decimal& number) {
  const std::string_view digits = number.coefficient();
  const std::int64_t size = static_cast<std::int64_t>(digits.size());
  const std::int64_t magnitude = size + number.exponent();
  const bool plain = number.exponent() <= 0 && magnitude > -6;
  const std::int64_t point = plain ? magnitude : 1;

  std::string text = number.is_negative() ? "-" : "";
  if (point <= 0) {
    text.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    text.append(digits.substr(0, static_cast<std::size_t>(point)));
    if (point < size) text.append(1, '.').append(digits.substr(static_cast<std::size_t>(point)));
  }
  if (magnitude != point) text.append(magnitude > point ? "E+" : "E").append(std::to_string(magnitude - point));
  return text;
}

std::optional<InvalidValue> value_from_text(std::string_view text, Decimal& number) {
  std::string plain(detail::trimmed(text));
  std::erase(plain, '_');
  std::string_view rest = plain;
  const bool negative = detail::take_sign(rest);
  if (is_special(rest)) return detail::not_finite();
  std::string digits(detail::take_digits(rest));
  const std::string_view fraction = detail::take(rest, '.') ? detail::take_digits(rest) : std::string_view();
  digits += fraction;
  std::int64_t exponent = 0;
  if (detail::take(rest, 'e') || detail::take(rest, 'E')) {
    const auto read = exponent_from_text(rest);
    if (!read) return not_a_decimal();
    exponent = *read;
    rest = {};
  }
  if (digits.empty() || !rest.empty()) return not_a_decimal();

  exponent -= static_cast<std::int64_t>(fraction.size());
  if (exponent < -Decimal::max_exponent || exponent > Decimal::max_exponent) return not_a_decimal();
  digits = without_leading_zeros(std::move(digits));
  if (digits.size() > Decimal::max_digits) return too_many_digits();
  number.coefficient_ = std::move(digits);
  number.exponent_ = static_cast<std::int32_t>(exponent);
  number.negative_ = negative;
  return std::nullopt;
}

std::optional<InvalidValue> value_from_number(double source, Decimal& number) {
  if (!std::isfinite(source)) return detail::not_finite();
  auto [digits, magnitude] = shortest_digits(std::abs(source));
  const int size = static_cast<int>(digits.size());
  // Python's `str` writes a float from 1e-4 up to 1e16 with a point and at least one digit behind it.
  const bool is_whole = magnitude >= size - 1 && magnitude < 16;
  if (is_whole) digits.append(static_cast<std::size_t>(magnitude - size + 2), '0');
  number.exponent_ = is_whole ? -1 : magnitude - size + 1;
  number.coefficient_ = without_leading_zeros(std::move(digits));
  number.negative_ = std::signbit(source);
  return std::nullopt;
}

std::optional<InvalidValue> value_from_number(std::int64_t source, Decimal& number) {
  number = Decimal(source);
  return std::nullopt;
}

}  // namespace coroute
