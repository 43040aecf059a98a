// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Reads the parts of ISO 8601 dates and times. A function that fails returns the reason, in speedate's words (the
/// library behind pydantic); one that succeeds returns an empty text.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

using Reason = std::string_view;

inline constexpr Reason too_short = "input is too short";
inline constexpr Reason extra_characters = "unexpected extra characters at the end of the input";
inline constexpr Reason not_a_number = "NaN values not permitted";

/// A date and a time as they were written.
struct CivilTime {
  std::chrono::year_month_day date;  ///< Valid, year 0 to 9999.
  std::chrono::microseconds time{0};
  std::optional<std::chrono::minutes> offset;  ///< From UTC; absent in a naive time.
};

/// Takes "YYYY-MM-DD" off the front of `rest`.
Reason take_date(std::string_view& rest, std::chrono::year_month_day& date);

/// Takes "HH:MM[:SS[.ffffff]]" off the front of `rest`.
Reason take_clock(std::string_view& rest, std::chrono::microseconds& time);

/// Takes the part of a clock after "HH:": "MM[:SS[.ffffff]]".
Reason take_minutes(std::string_view& rest, std::chrono::microseconds& time);

/// Reads the whole rest as "Z", "+HH:MM" or nothing.
Reason read_offset(std::string_view rest, std::optional<std::chrono::minutes>& offset);

/// Reads the whole text as a date, a separator, a clock and an offset.
Reason read_civil_time(std::string_view text, CivilTime& civil);

/// Microseconds since 1970 of a Unix time in seconds or, beyond 2e10, in milliseconds, within the years 0 to 9999.
Reason read_unix_time(std::int64_t number, std::chrono::microseconds& time);
Reason read_unix_time(double number, std::chrono::microseconds& time);

/// The civil time in UTC.
CivilTime civil_time(std::chrono::microseconds since_epoch);

/// Appends `number` with at least `width` digits.
void append_padded(std::string& out, std::int64_t number, int width);

/// Appends "03:04:05", and ".500000" unless the fraction is zero. `time` is less than a day.
void append_clock(std::string& out, std::chrono::microseconds time);

}  // namespace coroute::detail
