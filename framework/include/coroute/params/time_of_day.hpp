// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A time of day that belongs to no date and no time zone.

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

/// Midnight when default-constructed, 23:59:59.999999 at most.
///
///     TimeOfDay opening{8h + 30min};
///     auto opens_at = std::chrono::local_days{today} + opening.since_midnight();
class TimeOfDay {
 public:
  constexpr TimeOfDay() noexcept = default;
  /// Throws `std::invalid_argument` unless `since_midnight` is at least zero and less than 24 hours.
  explicit TimeOfDay(std::chrono::microseconds since_midnight);

  constexpr std::chrono::microseconds since_midnight() const noexcept { return since_midnight_; }
  constexpr std::chrono::hh_mm_ss<std::chrono::microseconds> parts() const noexcept {
    return std::chrono::hh_mm_ss(since_midnight_);
  }

  constexpr bool operator==(const TimeOfDay&) const noexcept = default;
  constexpr auto operator<=>(const TimeOfDay&) const noexcept = default;

 private:
  std::chrono::microseconds since_midnight_{0};
};

/// "03:04:05", or with six digits of a fraction that isn't zero: "03:04:05.500000".
std::string to_text(const TimeOfDay& time);

/// Takes "03:04", "03:04:05" and a fraction, of which digits after the sixth don't count. "time_parsing" otherwise;
/// "timezone_naive" for a time with a UTC offset, which would be lost. `time` is unchanged then.
std::optional<InvalidValue> value_from_text(std::string_view text, TimeOfDay& time);

/// Seconds since midnight.
std::optional<InvalidValue> value_from_number(double seconds, TimeOfDay& time);
std::optional<InvalidValue> value_from_number(std::int64_t seconds, TimeOfDay& time);

template <>
struct ValueSchema<TimeOfDay> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "time";
  static constexpr std::string_view error_type = "time_type";
  static constexpr std::string_view error_message = "Input should be a valid time";
};

}  // namespace coroute
