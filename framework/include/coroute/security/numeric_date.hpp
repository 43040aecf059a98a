// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Points in time as claims have them.
#include <chrono>
#include <compare>
#include <cstdint>

#include "coroute/params/codec.hpp"

namespace coroute {

/// Seconds since 1970 (RFC 7519 section 2): a number in JSON, which a `std::chrono` time is not. For members such as
/// `exp` and `iat` of typed claims; fractions are dropped.
class NumericDate {
 public:
  constexpr NumericDate() noexcept = default;
  template <class Duration>
  constexpr NumericDate(std::chrono::sys_time<Duration> time) noexcept  // NOLINT(google-explicit-constructor)
      : time_(std::chrono::floor<std::chrono::seconds>(time)) {}

  static NumericDate now() noexcept { return std::chrono::system_clock::now(); }
  /// From now on.
  static NumericDate in(std::chrono::seconds duration) noexcept { return std::chrono::system_clock::now() + duration; }

  constexpr operator std::chrono::sys_seconds() const noexcept { return time_; }  // NOLINT(google-explicit-constructor)
  constexpr std::int64_t count() const noexcept { return time_.time_since_epoch().count(); }

  constexpr bool operator==(const NumericDate&) const noexcept = default;
  constexpr auto operator<=>(const NumericDate&) const noexcept = default;

 private:
  std::chrono::sys_seconds time_{};
};

template <>
struct Codec<NumericDate> {
  static void read(JsonReader& in, NumericDate& out, const detail::Rules& rules, const detail::Loc& at,
                   detail::Problems& problems);
  static void write(JsonWriter& out, NumericDate value) { out.integer(value.count()); }
  static void describe(SchemaNode node, const detail::Rules& rules) { detail::describe_number(node, "integer", rules); }
};

}  // namespace coroute
