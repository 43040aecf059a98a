// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What reading one scalar value gave, as one line to compare: its text, or the error as "type | message | ctx".

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include "coroute/params/invalid_value.hpp"

namespace coroute::testing {

struct ValueRow {
  std::string_view input;
  std::string_view outcome;
};

inline std::string shown(const InvalidValue& error) {
  return std::string(error.type) + " | " + error.message + (error.context.empty() ? "" : " | " + error.context);
}

/// The line of an error in pydantic's usual form: `prefix`, a comma, `reason`, which is also the ctx.
inline std::string refused(std::string_view type, std::string_view prefix, std::string_view reason) {
  const std::string text(reason);
  return std::string(type) + " | " + std::string(prefix) + ", " + text + " | {\"error\":\"" + text + "\"}";
}

template <typename T>
std::string read(std::string_view text) {
  T value{};
  const auto error = value_from_text(text, value);
  return error ? shown(*error) : to_text(value);
}

template <typename T, typename Number>
std::string read_number(Number number) {
  T value{};
  const auto error = value_from_number(number, value);
  return error ? shown(*error) : to_text(value);
}

template <typename T>
T value_of(std::string_view text) {
  T value{};
  const auto error = value_from_text(text, value);
  if (error) throw std::invalid_argument(shown(*error));
  return value;
}

}  // namespace coroute::testing
