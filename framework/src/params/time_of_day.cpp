// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/time_of_day.hpp"

#include <cmath>
#include <stdexcept>

#include "invalid_text.hpp"
#include "time_scan.hpp"

namespace coroute {
namespace {

constexpr std::chrono::microseconds day_length = std::chrono::hours(24);
constexpr detail::Reason negative_time = "time in seconds should be positive";
constexpr detail::Reason time_too_large = "numeric times may not exceed 86,399 seconds";

InvalidValue not_a_time(detail::Reason reason) {
  return detail::invalid_because("time_parsing", "Input should be in a valid time format", reason);
}

}  // namespace

TimeOfDay::TimeOfDay(std::chrono::microseconds since_midnight) : since_midnight_(since_midnight) {
  if (since_midnight < std::chrono::microseconds(0) || since_midnight >= day_length)
    throw std::invalid_argument("TimeOfDay: not between 00:00 and 24:00");
}

std::string to_text(const TimeOfDay& time) {
  std::string text;
  detail::append_clock(text, time.since_midnight());
  return text;
}

std::optional<InvalidValue> value_from_text(std::string_view text, TimeOfDay& time) {
  std::chrono::microseconds clock{};
  if (const auto reason = detail::take_clock(text, clock); !reason.empty()) return not_a_time(reason);
  std::optional<std::chrono::minutes> offset;
  if (const auto reason = detail::read_offset(text, offset); !reason.empty()) return not_a_time(reason);
  if (offset) return detail::invalid("timezone_naive", "Input should not have timezone info");
  time = TimeOfDay(clock);
  return std::nullopt;
}

std::optional<InvalidValue> value_from_number(double seconds, TimeOfDay& time) {
  if (std::isnan(seconds)) return not_a_time(detail::not_a_number);
  if (seconds < 0) return not_a_time(negative_time);
  const double microseconds = std::round(seconds * 1e6);
  if (microseconds >= static_cast<double>(day_length.count())) return not_a_time(time_too_large);
  time = TimeOfDay(std::chrono::microseconds(static_cast<std::int64_t>(microseconds)));
  return std::nullopt;
}

std::optional<InvalidValue> value_from_number(std::int64_t seconds, TimeOfDay& time) {
  if (seconds < 0) return not_a_time(negative_time);
  if (seconds >= 86'400) return not_a_time(time_too_large);
  time = TimeOfDay(std::chrono::seconds(seconds));
  return std::nullopt;
}

}  // namespace coroute
