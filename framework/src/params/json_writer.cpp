// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "coroute/http/json_quoted.hpp"

namespace coroute {
namespace {

template <class Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

/// Few decimals of money and measurement need more.
constexpr std::size_t short_places = 6;

struct ShortDecimal {
  std::uint64_t digits;  // the value times ten to the `places`
  std::uint64_t power;
  std::size_t places;  // at least one
};

/// The value as a decimal of at most 15 digits, few of them after the point. No two such decimals have the same nearest
/// double, so the one that gives the value back is its shortest text, and dividing two exact doubles tells whether it
/// does.
std::optional<ShortDecimal> short_decimal(double magnitude) {
  if (magnitude >= 1e9) return std::nullopt;
  ShortDecimal decimal{0, 10, 1};
  for (; decimal.places <= short_places; ++decimal.places, decimal.power *= 10) {
    const auto power = static_cast<double>(decimal.power);
    decimal.digits = static_cast<std::uint64_t>(magnitude * power + 0.5);
    if (static_cast<double>(decimal.digits) / power == magnitude) return decimal;
  }
  return std::nullopt;
}

void append_decimal(std::string& out, const ShortDecimal& decimal) {
  append_integer(out, decimal.digits / decimal.power);
  std::array<char, 1 + short_places> fraction;
  fraction[0] = '.';
  std::uint64_t rest = decimal.digits % decimal.power;
  for (std::size_t i = decimal.places; i > 0; --i, rest /= 10)
    fraction[i] = static_cast<char>('0' + rest % 10);
  out.append(fraction.data(), 1 + decimal.places);
}

/// In any number of digits.
void append_shortest(std::string& out, double value, std::chars_format format) {
  std::array<char, 32> text;  // the longest: -2.2250738585072014e-308
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value, format);
  out.append(text.data(), result.ptr);
}

std::string not_finite(double value) {
  const std::string_view name = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  return "Out of range float values are not JSON compliant: " + std::string(name);
}

}  // namespace

JsonNotFinite::JsonNotFinite(double value) : std::range_error(not_finite(value)) {}

void JsonWriter::separate() {
  if (out_.size() == start_) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_.push_back(',');
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::integer(std::int64_t value) {
  separate();
  append_integer(out_, value);
}

void JsonWriter::unsigned_integer(std::uint64_t value) {
  separate();
  append_integer(out_, value);
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) throw JsonNotFinite(value);
  separate();
  const double magnitude = std::abs(value);
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    append_shortest(out_, value, std::chars_format::scientific);
  } else if (const std::optional<ShortDecimal> decimal = short_decimal(magnitude)) {
    if (std::signbit(value)) out_.push_back('-');
    append_decimal(out_, *decimal);
  } else {
    append_shortest(out_, value, std::chars_format::fixed);
    if (value == std::trunc(value)) out_ += ".0";
  }
}

void JsonWriter::string(std::string_view text) {
  separate();
  detail::append_json_quoted(out_, text);
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

/// An object or array is seldom shorter than what a string grows to at first, in many small steps.
void JsonWriter::begin(char bracket) {
  constexpr std::size_t first_bytes = 256;
  separate();
  if (out_.capacity() < first_bytes) out_.reserve(first_bytes);
  out_.push_back(bracket);
}

void JsonWriter::begin_object() {
  begin('{');
}

void JsonWriter::key(std::string_view name) {
  separate();
  detail::append_json_quoted(out_, name);
  out_.push_back(':');
}

void JsonWriter::begin_array() {
  begin('[');
}

}  // namespace coroute
