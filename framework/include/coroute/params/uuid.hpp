// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Universally unique identifiers (RFC 9562).

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

/// 16 bytes; the nil UUID when default-constructed. Orders as its text does.
///
///     Uuid id = Uuid::random();
///     std::string text = to_text(id);   // "67e55044-10b1-426f-9247-bb680e5fe0c8"
class Uuid {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  constexpr Uuid() noexcept = default;
  /// In network order: the first byte is the first pair of hex digits.
  constexpr explicit Uuid(const Bytes& bytes) noexcept : bytes_(bytes) {}

  /// Version 4, from the operating system's random numbers. Throws `std::system_error` when they fail.
  static Uuid random();
  /// What `value_from_text` reads; throws `std::invalid_argument` otherwise.
  static Uuid parse(std::string_view text);

  constexpr const Bytes& bytes() const noexcept { return bytes_; }
  constexpr bool is_nil() const noexcept { return *this == Uuid(); }
  /// The version that RFC 9562 section 4.2 has in this place, 4 for `random`; 0 for nil.
  constexpr int version() const noexcept { return bytes_[6] >> 4U; }

  constexpr bool operator==(const Uuid&) const noexcept = default;
  constexpr auto operator<=>(const Uuid&) const noexcept = default;

 private:
  Bytes bytes_{};
};

/// Lower case with hyphens.
std::string to_text(const Uuid& uuid);

/// Takes, in any case, the form with hyphens, also in braces or after "urn:uuid:", and the 32 bare hex digits.
/// "uuid_parsing" otherwise, `uuid` unchanged.
std::optional<InvalidValue> value_from_text(std::string_view text, Uuid& uuid);

template <>
struct ValueSchema<Uuid> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "uuid";
  static constexpr std::string_view error_type = "uuid_type";
  static constexpr std::string_view error_message = "UUID input should be a string, bytes or UUID object";
};

}  // namespace coroute

template <>
struct std::hash<coroute::Uuid> {
  std::size_t operator()(const coroute::Uuid& uuid) const noexcept;
};
