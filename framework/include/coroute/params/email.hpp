// SPDX-License-Identifier: BSL-1.0
#pragma once
/// E-mail addresses as people have them (a conservative part of RFC 5321).

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

/// An address of the form local@domain in ASCII, checked; empty when default-constructed. The domain has a period and
/// is lower case, the local part stands as it was given. Whether mail arrives there only a mail can tell.
class Email {
 public:
  Email() = default;
  /// What `value_from_text` reads; throws `std::invalid_argument` otherwise.
  static Email parse(std::string_view text);

  /// "Ann.Lee@example.com"
  const std::string& address() const noexcept { return address_; }
  std::string_view local_part() const noexcept { return std::string_view(address_).substr(0, at_); }
  std::string_view domain() const noexcept;

  bool operator==(const Email& other) const noexcept { return address_ == other.address_; }
  auto operator<=>(const Email& other) const noexcept { return address_ <=> other.address_; }

 private:
  friend std::optional<InvalidValue> value_from_text(std::string_view text, Email& email);

  std::string address_;
  std::size_t at_ = 0;
};

std::string to_text(const Email& email);

/// Takes also white space around the address. "value_error" otherwise, with the reason in the words of Python's
/// email-validator; `email` is unchanged then. Refused are quoted local parts, address literals in brackets, display
/// names and everything beyond ASCII.
std::optional<InvalidValue> value_from_text(std::string_view text, Email& email);

template <>
struct ValueSchema<Email> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "email";
  static constexpr std::string_view error_type = "string_type";
  static constexpr std::string_view error_message = "Input should be a valid string";
};

}  // namespace coroute
