// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Decimal numbers that are kept exactly as they were written, for money and measures.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

/// Digits and an exponent, as Python's `Decimal`: "1.50" keeps its zero and equals "1.5". Finite. It carries, compares
/// and prints numbers; calculate with `to_double`, or with a library of yours on `to_text`.
class Decimal {
 public:
  /// Bounds of what a text may ask for: `max_digits` digits without leading zeros, an exponent within
  /// +-`max_exponent`.
  static constexpr std::size_t max_digits = 1000;
  static constexpr std::int32_t max_exponent = 100'000;

  /// 0
  Decimal() = default;
  Decimal(std::int64_t value);  // NOLINT(google-explicit-constructor): every integer is a decimal number
  /// What `value_from_text` reads; throws `std::invalid_argument` otherwise.
  static Decimal parse(std::string_view text);

  bool is_negative() const noexcept { return negative_; }
  bool is_zero() const noexcept { return coefficient_ == "0"; }
  /// The digits without point, "150" of 1.50; without leading zeros, "0" for zero.
  std::string_view coefficient() const noexcept { return coefficient_; }
  /// The number is coefficient * 10^exponent: -2 for 1.50.
  std::int32_t exponent() const noexcept { return exponent_; }

  /// What `max_digits` and `decimal_places` rules count, zeros at the end of a fraction apart: 1.50 has 2 digits, 1
  /// decimal place and 1 whole digit, 0.05 has 2, 2 and 0, 1E+2 has 3, 0 and 3.
  std::size_t digits() const noexcept;
  std::size_t decimal_places() const noexcept;
  std::size_t whole_digits() const noexcept { return digits() - decimal_places(); }

  /// The nearest double; infinity beyond its range.
  double to_double() const noexcept;

  /// By value: 1.5 == 1.50, 0 == -0.
  bool operator==(const Decimal& other) const noexcept { return (*this <=> other) == 0; }
  std::weak_ordering operator<=>(const Decimal& other) const noexcept;

 private:
  friend std::optional<InvalidValue> value_from_text(std::string_view text, Decimal& number);
  friend std::optional<InvalidValue> value_from_number(double source, Decimal& number);

  std::string coefficient_ = "0";
  std::int32_t exponent_ = 0;
  bool negative_ = false;
};

/// As Python's `str`: "1.50", "-0.00001", "1E+5", "1.23E-7".
std::string to_text(const Decimal& number);

/// Takes what Python's `Decimal(text)` takes in ASCII: white space around it, a sign, an exponent, underscores
/// anywhere. "decimal_parsing", "finite_number" for infinities and NaN, "decimal_max_digits" beyond
/// `Decimal::max_digits`; `number` is unchanged then.
std::optional<InvalidValue> value_from_text(std::string_view text, Decimal& number);

/// From a JSON number: the shortest decimal that means this double, as Python's `Decimal(str(number))`.
std::optional<InvalidValue> value_from_number(double source, Decimal& number);
std::optional<InvalidValue> value_from_number(std::int64_t source, Decimal& number);

/// The full input schema is `{"anyOf":[{"type":"number"},{"type":"string","pattern":P}]}`, the output schema
/// `{"type":"string","pattern":P}`, both without format; P is `pattern`.
template <>
struct ValueSchema<Decimal> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "";
  static constexpr std::string_view pattern = R"(^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$)";
  static constexpr std::string_view error_type = "decimal_type";
  static constexpr std::string_view error_message =
      "Decimal input should be an integer, float, string or Decimal object";
};

}  // namespace coroute
