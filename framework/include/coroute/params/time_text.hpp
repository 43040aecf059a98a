// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The dates, times and durations of std::chrono as text and as JSON numbers, as pydantic reads and writes them.
///
/// | C++                      | Python                  | example of `to_text`   |
/// |--------------------------|-------------------------|------------------------|
/// | `year_month_day`         | date                    | "2024-01-02"           |
/// | `sys_time<microseconds>` | datetime in UTC         | "2024-01-02T03:04:05Z" |
/// | `local_time<microseconds>` | datetime without zone | "2024-01-02T03:04:05"  |
/// | any `duration`           | timedelta               | "PT1M30.5S"            |
///
/// Years are 1 to 9999. What a function refuses leaves its result unchanged. Other precisions than microseconds read
/// and print the same way; a text finer than the type is refused rather than cut.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>
#include "coroute/params/invalid_value.hpp"
#include "coroute/params/value_schema.hpp"

namespace coroute {

namespace detail {
/// A day count isn't a time: `year_month_day` is the type for dates.
template <typename Duration>
concept TimePrecision = std::ratio_less_equal_v<typename Duration::period, std::ratio<1>>;
}  // namespace detail

std::string to_text(const std::chrono::year_month_day& date);

/// Takes "2024-01-02", and a date with a time or a Unix time that are exactly midnight.
/// "date_from_datetime_parsing", "date_from_datetime_inexact" or "date_parsing" otherwise.
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::year_month_day& date);
std::optional<InvalidValue> value_from_number(double unix_time, std::chrono::year_month_day& date);
std::optional<InvalidValue> value_from_number(std::int64_t unix_time, std::chrono::year_month_day& date);

/// Ends in "Z"; six digits of a fraction when it isn't zero. A time outside of the years 1 to 9999 prints as the
/// nearest time inside.
template <detail::TimePrecision Duration>
std::string to_text(const std::chrono::sys_time<Duration>& time);
/// As Python's `isoformat`: ends in "+00:00".
template <detail::TimePrecision Duration>
std::string to_python_text(const std::chrono::sys_time<Duration>& time);

/// Takes ISO 8601 ("T", "t", "_" or a space between date and time, an offset or none: UTC), a date alone: midnight, and
/// a Unix time in seconds or, beyond 2e10, in milliseconds. "datetime_from_date_parsing" or "datetime_parsing"
/// otherwise.
template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::sys_time<Duration>& time);
template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_number(double unix_time, std::chrono::sys_time<Duration>& time);
template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_number(std::int64_t unix_time, std::chrono::sys_time<Duration>& time);

template <detail::TimePrecision Duration>
std::string to_text(const std::chrono::local_time<Duration>& time);
/// `to_text`: there is no zone to write differently.
template <detail::TimePrecision Duration>
std::string to_python_text(const std::chrono::local_time<Duration>& time);

/// As a `sys_time`, but an offset or a Unix time, which is in UTC, is "timezone_naive". Hence no `value_from_number`.
template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::local_time<Duration>& time);

/// ISO 8601 with years of 365 days, days, hours, minutes and seconds; "-" in front of a negative one.
template <typename Rep, typename Period>
std::string to_text(const std::chrono::duration<Rep, Period>& duration);

/// Takes ISO 8601 ("P1Y2M3W4DT5H6M7.5S": a year is 365 days, a month 30), "[H...]H:MM[:SS[.ffffff]]" and
/// "1 day[s][, HH:MM[:SS]]" or "1d", each with a sign in front. "time_delta_parsing" otherwise.
template <typename Rep, typename Period>
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::duration<Rep, Period>& duration);
/// Seconds.
template <typename Rep, typename Period>
std::optional<InvalidValue> value_from_number(double seconds, std::chrono::duration<Rep, Period>& duration);
template <typename Rep, typename Period>
std::optional<InvalidValue> value_from_number(std::int64_t seconds, std::chrono::duration<Rep, Period>& duration);

template <>
struct ValueSchema<std::chrono::year_month_day> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "date";
  static constexpr std::string_view error_type = "date_type";
  static constexpr std::string_view error_message = "Input should be a valid date";
};

template <detail::TimePrecision Duration>
struct ValueSchema<std::chrono::sys_time<Duration>> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "date-time";
  static constexpr std::string_view error_type = "datetime_type";
  static constexpr std::string_view error_message = "Input should be a valid datetime";
};

template <detail::TimePrecision Duration>
struct ValueSchema<std::chrono::local_time<Duration>> : ValueSchema<std::chrono::sys_time<Duration>> {};

template <typename Rep, typename Period>
struct ValueSchema<std::chrono::duration<Rep, Period>> {
  static constexpr std::string_view type = "string";
  static constexpr std::string_view format = "duration";
  static constexpr std::string_view error_type = "time_delta_type";
  static constexpr std::string_view error_message = "Input should be a valid timedelta";
};

// Implementation

namespace detail {

std::optional<InvalidValue> utc_from_text(std::string_view text, std::chrono::microseconds& since_epoch);
std::optional<InvalidValue> utc_from_number(double unix_time, std::chrono::microseconds& since_epoch);
std::optional<InvalidValue> utc_from_number(std::int64_t unix_time, std::chrono::microseconds& since_epoch);
std::optional<InvalidValue> local_from_text(std::string_view text, std::chrono::microseconds& since_epoch);
std::optional<InvalidValue> duration_from_text(std::string_view text, std::chrono::microseconds& duration);
std::optional<InvalidValue> duration_from_number(double seconds, std::chrono::microseconds& duration);
std::optional<InvalidValue> duration_from_number(std::int64_t seconds, std::chrono::microseconds& duration);

/// `zone` is what stands behind the time: "Z".
std::string datetime_text(std::chrono::microseconds since_epoch, std::string_view zone);
std::string duration_text(std::chrono::microseconds duration);

/// Ticks of a type: how many there are in a microsecond (`num` / `den`), and the bounds of its count.
struct Ticks {
  std::intmax_t num;
  std::intmax_t den;
  std::int64_t lowest;
  std::int64_t highest;
};

enum class TimeKind : bool { datetime, duration };

std::optional<InvalidValue> to_ticks(std::chrono::microseconds from, const Ticks& ticks, TimeKind kind,
                                     std::int64_t& count);
/// Rounded down; beyond the range of microseconds its end.
std::chrono::microseconds from_ticks(std::int64_t count, const Ticks& ticks);
std::chrono::microseconds from_seconds(double seconds);

template <typename Rep, typename Period>
constexpr Ticks ticks_of() {
  using PerMicrosecond = std::ratio_divide<std::micro, Period>;
  using Limits = std::numeric_limits<Rep>;
  using Count = std::numeric_limits<std::int64_t>;
  return {PerMicrosecond::num, PerMicrosecond::den,
          std::in_range<std::int64_t>(Limits::lowest()) ? static_cast<std::int64_t>(Limits::lowest()) : Count::lowest(),
          std::in_range<std::int64_t>(Limits::max()) ? static_cast<std::int64_t>(Limits::max()) : Count::max()};
}

template <typename Rep, typename Period>
std::optional<InvalidValue> store(std::chrono::microseconds from, TimeKind kind,
                                  std::chrono::duration<Rep, Period>& to) {
  if constexpr (std::floating_point<Rep>) {
    to = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(from);
    return std::nullopt;
  } else {
    std::int64_t count = 0;
    auto error = to_ticks(from, ticks_of<Rep, Period>(), kind, count);
    if (!error) to = std::chrono::duration<Rep, Period>(static_cast<Rep>(count));
    return error;
  }
}

template <typename Rep, typename Period>
std::chrono::microseconds in_microseconds(const std::chrono::duration<Rep, Period>& duration) {
  if constexpr (std::floating_point<Rep>) {
    return from_seconds(static_cast<double>(std::chrono::duration<Rep>(duration).count()));
  } else {
    return from_ticks(static_cast<std::int64_t>(duration.count()), ticks_of<Rep, Period>());
  }
}

/// `read` fills microseconds since the epoch.
template <typename Clock, typename Duration, typename Read>
std::optional<InvalidValue> read_time(std::chrono::time_point<Clock, Duration>& time, Read read) {
  std::chrono::microseconds exact{};
  Duration since_epoch{};
  auto error = read(exact);
  if (!error) error = store(exact, TimeKind::datetime, since_epoch);
  if (!error) time = std::chrono::time_point<Clock, Duration>(since_epoch);
  return error;
}

}  // namespace detail

template <detail::TimePrecision Duration>
std::string to_text(const std::chrono::sys_time<Duration>& time) {
  return detail::datetime_text(detail::in_microseconds(time.time_since_epoch()), "Z");
}

template <detail::TimePrecision Duration>
std::string to_python_text(const std::chrono::sys_time<Duration>& time) {
  return detail::datetime_text(detail::in_microseconds(time.time_since_epoch()), "+00:00");
}

template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::sys_time<Duration>& time) {
  return detail::read_time(time, [text](auto& exact) { return detail::utc_from_text(text, exact); });
}

template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_number(double unix_time, std::chrono::sys_time<Duration>& time) {
  return detail::read_time(time, [unix_time](auto& exact) { return detail::utc_from_number(unix_time, exact); });
}

template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_number(std::int64_t unix_time, std::chrono::sys_time<Duration>& time) {
  return detail::read_time(time, [unix_time](auto& exact) { return detail::utc_from_number(unix_time, exact); });
}

template <detail::TimePrecision Duration>
std::string to_text(const std::chrono::local_time<Duration>& time) {
  return detail::datetime_text(detail::in_microseconds(time.time_since_epoch()), "");
}

template <detail::TimePrecision Duration>
std::string to_python_text(const std::chrono::local_time<Duration>& time) {
  return to_text(time);
}

template <detail::TimePrecision Duration>
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::local_time<Duration>& time) {
  return detail::read_time(time, [text](auto& exact) { return detail::local_from_text(text, exact); });
}

template <typename Rep, typename Period>
std::string to_text(const std::chrono::duration<Rep, Period>& duration) {
  return detail::duration_text(detail::in_microseconds(duration));
}

template <typename Rep, typename Period>
std::optional<InvalidValue> value_from_text(std::string_view text, std::chrono::duration<Rep, Period>& duration) {
  std::chrono::microseconds exact{};
  if (auto error = detail::duration_from_text(text, exact)) return error;
  return detail::store(exact, detail::TimeKind::duration, duration);
}

template <typename Rep, typename Period>
std::optional<InvalidValue> value_from_number(double seconds, std::chrono::duration<Rep, Period>& duration) {
  std::chrono::microseconds exact{};
  if (auto error = detail::duration_from_number(seconds, exact)) return error;
  return detail::store(exact, detail::TimeKind::duration, duration);
}

template <typename Rep, typename Period>
std::optional<InvalidValue> value_from_number(std::int64_t seconds, std::chrono::duration<Rep, Period>& duration) {
  std::chrono::microseconds exact{};
  if (auto error = detail::duration_from_number(seconds, exact)) return error;
  return detail::store(exact, detail::TimeKind::duration, duration);
}

}  // namespace coroute
