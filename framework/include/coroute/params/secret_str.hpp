// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A text that must not reach a log or an answer by accident.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

/// Holds a password or a token. Everything that prints values shows asterisks; only `get_secret_value` tells.
class SecretStr {
 public:
  SecretStr() = default;
  explicit SecretStr(std::string value) noexcept : value_(std::move(value)) {}

  const std::string& get_secret_value() const noexcept { return value_; }
  /// In bytes, for length rules.
  std::size_t size() const noexcept { return value_.size(); }

  /// Takes as long for a wrong secret as for the right one of the same length.
  bool operator==(const SecretStr& other) const noexcept;

 private:
  std::string value_;
};

/// "**********" whatever the length; "" for an empty secret.
std::string to_text(const SecretStr& secret);

/// Takes any text.
std::optional<InvalidValue> value_from_text(std::string_view text, SecretStr& secret);

template <>
struct ValueSchema<SecretStr> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "password";
  static constexpr bool write_only = true;
  static constexpr std::string_view error_type = "string_type";
  static constexpr std::string_view error_message = "Input should be a valid string";
};

}  // namespace coroute
